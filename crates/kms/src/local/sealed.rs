//! The store's files, to the byte: what is in them, and the seal over all of it.
//!
//! `NAME.json` is a JSON object:
//!
//! | field | what |
//! | --- | --- |
//! | `format` | 1 |
//! | `key` | the key's record, in the clear |
//! | `sealed` | nonce (24 bytes), ciphertext and tag (16 bytes), base64 |
//!
//! The plaintext is the material of every version from 1 on, 32 bytes each, joined; nothing once the
//! key is destroyed. The cipher is XAES-256-GCM (<https://c2sp.org/XAES-256-GCM>), its key is
//! HKDF-SHA-256 of the store's sealing secret with the salt `keyward local seal v1` and the info
//! `local:STORE:NAME`, its additional data `keyward local key v1` and `key` in RFC 8785 form. So nothing
//! in a record can be changed, no version dropped, and no file put under another's name.
//!
//! `.keystore` is a JSON object of `format` (1), `id` (the store's) and `proof`: the sealing of an empty
//! plaintext as above, with the info `local:STORE` and the additional data `keyward local store v1`. It
//! tells a wrong secret before any key is asked for.

use base64::{Engine, prelude::BASE64_STANDARD};
use chrono::{DateTime, Utc};
use hkdf::Hkdf;
use keyward_core::{SecretKey, reference::LocalKey};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::{
    KeyRecord, LocalState, StoreId,
    failure::Failure,
    xaes::{NONCE_LENGTH, TAG_LENGTH, Xaes},
};
use crate::Reason;

const FORMAT: u32 = 1;
const SEAL_SALT: &[u8] = b"keyward local seal v1";
const KEY_LABEL: &[u8] = b"keyward local key v1";
const STORE_LABEL: &[u8] = b"keyward local store v1";
/// Keeps a file within [`super::folder`]'s limit: one rotation a day for 27 years.
const MAX_VERSIONS: usize = 10_000;

/// The store's sealing secret, and the store it is for.
pub(super) struct Sealing {
    secret: SecretKey,
    store: StoreId,
}

