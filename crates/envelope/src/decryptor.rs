//! Reading a message's body from pieces as they come.

use crate::{
    Content, EnvelopeError, Field, ReadLimits, ReadOptions, VerifiedHeader,
    aad::Piece,
    cipher::Sealed,
    error::{malformed, truncated},
    frame::{Frame, open_run, over_frames},
    header::{IV_LENGTH, TAG_LENGTH},
    signature::SignatureCheck,
    wire::{Cursor, ReadError},
};

/// Regular frames opened in one go: a bound on the memory for their places.
const RUN: usize = 1024;

/// Takes what follows the header, in pieces of any size, and gives plaintext of frames whose tag is
/// verified.
///
/// What it gave is no whole message before [`finish`](Self::finish) says so: until then the message
/// may be cut off, and a signed one's signature is unchecked. Holds at most one frame between calls
/// (an unframed body is held whole). After a failure, every call fails.
pub struct Decryptor {
    message: VerifiedHeader,
    limits: ReadLimits,
    signature: Option<SignatureCheck>,
    /// The start of a frame, an unframed body or a footer that isn't all there.
    held: Vec<u8>,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Frames { next: u32, frame_length: u32 },
    Unframed,
    Footer,
    End,
    Failed,
}

impl Decryptor {
    /// Starts on the body of a message.
    ///
    /// # Errors
    /// [`EnvelopeError::Malformed`] where a signed message has no public key.
    pub fn new(message: VerifiedHeader, options: &ReadOptions) -> Result<Self, EnvelopeError> {
        let signature = SignatureCheck::start(message.header())?;
        let state = match message.header().content() {
            Content::Framed { frame_length } => State::Frames { next: 1, frame_length },
            Content::Unframed => State::Unframed,
        };
        Ok(Self { message, limits: options.limits, signature, held: Vec::new(), state })
    }

    /// Takes the next bytes of the message and appends the plaintext that they complete to `out`.
    ///
    /// # Errors
    /// [`EnvelopeError::Rejected`], or a structural error. `out` is then as it was.
    pub fn push(&mut self, message: &[u8], out: &mut Vec<u8>) -> Result<(), EnvelopeError> {
        let start = out.len();
        out.resize(start + self.plaintext_bound(message.len()), 0);
        // INVARIANT: `resize` made it at least `start` long.
        let pushed = self.push_into(message, &mut out[start..]);
        out.truncate(start + *pushed.as_ref().unwrap_or(&0));
        pushed.map(|_| ())
    }

    /// The most plaintext that a [`push`](Self::push) of so many bytes gives.
    #[must_use]
    pub fn plaintext_bound(&self, message: usize) -> usize {
        self.held.len().saturating_add(message)
    }

    /// As [`push`](Self::push), into a buffer of [`plaintext_bound`](Self::plaintext_bound) bytes;
    /// gives how many were written. A smaller buffer will do where the plaintext is known to fit.
    ///
    /// # Errors
    /// As [`push`](Self::push), and [`EnvelopeError::BufferSize`]. `out` then holds nothing of the
    /// plaintext.
    pub fn push_into(&mut self, message: &[u8], out: &mut [u8]) -> Result<usize, EnvelopeError> {
        let pushed = self.advance(message, out);
        if pushed.is_err() {
            self.state = State::Failed;
            self.held = Vec::new();
            out.fill(0);
        }
        pushed
    }

    /// Says that the message has ended, and so whether it is whole.
    ///
    /// # Errors
    /// [`EnvelopeError::Truncated`] where it isn't.
    pub fn finish(self) -> Result<VerifiedHeader, EnvelopeError> {
        match self.state {
            State::End => Ok(self.message),
            State::Frames { .. } | State::Unframed => Err(truncated(Field::Body)),
            State::Footer => Err(truncated(Field::Footer)),
            State::Failed => Err(EnvelopeError::Rejected),
        }
    }

    fn advance(&mut self, mut message: &[u8], out: &mut [u8]) -> Result<usize, EnvelopeError> {
        let mut written = 0;
        // First what is held, with no more bytes than its piece misses.
        while !self.held.is_empty() {
            let mut held = std::mem::take(&mut self.held);
            match self.step(&held, out.get_mut(written..).unwrap_or_default()) {
                Ok(step) => {
                    written += step.plaintext;
                    // INVARIANT: what is held was one piece. Its memory serves again.
                    held.clear();
                    self.held = held;
                    break;
                }
                Err(ReadError::Incomplete { missing, .. }) => {
                    let (taken, rest) = message.split_at(missing.min(message.len()));
                    held.extend_from_slice(taken);
                    self.held = held;
                    if taken.is_empty() {
                        return Ok(written);
                    }
                    message = rest;
                }
                Err(ReadError::Invalid(error)) => return Err(error),
            }
        }
        // Then straight from the input, without a copy.
        while !message.is_empty() {
            match self.step(message, out.get_mut(written..).unwrap_or_default()) {
                Ok(step) => {
                    written += step.plaintext;
                    message = message.get(step.used..).unwrap_or_default();
                }
                Err(ReadError::Incomplete { .. }) => {
                    self.held.extend_from_slice(message);
                    break;
                }
                Err(ReadError::Invalid(error)) => return Err(error),
            }
        }
        Ok(written)
    }

