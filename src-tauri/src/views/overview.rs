//! Views of what needs a person, and of how the log stands.

use keyward_engine::{AttentionItem, LogStanding, LogVerification};
use specta::Type;

use super::{words::word, workspace::Witnesses};

/// A verification of the log, as the log itself has it.
#[derive(Clone, Debug, serde::Serialize, Type)]
pub struct VerificationView {
    /// The record of it.
    pub seq: u64,
    /// When.
    pub at: String,
    /// By whom.
    pub actor: String,
    /// How it ended: `ok` or `failed`.
    pub outcome: String,
    /// The stable code of what was found.
    pub code: Option<String>,
    /// How many records there were then.
    pub records: Option<u64>,
    /// From which record on they were verified.
    pub from: u64,
}

impl From<LogVerification> for VerificationView {
    fn from(done: LogVerification) -> Self {
        Self {
            seq: done.seq,
            at: done.at.to_rfc3339(),
            actor: done.actor.to_string(),
            outcome: done.outcome.as_str().into(),
            code: done.code,
            records: done.records,
            from: done.from,
        }
    }
}

/// How the log stands.
#[derive(Clone, Debug, serde::Serialize, Type)]
pub struct LogStandingView {
    /// How many records it has.
    pub records: u64,
    /// When the newest was written.
    pub newest_at: Option<String>,
    /// Its origin line.
    pub origin: String,
    /// The tree's root, base64 as in the checkpoint.
    pub root: String,
    /// The newest verification, whichever way it ended.
    pub verified: Option<VerificationView>,
    /// The newest that passed.
    pub passed: Option<VerificationView>,
    /// What is kept outside says of it.
    pub kept: Witnesses,
}

impl From<LogStanding> for LogStandingView {
    fn from(standing: LogStanding) -> Self {
        Self {
            records: standing.records,
            newest_at: standing.newest_at.map(|at| at.to_rfc3339()),
            origin: standing.origin,
            root: standing.root,
            verified: standing.verified.map(Into::into),
            passed: standing.passed.map(Into::into),
            kept: standing.kept.into(),
        }
    }
}

/// One thing that somebody should look at.
#[derive(Clone, Debug, serde::Serialize, Type)]
pub struct AttentionView {
    /// What it is: `tenant-denied`, `rotation-overdue` and so on.
    pub kind: String,
    /// How urgent that is: `critical`, `warning` or `notice`.
    pub urgency: String,
    /// The tenant concerned; none where it is the workspace's own.
    pub tenant: Option<String>,
    /// The root key concerned.
    pub root_key: Option<String>,
    /// What else it is about: the place or witness, the challenge's id, the request.
    pub subject: Option<String>,
    /// The stable code or word of why.
    pub code: Option<String>,
    /// Since when.
    pub since: Option<String>,
    /// Until when something is to be done.
    pub until: Option<String>,
    /// How many it is about: data keys, records or sidecars.
    pub count: Option<u64>,
    /// Of how many.
    pub total: Option<u64>,
}

impl From<AttentionItem> for AttentionView {
    fn from(item: AttentionItem) -> Self {
        Self {
            kind: word(&item.kind),
            urgency: word(&item.urgency),
            tenant: item.tenant.map(|tenant| tenant.to_string()),
            root_key: item.root_key.map(|key| key.to_string()),
            subject: item.subject,
            code: item.code,
            since: item.since.map(|at| at.to_rfc3339()),
            until: item.until.map(|at| at.to_rfc3339()),
            count: item.count,
            total: item.total,
        }
    }
}
