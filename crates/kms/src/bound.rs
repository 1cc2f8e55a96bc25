//! A data key and what binds it to its encryption context, as one payload for providers that wrap bytes
//! and authenticate nothing beside them: RSA-OAEP, AES key wrap.
//!
//! | offset | bytes | what |
//! | ---: | ---: | --- |
//! | 0 | 7 | the text `keyward` |
//! | 7 | 1 | format: 1 |
//! | 8 | 32 | the key |
//! | 40 | 32 | SHA-256 of the context |
//!
//! 72 bytes: a multiple of 8, as AES key wrap wants (RFC 3394, 2), and less than the 190 that RSA-OAEP
//! with SHA-256 takes under a 2048-bit key (RFC 8017, 7.1.1).
//!
//! The digest is over the 24 bytes `keyward bound context v1`, then, every number 4 bytes long and big
//! endian: the number of pairs in the encryption context, and for each pair, in the order of the keys'
//! bytes: the key's length, the key, the value's length, the value.
//!
//! It binds only as well as the wrap around it is kept from others: whoever may wrap under a root key may
//! bind any key to any context, and under an RSA key that is everybody who has its public half.

use keyward_core::{EncryptionContext, SecretKey};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::canonical::write_context;

const START: &[u8; 8] = b"keyward\x01";
const CONTEXT_LABEL: &[u8] = b"keyward bound context v1";
const KEY_AT: usize = START.len();
const DIGEST_AT: usize = KEY_AT + SecretKey::LENGTH;

/// A key bound to a context, in the clear: what is to be wrapped. Wiped on drop, never printed.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct BoundKey([u8; BoundKey::LENGTH]);

impl BoundKey {
    /// Bytes of every payload.
    pub const LENGTH: usize = DIGEST_AT + 32;

    /// Binds a key to a context.
    #[must_use]
    pub fn new(secret: &SecretKey, context: &EncryptionContext) -> Self {
        let mut payload = Self([0; Self::LENGTH]);
        let (start, rest) = payload.0.split_at_mut(KEY_AT);
        let (key, digest) = rest.split_at_mut(SecretKey::LENGTH);
        start.copy_from_slice(START);
        key.copy_from_slice(secret.expose());
        digest.copy_from_slice(&digest_of(context));
        payload
    }

    /// The payload. Named so that every use can be found.
    #[must_use]
    pub fn expose(&self) -> &[u8; Self::LENGTH] {
        &self.0
    }

    /// Takes the key out of an unwrapped payload; `None` where it isn't one, or is of another context.
    /// The two take the same time and are told apart by nobody. The caller wipes its own copy.
    #[must_use]
    pub fn open(payload: &[u8], context: &EncryptionContext) -> Option<SecretKey> {
        let (start, rest) = payload.split_first_chunk::<KEY_AT>()?;
        let (key, digest) = rest.split_first_chunk::<{ SecretKey::LENGTH }>()?;
        let ours = start.ct_eq(START) & digest.ct_eq(digest_of(context).as_slice());
        bool::from(ours).then(|| SecretKey::new(*key))
    }
}

impl std::fmt::Debug for BoundKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BoundKey(..)")
    }
}

fn digest_of(context: &EncryptionContext) -> [u8; 32] {
    let mut bytes = CONTEXT_LABEL.to_vec();
    write_context(&mut bytes, context);
    Sha256::digest(bytes).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context(tenant: &str) -> EncryptionContext {
        EncryptionContext::for_tenant(&tenant.parse().unwrap())
    }

    /// The example of `docs/formats.md`: `printf` and `sha256sum` give the same digest. Changing it makes
    /// every key that was bound unreadable.
    #[test]
    fn a_payload_has_the_documented_bytes() {
        let context = EncryptionContext::from_pairs([
            ("keyward:tenant".into(), "acme".into()),
            ("b".into(), String::new()),
        ]);
        let payload = BoundKey::new(&SecretKey::new([2; 32]), &context);
        assert_eq!(&payload.expose()[..8], b"keyward\x01");
        assert_eq!(payload.expose()[8..40], [2; 32]);
        let digest: String =
            payload.expose()[40..].iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(digest, EXAMPLE);
        let opened = BoundKey::open(payload.expose(), &context).unwrap();
        assert_eq!(opened.expose(), &[2; 32]);
    }

    const EXAMPLE: &str = "e9b857ab2b0503e1dc1408e189011585809e7e7a0408d6465fc6cc188118672c";

    #[test]
    fn a_key_comes_out_in_its_own_context_alone() {
        let payload = BoundKey::new(&SecretKey::new([7; 32]), &context("acme"));
        assert!(BoundKey::open(payload.expose(), &context("acme")).is_some());
        assert!(BoundKey::open(payload.expose(), &context("acne")).is_none());
        assert!(BoundKey::open(payload.expose(), &EncryptionContext::empty()).is_none());
        let mut more = context("acme");
        more.insert("purpose", "x").unwrap();
        assert!(BoundKey::open(payload.expose(), &more).is_none());
    }

    #[test]
    fn what_is_not_whole_does_not_open() {
        let context = context("acme");
        let payload = *BoundKey::new(&SecretKey::new([7; 32]), &context).expose();
        for length in 0..payload.len() {
            assert!(BoundKey::open(&payload[..length], &context).is_none(), "{length}");
        }
        assert!(BoundKey::open(&[&payload[..], &[0]].concat(), &context).is_none());
        for at in (0..KEY_AT).chain(DIGEST_AT..payload.len()) {
            let mut damaged = payload;
            damaged[at] ^= 1;
            assert!(BoundKey::open(&damaged, &context).is_none(), "{at}");
        }
    }

    #[test]
    fn it_fits_what_is_to_wrap_it() {
        // RFC 3394, 2: the plaintext is a multiple of 64 bits.
        assert_eq!(BoundKey::LENGTH % 8, 0);
        // RFC 8017, 7.1.1: k - 2hLen - 2, for 2048 bits and SHA-256.
        const { assert!(BoundKey::LENGTH <= 256 - 2 * 32 - 2) };
    }

    #[test]
    fn never_prints_its_bytes() {
        let payload = BoundKey::new(&SecretKey::new([7; 32]), &context("acme"));
        assert_eq!(format!("{payload:?}"), "BoundKey(..)");
    }
}
