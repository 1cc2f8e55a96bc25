//! Why a workspace can't be made or opened.

use std::{io, path::PathBuf};

use keyward_core::{Code, WorkspaceId};
use keyward_engine::EngineError;
use keyward_kms::KmsError;
use keyward_secrets::SecretsError;
use keyward_store::{ObjectsError, StoreError};

use crate::{CredentialError, CredentialKind};

/// Why a workspace can't be made or opened. No variant holds a secret.
#[derive(Debug, thiserror::Error)]
pub enum WorkspaceError {
    /// There is no workspace in the folder.
    #[error("there is no workspace in `{}`; make one with `keyward init`, or name another folder", folder.display())]
    NotFound {
        /// The folder.
        folder: PathBuf,
    },
    /// A process making a workspace here was stopped, or is still at it.
    #[error(
        "the workspace in `{}` was never finished; unless another process is just making it, remove the folder and start again",
        folder.display()
    )]
    Unfinished {
        /// The folder.
        folder: PathBuf,
    },
    /// There is a workspace in the folder already.
    #[error("there is a workspace in `{}` already; choose another folder", folder.display())]
    Exists {
        /// The folder.
        folder: PathBuf,
    },
    /// The folder for a new workspace holds other things.
    #[error("`{}` is not empty; choose an empty or a new folder", folder.display())]
    NotEmpty {
        /// The folder.
        folder: PathBuf,
    },
    /// A newer Keyward made the workspace.
    #[error("the workspace has format {found}, this Keyward knows {known}; use a newer Keyward")]
    Newer {
        /// The workspace's format.
        found: u64,
        /// The newest one known here.
        known: u64,
    },
    /// The database is another workspace's.
    #[error(
        "`{}` is the database of the workspace `{found}`, and this is `{expected}`; somebody has put it there: bring back the database that belongs here", file.display()
    )]
    OtherDatabase {
        /// The database.
        file: PathBuf,
        /// The workspace that it says it is of.
        found: WorkspaceId,
        /// This workspace, as `workspace.json` says.
        expected: WorkspaceId,
    },
    /// `workspace.json` isn't what Keyward wrote.
    #[error("`{}` is damaged; restore it from a copy", file.display())]
    Damaged {
        /// The file.
        file: PathBuf,
    },
    /// The secrets are sealed and no passphrase was given.
    #[error(
        "the workspace in `{}` is sealed with a passphrase; give it at the prompt, in a file or in KEYWARD_PASSPHRASE",
        folder.display()
    )]
    PassphraseNeeded {
        /// The folder.
        folder: PathBuf,
    },
    /// A secret that the workspace was made with isn't where it was put.
    #[error(
        "the workspace's secret `{name}` is not there any more; restore the keyring or `secrets.json` from a copy"
    )]
    SecretMissing {
        /// Which.
        name: &'static str,
    },
    /// What was typed is no credential.
    #[error(transparent)]
    Credential(#[from] CredentialError),
    /// No credential of this kind is kept.
    #[error("no credential for `{kind}` is kept here; `keyward credentials set {kind}` keeps one")]
    NoCredential {
        /// Which kind.
        kind: CredentialKind,
    },
    /// The operating system gives no randomness.
    #[error("the operating system gives no random bytes; restart the machine")]
    NoRandomness,
    /// The secrets.
    #[error(transparent)]
    Secrets(#[from] SecretsError),
    /// The local key store.
    #[error(transparent)]
    Keystore(#[from] KmsError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Where objects lie.
    #[error(transparent)]
    Objects(#[from] ObjectsError),
    /// The engine.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// A file or folder.
    #[error("can't {action} `{}`: {source}; check the disk and its permissions", path.display())]
    Io {
        /// What was tried: `read`, `write`, `make`.
        action: &'static str,
        /// The path.
        path: PathBuf,
        /// The operating system's answer.
        source: io::Error,
    },
}

impl WorkspaceError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::NotFound { .. } => Code::WorkspaceNotFound,
            Self::Exists { .. } | Self::NotEmpty { .. } => Code::AlreadyExists,
            Self::Unfinished { .. } => Code::NotFinished,
            Self::Newer { .. } => Code::WorkspaceNewer,
            Self::Damaged { .. } | Self::OtherDatabase { .. } | Self::SecretMissing { .. } => {
                Code::StateCorrupt
            }
            Self::PassphraseNeeded { .. } | Self::Credential(_) | Self::NoCredential { .. } => {
                Code::InvalidInput
            }
            Self::NoRandomness => Code::Machine,
            Self::Secrets(error) => error.code(),
            Self::Keystore(error) => error.code(),
            Self::Store(error) => error.code(),
            Self::Objects(error) => error.code(),
            Self::Engine(error) => error.code(),
            Self::Io { source, .. } => match source.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Code::DiskFull,
                io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                    Code::NoPermission
                }
                _ => Code::Machine,
            },
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
