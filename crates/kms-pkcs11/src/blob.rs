//! A key wrapped by a token, to the byte. Two formats: what wraps decides.
//!
//! AES-GCM (CKM_AES_GCM), 65 bytes:
//!
//! | offset | bytes | what |
//! | ---: | ---: | --- |
//! | 0 | 1 | format: 1 |
//! | 1 | 4 | version of the root key, big endian, from 1 |
//! | 5 | 12 | nonce |
//! | 17 | 32 | ciphertext |
//! | 49 | 16 | tag |
//!
//! The additional data is, every number 4 bytes long and big endian: the 22 bytes
//! `keyward pkcs11 wrap v1`, the version, and the encryption context (`keyward_kms::write_context`).
//!
//! AES key wrap with padding (CKM_AES_KEY_WRAP_PAD, RFC 5649), 85 bytes:
//!
//! | offset | bytes | what |
//! | ---: | ---: | --- |
//! | 0 | 1 | format: 2 |
//! | 1 | 4 | version of the root key, big endian, from 1 |
//! | 5 | 80 | the 72 bytes of a bound key (`keyward_kms::BoundKey`), wrapped |

use keyward_core::{EncryptionContext, SecretKey};
use keyward_kms::{BoundKey, write_context};

/// Bytes of a GCM nonce.
pub(crate) const NONCE: usize = 12;
/// Bytes that GCM makes of a key.
pub(crate) const SEALED: usize = SecretKey::LENGTH + 16;
/// Bytes that key wrap makes of a bound key.
pub(crate) const WRAPPED: usize = BoundKey::LENGTH + 8;

const GCM: u8 = 1;
const KEY_WRAP: u8 = 2;
const LABEL: &[u8] = b"keyward pkcs11 wrap v1";

/// A blob's fields, not yet verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Blob {
    /// The root key's version that it says it was wrapped by.
    pub(crate) version: u32,
    pub(crate) body: Body,
}

/// What the token made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Body {
    Gcm { nonce: [u8; NONCE], sealed: [u8; SEALED] },
    KeyWrap { wrapped: [u8; WRAPPED] },
}

impl Blob {
    /// Splits a blob; `None` where it can't be one of ours.
    pub(crate) fn parse(blob: &[u8]) -> Option<Self> {
        let (&format, rest) = blob.split_first()?;
        let (version, rest) = rest.split_first_chunk()?;
        let version = u32::from_be_bytes(*version);
        let body = match format {
            GCM => {
                let (nonce, sealed) = rest.split_first_chunk()?;
                Body::Gcm { nonce: *nonce, sealed: sealed.try_into().ok()? }
            }
            KEY_WRAP => Body::KeyWrap { wrapped: rest.try_into().ok()? },
            _ => return None,
        };
        Some(Self { version, body })
    }

    /// The bytes.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let version = self.version.to_be_bytes();
        match &self.body {
            Body::Gcm { nonce, sealed } => [&[GCM][..], &version, nonce, sealed].concat(),
            Body::KeyWrap { wrapped } => [&[KEY_WRAP][..], &version, wrapped].concat(),
        }
    }
}

/// What GCM authenticates beside the key.
pub(crate) fn additional_data(version: u32, context: &EncryptionContext) -> Vec<u8> {
    let mut bytes = LABEL.to_vec();
    bytes.extend_from_slice(&version.to_be_bytes());
    write_context(&mut bytes, context);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_are_the_documented_ones() {
        let gcm = Blob { version: 2, body: Body::Gcm { nonce: [3; NONCE], sealed: [4; SEALED] } };
        let bytes = gcm.to_bytes();
        assert_eq!(bytes.len(), 65);
        assert_eq!(bytes[..5], [1, 0, 0, 0, 2]);
        assert_eq!((&bytes[5..17], &bytes[17..]), (&[3; 12][..], &[4; 48][..]));
        let wrap = Blob { version: 258, body: Body::KeyWrap { wrapped: [5; WRAPPED] } };
        assert_eq!(wrap.to_bytes().len(), 85);
        assert_eq!(wrap.to_bytes()[..6], [2, 0, 0, 1, 2, 5]);
        for blob in [gcm, wrap] {
            assert_eq!(Blob::parse(&blob.to_bytes()), Some(blob));
        }
        let context = EncryptionContext::from_pairs([("keyward:tenant".into(), "acme".into())]);
        assert_eq!(
            additional_data(2, &context),
            b"keyward pkcs11 wrap v1\0\0\0\x02\0\0\0\x01\0\0\0\x0ekeyward:tenant\0\0\0\x04acme"
        );
    }

    #[test]
    fn another_length_or_format_is_no_blob() {
        for format in 0..=255 {
            for length in 0..120 {
                let mut blob = vec![7; length];
                if let Some(first) = blob.first_mut() {
                    *first = format;
                }
                let is_ours = (format == 1 && length == 65) || (format == 2 && length == 85);
                assert_eq!(Blob::parse(&blob).is_some(), is_ours, "{format} {length}");
            }
        }
    }
}
