//! The tree's hash, and how leaves and nodes are hashed (RFC 6962, 2.1; RFC 9162, 2.1.1).

use std::{fmt, str::FromStr};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};

use crate::{LedgerError, error::start_of};

/// A SHA-256 hash of a leaf, a node or a whole tree. Prints as base64, as checkpoints do.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Hash(pub [u8; 32]);

/// The hash of a record: `SHA-256(0x00 || body)`. The prefix keeps leaves and nodes apart, so that
/// nobody can pass a node off as a record.
#[must_use]
pub fn leaf_hash(body: &[u8]) -> Hash {
    Hash(Sha256::new().chain_update([0x00]).chain_update(body).finalize().into())
}

/// The hash over two subtrees: `SHA-256(0x01 || left || right)`.
#[must_use]
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    let mut message = [0x01; 65];
    message[1..33].copy_from_slice(&left.0);
    message[33..].copy_from_slice(&right.0);
    Hash(Sha256::digest(message).into())
}

impl Hash {
    /// The hash's length in bytes.
    pub const LENGTH: usize = 32;

    /// The root of the tree without leaves: the hash of nothing (RFC 9162, 2.1.1).
    pub const EMPTY_TREE: Self = Self([
        0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9,
        0x24, 0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52,
        0xb8, 0x55,
    ]);

    /// The hash in these bytes, or `None` where they aren't 32.
    #[must_use]
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        Some(Self(bytes.try_into().ok()?))
    }
}

impl AsRef<[u8]> for Hash {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&STANDARD.encode(self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hash({self})")
    }
}

impl FromStr for Hash {
    type Err = LedgerError;

    /// Takes the one padded, standard base64 spelling.
    fn from_str(text: &str) -> Result<Self, LedgerError> {
        STANDARD
            .decode(text)
            .ok()
            .and_then(|bytes| Self::from_slice(&bytes))
            .ok_or_else(|| LedgerError::InvalidHash { text: start_of(text) })
    }
}

impl serde::Serialize for Hash {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_empty_tree_is_the_hash_of_nothing() {
        assert_eq!(Hash::EMPTY_TREE.0, <[u8; 32]>::from(Sha256::digest(b"")));
    }

    #[test]
    fn leaves_and_nodes_have_prefixes() {
        // The first leaf and node of the published Certificate Transparency test tree.
        assert_eq!(leaf_hash(b"").to_string(), "bjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=");
        let mut joined = vec![1];
        joined.extend([leaf_hash(b"a").0, leaf_hash(b"b").0].concat());
        assert_eq!(
            node_hash(&leaf_hash(b"a"), &leaf_hash(b"b")).0,
            <[u8; 32]>::from(Sha256::digest(&joined))
        );
    }

    #[test]
    fn a_hash_has_one_spelling() {
        let hash = leaf_hash(b"x");
        assert_eq!(hash.to_string().parse(), Ok(hash));
        for bad in ["", "AAAA", hash.to_string().trim_end_matches('='), &format!(" {hash}")] {
            assert!(bad.parse::<Hash>().is_err(), "{bad}");
        }
    }
}
