//! The file of secrets, to the byte: how a passphrase seals it.
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
//! is, for each secret in the order of names: the name's length (1 byte; its highest bit is set where
//! the secret isn't 32 bytes long), the name, where that bit is set the secret's length (2 bytes,
//! big-endian), the secret.
//!
//! `check` tells a wrong passphrase from a damaged file, and commits to the key, which AES-GCM alone
//! doesn't: no file opens under two passphrases.

use std::collections::BTreeMap;

use aes_gcm::{
    Aes256Gcm, KeyInit,
    aead::{Aead, Payload},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::{Cost, SecretsError};

const FORMAT: u32 = 1;
const LABEL: &[u8] = b"keyward secrets v1";
/// Marks a secret of another length than a key's.
const TEXT: u8 = 0x80;
/// The length of a key, in bytes.
const KEY_LENGTH: usize = 32;

/// Secrets by name.
pub(crate) type Secrets = BTreeMap<String, Zeroizing<Vec<u8>>>;

/// A file's contents, parsed but not yet verified.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Document {
    header: Header,
    nonce: String,
    sealed: String,
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

/// The key that a passphrase and a header give.
#[derive(Clone)]
pub(crate) struct FileKey {
    header: Header,
    key: Zeroizing<[u8; 32]>,
}

/// Why a document doesn't open. The file's name is added where it is known.
pub(crate) enum Fault {
    Damaged,
    Newer(u32),
    WrongPassphrase,
    Other(SecretsError),
}

impl Document {
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, Fault> {
        /// What every format has, so that a newer one is told from a damaged one.
        #[derive(Deserialize)]
        struct AnyDocument {
            header: AnyHeader,
        }
        #[derive(Deserialize)]
        struct AnyHeader {
            format: u32,
        }
        let any: AnyDocument = serde_json::from_slice(bytes)?;
        match any.header.format {
            FORMAT => Ok(serde_json::from_slice(bytes)?),
            newer if newer > FORMAT => Err(Fault::Newer(newer)),
            _ => Err(Fault::Damaged),
        }
    }

    /// Whether this is the header that the key is for: Argon2id needn't run again then.
    pub(crate) fn is_under(&self, key: &FileKey) -> bool {
        self.header == key.header
    }

    /// Derives the key from the passphrase, at the cost that the header states.
    pub(crate) fn key(&self, passphrase: &str) -> Result<FileKey, Fault> {
        let Header { check, cost, salt, .. } = &self.header;
        let salt: [u8; 16] = decode(salt).ok_or(Fault::Damaged)?;
        let check: [u8; 32] = decode(check).ok_or(Fault::Damaged)?;
        let (key, own) = split(&*cost.derive(passphrase, &salt)?);
        if bool::from(own.ct_eq(&check)) {
            Ok(FileKey { header: self.header.clone(), key })
        } else {
            Err(Fault::WrongPassphrase)
        }
    }

    /// Opens the secrets. The key was checked against the header: what fails here is damage.
    pub(crate) fn open(&self, key: &FileKey) -> Result<Secrets, Fault> {
        let nonce: [u8; 12] = decode(&self.nonce).ok_or(Fault::Damaged)?;
        let sealed = BASE64_STANDARD.decode(&self.sealed).map_err(|_| Fault::Damaged)?;
        let aad = self.header.additional_data();
        let plaintext = Aes256Gcm::new(&(*key.key).into())
            .decrypt(&nonce.into(), Payload { msg: &sealed, aad: &aad })
            .map(Zeroizing::new)
            .map_err(|_| Fault::Damaged)?;
        parse_secrets(&plaintext).ok_or(Fault::Damaged)
    }
}

impl FileKey {
    /// A key under a new salt.
    pub(crate) fn new(passphrase: &str, cost: Cost) -> Result<Self, SecretsError> {
        let salt: [u8; 16] = random()?;
        let (key, check) = split(&*cost.derive(passphrase, &salt)?);
        let header = Header {
            check: BASE64_STANDARD.encode(check),
            cost,
            format: FORMAT,
            salt: BASE64_STANDARD.encode(salt),
        };
        Ok(Self { header, key })
    }

    /// The file's contents for these secrets.
    pub(crate) fn seal(&self, secrets: &Secrets) -> Result<Vec<u8>, SecretsError> {
        // Random for each write: 96 bits are plenty for the few writes that a file sees under one salt.
        let nonce: [u8; 12] = random()?;
        let plaintext = serialise_secrets(secrets);
        let aad = self.header.additional_data();
        let sealed = Aes256Gcm::new(&(*self.key).into())
            .encrypt(&nonce.into(), Payload { msg: &plaintext, aad: &aad })
            .expect("a few secrets are shorter than 64 GiB");
        let document = Document {
            header: self.header.clone(),
            nonce: BASE64_STANDARD.encode(nonce),
            sealed: BASE64_STANDARD.encode(sealed),
        };
        let mut text = serde_json::to_vec_pretty(&document)
            .expect("a document of texts and numbers serialises");
        text.push(b'\n');
        Ok(text)
    }
}

impl Header {
    fn additional_data(&self) -> Vec<u8> {
        let header = serde_json::to_vec(self).expect("a header of texts and numbers serialises");
        [LABEL, &header].concat()
    }
}

impl From<serde_json::Error> for Fault {
    fn from(_: serde_json::Error) -> Self {
        Self::Damaged
    }
}

impl From<SecretsError> for Fault {
    fn from(error: SecretsError) -> Self {
        Self::Other(error)
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
    let most = secrets.iter().map(|(name, secret)| 1 + name.len() + 2 + secret.len()).sum();
    // Of its greatest size at once: growing would leave copies of secrets behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(most));
    for (name, secret) in secrets {
        // INVARIANT: the vault let in names of 1 to 64 bytes only.
        let length = u8::try_from(name.len()).expect("a name has at most 64 bytes");
        let is_key = secret.len() == KEY_LENGTH;
        bytes.push(if is_key { length } else { length | TEXT });
        bytes.extend_from_slice(name.as_bytes());
        if !is_key {
            // INVARIANT: nor a secret longer than `MAX_SECRET`.
            let length = u16::try_from(secret.len()).expect("a secret has at most 8 KiB");
            bytes.extend_from_slice(&length.to_be_bytes());
        }
        bytes.extend_from_slice(secret);
    }
    bytes
}

fn parse_secrets(mut bytes: &[u8]) -> Option<Secrets> {
    let mut secrets = Secrets::new();
    while let Some((&marked, rest)) = bytes.split_first() {
        let (name, rest) = rest.split_at_checked((marked & !TEXT).into())?;
        let (length, rest) = match rest.split_first_chunk() {
            Some((length, rest)) if marked & TEXT != 0 => {
                (u16::from_be_bytes(*length).into(), rest)
            }
            None if marked & TEXT != 0 => return None,
            _ => (KEY_LENGTH, rest),
        };
        let (secret, rest) = rest.split_at_checked(length)?;
        let name = std::str::from_utf8(name).ok()?;
        secrets.insert(name.into(), Zeroizing::new(secret.to_vec()));
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

    #[test]
    fn the_header_is_in_canonical_form() {
        let header = Header {
            check: "c".into(),
            cost: Cost { lanes: 1, memory_kib: 8192, passes: 1 },
            format: 1,
            salt: "s".into(),
        };
        assert_eq!(
            header.additional_data(),
            br#"keyward secrets v1{"check":"c","cost":{"lanes":1,"memory_kib":8192,"passes":1},"format":1,"salt":"s"}"#
        );
    }

    #[test]
    fn a_cut_plaintext_is_no_set_of_secrets() {
        let secret = |length| Zeroizing::new(vec![1; length]);
        let secrets = Secrets::from([("a".into(), secret(32)), ("b".into(), secret(300))]);
        let bytes = serialise_secrets(&secrets);
        assert_eq!(parse_secrets(&bytes), Some(secrets));
        let whole = 1 + 1 + 32;
        for length in (1..bytes.len()).filter(|length| *length != whole) {
            assert!(parse_secrets(&bytes[..length]).is_none(), "{length}");
        }
    }
}
