//! Encrypted data key entries (message-header.md, "Encrypted Data Key Entries").
//!
//! # An entry is replaced beside its message, never inside it
//!
//! Moving an object to another data key makes a new entry for the same object key. Writing it into
//! the header would mean a new header tag, and format 2 computes that tag with an all-zero IV under
//! the message's derived key: two different headers of one message would be two GCM computations
//! under one key and nonce, and two such tags give away GHASH's authentication key, with which
//! anyone forges headers and frames. So an entry has a form of its own ([`Entry::to_bytes`]), is
//! kept beside the message, and a reader opens the message with it ([`Detached`]) while the header
//! is verified as it was written.

use keyward_core::{EncryptionContext, SecretKey};

use crate::{
    EnvelopeError, Field, ReadLimits,
    error::malformed,
    raw_aes::{RawAesInformation, RawAesKeyring},
    wire::{Cursor, ReadError, put_short},
};

/// The object key, encrypted by some key provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Who encrypted it: the raw AES keyring's key namespace, or `aws-kms`.
    pub provider_id: String,
    /// With which key and how, in the provider's own form.
    pub provider_information: Vec<u8>,
    /// The encrypted key.
    pub ciphertext: Vec<u8>,
}

impl Entry {
    /// The entry's own form: as it stands in a header, three fields with a 16-bit length each.
    ///
    /// # Errors
    /// [`EnvelopeError::Unwritable`] where a field is over 65,535 bytes.
    pub fn to_bytes(&self) -> Result<Vec<u8>, EnvelopeError> {
        let mut out = Vec::with_capacity(self.encoded_length());
        self.put(&mut out)?;
        Ok(out)
    }

    /// Reads one entry and nothing after it.
    ///
    /// # Errors
    /// Structural ones: [`EnvelopeError::Malformed`], [`EnvelopeError::Truncated`] or
    /// [`EnvelopeError::OverLimit`].
    pub fn from_bytes(bytes: &[u8], limits: &ReadLimits) -> Result<Self, EnvelopeError> {
        let mut cursor = Cursor::new(bytes);
        let entry = Self::read(&mut cursor, limits).map_err(ReadError::at_end)?;
        if !cursor.is_at_end() {
            return Err(malformed(Field::Entry));
        }
        Ok(entry)
    }

    /// The key's name, if this is a raw AES keyring's entry.
    #[must_use]
    pub fn raw_aes_name(&self) -> Option<&str> {
        Some(RawAesInformation::parse(&self.provider_information)?.name)
    }

    pub(crate) fn put(&self, out: &mut Vec<u8>) -> Result<(), EnvelopeError> {
        put_short(out, self.provider_id.as_bytes(), Field::Entry)?;
        put_short(out, &self.provider_information, Field::Entry)?;
        put_short(out, &self.ciphertext, Field::Entry)
    }

    pub(crate) fn encoded_length(&self) -> usize {
        6 + self.provider_id.len() + self.provider_information.len() + self.ciphertext.len()
    }

    pub(crate) fn read(cursor: &mut Cursor<'_>, limits: &ReadLimits) -> Result<Self, ReadError> {
        let mut field = || cursor.short(limits.entry_field, Field::Entry).map(<[u8]>::to_vec);
        Ok(Self {
            provider_id: String::from_utf8(field()?).map_err(|_| malformed(Field::Entry))?,
            provider_information: field()?,
            ciphertext: field()?,
        })
    }
}

/// Where a reader gets a message's object key from.
///
/// A closure over the entries and the whole encryption context is one, and so is a
/// [`RawAesKeyring`].
pub trait ObjectKeys {
    /// The object key of a message with these entries, in this context.
    ///
    /// # Errors
    /// [`EnvelopeError::NoMatchingEntry`] where no entry is for this source,
    /// [`EnvelopeError::Rejected`] where one is and doesn't open.
    fn object_key(
        &self,
        entries: &[Entry],
        context: &EncryptionContext,
    ) -> Result<SecretKey, EnvelopeError>;
}

impl<F> ObjectKeys for F
where
    F: Fn(&[Entry], &EncryptionContext) -> Result<SecretKey, EnvelopeError>,
{
    fn object_key(
        &self,
        entries: &[Entry],
        context: &EncryptionContext,
    ) -> Result<SecretKey, EnvelopeError> {
        self(entries, context)
    }
}

/// Opens a message with an entry that is kept beside it, in place of those in its header.
#[derive(Clone, Copy, Debug)]
pub struct Detached<'a> {
    /// The key that the entry was made with.
    pub keyring: &'a RawAesKeyring,
    /// The entry.
    pub entry: &'a Entry,
}

impl ObjectKeys for Detached<'_> {
    fn object_key(
        &self,
        _entries: &[Entry],
        context: &EncryptionContext,
    ) -> Result<SecretKey, EnvelopeError> {
        self.keyring.object_key(std::slice::from_ref(self.entry), context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> Entry {
        Entry {
            provider_id: "aws-kms".into(),
            provider_information: vec![1, 2, 3],
            ciphertext: vec![4; 40],
        }
    }

    #[test]
    fn an_entry_comes_back() {
        let bytes = entry().to_bytes().unwrap();
        assert_eq!(bytes.len(), entry().encoded_length());
        assert_eq!(Entry::from_bytes(&bytes, &ReadLimits::default()).unwrap(), entry());
    }

    #[test]
    fn an_entry_cut_or_extended_is_refused() {
        let mut bytes = entry().to_bytes().unwrap();
        for end in 0..bytes.len() {
            assert!(Entry::from_bytes(&bytes[..end], &ReadLimits::default()).is_err(), "{end}");
        }
        bytes.push(0);
        assert!(matches!(
            Entry::from_bytes(&bytes, &ReadLimits::default()),
            Err(EnvelopeError::Malformed { field: Field::Entry })
        ));
    }

    #[test]
    fn a_field_over_the_limit_is_refused() {
        let limits = ReadLimits { entry_field: 39, ..ReadLimits::default() };
        assert!(matches!(
            Entry::from_bytes(&entry().to_bytes().unwrap(), &limits),
            Err(EnvelopeError::OverLimit { field: Field::Entry, maximum: 39 })
        ));
    }
}
