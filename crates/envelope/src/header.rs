//! The message header (data-format/message-header.md): format 2 as Keyward writes it, format 1 to
//! read.
//!
//! A [`Header`] is parsed, not verified: it may be listed (context, entries), but nothing in it is
//! to be believed before [`VerifiedHeader`](crate::VerifiedHeader) has checked it with the object key.

use keyward_core::EncryptionContext;

use crate::{
    Accept, Entry, EnvelopeError, Field, MessageId, ReadLimits, Suite,
    aad::decode_context,
    error::malformed,
    wire::{Cursor, ReadError},
};

pub(crate) const IV_LENGTH: usize = 12;
pub(crate) const TAG_LENGTH: usize = 16;

/// How a reader reads.
#[derive(Clone, Debug, Default)]
pub struct ReadOptions {
    /// The largest sizes it takes.
    pub limits: ReadLimits,
    /// Which suites it takes.
    pub accept: Accept,
    /// Context that the writer authenticated but didn't store: the reader must bring the same.
    pub reproduced: EncryptionContext,
}

/// How the content is laid out (message-header.md, "Content Type").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// In frames of this many bytes, the final one of at most as many.
    Framed {
        /// Bytes of content in each regular frame; never 0.
        frame_length: u32,
    },
    /// In one piece.
    Unframed,
}

/// A parsed header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    suite: Suite,
    message_id: MessageId,
    context: EncryptionContext,
    entries: Vec<Entry>,
    content: Content,
    /// The suite data of format 2: what the object key must derive.
    pub(crate) commitment: Option<[u8; 32]>,
    pub(crate) iv: [u8; IV_LENGTH],
    pub(crate) tag: [u8; TAG_LENGTH],
    /// The header as it was read.
    bytes: Vec<u8>,
    /// How many of them the tag covers.
    body_length: usize,
}

/// What the start of a message gave.
#[derive(Clone, Debug)]
pub enum Parsed {
    /// The whole header.
    Complete(Box<Header>),
    /// The header goes on: at least this many bytes more are needed.
    Incomplete {
        /// How many at least.
        missing: usize,
    },
}

impl Header {
    /// Parses the header at the front of `bytes`; what follows it is left alone
    /// ([`Header::length`] tells where that starts).
    ///
    /// # Errors
    /// Structural ones, and [`EnvelopeError::NonCommitting`] for format 1 without leave.
    pub fn parse(bytes: &[u8], options: &ReadOptions) -> Result<Parsed, EnvelopeError> {
        let maximum = u64::from(options.limits.header);
        let over = |length: usize| length as u64 > maximum;
        match Self::read_fields(bytes, options) {
            Ok(header) if over(header.bytes.len()) => Err(over_header(maximum)),
            Ok(header) => Ok(Parsed::Complete(Box::new(header))),
            Err(ReadError::Incomplete { missing, .. })
                if over(bytes.len().saturating_add(missing)) =>
            {
                Err(over_header(maximum))
            }
            Err(ReadError::Incomplete { missing, .. }) => Ok(Parsed::Incomplete { missing }),
            Err(ReadError::Invalid(error)) => Err(error),
        }
    }

    /// Parses the header of a message that is all there.
    ///
    /// # Errors
    /// As [`Header::parse`], and [`EnvelopeError::Truncated`] where the header goes on.
    pub fn parse_whole(bytes: &[u8], options: &ReadOptions) -> Result<Self, EnvelopeError> {
        match Self::parse(bytes, options)? {
            Parsed::Complete(header) => Ok(*header),
            Parsed::Incomplete { .. } => Err(EnvelopeError::Truncated { field: Field::Header }),
        }
    }

    /// Reads a header from a stream and leaves the stream at the body's first byte.
    ///
    /// # Errors
    /// As [`Header::parse_whole`], and [`EnvelopeError::Io`].
    pub fn read(
        reader: &mut (impl std::io::Read + ?Sized),
        options: &ReadOptions,
    ) -> Result<Self, EnvelopeError> {
        let mut bytes = Vec::with_capacity(1024);
        loop {
            let missing = match Self::parse(&bytes, options)? {
                Parsed::Complete(header) => return Ok(*header),
                Parsed::Incomplete { missing } => missing,
            };
            let start = bytes.len();
            // Bounded by the header's limit, which `parse` has checked.
            bytes.resize(start + missing, 0);
            reader.read_exact(&mut bytes[start..]).map_err(|error| match error.kind() {
                std::io::ErrorKind::UnexpectedEof => {
                    EnvelopeError::Truncated { field: Field::Header }
                }
                _ => error.into(),
            })?;
        }
    }

    /// The algorithm suite.
    #[must_use]
    pub fn suite(&self) -> Suite {
        self.suite
    }

    /// The message's id.
    #[must_use]
    pub fn message_id(&self) -> &MessageId {
        &self.message_id
    }

    /// The encryption context as stored. Not to be believed before the header is verified.
    #[must_use]
    pub fn context(&self) -> &EncryptionContext {
        &self.context
    }

    /// The encrypted object keys.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// How the content is laid out.
    #[must_use]
    pub fn content(&self) -> Content {
        self.content
    }

    /// The header's length in bytes: where the body starts.
    #[must_use]
    pub fn length(&self) -> usize {
        self.bytes.len()
    }

