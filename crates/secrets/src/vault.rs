//! The vault: one interface over both backings.

use std::{fmt, path::PathBuf};

use keyward_core::{SecretKey, WorkspaceId};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::{Backing, Cost, SecretText, SecretsError, os_keyring, sealed_file::SealedFile};

/// The longest secret, in bytes. Windows keeps less, 2,560, and says so.
const MAX_SECRET: usize = 8 * 1024;

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

    /// Reads a key; `None` where none is kept under the name.
    ///
    /// # Errors
    /// [`SecretsError`] where the backing can't be reached or opened, or what it has is no key.
    pub fn load(&self, name: &str) -> Result<Option<SecretKey>, SecretsError> {
        let Some(bytes) = self.load_bytes(name)? else { return Ok(None) };
        let key = SecretKey::from_slice(&bytes);
        key.map(Some).ok_or_else(|| SecretsError::EntryDamaged { name: name.into() })
    }

    /// Reads a secret text; `None` where none is kept under the name.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn load_text(&self, name: &str) -> Result<Option<SecretText>, SecretsError> {
        let Some(bytes) = self.load_bytes(name)? else { return Ok(None) };
        let text = std::str::from_utf8(&bytes).map(|text| SecretText::new(text.to_owned()));
        text.map(Some).map_err(|_| SecretsError::EntryDamaged { name: name.into() })
    }

    /// Keeps a key, in place of an older secret of the name, and reads it back: once this returns, a
    /// later [`load`](Self::load) gives it.
    ///
    /// # Errors
    /// [`SecretsError`] where the secret wasn't kept. Whoever was about to use it must stop.
    pub fn store(&self, name: &str, secret: &SecretKey) -> Result<(), SecretsError> {
        self.store_bytes(name, secret.expose())
    }

    /// Keeps a secret text of at most 8 KiB, as [`store`](Self::store) does a key.
    ///
    /// # Errors
    /// As [`store`](Self::store); [`SecretsError::TooLong`].
    pub fn store_text(&self, name: &str, secret: &SecretText) -> Result<(), SecretsError> {
        self.store_bytes(name, secret.expose().as_bytes())
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

    /// Forgets the passphrase of a file that is open by it, for a vault that is held on to: the file's key
    /// is enough until somebody seals it with another passphrase. A keyring has none to forget.
    pub fn forget_passphrase(&mut self) {
        if let Place::File(file) = &mut self.0 {
            file.forget_passphrase();
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

    fn load_bytes(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, SecretsError> {
        check_name(name)?;
        match &self.0 {
            Place::Keyring(workspace) => os_keyring::load(*workspace, name),
            Place::File(file) => file.load(name),
        }
    }

    fn store_bytes(&self, name: &str, secret: &[u8]) -> Result<(), SecretsError> {
        check_name(name)?;
        if secret.len() > MAX_SECRET {
            return Err(SecretsError::TooLong { name: name.into(), most: MAX_SECRET });
        }
        match &self.0 {
            Place::Keyring(workspace) => os_keyring::store(*workspace, name, secret)?,
            Place::File(file) => file.store(name, secret)?,
        }
        let kept = self.load_bytes(name)?;
        if kept.is_some_and(|kept| kept.ct_eq(secret).into()) {
            Ok(())
        } else {
            Err(SecretsError::NotKept { name: name.into() })
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
