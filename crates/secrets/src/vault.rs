//! The vault: one interface over both backings.

use std::{fmt, path::PathBuf};

use keyward_core::{SecretKey, WorkspaceId};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::{Backing, Cost, SecretsError, os_keyring, sealed_file::SealedFile};

/// Where one workspace's secrets rest.
pub struct Vault(Place);

enum Place {
    Keyring(WorkspaceId),
    File(SealedFile),
}

impl Vault {
    /// The OS keyring's entries of one workspace. Nothing is asked of the keyring yet.
    #[must_use]
    pub fn keyring(workspace: WorkspaceId) -> Self {
        Self(Place::Keyring(workspace))
    }

    /// A file sealed with a passphrase, at [`Cost::STANDARD`] where it is still to be made. Nothing is
    /// read yet: a wrong passphrase shows at the first [`load`](Self::load).
    ///
    /// The passphrase counts byte by byte as given; the caller normalises it if it must.
    #[must_use]
    pub fn passphrase(file: impl Into<PathBuf>, passphrase: Zeroizing<String>) -> Self {
        Self::passphrase_at_cost(file, passphrase, Cost::STANDARD)
    }

    /// Like [`passphrase`](Self::passphrase), at another cost for a file still to be made. A file that
    /// exists keeps its own until its passphrase changes.
    #[must_use]
    pub fn passphrase_at_cost(
        file: impl Into<PathBuf>,
        passphrase: Zeroizing<String>,
        cost: Cost,
    ) -> Self {
        Self(Place::File(SealedFile::new(file.into(), passphrase, cost)))
    }

    /// Whether a keyring can be reached and used now, for `doctor` and for set-up.
    ///
    /// # Errors
    /// [`SecretsError::KeyringUnavailable`] where it can't, with the reason.
    pub fn probe_keyring() -> Result<(), SecretsError> {
        os_keyring::probe()
    }

    /// Which backing this is.
    #[must_use]
    pub fn backing(&self) -> Backing {
        match self.0 {
            Place::Keyring(_) => Backing::Keyring,
            Place::File(_) => Backing::Passphrase,
        }
    }

    /// Reads a secret; `None` where none is kept under the name.
    ///
    /// # Errors
    /// [`SecretsError`] where the backing can't be reached or opened.
    pub fn load(&self, name: &str) -> Result<Option<SecretKey>, SecretsError> {
        check_name(name)?;
        match &self.0 {
            Place::Keyring(workspace) => os_keyring::load(*workspace, name),
            Place::File(file) => file.load(name),
        }
    }

    /// Keeps a secret, in place of an older one of the name, and reads it back: once this returns, a
    /// later [`load`](Self::load) gives it.
    ///
    /// # Errors
    /// [`SecretsError`] where the secret wasn't kept. Whoever was about to use it must stop.
    pub fn store(&self, name: &str, secret: &SecretKey) -> Result<(), SecretsError> {
        check_name(name)?;
        match &self.0 {
            Place::Keyring(workspace) => os_keyring::store(*workspace, name, secret)?,
            Place::File(file) => file.store(name, secret)?,
        }
        let kept = self.load(name)?;
        if kept.is_some_and(|kept| kept.expose().ct_eq(secret.expose()).into()) {
            Ok(())
        } else {
            Err(SecretsError::NotKept { name: name.into() })
        }
    }

    /// Forgets a secret. One that isn't there is no error.
    ///
    /// # Errors
    /// [`SecretsError`] where the backing can't be reached or opened.
    pub fn remove(&self, name: &str) -> Result<(), SecretsError> {
        check_name(name)?;
        match &self.0 {
            Place::Keyring(workspace) => os_keyring::remove(*workspace, name),
            Place::File(file) => file.remove(name),
        }
    }

    /// Seals the file with another passphrase, under a new salt. The secrets themselves stay the same:
    /// whoever has an old copy of the file and its passphrase still has them.
    ///
    /// # Errors
    /// [`SecretsError::NoPassphrase`] for a keyring; else as for [`store`](Self::store).
    pub fn change_passphrase(&mut self, new: Zeroizing<String>) -> Result<(), SecretsError> {
        match &mut self.0 {
            Place::Keyring(_) => Err(SecretsError::NoPassphrase),
            Place::File(file) => file.change_passphrase(new),
        }
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Vault({})", self.backing())
    }
}

pub(crate) fn check_name(name: &str) -> Result<(), SecretsError> {
    let valid = (1..=64).contains(&name.len())
        && name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'));
    if valid {
        Ok(())
    } else {
        Err(SecretsError::BadName { name: name.chars().take(80).collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vault_prints_neither_passphrase_nor_secret() {
        let vault = Vault::passphrase("secrets.json", Zeroizing::new("hunter2 hunter2".into()));
        assert_eq!(format!("{vault:?}"), "Vault(passphrase)");
    }

    #[test]
    fn names_that_could_leave_their_place_are_refused() {
        let vault = Vault::passphrase("secrets.json", Zeroizing::new("hunter2 hunter2".into()));
        for bad in ["", "a/b", "A", "a b", "a\0", &"x".repeat(65)] {
            assert!(matches!(vault.load(bad), Err(SecretsError::BadName { .. })), "{bad:?}");
        }
    }
}
