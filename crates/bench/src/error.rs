//! What can go wrong while measuring.

use keyward_engine::EngineError;
use keyward_envelope::EnvelopeError;
use keyward_kms::KmsError;
use keyward_ledger::LedgerError;
use keyward_store::{ObjectsError, StoreError};

/// Why a row could not be measured.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// An operation failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The message format failed.
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
    /// The key store or the AWS peer failed.
    #[error(transparent)]
    Kms(#[from] KmsError),
    /// A record or a name that the log refuses.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The object folder failed.
    #[error(transparent)]
    Objects(#[from] ObjectsError),
    /// The large workspace can't be opened.
    #[error(transparent)]
    Workspace(#[from] keyward_workspace::WorkspaceError),
    /// The console's window can't be driven.
    #[error(transparent)]
    Window(#[from] keyward_tests::window::WindowError),
    /// Bare SQLite failed.
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    /// A file or a process failed.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// The rows could not be written as JSON.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// A primitive of aws-lc-rs or `aes-gcm` failed.
    #[error("a cryptographic primitive failed")]
    Primitive,
    /// Another's program failed.
    #[error("`{program}` failed: {detail}")]
    Peer {
        /// Which one.
        program: String,
        /// What it said.
        detail: String,
    },
    /// The measured work did something else than it should, so that its time says nothing.
    #[error("a measurement did not do its work: {0}")]
    Unmeasured(String),
    /// No row has such a name.
    #[error("no row's name starts with `{name}`; there are: {there}")]
    NoSuchRow {
        /// What was asked for.
        name: String,
        /// The groups of rows.
        there: String,
    },
}
