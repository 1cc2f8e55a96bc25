//! How making a demonstration fails.

use keyward_engine::EngineError;
use keyward_kms::KmsError;
use keyward_secrets::SecretsError;
use keyward_store::StoreError;
use keyward_workspace::WorkspaceError;

/// Why a demonstration could not be made.
#[derive(Debug, thiserror::Error)]
pub enum DemonstrationError {
    /// The workspace can't be made or opened.
    #[error(transparent)]
    Workspace(#[from] WorkspaceError),
    /// An operation failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The local key store failed.
    #[error(transparent)]
    Kms(#[from] KmsError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The keyring failed.
    #[error(transparent)]
    Secrets(#[from] SecretsError),
    /// A file can't be read or written.
    #[error("`{path}`: {source}")]
    File {
        /// Which.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// An operation came out otherwise than the story has it.
    #[error("the story went otherwise: {0}")]
    NotAsTold(String),
}
