//! AWS Encryption SDK messages: `esdk/cases.jsonl` and the messages it names.
//!
//! Each case goes through every way of reading: whole, as a stream, in pieces and by range. All must
//! do what the case expects.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use aws_lc_rs::rsa::{
    OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OAEP_SHA384_MGF1SHA384, OAEP_SHA512_MGF1SHA512,
    OaepPrivateDecryptingKey, Pkcs1PrivateDecryptingKey, PrivateDecryptingKey,
};
use base64::{Engine, prelude::BASE64_STANDARD};
use keyward_core::{EncryptionContext, SecretKey};
use keyward_envelope::{
    Accept, Decryptor, Entry, EnvelopeError, Header, ObjectKeys, RawAesKeyring, ReadOptions,
    VerifiedHeader, decrypt, open, read_range,
};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::{Row, json_lines};

/// Runs every case.
pub(super) fn run(folder: &Path) -> io::Result<Vec<Row>> {
    let folder = folder.join("esdk");
    let cases: Vec<Case> = json_lines(&folder.join("cases.jsonl"))?;
    Ok(cases.into_iter().map(|case| (case.id.clone(), case.run(&folder))).collect())
}

#[derive(Deserialize)]
struct Case {
    id: String,
    /// `null` where a flipped bit made it unreadable.
    format: Option<u8>,
    ciphertext: PathBuf,
    ct_len: usize,
    keyring: Keyring,
    expect: Expect,
    #[serde(default)]
    reproduced_ec: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Expect {
    Plaintext { plaintext_sha256: String, plaintext_len: usize },
    Failure { error: String },
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
enum Keyring {
    RawAes { namespace: String, name: String, key_hex: String },
    RawRsa { namespace: String, name: String, padding: String, private: bool, pem: String },
    Dek { dek_hex: String },
    Multi { children: Vec<Keyring> },
}

impl Case {
    fn run(&self, folder: &Path) -> Result<(), String> {
        let message = fs::read(folder.join(&self.ciphertext)).map_err(|error| error.to_string())?;
        if message.len() != self.ct_len {
            return Err(format!("the file has {} bytes, not {}", message.len(), self.ct_len));
        }
        let reproduced = self.reproduced_ec.iter().map(|(k, v)| (k.clone(), v.clone()));
        let mut options = ReadOptions {
            reproduced: EncryptionContext::from_pairs(reproduced),
            ..ReadOptions::default()
        };
        if self.format != Some(2) {
            self.refuses_unless_asked(&message, &options)?;
            options.accept = Accept::non_committing();
        }
        for (way, read) in WAYS {
            self.judge(read(&message, &self.keyring, &options))
                .map_err(|error| format!("{way}: {error}"))?;
        }
        Ok(())
    }

    /// Format 1 is refused with an error of its own, unless asked for by name.
    fn refuses_unless_asked(&self, message: &[u8], options: &ReadOptions) -> Result<(), String> {
        match open(message, &self.keyring, options) {
            Ok(_) => Err("opened without leave for non-committing suites".into()),
            Err(EnvelopeError::NonCommitting { .. }) => Ok(()),
            Err(error) if self.format == Some(1) => Err(format!("refused as: {error}")),
            Err(_) => Ok(()),
        }
    }

    fn judge(&self, read: Result<Vec<u8>, EnvelopeError>) -> Result<(), String> {
        match (&self.expect, read) {
            (Expect::Plaintext { plaintext_sha256, plaintext_len }, Ok(plaintext)) => {
                let hash = hex::encode(Sha256::digest(&plaintext));
                if plaintext.len() == *plaintext_len && hash == *plaintext_sha256 {
                    Ok(())
                } else {
                    Err("opened to another plaintext".into())
                }
            }
            (Expect::Failure { .. }, Err(EnvelopeError::Io(error))) => Err(error.to_string()),
            (Expect::Failure { .. }, Err(_)) => Ok(()),
            (Expect::Plaintext { .. }, Err(error)) => Err(error.to_string()),
            (Expect::Failure { error }, Ok(_)) => Err(format!("opened in spite of: {error}")),
        }
    }
}

type Way = fn(&[u8], &Keyring, &ReadOptions) -> Result<Vec<u8>, EnvelopeError>;

const WAYS: [(&str, Way); 4] =
    [("whole", whole), ("stream", stream), ("pieces", pieces), ("range", range)];

fn whole(message: &[u8], keys: &Keyring, options: &ReadOptions) -> Result<Vec<u8>, EnvelopeError> {
    Ok(open(message, keys, options)?.plaintext)
}

fn stream(message: &[u8], keys: &Keyring, options: &ReadOptions) -> Result<Vec<u8>, EnvelopeError> {
    let mut plaintext = Vec::new();
    decrypt(message, &mut plaintext, keys, options)?;
    Ok(plaintext)
}

fn pieces(message: &[u8], keys: &Keyring, options: &ReadOptions) -> Result<Vec<u8>, EnvelopeError> {
    let header = Header::parse_whole(message, options)?;
    let (_, body) = message.split_at(header.length());
    let message = VerifiedHeader::unlock(header, keys, options)?;
    let mut decryptor = Decryptor::new(message, options)?;
    let mut plaintext = Vec::new();
    for piece in body.chunks(97) {
        decryptor.push(piece, &mut plaintext)?;
    }
    decryptor.finish()?;
    Ok(plaintext)
}

/// By two ranges; a message that is read only whole is.
fn range(message: &[u8], keys: &Keyring, options: &ReadOptions) -> Result<Vec<u8>, EnvelopeError> {
    let mut plaintext = match read_range(message, keys, options, 0..1000) {
        Err(EnvelopeError::OnlyWhole) => return whole(message, keys, options),
        first => first?,
    };
    plaintext.extend(read_range(message, keys, options, 1000..u64::MAX)?);
    Ok(plaintext)
}

impl ObjectKeys for Keyring {
    fn object_key(
        &self,
        entries: &[Entry],
        context: &EncryptionContext,
    ) -> Result<SecretKey, EnvelopeError> {
        match self {
            Self::RawAes { namespace, name, key_hex } => {
                RawAesKeyring::from_key_bytes(namespace, name, &unhex(key_hex))?
                    .object_key(entries, context)
            }
            Self::RawRsa { namespace, name, padding, private: true, pem } => entries
                .iter()
                .filter(|entry| {
                    entry.provider_id == *namespace && entry.provider_information == name.as_bytes()
                })
                .find_map(|entry| unwrap_rsa(padding, pem, &entry.ciphertext))
                .ok_or(EnvelopeError::NoMatchingEntry),
            Self::RawRsa { private: false, .. } => Err(EnvelopeError::NoMatchingEntry),
            Self::Dek { dek_hex } => {
                SecretKey::from_slice(&unhex(dek_hex)).ok_or(EnvelopeError::Rejected)
            }
            Self::Multi { children } => children
                .iter()
                .find_map(|child| child.object_key(entries, context).ok())
                .ok_or(EnvelopeError::NoMatchingEntry),
        }
    }
}

/// RSA is no keyring of Keyward's; the vectors are the only ones to need it.
fn unwrap_rsa(padding: &str, pem: &str, ciphertext: &[u8]) -> Option<SecretKey> {
    let base64: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    let pkcs8 = BASE64_STANDARD.decode(base64).ok()?;
    let key = PrivateDecryptingKey::from_pkcs8(&pkcs8).ok()?;
    let mut out = vec![0; key.key_size_bytes()];
    let hash = match padding {
        "pkcs1" => {
            let key = Pkcs1PrivateDecryptingKey::new(key).ok()?;
            return SecretKey::from_slice(key.decrypt(ciphertext, &mut out).ok()?);
        }
        "oaep-mgf1-sha1" => &OAEP_SHA1_MGF1SHA1,
        "oaep-mgf1-sha256" => &OAEP_SHA256_MGF1SHA256,
        "oaep-mgf1-sha384" => &OAEP_SHA384_MGF1SHA384,
        "oaep-mgf1-sha512" => &OAEP_SHA512_MGF1SHA512,
        _ => return None,
    };
    let key = OaepPrivateDecryptingKey::new(key).ok()?;
    SecretKey::from_slice(key.decrypt(hash, ciphertext, &mut out, None).ok()?)
}

/// Bytes that aren't hex make an empty key, which opens nothing.
fn unhex(text: &str) -> Vec<u8> {
    hex::decode(text).unwrap_or_default()
}
