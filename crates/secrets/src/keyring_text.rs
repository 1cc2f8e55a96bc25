//! A text that is no secret in the OS keyring: there because whoever rewrites a workspace's folder
//! doesn't rewrite the keyring.

use keyward_core::WorkspaceId;

use crate::{SecretsError, os_keyring, vault::check_name};

/// One text of a workspace in the OS keyring, beside its secrets. Like a [`Vault`](crate::Vault) it
/// blocks.
#[derive(Clone, Debug)]
pub struct KeyringText {
    workspace: WorkspaceId,
    name: String,
}

impl KeyringText {
    /// The text of this name. Nothing is asked of the keyring yet.
    ///
    /// # Errors
    /// [`SecretsError::BadName`].
    pub fn new(workspace: WorkspaceId, name: &str) -> Result<Self, SecretsError> {
        check_name(name)?;
        Ok(Self { workspace, name: name.into() })
    }

    /// Reads it; `None` where none is kept.
    ///
    /// # Errors
    /// [`SecretsError`] where the keyring can't be reached.
    pub fn load(&self) -> Result<Option<String>, SecretsError> {
        os_keyring::load_text(self.workspace, &self.name)
    }

    /// Keeps it in place of an older one, and reads it back. Short texts only: Windows keeps 2,560 bytes.
    ///
    /// # Errors
    /// [`SecretsError`] where it wasn't kept.
    pub fn store(&self, text: &str) -> Result<(), SecretsError> {
        os_keyring::store_text(self.workspace, &self.name, text)?;
        if self.load()?.as_deref() == Some(text) {
            Ok(())
        } else {
            Err(SecretsError::NotKept { name: self.name.clone() })
        }
    }

    /// Forgets it. One that isn't there is no error.
    ///
    /// # Errors
    /// [`SecretsError`] where the keyring can't be reached.
    pub fn remove(&self) -> Result<(), SecretsError> {
        os_keyring::remove(self.workspace, &self.name)
    }
}
