//! Secrets in a file sealed with a passphrase.
//!
//! `secrets.json`, mode 0600, is a JSON object:
//!
//! | field | what |
//! | --- | --- |
//! | `header.check` | 32 bytes, base64: bytes 32 to 63 of Argon2id's output |
//! | `header.cost` | Argon2id's `lanes`, `memory_kib` and `passes` |
//! | `header.format` | 1 |
//! | `header.salt` | 16 random bytes, base64; new for each passphrase |
//! | `nonce` | 12 random bytes, base64; new for each write |
//! | `sealed` | ciphertext and 16-byte tag, base64 |
//!
//! The key is bytes 0 to 31 of Argon2id(passphrase, salt), version 0x13, 64 bytes long. The cipher is
//! AES-256-GCM, its additional data `keyward secrets v1` and the header in RFC 8785 form. The plaintext
//! is, for each secret in the order of names: the name's length (1 byte), the name, the secret (32
//! bytes).
//!
//! `check` tells a wrong passphrase from a damaged file, and commits to the key, which AES-GCM alone
//! doesn't: no file opens under two passphrases.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Read, Write},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use aes_gcm::{
    Aes256Gcm, KeyInit,
    aead::{Aead, Payload},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use keyward_core::SecretKey;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::{Cost, SecretsError};

const FORMAT: u32 = 1;
const LABEL: &[u8] = b"keyward secrets v1";
/// No file of ours comes near it; a planted one shall not fill the memory.
const MAX_FILE_LENGTH: u64 = 64 * 1024;
/// A new passphrase has at least so many characters (NIST SP 800-63B-4, 3.1.1.2, asks for 15 where it
/// is the only factor; the file's own protection, mode 0600, is another).
const LEAST_CHARACTERS: usize = 8;

pub(crate) struct SealedFile {
    path: PathBuf,
    passphrase: Zeroizing<String>,
    cost: Cost,
    /// The key of the header seen last: Argon2id runs once, not at every call.
    opened: Mutex<Option<Opened>>,
}

#[derive(Clone)]
struct Opened {
    header: Header,
    key: Zeroizing<[u8; 32]>,
}

// Fields in alphabetical order: serialised as they stand they are in RFC 8785 form.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    check: String,
    cost: Cost,
    format: u32,
    salt: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    header: Header,
    nonce: String,
    sealed: String,
}

type Secrets = BTreeMap<String, SecretKey>;

impl SealedFile {
    pub(crate) fn new(path: PathBuf, passphrase: Zeroizing<String>, cost: Cost) -> Self {
        Self { path, passphrase, cost, opened: Mutex::new(None) }
    }

    pub(crate) fn load(&self, name: &str) -> Result<Option<SecretKey>, SecretsError> {
        Ok(self.read()?.and_then(|(_, mut secrets)| secrets.remove(name)))
    }

    pub(crate) fn store(&self, name: &str, secret: &SecretKey) -> Result<(), SecretsError> {
        let _lock = self.lock()?;
        let (opened, mut secrets) = match self.read()? {
            Some(found) => found,
            None => (self.first_header(&self.passphrase)?, Secrets::new()),
        };
        secrets.insert(name.into(), secret.duplicate());
        self.write(&opened, &secrets)?;
        self.remember(opened);
        Ok(())
    }

    pub(crate) fn remove(&self, name: &str) -> Result<(), SecretsError> {
        // Without a file there is nothing to lock either, nor a folder perhaps.
        if self.read()?.is_none() {
            return Ok(());
        }
        let _lock = self.lock()?;
        let Some((opened, mut secrets)) = self.read()? else { return Ok(()) };
        match secrets.remove(name) {
            Some(_) => self.write(&opened, &secrets),
            None => Ok(()),
        }
    }

    pub(crate) fn change_passphrase(&mut self, new: Zeroizing<String>) -> Result<(), SecretsError> {
        let _lock = self.lock()?;
        let secrets = self.read()?.map(|(_, secrets)| secrets).unwrap_or_default();
        let opened = self.first_header(&new)?;
        self.write(&opened, &secrets)?;
        self.passphrase = new;
        self.remember(opened);
        Ok(())
    }

    /// The file's secrets and the key that opened them; `None` where there is no file.
    fn read(&self) -> Result<Option<(Opened, Secrets)>, SecretsError> {
        let Some(bytes) = self.read_bytes()? else { return Ok(None) };
        let document = self.parse(&bytes)?;
        let opened = self.open_header(document.header)?;
        let damaged = || self.damaged();
        let nonce: [u8; 12] = decode(&document.nonce).ok_or_else(damaged)?;
        let sealed = BASE64_STANDARD.decode(&document.sealed).map_err(|_| damaged())?;
        let aad = opened.header.additional_data();
        let plaintext = Aes256Gcm::new(&(*opened.key).into())
            .decrypt(&nonce.into(), Payload { msg: &sealed, aad: &aad })
            .map(Zeroizing::new)
            .map_err(|_| damaged())?;
        let secrets = parse_secrets(&plaintext).ok_or_else(damaged)?;
        self.remember(opened.clone());
        Ok(Some((opened, secrets)))
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
        if bytes.len() as u64 > MAX_FILE_LENGTH { Err(self.damaged()) } else { Ok(Some(bytes)) }
    }

    fn parse(&self, bytes: &[u8]) -> Result<Document, SecretsError> {
        /// What every format has, so that a newer one is told from a damaged one.
        #[derive(Deserialize)]
        struct AnyDocument {
            header: AnyHeader,
        }
        #[derive(Deserialize)]
        struct AnyHeader {
            format: u32,
        }
        let AnyDocument { header: AnyHeader { format } } =
            serde_json::from_slice(bytes).map_err(|_| self.damaged())?;
        if format > FORMAT {
            return Err(SecretsError::Newer { file: self.path.clone(), format });
        }
        if format < FORMAT {
            return Err(self.damaged());
        }
        serde_json::from_slice(bytes).map_err(|_| self.damaged())
    }

