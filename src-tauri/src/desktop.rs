//! What the window works on: one workspace, open or not, and who works on it.

use std::{path::PathBuf, sync::Arc};

use keyward_core::{Actor, Role};
use keyward_engine::{AcceptRollback, OperationContext, RewrapJobs, WatchSettings, Watcher};
use keyward_secrets::Backing;
use keyward_workspace::{
    AwsSettings, AzureSettings, CreateOptions, HsmSettings, OpenOptions, Workspace, os_account,
};
use parking_lot::RwLock;
use tokio::sync::watch;
use zeroize::Zeroizing;

use crate::failure::CommandError;

/// The application's state. Every command gets it.
pub struct Desktop {
    folder: RwLock<PathBuf>,
    state: Option<PathBuf>,
    aws: AwsSettings,
    role: RwLock<Role>,
    /// Tells those who follow the open workspace that it was opened, changed or closed.
    session: watch::Sender<Option<Arc<Session>>>,
    /// One opening or making at a time.
    turn: tokio::sync::Mutex<()>,
}

/// An open workspace.
pub struct Session {
    /// The workspace.
    pub workspace: Workspace,
    /// Rewraps that were started from this window.
    pub jobs: RewrapJobs,
    /// Who works in the window.
    pub actor: Actor,
    /// Probes root keys for as long as the workspace is open.
    _watcher: Option<Watcher>,
}

impl Desktop {
    /// Nothing is opened yet.
    pub fn new(folder: PathBuf, state: Option<PathBuf>, aws: AwsSettings) -> Self {
        Self {
            folder: RwLock::new(folder),
            state,
            aws,
            role: RwLock::new(Role::Administrator),
            session: watch::Sender::new(None),
            turn: tokio::sync::Mutex::new(()),
        }
    }

    /// The workspace's folder.
    pub fn folder(&self) -> PathBuf {
        self.folder.read().clone()
    }

    /// Turns to another folder. What is open is closed first.
    pub async fn turn_to(&self, folder: PathBuf) {
        self.close().await;
        *self.folder.write() = folder;
    }

    /// The role that the window's commands are asked in.
    pub fn role(&self) -> Role {
        self.role.read().clone()
    }

    /// Takes another role. The engine decides what it may do.
    pub fn take_role(&self, role: Role) {
        *self.role.write() = role;
    }

    /// What the environment says of AWS: it goes before what is kept.
    pub fn aws(&self) -> &AwsSettings {
        &self.aws
    }

    /// The open workspace.
    ///
    /// # Errors
    /// `locked` where none is.
    pub fn session(&self) -> Result<Arc<Session>, CommandError> {
        self.session.borrow().clone().ok_or_else(CommandError::locked)
    }

    /// Follows which workspace is open.
    pub fn sessions(&self) -> watch::Receiver<Option<Arc<Session>>> {
        self.session.subscribe()
    }

    /// The open workspace, and the context of a request in the window's role.
    ///
    /// # Errors
    /// `locked`, and where the system has no randomness.
    pub fn request(&self) -> Result<(Arc<Session>, OperationContext), CommandError> {
        let session = self.session()?;
        let context = session.workspace.engine.context(session.actor.clone(), self.role())?;
        Ok((session, context))
    }

    /// How a workspace is opened from here.
    ///
    /// # Errors
    /// `invalid-input` where `KEYWARD_AZURE_CREDENTIAL` names no source of tokens.
    pub fn options(&self) -> Result<OpenOptions, CommandError> {
        let (aws, state) = (self.aws.clone(), self.state.clone());
        let hsm = HsmSettings::from_env();
        let azure = AzureSettings::from_env().map_err(CommandError::invalid)?;
        Ok(OpenOptions { aws, azure, hsm, state, ..OpenOptions::new(os_account()) })
    }

    /// Opens the workspace in the folder.
    ///
    /// # Errors
    /// [`CommandError`] of the opening; nothing is open then.
    pub async fn open(
        &self,
        passphrase: Option<Zeroizing<String>>,
        accept: Option<AcceptRollback>,
    ) -> Result<Arc<Session>, CommandError> {
        let _turn = self.turn.lock().await;
        if let Ok(session) = self.session() {
            return Ok(session);
        }
        let options = OpenOptions { passphrase, accept, ..self.options()? };
        let workspace = Workspace::open(&self.folder(), options).await?;
        Ok(self.take(workspace))
    }

    /// Makes a workspace in the folder and opens it.
    ///
    /// # Errors
    /// [`CommandError`] of the making; nothing of it remains then.
    pub async fn create(&self, options: CreateOptions) -> Result<(), CommandError> {
        let _turn = self.turn.lock().await;
        let workspace = Workspace::create(&self.folder(), options).await?;
        self.take(workspace);
        Ok(())
    }

    /// Works on a workspace that has just been made or opened.
    fn take(&self, workspace: Workspace) -> Arc<Session> {
        let jobs = RewrapJobs::new(Arc::clone(&workspace.engine));
        // An administrator's work whoever looks at the window: it locks what is denied, and nothing else.
        let watcher = workspace.engine.context(os_account(), Role::Administrator);
        let watcher = watcher.and_then(|context| {
            Watcher::start(&workspace.engine, context, WatchSettings::default())
        });
        let _watcher = watcher.ok();
        let session = Arc::new(Session { workspace, jobs, actor: os_account(), _watcher });
        self.session.send_replace(Some(Arc::clone(&session)));
        session
    }

    /// Locks the window: the engine with its keys is dropped as soon as the last command under way has
    /// ended. Jobs stop after the batch that they are at.
    pub async fn close(&self) {
        let Some(session) = self.session.send_replace(None) else { return };
        if let Ok(context) = session.workspace.engine.context(session.actor.clone(), self.role()) {
            for job in session.jobs.list(&context).iter().filter(|job| job.is_open()) {
                // One that has just ended can't be paused, and needn't.
                let _ = session.jobs.pause(&context, &job.id).await;
            }
        }
        // The newest checkpoint is kept outside before the workspace is let go.
        if let Err(error) = session.workspace.engine.anchor_now().await {
            eprintln!("the log's newest checkpoint was not kept outside: {error}");
        }
    }

    /// Whether the folder's secrets are sealed with a passphrase.
    pub fn needs_passphrase(&self) -> bool {
        Workspace::config(&self.folder()).is_ok_and(|config| config.secrets == Backing::Passphrase)
    }
}
