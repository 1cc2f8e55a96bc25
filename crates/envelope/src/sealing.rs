//! How a message is written, and writing one that fits in memory.

use keyward_core::{EncryptionContext, keys};

use crate::{
    EnvelopeError, Field, MessageId, Randomness, RawAesKeyring, Suite,
    aad::put_pairs,
    cipher::{MessageCipher, derive},
    frame::{FINAL_OVERHEAD, REGULAR_OVERHEAD, number_after, seal_final, seal_run},
    header::TAG_LENGTH,
};

/// Bytes of content in each regular frame: 1 to 16 MiB.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FrameLength(u32);

impl FrameLength {
    /// 64 KiB.
    pub const DEFAULT: Self = Self(64 * 1024);
    /// 16 MiB: what a reader takes by default.
    pub const MAX: Self = Self(16 * 1024 * 1024);

    /// A frame length, or `None` outside 1 to 16 MiB.
    #[must_use]
    pub fn new(bytes: u32) -> Option<Self> {
        (1..=Self::MAX.0).contains(&bytes).then_some(Self(bytes))
    }

    /// In bytes.
    #[must_use]
    pub fn bytes(self) -> u32 {
        self.0
    }

    pub(crate) fn as_usize(self) -> usize {
        // INVARIANT: at most 16 MiB, which every platform's `usize` holds.
        self.0 as usize
    }
}

impl Default for FrameLength {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// How to write a message: format 2, suite `0x0478`, framed.
#[derive(Clone, Copy, Debug)]
pub struct Sealing<'a> {
    /// Wraps the object key.
    pub keyring: &'a RawAesKeyring,
    /// Stored in the header and authenticated with the entry and the header.
    pub context: &'a EncryptionContext,
    /// The length of the frames.
    pub frame_length: FrameLength,
}

impl<'a> Sealing<'a> {
    /// Writes in frames of 64 KiB.
    #[must_use]
    pub fn new(keyring: &'a RawAesKeyring, context: &'a EncryptionContext) -> Self {
        Self { keyring, context, frame_length: FrameLength::DEFAULT }
    }

    /// The length of the header.
    #[must_use]
    pub fn header_length(&self) -> u64 {
        let pairs: usize = self.context.iter().map(|(k, v)| 4 + k.len() + v.len()).sum();
        let context = if self.context.is_empty() { 0 } else { 2 + pairs };
        let fixed = 1 + 2 + 32 + 2 + 2 + 1 + 4 + 32 + TAG_LENGTH;
        (fixed + context + self.keyring.entry_length()) as u64
    }

    /// The length of the whole message for so much plaintext.
    ///
    /// # Errors
    /// [`EnvelopeError::OverLimit`] where it would take more than 2^32 - 1 frames.
    pub fn sealed_length(&self, plaintext: u64) -> Result<u64, EnvelopeError> {
        let shape = Shape::of(plaintext, self.frame_length)?;
        Ok(self.header_length() + shape.body_length())
    }

    /// Appends the header, and gives the cipher for the body.
    pub(crate) fn start(
        &self,
        randomness: &Randomness,
        out: &mut Vec<u8>,
    ) -> Result<MessageCipher, EnvelopeError> {
        // framework/structures.md, "Encryption Context": the prefix is the format's own, and readers
        // refuse an unsigned message that has its public key.
        if self.context.iter().any(|(key, _)| key.starts_with(keys::AWS_RESERVED_PREFIX)) {
            return Err(EnvelopeError::Unwritable { field: Field::Context });
        }
        let start = out.len();
        let suite = Suite::Committing;
        let derived =
            derive(suite, &MessageId::Long(randomness.message_id), &randomness.object_key)?;
        // message-header.md, "Header Body Version 2.0", field by field.
        out.push(2);
        out.extend_from_slice(&suite.id().to_be_bytes());
        out.extend_from_slice(&randomness.message_id);
        let context = self.put_context(out)?;
        out.extend_from_slice(&1_u16.to_be_bytes());
        // The entry's AAD is the encoded context, as it lies in the header already.
        self.keyring.put_entry(out, &randomness.object_key, context, &randomness.entry_iv)?;
        out.push(2);
        out.extend_from_slice(&self.frame_length.bytes().to_be_bytes());
        out.extend_from_slice(&*derived.commitment);
        let tag = derived.cipher.header_tag(out.get(start..).unwrap_or_default())?;
        out.extend_from_slice(&tag);
        Ok(derived.cipher)
    }