    /// Derives the key of a header read from the file, unless it is the one seen last.
    fn open_header(&self, header: Header) -> Result<Opened, SecretsError> {
        let last = self.opened.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(last) = last.filter(|last| last.header == header) {
            return Ok(last);
        }
        let salt: [u8; 16] = decode(&header.salt).ok_or_else(|| self.damaged())?;
        let check: [u8; 32] = decode(&header.check).ok_or_else(|| self.damaged())?;
        let (key, own) = split(&*header.cost.derive(&self.passphrase, &salt)?);
        if bool::from(own.ct_eq(&check)) {
            Ok(Opened { header, key })
        } else {
            Err(SecretsError::WrongPassphrase { file: self.path.clone() })
        }
    }

    /// A header for a passphrase that the file hasn't had before.
    fn first_header(&self, passphrase: &str) -> Result<Opened, SecretsError> {
        if passphrase.chars().count() < LEAST_CHARACTERS {
            return Err(SecretsError::WeakPassphrase { least: LEAST_CHARACTERS });
        }
        let salt: [u8; 16] = random()?;
        let (key, check) = split(&*self.cost.derive(passphrase, &salt)?);
        let header = Header {
            check: BASE64_STANDARD.encode(check),
            cost: self.cost,
            format: FORMAT,
            salt: BASE64_STANDARD.encode(salt),
        };
        Ok(Opened { header, key })
    }

    fn write(&self, opened: &Opened, secrets: &Secrets) -> Result<(), SecretsError> {
        let nonce: [u8; 12] = random()?;
        let plaintext = serialise_secrets(secrets);
        let aad = opened.header.additional_data();
        let sealed = Aes256Gcm::new(&(*opened.key).into())
            .encrypt(&nonce.into(), Payload { msg: &plaintext, aad: &aad })
            .map_err(|_| self.damaged())?;
        let document = Document {
            header: opened.header.clone(),
            nonce: BASE64_STANDARD.encode(nonce),
            sealed: BASE64_STANDARD.encode(sealed),
        };
        let mut text = serde_json::to_vec_pretty(&document).map_err(|_| self.damaged())?;
        text.push(b'\n');
        self.replace(&text).map_err(|error| self.io("write", error))
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

    fn remember(&self, opened: Opened) {
        *self.opened.lock().unwrap_or_else(PoisonError::into_inner) = Some(opened);
    }

    fn damaged(&self) -> SecretsError {
        SecretsError::Damaged { file: self.path.clone() }
    }

    fn io(&self, action: &'static str, source: io::Error) -> SecretsError {
        SecretsError::Io { action, file: self.path.clone(), source }
    }
}

impl Header {
    fn additional_data(&self) -> Vec<u8> {
        let header = serde_json::to_vec(self).expect("a header of texts and numbers serialises");
        [LABEL, &header].concat()
    }
}

fn split(derived: &[u8; 64]) -> (Zeroizing<[u8; 32]>, [u8; 32]) {
    let mut key = Zeroizing::new([0; 32]);
    let mut check = [0; 32];
    key.copy_from_slice(&derived[..32]);
    check.copy_from_slice(&derived[32..]);
    (key, check)
}

fn serialise_secrets(secrets: &Secrets) -> Zeroizing<Vec<u8>> {
    let length = secrets.keys().map(|name| 1 + name.len() + SecretKey::LENGTH).sum();
    // Of its final size at once: growing would leave copies of secrets behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(length));
    for (name, secret) in secrets {
        // INVARIANT: the vault let in names of 1 to 64 bytes only.
        bytes.push(u8::try_from(name.len()).expect("a name has at most 64 bytes"));
        bytes.extend_from_slice(name.as_bytes());
        bytes.extend_from_slice(secret.expose());
    }
    bytes
}

fn parse_secrets(mut bytes: &[u8]) -> Option<Secrets> {
    let mut secrets = Secrets::new();
    while let Some((&length, rest)) = bytes.split_first() {
        let (name, rest) = rest.split_at_checked(length.into())?;
        let (secret, rest) = rest.split_at_checked(SecretKey::LENGTH)?;
        let name = std::str::from_utf8(name).ok()?;
        secrets.insert(name.into(), SecretKey::from_slice(secret)?);
        bytes = rest;
    }
    Some(secrets)
}

fn decode<const N: usize>(text: &str) -> Option<[u8; N]> {
    BASE64_STANDARD.decode(text).ok()?.try_into().ok()
}

fn random<const N: usize>() -> Result<[u8; N], SecretsError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| SecretsError::NoRandomness)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Vault;
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

    #[test]
    fn the_header_is_in_canonical_form() {
        let header = Header { check: "c".into(), cost: COST, format: 1, salt: "s".into() };
        assert_eq!(
            header.additional_data(),
            br#"keyward secrets v1{"check":"c","cost":{"lanes":1,"memory_kib":8192,"passes":1},"format":1,"salt":"s"}"#
        );
    }

    #[test]
    fn a_cut_plaintext_is_no_set_of_secrets() {
        let secrets = Secrets::from([("a".into(), SecretKey::new([1; 32]))]);
        let bytes = serialise_secrets(&secrets);
        assert!(parse_secrets(&bytes).is_some());
        for length in 1..bytes.len() {
            assert!(parse_secrets(&bytes[..length]).is_none(), "{length}");
        }
    }
}
