//! The raw AES keyring (framework/raw-aes-keyring.md): wraps an object key with AES-GCM under a key
//! at hand, named by a namespace and a name.

use std::{fmt, ops::Range};

use aes_gcm::{
    Aes128Gcm, Aes256Gcm, AesGcm, KeyInit,
    aead::{AeadInOut, consts::U12, inout::InOutBuf},
    aes::Aes192,
};
use keyward_core::{EncryptionContext, SecretKey};
use zeroize::Zeroize;

use crate::{Entry, EnvelopeError, Field, ObjectKeys, aad::encode_context, error::malformed};

const TAG: usize = 16;
const IV: usize = 12;

/// A wrapping key with its namespace and name, ready to wrap many object keys.
pub struct RawAesKeyring {
    namespace: String,
    name: String,
    cipher: Cipher,
}

enum Cipher {
    Aes128(Aes128Gcm),
    Aes192(AesGcm<Aes192, U12>),
    Aes256(Aes256Gcm),
}

impl RawAesKeyring {
    /// A keyring over one of Keyward's data keys.
    ///
    /// # Errors
    /// [`EnvelopeError::Unwritable`] where namespace or name don't fit an entry, or the namespace is
    /// `aws-kms` (or starts so), which the specification reserves.
    pub fn new(namespace: &str, name: &str, key: &SecretKey) -> Result<Self, EnvelopeError> {
        Self::from_key_bytes(namespace, name, key.expose())
    }

    /// A keyring over a key of 16, 24 or 32 bytes, as others' messages may have.
    ///
    /// # Errors
    /// As [`RawAesKeyring::new`]; [`EnvelopeError::Malformed`] for a key of another length.
    pub fn from_key_bytes(namespace: &str, name: &str, key: &[u8]) -> Result<Self, EnvelopeError> {
        let longest = usize::from(u16::MAX) - (8 + IV);
        if namespace.starts_with("aws-kms") || namespace.len() > longest || name.len() > longest {
            return Err(EnvelopeError::Unwritable { field: Field::Entry });
        }
        let wrong_length = |_| malformed(Field::Entry);
        let cipher = match key.len() {
            16 => Cipher::Aes128(Aes128Gcm::new_from_slice(key).map_err(wrong_length)?),
            24 => Cipher::Aes192(AesGcm::new_from_slice(key).map_err(wrong_length)?),
            _ => Cipher::Aes256(Aes256Gcm::new_from_slice(key).map_err(wrong_length)?),
        };
        Ok(Self { namespace: namespace.into(), name: name.into(), cipher })
    }

    /// The key's namespace: the entries' provider id.
    #[must_use]
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The key's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Wraps an object key ("On Encrypt"). The IV must be fresh randomness: one repeated under the
    /// same wrapping key gives both object keys away.
    ///
    /// # Errors
    /// [`EnvelopeError::Unwritable`] where the context is too large for the format.
    pub fn wrap(
        &self,
        object_key: &SecretKey,
        context: &EncryptionContext,
        iv: [u8; 12],
    ) -> Result<Entry, EnvelopeError> {
        let mut entry = Entry {
            provider_id: self.namespace.clone(),
            provider_information: Vec::with_capacity(self.name.len() + 8 + IV),
            ciphertext: vec![0; SecretKey::LENGTH + TAG],
        };
        self.put_information(&mut entry.provider_information, &iv);
        self.encrypt(&mut entry.ciphertext, object_key, &encode_context(context)?, &iv)?;
        Ok(entry)
    }

    /// The length of an entry that this wraps, in its own form.
    pub(crate) fn entry_length(&self) -> usize {
        6 + self.namespace.len() + self.name.len() + 8 + IV + SecretKey::LENGTH + TAG
    }

