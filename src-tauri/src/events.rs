//! What the window is told without asking: that the log grew (by this window, another one or the
//! command), which tenants that concerns, and how jobs are going.
//!
//! The log says everything: each change of a tenant or key is a record, so following the log's end tells
//! of changes by any process.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use keyward_core::{Role, TenantId};
use keyward_engine::AuditFilter;
use keyward_ledger::{Action, Outcome, Record};
use specta::Type;
use tauri::{AppHandle, Manager as _};
use tauri_plugin_notification::NotificationExt as _;
use tauri_specta::Event;

use crate::desktop::{Desktop, Session};

/// How many records are told of at once.
const AT_ONCE: u32 = 1000;

/// How long one look waits for records.
const WAIT: Duration = Duration::from_secs(3600);

/// How often the window is told at most: a rewrap appends hundreds of records a second.
const PAUSE: Duration = Duration::from_millis(200);

/// The log grew.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize, Type, Event)]
pub struct RecordsAppended {
    /// The first record that is new.
    pub from: u64,
    /// The last.
    pub to: u64,
    /// The tenants that they are about.
    pub tenants: Vec<String>,
    /// What was done.
    pub actions: Vec<String>,
}

/// A tenant or one of its keys came into another state.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize, Type, Event)]
pub struct StateChanged {
    /// Which tenant.
    pub tenant: String,
}

/// A rewrap job is further, or ended.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize, Type, Event)]
pub struct JobsChanged {}

/// The workspace was opened, locked or turned to.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize, Type, Event)]
pub struct StandingChanged {
    /// Whether it is open now.
    pub open: bool,
}

/// A link `keyward://request/ID` was followed.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize, Type, Event)]
pub struct OpenRequest {
    /// The request's id.
    pub id: String,
}

/// The native menu asks for a page.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize, Type, Event)]
pub struct OpenPage {
    /// The page's name.
    pub page: String,
}

/// Follows whichever workspace is open, until the application ends.
pub async fn follow(app: AppHandle) {
    let mut sessions = app.state::<Desktop>().sessions();
    loop {
        let session = sessions.borrow_and_update().clone();
        emit(&app, &StandingChanged { open: session.is_some() });
        match session {
            None => {
                if sessions.changed().await.is_err() {
                    return;
                }
            }
            Some(session) => tokio::select! {
                changed = sessions.changed() => if changed.is_err() { return },
                () = async { futures::join!(records(&app, &session), jobs(&app, &session)); } => {}
            },
        }
    }
}

/// Tells of each new record of a session's log.
async fn records(app: &AppHandle, session: &Arc<Session>) {
    let engine = &session.workspace.engine;
    let Ok(status) = engine.status().await else { return };
    let mut after = status.records.checked_sub(1);
    loop {
        // An officer sees everything in the log. What the window shows of it, the window's role decides.
        let Ok(context) = engine.context(session.actor.clone(), Role::SecurityOfficer) else {
            return;
        };
        let all = AuditFilter::default();
        match engine.audit_tail(&context, &all, after, AT_ONCE, WAIT).await {
            Ok(page) => {
                after = page.next.or(after);
                take_up(session, &page.records).await;
                tell(app, &page.records);
                tokio::time::sleep(PAUSE).await;
            }
            // The log can't be read now: what asks for it says why.
            Err(_) => tokio::time::sleep(Duration::from_secs(5)).await,
        }
    }
}

/// Takes up what another window or the command has changed for this process too.
async fn take_up(session: &Session, records: &[Record]) {
    let changes = |one: &Record| {
        matches!(one.action, Action::CredentialSet | Action::CredentialRemove)
            && one.outcome == Outcome::Ok
    };
    if records.iter().any(changes)
        && let Err(error) = session.workspace.reload_credentials().await
    {
        eprintln!("a changed credential could not be read: {error}");
    }
}

fn tell(app: &AppHandle, records: &[Record]) {
    let (Some(first), Some(last)) = (records.first(), records.last()) else { return };
    let words = |word: fn(&Record) -> Option<String>| -> Vec<String> {
        records.iter().filter_map(word).collect::<BTreeSet<_>>().into_iter().collect()
    };
    emit(
        app,
        &RecordsAppended {
            from: first.seq,
            to: last.seq,
            tenants: words(|record| record.tenant.as_ref().map(ToString::to_string)),
            actions: words(|record| Some(record.action.as_str().into())),
        },
    );
    let changes_state = |record: &Record| {
        let action = record.action.as_str();
        let about = ["tenant.", "root-key.", "challenge.", "dataset.", "data-key."];
        about.iter().any(|start| action.starts_with(start))
    };
    let changed: BTreeSet<_> = records
        .iter()
        .filter(|one| changes_state(one))
        .filter_map(|one| one.tenant.as_ref())
        .collect();
    for tenant in changed {
        emit(app, &StateChanged { tenant: tenant.to_string() });
    }
    records.iter().filter_map(lock_out).for_each(|(tenant, what)| notify(app, tenant, what));
}

/// The tenant that a record says is locked out from now on, and by what.
fn lock_out(record: &Record) -> Option<(&TenantId, &'static str)> {
    let what = match (record.action, record.outcome) {
        (Action::TenantRevoke, Outcome::Ok) => "revoked: nothing of it is read or written",
        (Action::TenantSuspend, Outcome::Ok | Outcome::Denied) => {
            "suspended: nothing of it is read or written"
        }
        _ => return None,
    };
    Some((record.tenant.as_ref()?, what))
}

/// Tells somebody who isn't looking at the window.
fn notify(app: &AppHandle, tenant: &TenantId, what: &str) {
    let looked_at = app
        .get_webview_window(crate::WINDOW)
        .is_some_and(|window| window.is_focused().unwrap_or_default());
    if !looked_at {
        let shown = app.notification().builder().title(format!("{tenant} is {what}")).show();
        // A desktop without notifications has none to miss.
        drop(shown);
    }
}

/// Tells of each step of a session's jobs.
async fn jobs(app: &AppHandle, session: &Arc<Session>) {
    let mut changes = session.jobs.subscribe();
    while changes.changed().await.is_ok() {
        emit(app, &JobsChanged {});
        tokio::time::sleep(PAUSE).await;
    }
    // There are no jobs any more; the records go on.
    std::future::pending::<()>().await;
}

fn emit(app: &AppHandle, event: &(impl Event + serde::Serialize + Clone)) {
    // A window that is being closed needs no news.
    let _ = event.emit(app);
}
