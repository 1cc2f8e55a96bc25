//! Where a message's frames lie, and reading a range of its plaintext by its frames alone.

use std::{io, ops::Range};

use crate::{
    Content, EnvelopeError, Field, Header, ObjectKeys, Parsed, ReadOptions, VerifiedHeader,
    error::{malformed, truncated},
    frame::{FINAL_OVERHEAD, Frame, REGULAR_OVERHEAD, number_after, open_run},
    wire::ReadError,
};

/// Where the frames of an unsigned framed message lie, computed from its length.
///
/// The length comes from outside: what a layout says of the plaintext's end is proved only by the
/// final frame, which every [`Span`] that reaches the end includes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    pub(crate) header_length: u64,
    pub(crate) frame_length: u32,
    pub(crate) regular_frames: u32,
    pub(crate) final_content: u32,
}

/// A range of the plaintext, and which bytes of the message hold it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// The bytes of the message to fetch: whole frames.
    pub message: Range<u64>,
    /// The range of the plaintext that they give, clamped to its end.
    pub plaintext: Range<u64>,
    first_frame: u32,
    regular_frames: u32,
    with_final: bool,
    /// Plaintext of the first frame before the range.
    skip: u64,
}

impl Layout {
    /// The layout of a message of this length with this header.
    ///
    /// # Errors
    /// [`EnvelopeError::OnlyWhole`] for signed and unframed messages, [`EnvelopeError::Malformed`]
    /// where no message has this length.
    pub fn of(header: &Header, message_length: u64) -> Result<Self, EnvelopeError> {
        let Content::Framed { frame_length } = header.content() else {
            return Err(EnvelopeError::OnlyWhole);
        };
        if header.suite().is_signed() {
            return Err(EnvelopeError::OnlyWhole);
        }
        let header_length = header.length() as u64;
        let frames = message_length
            .checked_sub(header_length + FINAL_OVERHEAD as u64)
            .ok_or_else(|| truncated(Field::Body))?;
        let sealed = u64::from(frame_length) + REGULAR_OVERHEAD as u64;
        let (regular, content) = (frames / sealed, frames % sealed);
        let regular_frames = u32::try_from(regular).ok().filter(|count| *count < u32::MAX);
        // "Final Frame": at most the frame length. So the split of a length is the only one.
        let final_content = u32::try_from(content).ok().filter(|length| *length <= frame_length);
        match (regular_frames, final_content) {
            (Some(regular_frames), Some(final_content)) => {
                Ok(Self { header_length, frame_length, regular_frames, final_content })
            }
            _ => Err(malformed(Field::Body)),
        }
    }

    /// The plaintext's length.
    #[must_use]
    pub fn plaintext_length(&self) -> u64 {
        u64::from(self.regular_frames) * u64::from(self.frame_length)
            + u64::from(self.final_content)
    }

    /// The message's length.
    #[must_use]
    pub fn message_length(&self) -> u64 {
        self.frame_at(self.regular_frames) + u64::from(self.final_content) + FINAL_OVERHEAD as u64
    }

    /// The frames that hold a range of the plaintext. A range that reaches the plaintext's end or
    /// lies past it takes in the final frame, which proves where the end is.
    #[must_use]
    pub fn span(&self, range: Range<u64>) -> Span {
        let length = self.plaintext_length();
        let end = range.end.min(length);
        let start = range.start.min(end);
        let frame_length = u64::from(self.frame_length);
        let regular = u64::from(self.regular_frames);
        let with_final = range.end >= length || end > regular * frame_length;
        // Indices from 0; the final frame's is `regular`.
        let first = (start / frame_length).min(regular);
        let past = match (with_final, start == end) {
            (true, _) => regular,
            (false, true) => first,
            (false, false) => end.div_ceil(frame_length),
        };
        // INVARIANT: both are at most `regular`, which came from a u32.
        let (first_index, past_index) = (first as u32, past as u32);
        let message_end =
            if with_final { self.message_length() } else { self.frame_at(past_index) };
        Span {
            message: self.frame_at(first_index)..message_end,
            plaintext: start..end,
            first_frame: first_index + 1,
            regular_frames: past_index - first_index,
            with_final,
            skip: start - first * frame_length,
        }
    }

    /// Where the frame with this index (from 0) starts in the message.
    pub(crate) fn frame_at(&self, index: u32) -> u64 {
        // Below 2^32 * (2^32 + 32) + 2^32: no overflow.
        self.header_length
            + u64::from(index) * (u64::from(self.frame_length) + REGULAR_OVERHEAD as u64)
    }
}

