//! What is authenticated besides the content: the encoded encryption context
//! (message-header.md, "AAD") and the AAD of each piece of the body (message-body-aad.md).

use keyward_core::EncryptionContext;

use crate::{
    EnvelopeError, Field,
    error::malformed,
    wire::{Cursor, ReadError, put_short},
};

/// The encoded key/value pairs: nothing for an empty context, else a count and the pairs in the
/// order of their keys' bytes (message-header.md, "Key Value Pairs").
///
/// # Errors
/// [`EnvelopeError::Unwritable`] where a pair or the whole is over 65,535 bytes.
pub fn encode_context(context: &EncryptionContext) -> Result<Vec<u8>, EnvelopeError> {
    let mut out = Vec::with_capacity(256);
    put_pairs(&mut out, context.iter())?;
    if out.len() > usize::from(u16::MAX) {
        return Err(EnvelopeError::Unwritable { field: Field::Context });
    }
    Ok(out)
}

/// Appends key/value pairs, which must come in order.
pub(crate) fn put_pairs<'a>(
    out: &mut Vec<u8>,
    pairs: impl ExactSizeIterator<Item = (&'a str, &'a str)>,
) -> Result<(), EnvelopeError> {
    let unwritable = EnvelopeError::Unwritable { field: Field::Context };
    let count = u16::try_from(pairs.len()).map_err(|_| unwritable)?;
    if count == 0 {
        return Ok(());
    }
    out.extend_from_slice(&count.to_be_bytes());
    for (key, value) in pairs {
        put_short(out, key.as_bytes(), Field::Context)?;
        put_short(out, value.as_bytes(), Field::Context)?;
    }
    Ok(())
}

/// Reads what [`encode_context`] wrote, and only that: pairs out of order or repeated are malformed,
/// so that equal contexts have equal bytes.
pub(crate) fn decode_context(bytes: &[u8]) -> Result<EncryptionContext, EnvelopeError> {
    if bytes.is_empty() {
        return Ok(EncryptionContext::empty());
    }
    let mut cursor = Cursor::new(bytes);
    let pairs = decode_pairs(&mut cursor).map_err(|error| match error {
        ReadError::Incomplete { .. } => malformed(Field::Context),
        ReadError::Invalid(error) => error,
    })?;
    // message-header.md: the count is greater than 0, and the length covers the pairs exactly.
    let in_order =
        pairs.windows(2).all(|two| matches!(two, [(before, _), (after, _)] if before < after));
    if pairs.is_empty() || !in_order || !cursor.is_at_end() {
        return Err(malformed(Field::Context));
    }
    Ok(EncryptionContext::from_pairs(pairs))
}

fn decode_pairs(cursor: &mut Cursor<'_>) -> Result<Vec<(String, String)>, ReadError> {
    let text =
        |bytes: &[u8]| String::from_utf8(bytes.to_vec()).map_err(|_| malformed(Field::Context));
    let count = cursor.u16(Field::Context)?;
    let mut pairs = Vec::new();
    for _ in 0..count {
        let key = text(cursor.short(u16::MAX, Field::Context)?)?;
        let value = text(cursor.short(u16::MAX, Field::Context)?)?;
        pairs.push((key, value));
    }
    Ok(pairs)
}

/// Which piece of a body an AAD is for (message-body-aad.md, "Body AAD Content").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    Regular,
    Final,
    Unframed,
}

/// The AAD of a piece of the body, on the stack: one is made for every frame.
pub(crate) struct BodyAad {
    bytes: [u8; Self::CAPACITY],
    length: usize,
}

impl BodyAad {
    const CAPACITY: usize = 32 + 35 + 4 + 8;

    /// message-body-aad.md, "Structure": message id, content string, sequence number, length.
    pub(crate) fn new(message_id: &MessageId, piece: Piece, sequence: u32, length: u64) -> Self {
        let content: &[u8] = match piece {
            Piece::Regular => b"AWSKMSEncryptionClient Frame",
            Piece::Final => b"AWSKMSEncryptionClient Final Frame",
            Piece::Unframed => b"AWSKMSEncryptionClient Single Block",
        };
        let mut aad = Self { bytes: [0; Self::CAPACITY], length: 0 };
        aad.put(message_id.as_bytes());
        aad.put(content);
        aad.put(&sequence.to_be_bytes());
        aad.put(&length.to_be_bytes());
        aad
    }

    fn put(&mut self, part: &[u8]) {
        // INVARIANT: the longest parts together are the capacity.
        self.bytes[self.length..self.length + part.len()].copy_from_slice(part);
        self.length += part.len();
    }
}

impl AsRef<[u8]> for BodyAad {
    fn as_ref(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

/// A message's id: 32 random bytes in format 2, 16 in format 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageId {
    /// Format 1.
    Short([u8; 16]),
    /// Format 2.
    Long([u8; 32]),
}

impl MessageId {
    /// The id as it stands in the header.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Short(bytes) => bytes,
            Self::Long(bytes) => bytes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context(pairs: &[(&str, &str)]) -> EncryptionContext {
        EncryptionContext::from_pairs(pairs.iter().map(|(k, v)| ((*k).into(), (*v).into())))
    }

    #[test]
    fn contexts_come_back() {
        for pairs in [&[][..], &[("a", "")], &[("a", "1"), ("b", "2"), ("é", "✓")]] {
            let context = context(pairs);
            let encoded = encode_context(&context).unwrap();
            assert_eq!(decode_context(&encoded).unwrap(), context);
        }
        assert!(encode_context(&context(&[])).unwrap().is_empty());
    }

    #[test]
    fn a_context_has_one_encoding() {
        let repeated = [0, 2, 0, 1, b'a', 0, 0, 0, 1, b'a', 0, 0];
        let unordered = [0, 2, 0, 1, b'b', 0, 0, 0, 1, b'a', 0, 0];
        let trailing = [0, 1, 0, 1, b'a', 0, 0, 9];
        let no_text = [0, 1, 0, 1, 0xff, 0, 0];
        let cut = [0, 1, 0, 1, b'a', 0, 2, b'x'];
        let counts_none = [0, 0];
        for bad in [&repeated[..], &unordered, &trailing, &no_text, &cut, &counts_none, &[1]] {
            assert!(matches!(
                decode_context(bad),
                Err(EnvelopeError::Malformed { field: Field::Context })
            ));
        }
    }

    #[test]
    fn a_context_too_large_for_the_format_is_refused() {
        let half = "x".repeat(40_000);
        for pairs in [&[("a", "x".repeat(65_536).as_str())][..], &[("a", &half), ("b", &half)]] {
            assert!(matches!(
                encode_context(&context(pairs)),
                Err(EnvelopeError::Unwritable { field: Field::Context })
            ));
        }
    }

    #[test]
    fn the_longest_body_aad_fits() {
        let aad = BodyAad::new(&MessageId::Long([7; 32]), Piece::Unframed, 1, u64::MAX);
        assert_eq!(aad.as_ref().len(), BodyAad::CAPACITY);
    }
}
