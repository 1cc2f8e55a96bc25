//! The workspace: finding, making, opening and locking it, and who works in the window.

use std::time::Duration;

use keyward_core::{Code, Role};
use keyward_engine::AcceptRollback;
use keyward_secrets::Vault;
use keyward_workspace::{CreateOptions, NewSecrets, Workspace};
use tauri::{AppHandle, State};
use zeroize::Zeroizing;

use crate::{
    auto_lock::AutoLock,
    desktop::Desktop,
    dialogs,
    failure::{CommandError, parse},
    views::workspace::{Standing, WorkspaceFacts, WorkspaceStanding, WorkspaceView},
};

/// The fewest characters of a passphrase that seals a workspace.
const SHORTEST_PASSPHRASE: usize = 12;

/// How the window stands to its workspace. Asks the keyring only where there is no workspace yet.
#[tauri::command]
#[specta::specta]
pub async fn workspace_standing(
    desktop: State<'_, Desktop>,
    lock: State<'_, AutoLock>,
) -> Result<WorkspaceStanding, CommandError> {
    let mut view = WorkspaceStanding {
        standing: Standing::Open,
        folder: desktop.folder().display().to_string(),
        passphrase: desktop.needs_passphrase(),
        keyring: None,
        keyring_failure: None,
        failure: None,
        lock_after_minutes: lock.minutes(),
        version: env!("CARGO_PKG_VERSION").into(),
    };
    if desktop.session().is_ok() {
        return Ok(view);
    }
    match Workspace::config(&desktop.folder()) {
        Ok(_) => view.standing = Standing::Locked,
        Err(error) if error.code() == Code::WorkspaceNotFound => {
            view.standing = Standing::None;
            let probed = tokio::task::spawn_blocking(Vault::probe_keyring).await;
            let probed = probed.map_err(CommandError::unexpected)?;
            view.keyring = Some(probed.is_ok());
            view.keyring_failure = probed.err().map(|error| CommandError::new(error.code(), error));
        }
        Err(error) => {
            view.standing = Standing::Refused;
            view.failure = Some(error.into());
        }
    }
    Ok(view)
}

/// What a new workspace shall be like.
#[derive(serde::Deserialize, specta::Type)]
pub struct NewWorkspace {
    /// The region that its engine runs in.
    region: String,
    /// Where objects shall lie: a folder or a bucket's URL; none is a folder in the workspace.
    objects: Option<String>,
    /// Seals the secrets; none keeps them in the OS keyring. It goes to Rust and never comes back.
    passphrase: Option<String>,
}

/// Makes the workspace and opens it. Where a secret can't be kept, nothing remains of it.
#[tauri::command]
#[specta::specta]
pub async fn workspace_create(
    desktop: State<'_, Desktop>,
    workspace: NewWorkspace,
) -> Result<(), CommandError> {
    let secrets = match workspace.passphrase.map(Zeroizing::new) {
        None => NewSecrets::Keyring,
        Some(passphrase) if passphrase.chars().count() < SHORTEST_PASSPHRASE => {
            return Err(CommandError::invalid(
                "the passphrase has fewer than 12 characters; take a longer one",
            ));
        }
        Some(passphrase) => NewSecrets::Passphrase(passphrase),
    };
    let objects = workspace.objects.map(|place| place.trim().to_owned());
    let options = CreateOptions {
        region: parse(&workspace.region)?,
        objects: objects.filter(|place| !place.is_empty()),
        secrets,
        open: desktop.options()?,
    };
    desktop.create(options).await?;
    Ok(())
}

/// Opens the workspace with its secret: the passphrase, or what the OS keyring holds. Accepting a
/// rollback takes a reason, which is recorded.
#[tauri::command]
#[specta::specta]
pub async fn workspace_unlock(
    desktop: State<'_, Desktop>,
    passphrase: Option<String>,
    accept_rollback: Option<String>,
) -> Result<(), CommandError> {
    let accept = accept_rollback.map(|reason| AcceptRollback { reason, role: desktop.role() });
    desktop.open(passphrase.map(Zeroizing::new), accept).await?;
    Ok(())
}

/// Locks the window.
#[tauri::command]
#[specta::specta]
pub async fn workspace_lock(desktop: State<'_, Desktop>) -> Result<(), CommandError> {
    desktop.close().await;
    Ok(())
}

/// Turns to another folder that the dialog asks for; none where it was cancelled.
#[tauri::command]
#[specta::specta]
pub async fn workspace_choose(
    app: AppHandle,
    desktop: State<'_, Desktop>,
) -> Result<Option<String>, CommandError> {
    let Some(folder) = dialogs::folder(&app).await else { return Ok(None) };
    let shown = folder.display().to_string();
    desktop.turn_to(folder).await;
    Ok(Some(shown))
}

/// The open workspace.
#[tauri::command]
#[specta::specta]
pub async fn workspace_show(desktop: State<'_, Desktop>) -> Result<WorkspaceView, CommandError> {
    let session = desktop.session()?;
    let status = session.workspace.engine.status().await?;
    let facts = WorkspaceFacts {
        folder: session.workspace.folder.display().to_string(),
        actor: session.actor.to_string(),
        role: desktop.role().to_string(),
        secrets: session.workspace.config.secrets.to_string(),
        aws: desktop.aws().clone(),
    };
    Ok(WorkspaceView::new(status, facts))
}

/// Takes another role: `administrator`, `security-officer` or `tenant-approver:TENANT`.
#[tauri::command]
#[specta::specta]
pub async fn role_take(desktop: State<'_, Desktop>, role: String) -> Result<(), CommandError> {
    let role: Role = parse(&role)?;
    if role == Role::Application {
        return Err(CommandError::invalid(
            "the data path has no window; take the role of an administrator, officer or approver",
        ));
    }
    desktop.take_role(role);
    Ok(())
}

/// Somebody has just used the window: the time until it locks itself begins again.
#[tauri::command]
#[specta::specta]
pub fn lock_touch(lock: State<'_, AutoLock>) {
    lock.touch();
}

/// After how many minutes without input the window locks itself: 1 to 240.
#[tauri::command]
#[specta::specta]
pub fn lock_after_set(lock: State<'_, AutoLock>, minutes: u32) -> Result<(), CommandError> {
    if !(1..=240).contains(&minutes) {
        return Err(CommandError::invalid("the window locks after 1 to 240 minutes"));
    }
    lock.set(Duration::from_secs(u64::from(minutes) * 60))
}
