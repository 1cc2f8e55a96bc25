//! Secrets in a file sealed with a passphrase.
//!
//! [`Document`] has the bytes. Here is how the file is read, replaced at once, and shared by processes.

use std::{
    fs::{self, File},
    io::{self, Read, Write},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use zeroize::Zeroizing;

use crate::{
    Cost, SecretsError,
    document::{Document, Fault, FileKey, Secrets},
};

/// No file of ours comes near it; a planted one shall not fill the memory.
const MAX_FILE_LENGTH: u64 = 64 * 1024;
/// The fewest characters that NIST SP 800-63B-4, 3.1.1.2, lets any password have. Argon2id makes each
/// guess dear; it can't make up for a secret with few guesses.
const LEAST_CHARACTERS: usize = 8;

pub(crate) struct SealedFile {
    path: PathBuf,
    passphrase: Zeroizing<String>,
    cost: Cost,
    /// The key of the header seen last: Argon2id runs once, not at every call.
    opened: Mutex<Option<FileKey>>,
}

impl SealedFile {
    pub(crate) fn new(path: PathBuf, passphrase: Zeroizing<String>, cost: Cost) -> Self {
        Self { path, passphrase, cost, opened: Mutex::new(None) }
    }

    pub(crate) fn load(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, SecretsError> {
        Ok(self.read()?.and_then(|(_, mut secrets)| secrets.remove(name)))
    }

    pub(crate) fn store(&self, name: &str, secret: &[u8]) -> Result<(), SecretsError> {
        let _lock = self.lock()?;
        let (key, mut secrets) = match self.read()? {
            Some(found) => found,
            None => (self.first_key(&self.passphrase)?, Secrets::new()),
        };
        secrets.insert(name.into(), Zeroizing::new(secret.to_vec()));
        self.write(&key, &secrets)?;
        self.remember(key);
        Ok(())
    }

    pub(crate) fn remove(&self, name: &str) -> Result<(), SecretsError> {
        // Without a file there is nothing to lock either, nor a folder perhaps.
        if self.read()?.is_none() {
            return Ok(());
        }
        let _lock = self.lock()?;
        let Some((key, mut secrets)) = self.read()? else { return Ok(()) };
        match secrets.remove(name) {
            Some(_) => self.write(&key, &secrets),
            None => Ok(()),
        }
    }

    /// Forgets the passphrase once it has opened the file: the key that it gave is enough until the file is
    /// sealed with another one.
    pub(crate) fn forget_passphrase(&mut self) {
        if self.opened.lock().unwrap_or_else(PoisonError::into_inner).is_some() {
            self.passphrase = Zeroizing::new(String::new());
        }
    }

    pub(crate) fn change_passphrase(&mut self, new: Zeroizing<String>) -> Result<(), SecretsError> {
        let _lock = self.lock()?;
        let secrets = self.read()?.map(|(_, secrets)| secrets).unwrap_or_default();
        let key = self.first_key(&new)?;
        self.write(&key, &secrets)?;
        self.passphrase = new;
        self.remember(key);
        Ok(())
    }

    /// The file's secrets and the key that opened them; `None` where there is no file.
    fn read(&self) -> Result<Option<(FileKey, Secrets)>, SecretsError> {
        let Some(bytes) = self.read_bytes()? else { return Ok(None) };
        let open = || {
            let document = Document::parse(&bytes)?;
            let last = self.opened.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let key = match last.filter(|last| document.is_under(last)) {
                Some(key) => key,
                None => document.key(&self.passphrase)?,
            };
            let secrets = document.open(&key)?;
            Ok((key, secrets))
        };
        let (key, secrets) = open().map_err(|fault| self.explain(fault))?;
        self.remember(key.clone());
        Ok(Some((key, secrets)))
    }

    fn read_bytes(&self) -> Result<Option<Vec<u8>>, SecretsError> {
        let file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.io("read", error)),
        };
        let mut bytes = Vec::new();
        file.take(MAX_FILE_LENGTH + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| self.io("read", error))?;
        if bytes.len() as u64 > MAX_FILE_LENGTH {
            Err(self.explain(Fault::Damaged))
        } else {
            Ok(Some(bytes))
        }
    }

    /// A key for a passphrase that the file hasn't had before.
    fn first_key(&self, passphrase: &str) -> Result<FileKey, SecretsError> {
        if passphrase.chars().count() < LEAST_CHARACTERS {
            return Err(SecretsError::WeakPassphrase { least: LEAST_CHARACTERS });
        }
        FileKey::new(passphrase, self.cost)
    }

    fn write(&self, key: &FileKey, secrets: &Secrets) -> Result<(), SecretsError> {
        let contents = key.seal(secrets)?;
        // What couldn't be read again is never put in the place of what can.
        if contents.len() as u64 > MAX_FILE_LENGTH {
            return Err(self.io("write", io::ErrorKind::FileTooLarge.into()));
        }
        self.replace(&contents).map_err(|error| self.io("write", error))
    }

    /// Puts new contents in the file's place: a crash leaves the old file or the new one, whole.
    fn replace(&self, contents: &[u8]) -> io::Result<()> {
        let folder = self.folder();
        // Made with mode 0600, which the renamed file keeps.
        let mut file = tempfile::Builder::new().prefix(".secrets-").tempfile_in(folder)?;
        file.write_all(contents)?;
        // Crash here: the old file stands, a stray temporary file holds sealed bytes only.
        file.as_file().sync_all()?;
        file.persist(&self.path).map_err(|error| error.error)?;
        // Until the folder is on disk too, a power cut could bring the old file back.
        File::open(folder)?.sync_all()
    }

    /// Held from reading to writing, so that two processes lose none of each other's secrets. The lock
    /// is on a file beside it, since the file itself is replaced.
    fn lock(&self) -> Result<File, SecretsError> {
        let folder = self.folder();
        fs::create_dir_all(folder).map_err(|error| self.io("write", error))?;
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(folder.join(format!(".{name}.lock")))
            .map_err(|error| self.io("lock", error))?;
        lock.lock().map_err(|error| self.io("lock", error))?;
        Ok(lock)
    }

    fn folder(&self) -> &Path {
        match self.path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        }
    }

    fn remember(&self, key: FileKey) {
        *self.opened.lock().unwrap_or_else(PoisonError::into_inner) = Some(key);
    }

    fn explain(&self, fault: Fault) -> SecretsError {
        let file = self.path.clone();
        match fault {
            Fault::Damaged => SecretsError::Damaged { file },
            Fault::Newer(format) => SecretsError::Newer { file, format },
            Fault::WrongPassphrase => SecretsError::WrongPassphrase { file },
            Fault::Other(error) => error,
        }
    }

    fn io(&self, action: &'static str, source: io::Error) -> SecretsError {
        SecretsError::Io { action, file: self.path.clone(), source }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{SecretText, Vault};
    use base64::{Engine, prelude::BASE64_STANDARD};
    use keyward_core::SecretKey;
    use serde_json::{Value, json};

    /// The least that is allowed, so that the tests are quick.
    const COST: Cost = Cost { lanes: 1, memory_kib: 8 * 1024, passes: 1 };

    fn vault(folder: &Path, passphrase: &str) -> Vault {
        Vault::passphrase_at_cost(folder.join("secrets.json"), text(passphrase), COST)
    }

    fn text(passphrase: &str) -> Zeroizing<String> {
        Zeroizing::new(passphrase.into())
    }

    #[test]
    fn what_is_stored_is_there_for_the_next_process() {
        let folder = tempfile::tempdir().unwrap();
        let first = vault(folder.path(), "correct horse");
        assert!(first.load("ledger").unwrap().is_none(), "no file is no secret, not an error");
        first.store("ledger", &SecretKey::new([1; 32])).unwrap();
        first.store("key-store", &SecretKey::new([2; 32])).unwrap();
        first.store("ledger", &SecretKey::new([3; 32])).unwrap();

        let second = vault(folder.path(), "correct horse");
        assert_eq!(second.load("ledger").unwrap().unwrap().expose(), &[3; 32]);
        assert_eq!(second.load("key-store").unwrap().unwrap().expose(), &[2; 32]);
        second.remove("ledger").unwrap();
        second.remove("ledger").unwrap();
        assert!(first.load("ledger").unwrap().is_none());
    }

    #[test]
    fn texts_of_any_length_rest_beside_keys_and_are_not_taken_for_them() {
        let folder = tempfile::tempdir().unwrap();
        let vault = vault(folder.path(), "correct horse");
        let long = "x".repeat(8 * 1024);
        for typed in ["", "wJalrXUtnFEMI/K7MDENG", "\u{e4}\0", &long] {
            vault.store_text("aws", &SecretText::new(typed.to_owned())).unwrap();
            assert_eq!(vault.load_text("aws").unwrap().unwrap().expose(), typed);
        }
        vault.store("ledger", &SecretKey::new([3; 32])).unwrap();
        assert_eq!(vault.load_text("aws").unwrap().unwrap().expose(), long);
        assert!(matches!(vault.load("aws"), Err(SecretsError::EntryDamaged { .. })));
        let longer = SecretText::new(format!("{long}x"));
        assert!(matches!(
            vault.store_text("aws", &longer),
            Err(SecretsError::TooLong { most: 8192, .. })
        ));
        let file = fs::read(folder.path().join("secrets.json")).unwrap();
        assert!(!file.windows(20).any(|bytes| bytes == &long.as_bytes()[..20]));
    }

    #[test]
    fn a_file_that_would_be_too_long_to_read_again_is_not_written() {
        let folder = tempfile::tempdir().unwrap();
        let vault = vault(folder.path(), "correct horse");
        let long = SecretText::new("x".repeat(8 * 1024));
        let kept =
            (0..10).take_while(|n| vault.store_text(&format!("s{n}"), &long).is_ok()).count();
        assert!((4..10).contains(&kept), "{kept}");
        assert!(vault.load_text("s0").unwrap().is_some(), "what was there is still there");
    }

    #[test]
    fn a_forgotten_passphrase_leaves_what_it_opened_open() {
        let folder = tempfile::tempdir().unwrap();
        let mut kept = vault(folder.path(), "correct horse");
        kept.store("a", &SecretKey::new([1; 32])).unwrap();
        kept.forget_passphrase();
        kept.store("b", &SecretKey::new([2; 32])).unwrap();
        assert!(kept.load("a").unwrap().is_some());
        vault(folder.path(), "correct horse").change_passphrase(text("battery staple")).unwrap();
        assert!(matches!(kept.load("a"), Err(SecretsError::WrongPassphrase { .. })));
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_may_read_the_file() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        vault(folder.path(), "correct horse").store("a", &SecretKey::new([1; 32])).unwrap();
        let mode = fs::metadata(folder.path().join("secrets.json")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_wrong_passphrase_is_told_from_a_damaged_file() {
        let folder = tempfile::tempdir().unwrap();
        vault(folder.path(), "correct horse").store("a", &SecretKey::new([1; 32])).unwrap();
        let wrong = vault(folder.path(), "battery staple");
        assert!(matches!(wrong.load("a"), Err(SecretsError::WrongPassphrase { .. })));
        let refused = wrong.store("a", &SecretKey::new([2; 32]));
        assert!(matches!(refused, Err(SecretsError::WrongPassphrase { .. })));
        let right = vault(folder.path(), "correct horse");
        assert_eq!(right.load("a").unwrap().unwrap().expose(), &[1; 32]);
    }

    #[test]
    fn a_short_passphrase_seals_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let refused = vault(folder.path(), "").store("a", &SecretKey::new([1; 32]));
        assert!(matches!(refused, Err(SecretsError::WeakPassphrase { .. })));
        assert!(!folder.path().join("secrets.json").exists());
    }

    #[test]
    fn a_new_passphrase_opens_and_the_old_one_no_longer() {
        let folder = tempfile::tempdir().unwrap();
        let mut changed = vault(folder.path(), "correct horse");
        changed.store("a", &SecretKey::new([1; 32])).unwrap();
        let before = fs::read(folder.path().join("secrets.json")).unwrap();
        assert!(matches!(
            changed.change_passphrase(text("short")),
            Err(SecretsError::WeakPassphrase { .. })
        ));
        assert_eq!(fs::read(folder.path().join("secrets.json")).unwrap(), before);
        changed.change_passphrase(text("battery staple")).unwrap();
        assert_eq!(changed.load("a").unwrap().unwrap().expose(), &[1; 32]);
        assert!(vault(folder.path(), "battery staple").load("a").unwrap().is_some());
        assert!(matches!(
            vault(folder.path(), "correct horse").load("a"),
            Err(SecretsError::WrongPassphrase { .. })
        ));
    }

    #[test]
    fn each_edit_of_the_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secrets.json");
        vault(folder.path(), "correct horse").store("a", &SecretKey::new([1; 32])).unwrap();
        let good: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let other = |text: &str| {
            let mut bytes = BASE64_STANDARD.decode(text).unwrap();
            bytes[0] ^= 1;
            json!(BASE64_STANDARD.encode(bytes))
        };
        let edits = [
            ("/header/check", other(good["header"]["check"].as_str().unwrap()), "wrong-passphrase"),
            ("/header/salt", other(good["header"]["salt"].as_str().unwrap()), "wrong-passphrase"),
            ("/header/cost/passes", json!(2), "wrong-passphrase"),
            ("/header/cost/passes", json!(4_000_000_000_u32), "state-corrupt"),
            ("/header/cost/memory_kib", json!(4_000_000_000_u32), "state-corrupt"),
            ("/header/cost/lanes", json!(0), "state-corrupt"),
            ("/header/format", json!(0), "state-corrupt"),
            ("/header/format", json!(2), "workspace-newer"),
            ("/header", json!({}), "state-corrupt"),
            ("/nonce", other(good["nonce"].as_str().unwrap()), "state-corrupt"),
            ("/nonce", json!(""), "state-corrupt"),
            ("/sealed", other(good["sealed"].as_str().unwrap()), "state-corrupt"),
            ("/sealed", json!(""), "state-corrupt"),
        ];
        for (place, value, code) in edits {
            let mut edited = good.clone();
            *edited.pointer_mut(place).unwrap() = value.clone();
            fs::write(&path, serde_json::to_vec(&edited).unwrap()).unwrap();
            let error = vault(folder.path(), "correct horse").load("a").unwrap_err();
            assert_eq!(error.code().as_str(), code, "{place} = {value}: {error}");
        }
        for bytes in [&b""[..], b"{", b"[]", b"\xff", &vec![b' '; 100_000]] {
            fs::write(&path, bytes).unwrap();
            let error = vault(folder.path(), "correct horse").load("a").unwrap_err();
            assert!(matches!(error, SecretsError::Damaged { .. }), "{error}");
        }
    }

    #[test]
    fn two_processes_lose_none_of_each_others_secrets() {
        let folder = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let vault = vault(folder.path(), "correct horse");
                scope.spawn(move || {
                    vault.store(&format!("s{thread}"), &SecretKey::new([thread; 32])).unwrap();
                });
            }
        });
        let vault = vault(folder.path(), "correct horse");
        for thread in 0..4 {
            let secret = vault.load(&format!("s{thread}")).unwrap().unwrap();
            assert_eq!(secret.expose(), &[thread; 32]);
        }
    }
}
