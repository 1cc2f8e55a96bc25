//! Why a checkpoint can't be kept, or isn't cosigned.

use std::{io, path::PathBuf};

use keyward_core::Code;
use keyward_ledger::LedgerError;
use keyward_secrets::SecretsError;

/// Why a checkpoint can't be kept, or isn't cosigned.
#[derive(Debug, thiserror::Error)]
pub enum WitnessError {
    /// A file or folder.
    #[error("can't {action} `{}`: {source}; check that it is there and its permissions", path.display())]
    Io {
        /// What was tried: `read`, `write`, `lock`, `make`.
        action: &'static str,
        /// The path.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// The OS keyring.
    #[error(transparent)]
    Secrets(#[from] SecretsError),
    /// A file isn't what it should be.
    #[error("`{}` is damaged; restore it from a copy", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// A witness can't be reached.
    #[error("the witness at `{url}` can't be reached ({cause}); try again later")]
    Unreachable {
        /// Its URL.
        url: String,
        /// Why.
        cause: String,
    },
    /// A witness gives no cosignature.
    #[error("the witness at `{url}` refuses the checkpoint with status {status}: {said}")]
    Refused {
        /// Its URL.
        url: String,
        /// The HTTP status.
        status: u16,
        /// The start of what it said.
        said: String,
    },
    /// What a witness answers is no answer.
    #[error(
        "the witness at `{url}` answers with something else than C2SP tlog-witness says; check the URL"
    )]
    NoWitness {
        /// Its URL.
        url: String,
    },
    /// A URL that no witness can have.
    #[error("`{url}` is not the http or https URL of a witness")]
    InvalidUrl {
        /// The URL.
        url: String,
    },
    /// Checkpoint, proof or key.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// There is no witness in the folder.
    #[error("there is no witness in `{}`; make one with `keyward audit witness init`", folder.display())]
    NotFound {
        /// The folder.
        folder: PathBuf,
    },
    /// There is one already.
    #[error("there is a witness in `{}` already; choose another folder", folder.display())]
    Exists {
        /// The folder.
        folder: PathBuf,
    },
    /// The witness's own key isn't where it was put.
    #[error(
        "the witness's key is not there any more; restore the keyring or `secrets.json` from a copy"
    )]
    KeyMissing,
    /// The witness's key is sealed.
    #[error(
        "the witness's key is sealed with a passphrase; give it at the prompt, in a file or in KEYWARD_PASSPHRASE"
    )]
    PassphraseNeeded,
    /// The witness has never seen the log and wasn't told its key.
    #[error(
        "this witness doesn't know the log `{origin}` yet; give its verifier key with `--key`, from somewhere else than the log itself"
    )]
    UnknownLog {
        /// The log's origin.
        origin: String,
    },
    /// Another key was given than the log had before.
    #[error(
        "this witness knows `{origin}` with the key `{known}`, not the one given; if the log says so, it has lost its history"
    )]
    OtherKey {
        /// The log's origin.
        origin: String,
        /// Its known key.
        known: String,
    },
    /// The proof starts elsewhere than at what this witness saw last.
    #[error(
        "the proof starts at {old} records, and this witness saw {seen} last; ask for a request from {seen} on"
    )]
    OtherStart {
        /// Where the proof starts.
        old: u64,
        /// What was seen last.
        seen: u64,
    },
    /// The system gives no random bytes.
    #[error("the operating system gives no random bytes; restart the machine")]
    NoRandomness,
}

impl WitnessError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::Io { source, .. } => match source.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Code::DiskFull,
                io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                    Code::NoPermission
                }
                _ => Code::Machine,
            },
            Self::Secrets(error) => error.code(),
            Self::Damaged { .. } | Self::KeyMissing => Code::StateCorrupt,
            Self::Unreachable { .. } => Code::WitnessUnreachable,
            Self::Refused { .. } => Code::WitnessRefused,
            Self::NoWitness { .. }
            | Self::InvalidUrl { .. }
            | Self::PassphraseNeeded
            | Self::UnknownLog { .. } => Code::InvalidInput,
            Self::Ledger(error) => match error {
                LedgerError::RolledBack { .. } => Code::LogRolledBack,
                LedgerError::Forked { .. } | LedgerError::NotContinued { .. } => Code::LogForked,
                error => error.code(),
            },
            Self::NotFound { .. } => Code::WitnessNotFound,
            Self::Exists { .. } => Code::AlreadyExists,
            Self::OtherKey { .. } => Code::LogForked,
            Self::OtherStart { .. } => Code::ChangedMeanwhile,
            Self::NoRandomness => Code::Machine,
        }
    }

    pub(crate) fn io(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { action, path, source }
    }
}
