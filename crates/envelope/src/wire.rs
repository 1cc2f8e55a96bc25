//! A cursor over bytes from outside: every read is checked, and running out says how much is missing.

use crate::{EnvelopeError, Field, error::truncated};

/// Why a field can't be read yet, or at all.
#[derive(Debug)]
pub(crate) enum ReadError {
    /// The bytes end within `field`; at least `missing` more are needed.
    Incomplete { field: Field, missing: usize },
    /// More bytes won't help.
    Invalid(EnvelopeError),
}

impl From<EnvelopeError> for ReadError {
    fn from(error: EnvelopeError) -> Self {
        Self::Invalid(error)
    }
}

impl ReadError {
    /// The error where no more bytes can come.
    pub(crate) fn at_end(self) -> EnvelopeError {
        match self {
            Self::Incomplete { field, .. } => truncated(field),
            Self::Invalid(error) => error,
        }
    }
}

/// Reads big-endian fields from the front of a slice.
pub(crate) struct Cursor<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, position: 0 }
    }

    pub(crate) fn position(&self) -> usize {
        self.position
    }

    pub(crate) fn is_at_end(&self) -> bool {
        self.position == self.bytes.len()
    }

    pub(crate) fn take(&mut self, length: usize, field: Field) -> Result<&'a [u8], ReadError> {
        let rest = self.bytes.get(self.position..).unwrap_or_default();
        let Some(taken) = rest.get(..length) else {
            return Err(ReadError::Incomplete { field, missing: length - rest.len() });
        };
        self.position += length;
        Ok(taken)
    }

    pub(crate) fn array<const N: usize>(&mut self, field: Field) -> Result<[u8; N], ReadError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N, field)?);
        Ok(array)
    }

    pub(crate) fn u8(&mut self, field: Field) -> Result<u8, ReadError> {
        Ok(u8::from_be_bytes(self.array(field)?))
    }

    pub(crate) fn u16(&mut self, field: Field) -> Result<u16, ReadError> {
        Ok(u16::from_be_bytes(self.array(field)?))
    }

    pub(crate) fn u32(&mut self, field: Field) -> Result<u32, ReadError> {
        Ok(u32::from_be_bytes(self.array(field)?))
    }

    pub(crate) fn u64(&mut self, field: Field) -> Result<u64, ReadError> {
        Ok(u64::from_be_bytes(self.array(field)?))
    }

    /// A field of 16-bit length and content, of at most `maximum` bytes.
    pub(crate) fn short(&mut self, maximum: u16, field: Field) -> Result<&'a [u8], ReadError> {
        let length = self.u16(field)?;
        if length > maximum {
            return Err(EnvelopeError::OverLimit { field, maximum: maximum.into() }.into());
        }
        self.take(length.into(), field)
    }
}

/// Appends a 16-bit length and the content.
pub(crate) fn put_short(
    out: &mut Vec<u8>,
    content: &[u8],
    field: Field,
) -> Result<(), EnvelopeError> {
    let length = u16::try_from(content.len()).map_err(|_| EnvelopeError::Unwritable { field })?;
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(content);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn running_out_says_how_much_is_missing() {
        let mut cursor = Cursor::new(&[0, 9, 1, 2]);
        assert!(matches!(
            cursor.short(100, Field::Entry),
            Err(ReadError::Incomplete { field: Field::Entry, missing: 7 })
        ));
    }

    #[test]
    fn a_length_over_the_limit_is_refused_before_its_content_is_read() {
        assert!(matches!(
            Cursor::new(&[0xff, 0xff]).short(100, Field::Entry),
            Err(ReadError::Invalid(EnvelopeError::OverLimit { maximum: 100, .. }))
        ));
    }
}
