//! Writing a message from pieces as they come: for callers who get them from a channel.

use crate::{
    EnvelopeError, FrameLength, Randomness, Sealing,
    cipher::MessageCipher,
    frame::{FINAL_OVERHEAD, REGULAR_OVERHEAD, number_after, seal_final, seal_run},
};

/// Takes plaintext in pieces of any size and gives the message's bytes in order: the header, then
/// sealed frames as soon as they are full, then the final frame.
///
/// Holds less than one frame between calls. Frames of one piece are sealed on all cores, so pieces of
/// a megabyte or more go fastest. An asynchronous caller pushes from a blocking task.
pub struct Encryptor {
    cipher: MessageCipher,
    frame_length: FrameLength,
    /// Plaintext that may still be the final frame's: at most one frame length.
    held: Vec<u8>,
    /// The next frame's number.
    next: u32,
}

impl Encryptor {
    /// Starts a message and gives its header.
    ///
    /// # Errors
    /// As [`seal`](crate::seal).
    pub fn new(
        sealing: &Sealing<'_>,
        randomness: Randomness,
    ) -> Result<(Self, Vec<u8>), EnvelopeError> {
        let mut header = Vec::with_capacity(1024);
        let cipher = sealing.start(&randomness, &mut header)?;
        Ok((Self { cipher, frame_length: sealing.frame_length, held: Vec::new(), next: 1 }, header))
    }

    /// Takes plaintext and appends the frames that it fills to `out`.
    ///
    /// # Errors
    /// [`EnvelopeError::OverLimit`] past 2^32 - 1 frames; the message is then lost.
    pub fn push(&mut self, plaintext: &[u8], out: &mut Vec<u8>) -> Result<(), EnvelopeError> {
        let start = out.len();
        out.resize(start + self.sealed_length(plaintext.len()), 0);
        // INVARIANT: `resize` made it at least `start` long.
        self.push_into(plaintext, &mut out[start..]).map(|_| ())
    }

    /// The bytes that a [`push`](Self::push) of so much plaintext gives.
    #[must_use]
    pub fn sealed_length(&self, plaintext: usize) -> usize {
        let length = self.frame_length.as_usize();
        // The last frame length stays back: it is the final frame unless more comes.
        let frames = (self.held.len() + plaintext).saturating_sub(1) / length;
        frames * (length + REGULAR_OVERHEAD)
    }

    /// As [`push`](Self::push), into a buffer of at least [`sealed_length`](Self::sealed_length)
    /// bytes; gives how many were written.
    ///
    /// # Errors
    /// [`EnvelopeError::BufferSize`] for a smaller buffer, and as [`push`](Self::push).
    pub fn push_into(
        &mut self,
        mut plaintext: &[u8],
        out: &mut [u8],
    ) -> Result<usize, EnvelopeError> {
        let length = self.frame_length.as_usize();
        let needed = self.sealed_length(plaintext.len());
        let given = out.len();
        let Some(mut out) = out.get_mut(..needed) else {
            return Err(EnvelopeError::BufferSize { given, needed });
        };
        if !self.held.is_empty() && !out.is_empty() {
            // INVARIANT: there is a full frame, so the plaintext fills up what is held.
            let (fill, rest) = plaintext.split_at(length - self.held.len());
            self.held.extend_from_slice(fill);
            let (frame, after) = out.split_at_mut(length + REGULAR_OVERHEAD);
            seal_run(&self.cipher, self.next, length, &self.held, frame)?;
            self.next = number_after(self.next, 1)?;
            self.held.clear();
            (plaintext, out) = (rest, after);
        }
        let frames = out.len() / (length + REGULAR_OVERHEAD);
        let (run, rest) = plaintext.split_at(frames * length);
        // Checked before sealing: the frame after the run must have a number too.
        let next = number_after(self.next, frames)?;
        seal_run(&self.cipher, self.next, length, run, out)?;
        self.next = next;
        self.held.extend_from_slice(rest);
        Ok(needed)
    }

    /// Appends the final frame to `out`.
    ///
    /// # Errors
    /// None that a caller can cause.
    pub fn finish(self, out: &mut Vec<u8>) -> Result<(), EnvelopeError> {
        let start = out.len();
        out.resize(start + self.held.len() + FINAL_OVERHEAD, 0);
        // INVARIANT: `resize` made it at least `start` long.
        seal_final(&self.cipher, self.next, &self.held, &mut out[start..])
    }
}