    /// Appends an entry in its own form to a header that holds the encoded context at `context`,
    /// without making an [`Entry`]: what each small message costs.
    pub(crate) fn put_entry(
        &self,
        out: &mut Vec<u8>,
        object_key: &SecretKey,
        context: Range<usize>,
        iv: &[u8; 12],
    ) -> Result<(), EnvelopeError> {
        let unwritable = |_| EnvelopeError::Unwritable { field: Field::Entry };
        let length = |out: &mut Vec<u8>, length: usize| {
            u16::try_from(length)
                .map(|length| out.extend_from_slice(&length.to_be_bytes()))
                .map_err(unwritable)
        };
        length(out, self.namespace.len())?;
        out.extend_from_slice(self.namespace.as_bytes());
        length(out, self.name.len() + 8 + IV)?;
        self.put_information(out, iv);
        length(out, SecretKey::LENGTH + TAG)?;
        let start = out.len();
        out.extend_from_slice(&[0; SecretKey::LENGTH + TAG]);
        // INVARIANT: `start` was the length before the ciphertext was appended.
        let (header, ciphertext) = out.split_at_mut(start);
        self.encrypt(ciphertext, object_key, header.get(context).unwrap_or_default(), iv)
    }

    /// raw-aes-keyring.md, "Key Provider Information": name, tag length in bits, IV length in bytes,
    /// IV.
    fn put_information(&self, out: &mut Vec<u8>, iv: &[u8; 12]) {
        out.extend_from_slice(self.name.as_bytes());
        out.extend_from_slice(&128_u32.to_be_bytes());
        out.extend_from_slice(&12_u32.to_be_bytes());
        out.extend_from_slice(iv);
    }

    /// raw-aes-keyring.md, "Ciphertext": the encrypted key, then its tag. The AAD is the encoded
    /// context, so an entry opens in its own context only.
    fn encrypt(
        &self,
        ciphertext: &mut [u8],
        object_key: &SecretKey,
        encoded_context: &[u8],
        iv: &[u8; 12],
    ) -> Result<(), EnvelopeError> {
        // INVARIANT: both callers give the key's and the tag's length.
        let (encrypted, tag) = ciphertext.split_at_mut(SecretKey::LENGTH);
        encrypted.copy_from_slice(object_key.expose());
        let buffer = InOutBuf::from(&mut *encrypted);
        let nonce = iv.into();
        let made = match &self.cipher {
            Cipher::Aes128(cipher) => cipher.encrypt_inout_detached(nonce, encoded_context, buffer),
            Cipher::Aes192(cipher) => cipher.encrypt_inout_detached(nonce, encoded_context, buffer),
            Cipher::Aes256(cipher) => cipher.encrypt_inout_detached(nonce, encoded_context, buffer),
        };
        let Ok(made) = made else {
            // Only a context of 2^61 bytes gets here; the key must not stay in the clear.
            encrypted.zeroize();
            return Err(EnvelopeError::Unwritable { field: Field::Context });
        };
        tag.copy_from_slice(&made);
        Ok(())
    }

    /// Unwraps one entry that names this key, or `None` where it doesn't open.
    fn unwrap(&self, entry: &Entry, encoded_context: &[u8]) -> Option<SecretKey> {
        let information = RawAesInformation::parse(&entry.provider_information)?;
        let (encrypted, tag) = entry.ciphertext.split_last_chunk::<TAG>()?;
        let mut key: [u8; SecretKey::LENGTH] = encrypted.try_into().ok()?;
        let buffer = InOutBuf::from(key.as_mut_slice());
        let (nonce, tag) = (information.iv.into(), tag.into());
        let opened = match &self.cipher {
            Cipher::Aes128(c) => c.decrypt_inout_detached(nonce, encoded_context, buffer, tag),
            Cipher::Aes192(c) => c.decrypt_inout_detached(nonce, encoded_context, buffer, tag),
            Cipher::Aes256(c) => c.decrypt_inout_detached(nonce, encoded_context, buffer, tag),
        };
        let secret = opened.ok().map(|()| SecretKey::new(key));
        key.zeroize();
        secret
    }
}

impl ObjectKeys for RawAesKeyring {
    /// raw-aes-keyring.md, "On Decrypt": tries each entry of this namespace and name until one opens.
    fn object_key(
        &self,
        entries: &[Entry],
        context: &EncryptionContext,
    ) -> Result<SecretKey, EnvelopeError> {
        let encoded_context = encode_context(context)?;
        let mut result = Err(EnvelopeError::NoMatchingEntry);
        for entry in entries {
            if entry.provider_id == self.namespace && entry.raw_aes_name() == Some(&self.name) {
                match self.unwrap(entry, &encoded_context) {
                    Some(key) => return Ok(key),
                    None => result = Err(EnvelopeError::Rejected),
                }
            }
        }
        result
    }
}