/// A key's file, opened: to be used, or to be changed and sealed again.
pub(super) struct Draft {
    pub(super) record: KeyRecord,
    /// 32 bytes for each version; wiped on drop.
    material: Zeroizing<Vec<u8>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyFile {
    format: u32,
    key: KeyRecord,
    sealed: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoreFile {
    format: u32,
    id: StoreId,
    proof: String,
}

impl Sealing {
    pub(super) fn new(secret: SecretKey, store: StoreId) -> Self {
        Self { secret, store }
    }

    pub(super) fn store(&self) -> StoreId {
        self.store
    }

    /// The contents of a new store's own file.
    pub(super) fn prove(&self) -> Result<Vec<u8>, Failure> {
        let proof = seal(&self.cipher(&self.info()), STORE_LABEL, &[])?;
        Ok(to_text(&StoreFile { format: FORMAT, id: self.store, proof }))
    }

    /// Reads a store's own file, and checks that this is its secret.
    pub(super) fn check(secret: SecretKey, file: &[u8]) -> Result<Self, Failure> {
        let file: StoreFile = parse(file)?;
        let sealing = Self::new(secret, file.id);
        open(&sealing.cipher(&sealing.info()), STORE_LABEL, &file.proof)?;
        if file.format == FORMAT { Ok(sealing) } else { Err(Reason::StoreDamaged.into()) }
    }

    /// The contents of a key's file.
    pub(super) fn seal(&self, key: &LocalKey, draft: &Draft) -> Result<Vec<u8>, Failure> {
        let cipher = self.cipher(&self.key_info(key));
        let sealed = seal(&cipher, &additional_data(&draft.record), &draft.material)?;
        Ok(to_text(&KeyFile { format: FORMAT, key: draft.record.clone(), sealed }))
    }

    /// Opens a key's file. Anything in it that isn't as it was written, or of another key or store,
    /// is [`Reason::StoreDamaged`].
    pub(super) fn open(&self, key: &LocalKey, file: &[u8]) -> Result<Draft, Failure> {
        let file: KeyFile = parse(file)?;
        let cipher = self.cipher(&self.key_info(key));
        let material = open(&cipher, &additional_data(&file.key), &file.sealed)?;
        let draft = Draft { record: file.key, material };
        let record = &draft.record;
        let whole = file.format == FORMAT
            && record.store == self.store
            && record.name == key.name()
            && draft.material.len() == draft.expected_length();
        if whole { Ok(draft) } else { Err(Reason::StoreDamaged.into()) }
    }

    fn info(&self) -> String {
        format!("local:{}", self.store)
    }

    fn key_info(&self, key: &LocalKey) -> String {
        format!("local:{}:{}", self.store, key.name())
    }

    fn cipher(&self, info: &str) -> Xaes {
        let mut key = Zeroizing::new([0; 32]);
        Hkdf::<Sha256>::new(Some(SEAL_SALT), self.secret.expose())
            .expand(info.as_bytes(), key.as_mut_slice())
            .expect("HKDF-SHA-256 gives up to 8,160 bytes (RFC 5869, 2.3)");
        Xaes::new(&key)
    }
}

impl Clone for Sealing {
    fn clone(&self) -> Self {
        Self { secret: self.secret.duplicate(), store: self.store }
    }
}

impl Draft {
    /// A new key with one version.
    pub(super) fn new(record: KeyRecord) -> Result<Self, Failure> {
        let mut draft = Self { record, material: Zeroizing::default() };
        draft.rotate(draft.record.created_at)?;
        Ok(draft)
    }

    /// Makes a new version and makes it the current one.
    pub(super) fn rotate(&mut self, now: DateTime<Utc>) -> Result<(), Failure> {
        if self.record.versions.len() >= MAX_VERSIONS {
            return Err(Reason::OutOfRange {
                parameter: "the number of versions",
                allowed: "10,000 at most",
            }
            .into());
        }
        let length = self.material.len();
        // Of its final size at once: growing would leave a copy of the material behind.
        let mut material = Zeroizing::new(vec![0; length + SecretKey::LENGTH]);
        let (older, newest) = material.split_at_mut(length);
        older.copy_from_slice(&self.material);
        getrandom::fill(newest)?;
        self.material = material;
        self.record.versions.push(now);
        Ok(())
    }

    /// Erases the material of all versions.
    pub(super) fn destroy(&mut self) {
        self.material = Zeroizing::default();
        self.record.state = LocalState::Destroyed;
    }

    /// The material of each version, from version 1 on.
    pub(super) fn versions(&self) -> impl Iterator<Item = &[u8; SecretKey::LENGTH]> {
        self.material.as_chunks().0.iter()
    }

    fn expected_length(&self) -> usize {
        match self.record.state {
            LocalState::Destroyed => 0,
            _ => self.record.versions.len() * SecretKey::LENGTH,
        }
    }
}

fn additional_data(record: &KeyRecord) -> Vec<u8> {
    let mut bytes = KEY_LABEL.to_vec();
    serde_json::to_writer(&mut bytes, record).expect("a record has only texts, numbers and dates");
    bytes
}

fn seal(cipher: &Xaes, additional_data: &[u8], plaintext: &[u8]) -> Result<String, Failure> {
    let mut nonce = [0; NONCE_LENGTH];
    getrandom::fill(&mut nonce)?;
    let mut buffer = Zeroizing::new(plaintext.to_vec());
    let tag = cipher.encrypt(&nonce, additional_data, &mut buffer);
    Ok(BASE64_STANDARD.encode([&nonce, buffer.as_slice(), &tag].concat()))
}

fn open(
    cipher: &Xaes,
    additional_data: &[u8],
    sealed: &str,
) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let plaintext = || {
        let sealed = BASE64_STANDARD.decode(sealed).ok()?;
        let (nonce, rest) = sealed.split_first_chunk::<NONCE_LENGTH>()?;
        let (ciphertext, tag) = rest.split_last_chunk::<TAG_LENGTH>()?;
        let mut buffer = Zeroizing::new(ciphertext.to_vec());
        cipher.decrypt(nonce, additional_data, &mut buffer, tag).ok()?;
        Some(buffer)
    };
    plaintext().ok_or_else(|| Reason::StoreDamaged.into())
}

fn parse<'a, T: Deserialize<'a>>(file: &'a [u8]) -> Result<T, Failure> {
    serde_json::from_slice(file).map_err(|_| Reason::StoreDamaged.into())
}

fn to_text(file: &impl Serialize) -> Vec<u8> {
    let mut text =
        serde_json::to_vec_pretty(file).expect("a file has only texts, numbers and dates");
    text.push(b'\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_seal_covers_is_in_canonical_form() {
        let now = "2026-11-24T10:00:00Z".parse().unwrap();
        let mut record = KeyRecord {
            access: [("acme".parse().unwrap(), super::super::KeyUse::ALL.into())].into(),
            created_at: now,
            deletion_at: None,
            name: "acme-root".into(),
            revision: 1,
            rotates_every_days: Some(90),
            state: LocalState::Enabled,
            store: StoreId::from_bytes([0xab; 16]),
            tags: [("b".into(), "\"\\\u{1f980}é/".into()), ("a".into(), String::new())].into(),
            versions: vec![now],
        };
        for state in [LocalState::Enabled, LocalState::PendingDeletion] {
            record.state = state;
            let canonical = serde_json_canonicalizer::to_vec(&record).unwrap();
            assert_eq!(additional_data(&record), [KEY_LABEL, &canonical].concat());
        }
    }
}