impl VerifiedHeader {
    /// Opens the frames of a span from its bytes, on all cores, and gives exactly its plaintext.
    ///
    /// # Errors
    /// [`EnvelopeError::Rejected`] or a structural error where the bytes aren't those frames.
    pub fn open_span(&self, span: &Span, message: &[u8]) -> Result<Vec<u8>, EnvelopeError> {
        let Content::Framed { frame_length } = self.header().content() else {
            return Err(EnvelopeError::OnlyWhole);
        };
        let mut frames = Vec::new();
        let mut rest = message;
        let last = u32::from(span.with_final);
        for index in 0..span.regular_frames + last {
            let number = number_after(span.first_frame, index as usize)?;
            let frame = Frame::read(rest, number, frame_length).map_err(ReadError::at_end)?;
            // A regular frame in the final one's place, or the reverse, belongs to a message of
            // another length.
            if frame.is_final != (index == span.regular_frames) {
                return Err(malformed(Field::SequenceNumber));
            }
            rest = rest.get(frame.length..).unwrap_or_default();
            frames.push(frame);
        }
        if !rest.is_empty() {
            return Err(malformed(Field::End));
        }
        let content = |frame: &Frame<'_>| frame.sealed.content.len();
        let mut plaintext = vec![0; frames.iter().map(content).sum()];
        let regular = frames.len() - last as usize;
        // INVARIANT: the final frame, if any, is the last one.
        let (run, last) = frames.split_at(regular);
        let (run_out, last_out) = plaintext.split_at_mut(run.iter().map(content).sum());
        open_run(&self.cipher, run, frame_length as usize, run_out)?;
        for frame in last {
            frame.open(&self.cipher, last_out)?;
        }
        cut(&mut plaintext, span)?;
        Ok(plaintext)
    }
}

/// Cuts the frames' plaintext to the span's range.
fn cut(plaintext: &mut Vec<u8>, span: &Span) -> Result<(), EnvelopeError> {
    let skip = usize::try_from(span.skip).map_err(|_| malformed(Field::Body))?;
    let take = usize::try_from(span.plaintext.end - span.plaintext.start)
        .map_err(|_| malformed(Field::Body))?;
    plaintext.drain(..skip.min(plaintext.len()));
    plaintext.truncate(take);
    // A final frame of another length than the message's length implies can't get here.
    if plaintext.len() == take { Ok(()) } else { Err(malformed(Field::Body)) }
}

/// A source that is read at offsets: a file, a slice, an object in a store.
pub trait ReadAt {
    /// Fills the buffer from the bytes at `offset`.
    ///
    /// # Errors
    /// Those of the source; [`io::ErrorKind::UnexpectedEof`] where it has fewer bytes.
    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()>;

    /// The source's length in bytes.
    ///
    /// # Errors
    /// Those of the source.
    fn length(&self) -> io::Result<u64>;
}

impl ReadAt for [u8] {
    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        let start = usize::try_from(offset).unwrap_or(usize::MAX);
        let range = start..start.saturating_add(buffer.len());
        let bytes = self.get(range).ok_or(io::ErrorKind::UnexpectedEof)?;
        buffer.copy_from_slice(bytes);
        Ok(())
    }

    fn length(&self) -> io::Result<u64> {
        Ok(self.len() as u64)
    }
}

/// Reads a range of a message's plaintext: its header and the frames of the range, nothing else. The
/// range is clamped to the plaintext's end.
///
/// # Errors
/// Those of the key source and of the file, structural ones, [`EnvelopeError::OnlyWhole`] and
/// [`EnvelopeError::Rejected`].
pub fn read_range(
    source: &(impl ReadAt + ?Sized),
    keys: &(impl ObjectKeys + ?Sized),
    options: &ReadOptions,
    range: Range<u64>,
) -> Result<Vec<u8>, EnvelopeError> {
    let length = source.length()?;
    let header = read_header_at(source, length, options)?;
    let layout = Layout::of(&header, length)?;
    let message = VerifiedHeader::unlock(header, keys, options)?;
    let span = layout.span(range);
    let bytes = usize::try_from(span.message.end - span.message.start)
        .map_err(|_| malformed(Field::Body))?;
    let mut sealed = vec![0; bytes];
    source.read_exact_at(&mut sealed, span.message.start)?;
    message.open_span(&span, &sealed)
}

/// Reads the header of a source that is read at offsets.
pub(crate) fn read_header_at(
    source: &(impl ReadAt + ?Sized),
    length: u64,
    options: &ReadOptions,
) -> Result<Header, EnvelopeError> {
    // Most headers are within this; larger ones take a second look.
    let mut wanted = 4096;
    loop {
        let mut bytes = vec![0; usize::try_from(length).unwrap_or(usize::MAX).min(wanted)];
        source.read_exact_at(&mut bytes, 0)?;
        match Header::parse(&bytes, options)? {
            Parsed::Complete(header) => return Ok(*header),
            Parsed::Incomplete { .. } if bytes.len() as u64 == length => {
                return Err(truncated(Field::Header));
            }
            // Doubling at least, so that a header of many small fields takes few looks. Bounded by
            // the header's limit, which `parse` has checked.
            Parsed::Incomplete { missing } => wanted = (bytes.len() + missing).max(wanted * 2),
        }
    }
}