impl fmt::Debug for RawAesKeyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawAesKeyring")
            .field("namespace", &self.namespace)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// A raw AES entry's provider information, taken apart.
pub(crate) struct RawAesInformation<'a> {
    pub(crate) name: &'a str,
    iv: &'a [u8; IV],
}

impl<'a> RawAesInformation<'a> {
    /// Read from its end, since only the name's length is open. Other tag and IV lengths than the
    /// specification's make it no raw AES entry.
    pub(crate) fn parse(information: &'a [u8]) -> Option<Self> {
        let (rest, iv) = information.split_last_chunk::<IV>()?;
        let (rest, iv_length) = rest.split_last_chunk::<4>()?;
        let (name, tag_bits) = rest.split_last_chunk::<4>()?;
        (u32::from_be_bytes(*iv_length) == 12 && u32::from_be_bytes(*tag_bits) == 128)
            .then_some(())?;
        Some(Self { name: std::str::from_utf8(name).ok()?, iv })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ReadLimits;

    fn keyring(name: &str) -> RawAesKeyring {
        RawAesKeyring::new("keyward:acme", name, &SecretKey::new([7; 32])).unwrap()
    }

    fn context() -> EncryptionContext {
        EncryptionContext::from_pairs([("tenant".into(), "acme".into())])
    }

    #[test]
    fn wraps_and_unwraps() {
        let ring = keyring("invoices/1");
        let entry = ring.wrap(&SecretKey::new([1; 32]), &context(), [2; 12]).unwrap();
        assert_eq!(entry.raw_aes_name(), Some("invoices/1"));
        let key = ring.object_key(&[entry], &context()).unwrap();
        assert_eq!(key.expose(), &[1; 32]);
    }

    #[test]
    fn both_ways_to_write_an_entry_agree() {
        let ring = keyring("invoices/1");
        let key = SecretKey::new([1; 32]);
        let mut out = encode_context(&context()).unwrap();
        let start = out.len();
        ring.put_entry(&mut out, &key, 0..start, &[2; 12]).unwrap();
        let entry = ring.wrap(&key, &context(), [2; 12]).unwrap();
        assert_eq!(Entry::from_bytes(&out[start..], &ReadLimits::default()).unwrap(), entry);
        assert_eq!(out.len() - start, ring.entry_length());
    }

    #[test]
    fn an_entry_of_another_key_is_not_tried() {
        let entry = keyring("invoices/1").wrap(&SecretKey::new([1; 32]), &context(), [2; 12]);
        assert!(matches!(
            keyring("invoices/2").object_key(&[entry.unwrap()], &context()),
            Err(EnvelopeError::NoMatchingEntry)
        ));
    }

    #[test]
    fn every_flipped_bit_of_an_entry_is_refused() {
        let ring = keyring("invoices/1");
        let entry = ring.wrap(&SecretKey::new([1; 32]), &context(), [2; 12]).unwrap();
        let bytes = entry.to_bytes().unwrap();
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let opened = Entry::from_bytes(&flipped, &ReadLimits::default())
                .and_then(|entry| ring.object_key(&[entry], &context()));
            assert!(opened.is_err(), "bit {bit}");
        }
    }

    #[test]
    fn an_entry_opens_in_its_own_context_only() {
        let ring = keyring("invoices/1");
        let entry = ring.wrap(&SecretKey::new([1; 32]), &context(), [2; 12]).unwrap();
        let other = EncryptionContext::from_pairs([("tenant".into(), "other".into())]);
        assert!(matches!(ring.object_key(&[entry], &other), Err(EnvelopeError::Rejected)));
    }

    #[test]
    fn the_reserved_namespace_is_refused() {
        for namespace in ["aws-kms", "aws-kms-mrk"] {
            assert!(RawAesKeyring::new(namespace, "x", &SecretKey::new([7; 32])).is_err());
        }
        assert!(RawAesKeyring::from_key_bytes("a", "x", &[0; 31]).is_err());
    }
}
