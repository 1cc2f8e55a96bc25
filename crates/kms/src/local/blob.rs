//! A key wrapped by a local root key, to the byte.
//!
//! | offset | bytes | what |
//! | ---: | ---: | --- |
//! | 0 | 1 | format: 1 |
//! | 1 | 4 | version of the root key, big endian, from 1 |
//! | 5 | 24 | random nonce |
//! | 29 | 32 | ciphertext |
//! | 61 | 16 | tag |
//!
//! 77 bytes. The cipher is XAES-256-GCM (<https://c2sp.org/XAES-256-GCM>) under the root key's version;
//! its additional data is, every number 4 bytes long and big endian:
//!
//! 1. the 21 bytes `keyward local wrap v1`;
//! 2. the length of the root key's identity, and the identity: `local:STORE:NAME`;
//! 3. the version of the root key;
//! 4. the number of pairs in the encryption context, and for each pair, in the order of the keys'
//!    bytes: the key's length, the key, the value's length, the value.

use keyward_core::{EncryptionContext, SecretKey};
use zeroize::Zeroizing;

use super::xaes::{NONCE_LENGTH, TAG_LENGTH, Unauthentic, Xaes};
use crate::canonical::{write_context, write_text};

/// Bytes of a wrapped key.
pub(super) const LENGTH: usize = CIPHERTEXT_AT + SecretKey::LENGTH + TAG_LENGTH;

const FORMAT: u8 = 1;
const LABEL: &[u8] = b"keyward local wrap v1";
const NONCE_AT: usize = 5;
const CIPHERTEXT_AT: usize = NONCE_AT + NONCE_LENGTH;

/// A blob's fields, not yet verified.
pub(super) struct Parsed {
    /// The root key's version that it says it was wrapped by.
    pub(super) version: u32,
    nonce: [u8; NONCE_LENGTH],
    ciphertext: [u8; SecretKey::LENGTH],
    tag: [u8; TAG_LENGTH],
}

/// Who wraps: a root key's version, by the names that the additional data binds.
#[derive(Clone, Copy)]
pub(super) struct Wrapper<'a> {
    pub(super) cipher: &'a Xaes,
    pub(super) identity: &'a str,
    pub(super) version: u32,
}

impl Parsed {
    /// Splits a blob; `None` where it can't be one of ours.
    pub(super) fn new(blob: &[u8]) -> Option<Self> {
        let (&format, rest) = blob.split_first()?;
        let (version, rest) = rest.split_first_chunk()?;
        let (nonce, rest) = rest.split_first_chunk()?;
        let (ciphertext, tag) = rest.split_first_chunk()?;
        let tag = tag.try_into().ok()?;
        (format == FORMAT).then_some(Self {
            version: u32::from_be_bytes(*version),
            nonce: *nonce,
            ciphertext: *ciphertext,
            tag,
        })
    }
}

impl Wrapper<'_> {
    /// Wraps a key. `scratch` is reused for the additional data.
    pub(super) fn wrap(
        self,
        context: &EncryptionContext,
        secret: &SecretKey,
        nonce: &[u8; NONCE_LENGTH],
        scratch: &mut Vec<u8>,
    ) -> Vec<u8> {
        self.write_additional_data(context, scratch);
        let mut blob = Vec::with_capacity(LENGTH);
        blob.push(FORMAT);
        blob.extend_from_slice(&self.version.to_be_bytes());
        blob.extend_from_slice(nonce);
        // In a buffer of its own first: the blob never holds the key in the clear.
        let mut buffer = Zeroizing::new(*secret.expose());
        let tag = self.cipher.encrypt(nonce, scratch, buffer.as_mut_slice());
        blob.extend_from_slice(buffer.as_slice());
        blob.extend_from_slice(&tag);
        blob
    }

    /// Unwraps a key that this version wrapped in this context.
    pub(super) fn unwrap(
        self,
        context: &EncryptionContext,
        blob: &Parsed,
        scratch: &mut Vec<u8>,
    ) -> Result<SecretKey, Unauthentic> {
        self.write_additional_data(context, scratch);
        let mut buffer = Zeroizing::new(blob.ciphertext);
        self.cipher.decrypt(&blob.nonce, scratch, buffer.as_mut_slice(), &blob.tag)?;
        Ok(SecretKey::new(*buffer))
    }

    fn write_additional_data(self, context: &EncryptionContext, out: &mut Vec<u8>) {
        out.clear();
        out.extend_from_slice(LABEL);
        write_text(out, self.identity);
        out.extend_from_slice(&self.version.to_be_bytes());
        write_context(out, context);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context(pairs: &[(&str, &str)]) -> EncryptionContext {
        EncryptionContext::from_pairs(
            pairs.iter().map(|(key, value)| ((*key).into(), (*value).into())),
        )
    }

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The example of `docs/formats.md`; a few lines of Python over `cryptography` 48 give the same bytes.
    /// Changing them makes every stored blob unreadable.
    #[test]
    fn a_blob_has_the_documented_bytes() {
        let cipher = Xaes::new(&[1; 32]);
        let wrapper = Wrapper { cipher: &cipher, identity: "local:00:acme", version: 2 };
        let context = context(&[("keyward:tenant", "acme"), ("b", "")]);
        let mut scratch = Vec::new();
        let nonce = b"ABCDEFGHIJKLMNOPQRSTUVWX";
        let blob = wrapper.wrap(&context, &SecretKey::new([2; 32]), nonce, &mut scratch);
        assert_eq!(
            scratch,
            b"keyward local wrap v1\
              \0\0\0\x0dlocal:00:acme\
              \0\0\0\x02\
              \0\0\0\x02\
              \0\0\0\x01b\0\0\0\0\
              \0\0\0\x0ekeyward:tenant\0\0\0\x04acme"
        );
        assert_eq!(blob.len(), LENGTH);
        assert_eq!(hex(&blob[..29]), format!("0100000002{}", hex(nonce)));
        assert_eq!(hex(&blob[29..]), EXAMPLE);
        let parsed = Parsed::new(&blob).unwrap();
        assert_eq!(parsed.version, 2);
        let secret = wrapper.unwrap(&context, &parsed, &mut scratch).unwrap();
        assert_eq!(secret.expose(), &[2; 32]);
    }

    const EXAMPLE: &str = "941729a713acf1334ad77746ded1abf8da4f1cda1b736cc51a220872599a9027\
                           a6c0f02993daf10fae6f5deed2a8c609";

    #[test]
    fn pairs_that_read_alike_when_joined_are_told_apart() {
        let cipher = Xaes::new(&[1; 32]);
        let wrapper = Wrapper { cipher: &cipher, identity: "local:00:acme", version: 1 };
        let mut scratch = Vec::new();
        let mut seen = std::collections::BTreeSet::new();
        for pairs in
            [&[("a", "bc")][..], &[("ab", "c")], &[("a", "b"), ("c", "")], &[("abc", "")], &[]]
        {
            wrapper.write_additional_data(&context(pairs), &mut scratch);
            assert!(seen.insert(scratch.clone()), "{pairs:?}");
        }
    }

    #[test]
    fn another_length_is_no_blob() {
        let mut blob = vec![1; LENGTH];
        assert!(Parsed::new(&blob).is_some());
        blob.push(0);
        assert!(Parsed::new(&blob).is_none());
        for length in 0..LENGTH {
            assert!(Parsed::new(&blob[..length]).is_none(), "{length}");
        }
    }
}
