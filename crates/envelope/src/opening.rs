//! Reading a message that is in memory.

use crate::{
    Decryptor, EnvelopeError, Field, Header, Layout, ObjectKeys, ReadOptions, VerifiedHeader,
    error::malformed,
};

/// A message, opened and whole.
#[derive(Debug)]
pub struct Opened {
    /// Its header, verified.
    pub header: Header,
    /// Its plaintext.
    pub plaintext: Vec<u8>,
}

/// Opens a message. Nothing of it is given before all of it, its end and its signature too, is
/// verified.
///
/// # Errors
/// Those of the key source, structural ones, and [`EnvelopeError::Rejected`].
pub fn open(
    message: &[u8],
    keys: &(impl ObjectKeys + ?Sized),
    options: &ReadOptions,
) -> Result<Opened, EnvelopeError> {
    let opening = Opening::start(message, keys, options)?;
    let mut plaintext = vec![0; opening.plaintext_bound()];
    let (header, length) = opening.finish(&mut plaintext)?;
    plaintext.truncate(length);
    Ok(Opened { header, plaintext })
}

/// Opens a message into a buffer, on all cores, and gives the plaintext's length. The buffer has at
/// least the plaintext's length; on failure it holds nothing of it.
///
/// # Errors
/// As [`open`], and [`EnvelopeError::BufferSize`].
pub fn open_into(
    message: &[u8],
    keys: &(impl ObjectKeys + ?Sized),
    options: &ReadOptions,
    out: &mut [u8],
) -> Result<(Header, usize), EnvelopeError> {
    Opening::start(message, keys, options)?.finish(out)
}

struct Opening<'a> {
    decryptor: Decryptor,
    body: &'a [u8],
    /// The plaintext's length as the message's length tells it; `None` where that tells nothing.
    plaintext: Option<usize>,
}

impl<'a> Opening<'a> {
    fn start(
        message: &'a [u8],
        keys: &(impl ObjectKeys + ?Sized),
        options: &ReadOptions,
    ) -> Result<Self, EnvelopeError> {
        let header = Header::parse_whole(message, options)?;
        let body = message.get(header.length()..).unwrap_or_default();
        let plaintext = match Layout::of(&header, message.len() as u64) {
            Ok(layout) => usize::try_from(layout.plaintext_length()).ok(),
            Err(EnvelopeError::OnlyWhole) => None,
            Err(error) => return Err(error),
        };
        let verified = VerifiedHeader::unlock(header, keys, options)?;
        let decryptor = Decryptor::new(verified, options)?;
        Ok(Self { decryptor, body, plaintext })
    }

    fn plaintext_bound(&self) -> usize {
        self.plaintext.unwrap_or(self.body.len())
    }

    fn finish(mut self, out: &mut [u8]) -> Result<(Header, usize), EnvelopeError> {
        let given = out.len();
        if let Some(needed) = self.plaintext.filter(|needed| *needed > given) {
            return Err(EnvelopeError::BufferSize { given, needed });
        }
        let length = match self.decryptor.push_into(self.body, out) {
            // Its frames hold more than a message of its length can.
            Err(EnvelopeError::BufferSize { .. }) if self.plaintext.is_some() => {
                return Err(malformed(Field::Body));
            }
            pushed => pushed?,
        };
        match self.decryptor.finish() {
            Ok(verified) => Ok((verified.into_header(), length)),
            Err(error) => {
                // Cut off: its frames were right, but they aren't the message.
                out.fill(0);
                Err(error)
            }
        }
    }
}