    /// The header as it was read.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The part that the header's tag covers.
    pub(crate) fn body(&self) -> &[u8] {
        // INVARIANT: set from a position within `bytes`.
        &self.bytes[..self.body_length]
    }

    fn read_fields(bytes: &[u8], options: &ReadOptions) -> Result<Self, ReadError> {
        let mut cursor = Cursor::new(bytes);
        let version = cursor.u8(Field::Header)?;
        match version {
            1 => Self::read_format_1(&mut cursor, bytes, options),
            2 => Self::read_format_2(&mut cursor, bytes, options),
            version => Err(EnvelopeError::UnsupportedVersion { version }.into()),
        }
    }

    /// message-header.md, "Header Body Version 2.0": suite, message id, AAD, entries, content type,
    /// frame length, suite data; then a tag whose IV is all zero.
    fn read_format_2(
        cursor: &mut Cursor<'_>,
        bytes: &[u8],
        options: &ReadOptions,
    ) -> Result<Self, ReadError> {
        let suite = Suite::from_id(cursor.u16(Field::Header)?, 2)?;
        let message_id = MessageId::Long(cursor.array(Field::Header)?);
        let context = read_context(cursor, &options.limits)?;
        let entries = read_entries(cursor, &options.limits)?;
        let content_type = cursor.u8(Field::ContentType)?;
        let content = read_content(cursor, content_type, &options.limits)?;
        let commitment = Some(cursor.array(Field::Header)?);
        let body_length = cursor.position();
        let tag = cursor.array(Field::Header)?;
        let iv = [0; IV_LENGTH];
        let bytes = taken(bytes, cursor);
        Ok(Self {
            suite,
            message_id,
            context,
            entries,
            content,
            commitment,
            iv,
            tag,
            bytes,
            body_length,
        })
    }

    /// message-header.md, "Header Body Version 1.0".
    fn read_format_1(
        cursor: &mut Cursor<'_>,
        bytes: &[u8],
        options: &ReadOptions,
    ) -> Result<Self, ReadError> {
        // "Supported Types": 80, customer authenticated encrypted data.
        if cursor.u8(Field::Type)? != 0x80 {
            return Err(malformed(Field::Type).into());
        }
        let suite = cursor.u16(Field::Header)?;
        if !options.accept.allows_non_committing() {
            return Err(EnvelopeError::NonCommitting { suite }.into());
        }
        let suite = Suite::from_id(suite, 1)?;
        let message_id = MessageId::Short(cursor.array(Field::Header)?);
        let context = read_context(cursor, &options.limits)?;
        let entries = read_entries(cursor, &options.limits)?;
        let content_type = cursor.u8(Field::ContentType)?;
        if cursor.u32(Field::Reserved)? != 0 {
            return Err(malformed(Field::Reserved).into());
        }
        if usize::from(cursor.u8(Field::IvLength)?) != IV_LENGTH {
            return Err(malformed(Field::IvLength).into());
        }
        let content = read_content(cursor, content_type, &options.limits)?;
        let body_length = cursor.position();
        let iv = cursor.array(Field::Header)?;
        let tag = cursor.array(Field::Header)?;
        let (commitment, bytes) = (None, taken(bytes, cursor));
        Ok(Self {
            suite,
            message_id,
            context,
            entries,
            content,
            commitment,
            iv,
            tag,
            bytes,
            body_length,
        })
    }
}

fn over_header(maximum: u64) -> EnvelopeError {
    EnvelopeError::OverLimit { field: Field::Header, maximum }
}

fn taken(bytes: &[u8], cursor: &Cursor<'_>) -> Vec<u8> {
    bytes.get(..cursor.position()).unwrap_or_default().to_vec()
}

fn read_context(
    cursor: &mut Cursor<'_>,
    limits: &ReadLimits,
) -> Result<EncryptionContext, ReadError> {
    Ok(decode_context(cursor.short(limits.context, Field::Context)?)?)
}

fn read_entries(cursor: &mut Cursor<'_>, limits: &ReadLimits) -> Result<Vec<Entry>, ReadError> {
    let count = cursor.u16(Field::Entries)?;
    // "Encrypted Data Key Count": greater than 0.
    if count == 0 {
        return Err(malformed(Field::Entries).into());
    }
    if count > limits.entries {
        let (field, maximum) = (Field::Entries, limits.entries.into());
        return Err(EnvelopeError::OverLimit { field, maximum }.into());
    }
    (0..count).map(|_| Entry::read(cursor, limits)).collect()
}

/// "Content Type" and "Frame Length", which is 0 for unframed content and only for that.
fn read_content(
    cursor: &mut Cursor<'_>,
    content_type: u8,
    limits: &ReadLimits,
) -> Result<Content, ReadError> {
    let frame_length = cursor.u32(Field::FrameLength)?;
    match (content_type, frame_length) {
        (1, 0) => Ok(Content::Unframed),
        (1, _) | (2, 0) => Err(malformed(Field::FrameLength).into()),
        (2, length) if length > limits.frame => {
            let (field, maximum) = (Field::FrameLength, limits.frame.into());
            Err(EnvelopeError::OverLimit { field, maximum }.into())
        }
        (2, frame_length) => Ok(Content::Framed { frame_length }),
        _ => Err(malformed(Field::ContentType).into()),
    }
}
