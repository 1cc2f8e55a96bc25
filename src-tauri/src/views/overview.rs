//! Views of what needs a person, and of how the log stands.

use keyward_engine::{LogStanding, LogVerification};
use specta::Type;

use super::workspace::Witnesses;

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
