//! The Ed25519 keys of signed notes (C2SP signed-note, "Signatures" and "Verifier keys").

use std::{fmt, str::FromStr};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ed25519_dalek::Signer as _;
use keyward_core::SecretKey;
use sha2::{Digest, Sha256};

use crate::{LedgerError, Origin, error::start_of};

/// A log's signing key; the name it signs under is the log's origin. Wiped on drop, never printed.
pub struct SigningKey(ed25519_dalek::SigningKey);

/// What checks a log's signatures: the name of its key and the public key. Prints as
/// `NAME+HEXID+BASE64`, the form that Go's `sumdb/note` and every C2SP tool takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifierKey(NoteKey);

/// What a key's signatures are of (C2SP signed-note, "Signature types"). It is in the key's id, so a key
/// of one type never verifies signatures of the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyType {
    /// A log's Ed25519 signature over a note's text.
    Log = 0x01,
    /// A witness's timestamped Ed25519 cosignature (C2SP tlog-cosignature).
    Cosignature = 0x04,
}

/// A named public key of either type, with its text form (C2SP signed-note, "Verifier keys").
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NoteKey {
    kind: KeyType,
    pub(crate) name: Origin,
    pub(crate) id: u32,
    key: ed25519_dalek::VerifyingKey,
}

impl SigningKey {
    /// The key with this seed (RFC 8032, 5.1.5); the caller brings the randomness.
    #[must_use]
    pub fn from_seed(seed: &SecretKey) -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(seed.expose()))
    }

    /// What checks the signatures that this key makes under a name.
    #[must_use]
    pub fn verifier(&self, name: &Origin) -> VerifierKey {
        VerifierKey(NoteKey::new(KeyType::Log, name.clone(), self.public()))
    }

    /// The public key.
    pub(crate) fn public(&self) -> ed25519_dalek::VerifyingKey {
        self.0.verifying_key()
    }

    /// The Ed25519 signature over a message.
    pub(crate) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(..)")
    }
}

impl VerifierKey {
    /// The key's name.
    #[must_use]
    pub fn name(&self) -> &Origin {
        &self.0.name
    }

    /// The key's id on signature lines.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.0.id
    }

    /// The 32 bytes of the public key (RFC 8032, 5.1.2).
    #[must_use]
    pub fn public_key(&self) -> [u8; 32] {
        self.0.key.to_bytes()
    }

    /// Whether this key made the signature over the message.
    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.0.verifies(message, signature)
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for VerifierKey {
    type Err = LedgerError;

    fn from_str(text: &str) -> Result<Self, LedgerError> {
        NoteKey::parse(KeyType::Log, text)
            .map(Self)
            .ok_or_else(|| LedgerError::InvalidVerifierKey { text: start_of(text) })
    }
}

impl NoteKey {
    pub(crate) fn new(kind: KeyType, name: Origin, key: ed25519_dalek::VerifyingKey) -> Self {
        // key ID = SHA-256(key name || 0x0A || signature type || public key)[:4]
        let digest: [u8; 32] = Sha256::new()
            .chain_update(name.as_str())
            .chain_update([b'\n', kind as u8])
            .chain_update(key.as_bytes())
            .finalize()
            .into();
        let [a, b, c, d, ..] = digest;
        Self { kind, name, id: u32::from_be_bytes([a, b, c, d]), key }
    }

    /// The key of this type that a text spells.
    pub(crate) fn parse(kind: KeyType, text: &str) -> Option<Self> {
        // Base64 may hold `+` itself; name and id can't.
        let mut parts = text.splitn(3, '+');
        let name = parts.next()?.parse().ok()?;
        let id = parts.next()?;
        let material = STANDARD.decode(parts.next()?).ok()?;
        let (&[found], key) = material.split_first_chunk::<1>()?;
        let key = ed25519_dalek::VerifyingKey::from_bytes(key.try_into().ok()?).ok()?;
        let parsed = Self::new(kind, name, key);
        // The id is redundant here: one that differs tells of a mangled key.
        (found == kind as u8 && format!("{:08x}", parsed.id) == id).then_some(parsed)
    }

    /// Whether this key made the signature over the message.
    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        // Strict: a public key of small order would verify any message.
        ed25519_dalek::Signature::from_slice(signature)
            .is_ok_and(|signature| self.key.verify_strict(message, &signature).is_ok())
    }
}

impl fmt::Display for NoteKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut material = [self.kind as u8; 33];
        material[1..].copy_from_slice(self.key.as_bytes());
        write!(f, "{}+{:08x}+{}", self.name, self.id, STANDARD.encode(material))
    }
}

impl serde::Serialize for VerifierKey {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The verifier key in the documentation of Go's `golang.org/x/mod/sumdb/note`.
    const GO: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";

    #[test]
    fn reads_the_keys_that_others_print() {
        let key: VerifierKey = GO.parse().unwrap();
        assert_eq!((key.name().as_str(), key.id()), ("PeterNeumann", 0xc74f_20a3));
        assert_eq!(key.to_string(), GO);
    }

    #[test]
    fn refuses_mangled_keys() {
        for bad in [
            "",
            "PeterNeumann",
            "PeterNeumann+c74f20a3",
            &GO.replace("Peter", "Paul"),
            &GO.replace("c74f20a3", "c74f20a4"),
            &GO.replace("c74f20a3", "C74F20A3"),
            &GO.replace("ARpc", "BRpc"),
            &GO.replace("ARpc", "AR"),
            &format!("{GO}\n"),
            &format!(" {GO}"),
        ] {
            assert!(bad.parse::<VerifierKey>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn never_prints_the_seed() {
        let key = SigningKey::from_seed(&SecretKey::new([7; 32]));
        assert_eq!(format!("{key:?}"), "SigningKey(..)");
    }
}