    /// Reads the pieces at the front of `bytes`: a run of frames, an unframed body or a footer.
    fn step(&mut self, bytes: &[u8], out: &mut [u8]) -> Result<Step, ReadError> {
        let step = match self.state {
            State::Frames { next, frame_length } => self.frames(bytes, next, frame_length, out)?,
            State::Unframed => self.unframed(bytes, out)?,
            State::Footer => return self.footer(bytes),
            // client-apis/decrypt.md: bytes that nothing has processed are a failure.
            State::End => return Err(malformed(Field::End).into()),
            State::Failed => return Err(EnvelopeError::Rejected.into()),
        };
        if let Some(signature) = &mut self.signature {
            signature.update(bytes.get(..step.used).unwrap_or_default());
        }
        Ok(step)
    }

    fn frames(
        &mut self,
        bytes: &[u8],
        mut next: u32,
        frame_length: u32,
        out: &mut [u8],
    ) -> Result<Step, ReadError> {
        let (mut run, mut last, mut used) = (Vec::new(), None, 0);
        while run.len() < RUN {
            match Frame::read(bytes.get(used..).unwrap_or_default(), next, frame_length) {
                Ok(frame) => {
                    used += frame.length;
                    if frame.is_final {
                        last = Some(frame);
                        break;
                    }
                    run.push(frame);
                    next = next.checked_add(1).ok_or_else(over_frames)?;
                }
                Err(error) if run.is_empty() => return Err(error),
                // The frames before it come first; it is read again in the next step.
                Err(_) => break,
            }
        }
        let length = usize::try_from(frame_length).map_err(|_| malformed(Field::FrameLength))?;
        let run_length = run.len() * length;
        let plaintext = run_length + last.map_or(0, |frame| frame.sealed.content.len());
        let out = exactly(out, plaintext)?;
        // INVARIANT: `out` has the length of the run and the final frame together.
        let (run_out, last_out) = out.split_at_mut(run_length);
        let cipher = &self.message.cipher;
        open_run(cipher, &run, length, run_out)?;
        self.state = State::Frames { next, frame_length };
        if let Some(frame) = last {
            frame.open(cipher, last_out)?;
            self.state = self.after_body();
        }
        Ok(Step { used, plaintext })
    }

    /// message-body.md, "Non-Framed Data": IV, content length, content, tag.
    fn unframed(&mut self, bytes: &[u8], out: &mut [u8]) -> Result<Step, ReadError> {
        let mut cursor = Cursor::new(bytes);
        let iv = cursor.array::<IV_LENGTH>(Field::Body)?;
        let length = cursor.u64(Field::ContentLength)?;
        let (field, maximum) = (Field::UnframedBody, self.limits.unframed_body);
        let over = || EnvelopeError::OverLimit { field, maximum };
        let rest = usize::try_from(length)
            .ok()
            .filter(|_| length <= maximum)
            .and_then(|length| length.checked_add(TAG_LENGTH))
            .ok_or_else(over)?;
        let rest = cursor.take(rest, Field::Body)?;
        let (content, tag) = rest.split_last_chunk().ok_or_else(|| malformed(Field::Body))?;
        let out = exactly(out, content.len())?;
        // message-body-aad.md, "Sequence Number": 1 for unframed data.
        self.message.cipher.open(Piece::Unframed, 1, &Sealed { iv: &iv, content, tag }, out)?;
        self.state = self.after_body();
        Ok(Step { used: cursor.position(), plaintext: content.len() })
    }

    /// message-footer.md, "Structure": signature length, signature.
    fn footer(&mut self, bytes: &[u8]) -> Result<Step, ReadError> {
        let mut cursor = Cursor::new(bytes);
        let signature = cursor.short(self.limits.signature, Field::Footer)?;
        let check = self.signature.take().ok_or(EnvelopeError::Rejected)?;
        check.verify(signature)?;
        self.state = State::End;
        Ok(Step { used: cursor.position(), plaintext: 0 })
    }

    fn after_body(&self) -> State {
        if self.signature.is_some() { State::Footer } else { State::End }
    }
}

/// How far one step came.
struct Step {
    used: usize,
    plaintext: usize,
}

fn exactly(out: &mut [u8], needed: usize) -> Result<&mut [u8], EnvelopeError> {
    let given = out.len();
    out.get_mut(..needed).ok_or(EnvelopeError::BufferSize { given, needed })
}
