//! A workspace's folder: making one, opening one, looking after one.
//!
//! Every surface (the command, the desktop app, a gateway) comes to its engine through here, so that
//! what a workspace consists of is written once, and this is the one library that names concrete
//! providers. It decides nothing about tenants or keys: the engine does.
//!
//! ```text
//! WORKSPACE/              mode 0700
//!   workspace.json        format, id, where the secrets rest; written last, so that its being there
//!                         says that the workspace is whole
//!   keyward.db            state and log
//!   secrets.json          the secrets and providers' credentials, where a passphrase seals them
//!   .anchor.lock          empty: whose turn it is to write the keyring's anchor
//!   .sidecar.lock         empty: whose turn it is to write sidecars
//!   keystore/             the local software key store
//!   objects/              ciphertext and sidecars, unless the workspace keeps them elsewhere
//! ```
//!
//! One thing is outside on purpose, the log's newest checkpoint: in the OS keyring where the secrets are,
//! or else in `anchors/` of the account's folder for state. An older copy of the folder is told by it.
#![deny(missing_docs)]

mod actor;
mod azure;
mod config;
mod create;
mod credential;
mod credentials;
mod error;
mod harden;
mod hsm;
mod inspect;
mod open;
mod secrets;

pub use actor::os_account;
pub use azure::AzureSettings;
pub use config::Config;
pub use create::{CreateOptions, NewSecrets};
pub use credential::{
    AwsCredential, AwsInput, Credential, CredentialError, CredentialKind, KeptCredential,
};
pub use error::WorkspaceError;
pub use harden::harden;
pub use hsm::{HsmSettings, KeptPin, TokenKey};
pub use inspect::{Inspection, SETTLED, StrayBlobs};
pub use open::{AwsSettings, OpenOptions};

pub use keyward_kms_azure::AzureCredential;

use std::{path::PathBuf, sync::Arc};

use keyward_engine::Engine;
use keyward_kms::local::LocalKeyStore;
use keyward_kms_aws::AwsKms;
use keyward_kms_pkcs11::Pkcs11Kms;
use keyward_secrets::Vault;
use keyward_store::{Objects, Store};

/// The database's file in the folder.
const DATABASE: &str = "keyward.db";
/// The local key store's folder in the folder.
const KEYSTORE: &str = "keystore";
/// Where objects lie unless told otherwise, below the folder.
const OBJECTS: &str = "objects";

/// An open workspace.
pub struct Workspace {
    /// The operations. Shared, since jobs go on while their caller does.
    pub engine: Arc<Engine>,
    /// The local key store, for its owner's side of it.
    pub keystore: LocalKeyStore,
    /// Where the workspace lies.
    pub folder: PathBuf,
    /// What its `workspace.json` says.
    pub config: Config,
    /// Open for as long as the workspace is; the passphrase that opened it is forgotten.
    vault: Arc<Vault>,
    /// The provider that the engine has, to give it another credential.
    aws: Arc<AwsKms>,
    /// What this process was told of AWS.
    aws_settings: AwsSettings,
    /// HSMs, for their owners' side of them.
    hsm: Arc<Pkcs11Kms>,
    store: Store,
    objects: Objects,
}

/// Runs what blocks (the disk, Argon2id, a bus) where it holds up nobody.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, WorkspaceError> + Send + 'static,
) -> Result<T, WorkspaceError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(WorkspaceError::Io {
            action: "run",
            path: PathBuf::from("a worker thread"),
            source: std::io::Error::other(error.to_string()),
        }),
    }
}
