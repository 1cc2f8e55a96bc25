//! Frames (data-format/message-body.md, "Framed Data"): their bytes, and runs of them in parallel.

use rayon::prelude::*;

use crate::{
    EnvelopeError, Field,
    aad::Piece,
    cipher::{MessageCipher, Sealed, frame_iv},
    error::malformed,
    header::{IV_LENGTH, TAG_LENGTH},
    wire::{Cursor, ReadError},
};

/// What a regular frame has besides its content: sequence number, IV, tag.
pub(crate) const REGULAR_OVERHEAD: usize = 4 + IV_LENGTH + TAG_LENGTH;
/// What a final frame has besides its content: end marker, sequence number, IV, length, tag.
pub(crate) const FINAL_OVERHEAD: usize = 4 + 4 + IV_LENGTH + 4 + TAG_LENGTH;
/// "Sequence Number End".
const END: u32 = u32::MAX;
/// Content of less than this isn't worth a hop to another core.
const PARALLEL_FROM: usize = 128 * 1024;

/// One frame as it lies in a message.
#[derive(Clone, Copy)]
pub(crate) struct Frame<'a> {
    pub(crate) is_final: bool,
    pub(crate) sequence: u32,
    pub(crate) sealed: Sealed<'a>,
    /// The whole frame's length.
    pub(crate) length: usize,
}

impl<'a> Frame<'a> {
    /// Reads the frame at the front of `bytes`, which must have the number `expected`: frames
    /// repeated, missing or out of order are found here, before their tags would tell.
    pub(crate) fn read(
        bytes: &'a [u8],
        expected: u32,
        frame_length: u32,
    ) -> Result<Self, ReadError> {
        let mut cursor = Cursor::new(bytes);
        let first = cursor.u32(Field::SequenceNumber)?;
        // client-apis/decrypt.md, "Decrypt the message body": the first 4 bytes tell final from
        // regular.
        let is_final = first == END;
        let sequence = if is_final { cursor.u32(Field::SequenceNumber)? } else { first };
        if sequence != expected {
            return Err(malformed(Field::SequenceNumber).into());
        }
        let iv = cursor.take(IV_LENGTH, Field::Body)?;
        let content_length =
            if is_final { cursor.u32(Field::ContentLength)? } else { frame_length };
        // "Final Frame": at most the frame length.
        if content_length > frame_length {
            return Err(malformed(Field::ContentLength).into());
        }
        // One read for content and tag, so that what is missing is told in one number.
        let content_length =
            usize::try_from(content_length).map_err(|_| malformed(Field::ContentLength))?;
        let rest = content_length
            .checked_add(TAG_LENGTH)
            .ok_or_else(|| malformed(Field::ContentLength))?;
        let rest = cursor.take(rest, Field::Body)?;
        let (Some((content, tag)), Ok(iv)) = (rest.split_last_chunk(), iv.try_into()) else {
            return Err(malformed(Field::Body).into());
        };
        let sealed = Sealed { iv, content, tag };
        Ok(Self { is_final, sequence, sealed, length: cursor.position() })
    }

    /// Decrypts the frame.
    pub(crate) fn open(
        &self,
        cipher: &MessageCipher,
        plaintext: &mut [u8],
    ) -> Result<(), EnvelopeError> {
        let piece = if self.is_final { Piece::Final } else { Piece::Regular };
        cipher.open(piece, self.sequence, &self.sealed, plaintext)
    }
}

/// Decrypts regular frames into `plaintext`, which has a frame length for each.
pub(crate) fn open_run(
    cipher: &MessageCipher,
    frames: &[Frame<'_>],
    frame_length: usize,
    plaintext: &mut [u8],
) -> Result<(), EnvelopeError> {
    if frames.len() < 2 || plaintext.len() < PARALLEL_FROM {
        let mut pairs = frames.iter().zip(plaintext.chunks_exact_mut(frame_length));
        return pairs.try_for_each(|(frame, out)| frame.open(cipher, out));
    }
    frames
        .par_iter()
        .zip(plaintext.par_chunks_exact_mut(frame_length))
        .with_min_len(frames_per_task(frame_length))
        .try_for_each(|(frame, out)| frame.open(cipher, out))
}

/// Encrypts whole regular frames from `plaintext` into `out`, the first with number `first`.
pub(crate) fn seal_run(
    cipher: &MessageCipher,
    first: u32,
    frame_length: usize,
    plaintext: &[u8],
    out: &mut [u8],
) -> Result<(), EnvelopeError> {
    let sealed_length = frame_length + REGULAR_OVERHEAD;
    let number = |index: usize| number_after(first, index);
    if plaintext.len() < PARALLEL_FROM || plaintext.len() < 2 * frame_length {
        let pairs = plaintext.chunks_exact(frame_length).zip(out.chunks_exact_mut(sealed_length));
        return pairs.enumerate().try_for_each(|(index, (content, frame))| {
            seal_regular(cipher, number(index)?, content, frame)
        });
    }
    plaintext
        .par_chunks_exact(frame_length)
        .zip(out.par_chunks_exact_mut(sealed_length))
        .enumerate()
        .with_min_len(frames_per_task(frame_length))
        .try_for_each(|(index, (content, frame))| {
            seal_regular(cipher, number(index)?, content, frame)
        })
}

/// Encrypts the final frame into `out`, which has exactly its length.
pub(crate) fn seal_final(
    cipher: &MessageCipher,
    sequence: u32,
    plaintext: &[u8],
    out: &mut [u8],
) -> Result<(), EnvelopeError> {
    let length = u32::try_from(plaintext.len()).map_err(|_| over_frames())?;
    let (head, rest) = out.split_at_mut(FINAL_OVERHEAD - TAG_LENGTH);
    // "Final Frame": end marker, sequence number, IV, content length.
    head[..4].copy_from_slice(&END.to_be_bytes());
    head[4..8].copy_from_slice(&sequence.to_be_bytes());
    head[8..20].copy_from_slice(&frame_iv(sequence));
    head[20..].copy_from_slice(&length.to_be_bytes());
    let (content, tag) = rest.split_at_mut(plaintext.len());
    cipher.seal(Piece::Final, sequence, plaintext, content, tag)
}

/// The number of the frame `index` after `first`. A regular frame's is below the end marker, since
/// a message has at most 2^32 - 1 frames and the last is the final one.
pub(crate) fn number_after(first: u32, index: usize) -> Result<u32, EnvelopeError> {
    u32::try_from(index)
        .ok()
        .and_then(|index| first.checked_add(index))
        .filter(|number| *number < END)
        .ok_or_else(over_frames)
}

pub(crate) fn over_frames() -> EnvelopeError {
    EnvelopeError::OverLimit { field: Field::Frames, maximum: u64::from(u32::MAX - 1) }
}

pub(crate) fn seal_regular(
    cipher: &MessageCipher,
    sequence: u32,
    plaintext: &[u8],
    out: &mut [u8],
) -> Result<(), EnvelopeError> {
    let (head, rest) = out.split_at_mut(4 + IV_LENGTH);
    // "Regular Frame": sequence number, IV.
    head[..4].copy_from_slice(&sequence.to_be_bytes());
    head[4..].copy_from_slice(&frame_iv(sequence));
    let (content, tag) = rest.split_at_mut(plaintext.len());
    cipher.seal(Piece::Regular, sequence, plaintext, content, tag)
}

/// Small frames go to the cores in bunches, large ones each by itself.
fn frames_per_task(frame_length: usize) -> usize {
    (PARALLEL_FROM / 2).div_ceil(frame_length).max(1)
}