    /// "AAD": a 16-bit length and the pairs. Gives where the pairs lie.
    fn put_context(&self, out: &mut Vec<u8>) -> Result<std::ops::Range<usize>, EnvelopeError> {
        let length_at = out.len();
        out.extend_from_slice(&[0; 2]);
        let pairs_at = out.len();
        put_pairs(out, self.context.iter())?;
        let length = u16::try_from(out.len() - pairs_at)
            .map_err(|_| EnvelopeError::Unwritable { field: Field::Context })?;
        // INVARIANT: two bytes were put at `length_at` above.
        out[length_at..pairs_at].copy_from_slice(&length.to_be_bytes());
        Ok(pairs_at..out.len())
    }
}

/// Writes a message.
///
/// # Errors
/// [`EnvelopeError::Unwritable`] where the context is too large for the format or has keys that
/// start with `aws-crypto-`.
pub fn seal(
    sealing: &Sealing<'_>,
    randomness: Randomness,
    plaintext: &[u8],
) -> Result<Vec<u8>, EnvelopeError> {
    let shape = Shape::of(plaintext.len() as u64, sealing.frame_length)?;
    let length = in_memory(sealing.header_length() + shape.body_length())?;
    let mut out = Vec::with_capacity(length);
    let cipher = sealing.start(&randomness, &mut out)?;
    let header = out.len();
    out.resize(length, 0);
    // INVARIANT: `resize` made it at least as long as the header.
    shape.seal(&cipher, plaintext, &mut out[header..])?;
    Ok(out)
}

/// Writes a message into a buffer of exactly [`Sealing::sealed_length`] bytes, on all cores: for
/// large buffers that are used again, since the system hands out fresh ones slower than they fill.
///
/// # Errors
/// [`EnvelopeError::BufferSize`] for a buffer of another length, and as [`seal`].
pub fn seal_into(
    sealing: &Sealing<'_>,
    randomness: Randomness,
    plaintext: &[u8],
    out: &mut [u8],
) -> Result<(), EnvelopeError> {
    let shape = Shape::of(plaintext.len() as u64, sealing.frame_length)?;
    let mut header = Vec::with_capacity(in_memory(sealing.header_length())?);
    let cipher = sealing.start(&randomness, &mut header)?;
    let needed = in_memory(header.len() as u64 + shape.body_length())?;
    if out.len() != needed {
        return Err(EnvelopeError::BufferSize { given: out.len(), needed });
    }
    // INVARIANT: `needed` is the header's length and more.
    let (head, body) = out.split_at_mut(header.len());
    head.copy_from_slice(&header);
    shape.seal(&cipher, plaintext, body)
}

/// How a plaintext falls into frames. The final frame is full where the plaintext is a multiple of
/// the frame length (message-body.md, "Final Frame": it SHOULD be), and empty for no plaintext only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) frame_length: FrameLength,
    pub(crate) regular_frames: u32,
    pub(crate) final_content: u32,
}

impl Shape {
    pub(crate) fn of(plaintext: u64, frame_length: FrameLength) -> Result<Self, EnvelopeError> {
        let length = u64::from(frame_length.bytes());
        let regular = plaintext.saturating_sub(1) / length;
        let rest = plaintext - regular * length;
        let regular_frames = number_after(0, usize::try_from(regular).unwrap_or(usize::MAX))?;
        // INVARIANT: what is left over is at most a frame length.
        Ok(Self { frame_length, regular_frames, final_content: rest as u32 })
    }

    /// The body's length; below 2^32 * (2^24 + 40), so it can't overflow.
    pub(crate) fn body_length(self) -> u64 {
        let regular = u64::from(self.frame_length.bytes()) + REGULAR_OVERHEAD as u64;
        u64::from(self.regular_frames) * regular
            + u64::from(self.final_content)
            + FINAL_OVERHEAD as u64
    }

    /// Encrypts the whole body into `out`, which has its length.
    fn seal(
        self,
        cipher: &MessageCipher,
        plaintext: &[u8],
        out: &mut [u8],
    ) -> Result<(), EnvelopeError> {
        let length = self.frame_length.as_usize();
        // INVARIANT: the shape was made from this plaintext's length.
        let regular = plaintext.len() - self.final_content as usize;
        let (regular_content, final_content) = plaintext.split_at(regular);
        let (run, last) = out.split_at_mut(out.len() - final_content.len() - FINAL_OVERHEAD);
        seal_run(cipher, 1, length, regular_content, run)?;
        seal_final(cipher, self.regular_frames + 1, final_content, last)
    }
}

fn in_memory(length: u64) -> Result<usize, EnvelopeError> {
    usize::try_from(length)
        .map_err(|_| EnvelopeError::OverLimit { field: Field::Body, maximum: usize::MAX as u64 })
}
