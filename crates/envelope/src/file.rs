//! File to file, with positional reads and writes on all cores: the one place of this crate that
//! touches files.
//!
//! The target appears whole or not at all: both ways write to a temporary file beside it, make it
//! durable, and rename it. A crash leaves at most that temporary file, whose name starts with
//! `.keyward-` and which only its owner can read.

use std::{
    fs::File,
    io,
    path::Path,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

use tempfile::NamedTempFile;

use crate::{
    EnvelopeError, Field, Header, Layout, ObjectKeys, Randomness, ReadAt, ReadOptions, Sealing,
    VerifiedHeader,
    cipher::MessageCipher,
    error::{malformed, truncated},
    frame::{FINAL_OVERHEAD, Frame, REGULAR_OVERHEAD, number_after, seal_final, seal_regular},
    layout::read_header_at,
    sealing::Shape,
    stream,
    wire::ReadError,
};

/// What a worker reads at once: small enough to stay in its core's cache.
const BATCH: usize = 256 * 1024;

/// What all workers may hold together, on however many cores; one frame each is the least.
const MEMORY: usize = 32 * 1024 * 1024;

/// Encrypts a file into another and gives the message's length. The source must not change
/// meanwhile.
///
/// # Errors
/// [`EnvelopeError::Io`]; the target is then untouched.
pub fn encrypt_file(
    source: &Path,
    target: &Path,
    sealing: &Sealing<'_>,
    randomness: Randomness,
) -> Result<u64, EnvelopeError> {
    let source = File::open(source)?;
    let output = Output::beside(target)?;
    let length = if source.metadata()?.is_file() {
        encrypt_positional(&source, output.file(), sealing, &randomness)?
    } else {
        stream::encrypt(&source, output.file(), sealing, randomness)?
    };
    output.publish(target)?;
    Ok(length)
}

/// Decrypts a file into another and gives the message's header and the plaintext's length. The
/// target appears only once the whole message is verified.
///
/// # Errors
/// Those of the key source, structural ones, [`EnvelopeError::Rejected`] and [`EnvelopeError::Io`];
/// the target is then untouched.
pub fn decrypt_file(
    source: &Path,
    target: &Path,
    keys: &(impl ObjectKeys + ?Sized),
    options: &ReadOptions,
) -> Result<(Header, u64), EnvelopeError> {
    let source = File::open(source)?;
    if !source.metadata()?.is_file() {
        let output = Output::beside(target)?;
        let opened = stream::decrypt(&source, output.file(), keys, options)?;
        output.publish(target)?;
        return Ok(opened);
    }
    let length = source.length()?;
    let header = read_header_at(&source, length, options)?;
    match Layout::of(&header, length) {
        Ok(layout) => {
            let message = VerifiedHeader::unlock(header, keys, options)?;
            let output = Output::beside(target)?;
            output.file().set_len(layout.plaintext_length())?;
            open_frames(&source, output.file(), &message, &layout)?;
            output.publish(target)?;
            Ok((message.into_header(), layout.plaintext_length()))
        }
        Err(EnvelopeError::OnlyWhole) => {
            let output = Output::beside(target)?;
            let opened = stream::decrypt(&source, output.file(), keys, options)?;
            output.publish(target)?;
            Ok(opened)
        }
        Err(error) => Err(error),
    }
}

impl ReadAt for File {
    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        #[cfg(unix)]
        return std::os::unix::fs::FileExt::read_exact_at(self, buffer, offset);
        #[cfg(windows)]
        return windows::read_exact_at(self, buffer, offset);
    }

    fn length(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }
}

fn write_all_at(file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
    #[cfg(unix)]
    return std::os::unix::fs::FileExt::write_all_at(file, bytes, offset);
    #[cfg(windows)]
    return windows::write_all_at(file, bytes, offset);
}

/// Windows has no exact positional calls; these loop over the short ones.
#[cfg(windows)]
mod windows {
    use std::{fs::File, io, os::windows::fs::FileExt};

    pub(super) fn read_exact_at(file: &File, mut buffer: &mut [u8], mut at: u64) -> io::Result<()> {
        while !buffer.is_empty() {
            let read = file.seek_read(buffer, at)?;
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            buffer = buffer.get_mut(read..).unwrap_or_default();
            at += read as u64;
        }
        Ok(())
    }

    pub(super) fn write_all_at(file: &File, mut bytes: &[u8], mut at: u64) -> io::Result<()> {
        while !bytes.is_empty() {
            let written = file.seek_write(bytes, at)?;
            if written == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            bytes = bytes.get(written..).unwrap_or_default();
            at += written as u64;
        }
        Ok(())
    }
}

/// A file that isn't there yet. Dropped before it is published, it is removed.
struct Output {
    file: NamedTempFile,
}

impl Output {
    fn beside(target: &Path) -> Result<Self, EnvelopeError> {
        let file = tempfile::Builder::new().prefix(".keyward-").tempfile_in(folder_of(target))?;
        Ok(Self { file })
    }

    fn file(&self) -> &File {
        self.file.as_file()
    }

    /// Makes the bytes durable before the name points to them: a crash in between leaves the old
    /// target, one after it the whole new one.
    fn publish(self, target: &Path) -> Result<(), EnvelopeError> {
        self.file().sync_all()?;
        self.file.persist(target).map_err(|error| error.error)?;
        // The rename itself is durable once its folder is. Windows can't sync one, and doesn't need
        // to.
        #[cfg(unix)]
        File::open(folder_of(target))?.sync_all()?;
        Ok(())
    }
}

fn folder_of(target: &Path) -> &Path {
    target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn encrypt_positional(
    source: &File,
    target: &File,
    sealing: &Sealing<'_>,
    randomness: &Randomness,
) -> Result<u64, EnvelopeError> {
    let plaintext = source.length()?;
    let shape = Shape::of(plaintext, sealing.frame_length)?;
    let mut header = Vec::new();
    let cipher = sealing.start(randomness, &mut header)?;
    let total = header.len() as u64 + shape.body_length();
    target.set_len(total)?;
    write_all_at(target, &header, 0)?;
    let batches = Batches::new(shape.regular_frames, sealing.frame_length.bytes());
    let body = header.len() as u64;
    batches.run(|buffers, batch| seal_batch(source, target, &cipher, body, batch, buffers))?;
    let mut content = vec![0; shape.final_content as usize];
    source.read_exact_at(&mut content, plaintext - u64::from(shape.final_content))?;
    let mut last = vec![0; content.len() + FINAL_OVERHEAD];
    seal_final(&cipher, shape.regular_frames + 1, &content, &mut last)?;
    write_all_at(target, &last, total - last.len() as u64)?;
    Ok(total)
}

fn seal_batch(
    source: &File,
    target: &File,
    cipher: &MessageCipher,
    body: u64,
    batch: &Batch,
    buffers: &mut Buffers,
) -> Result<(), EnvelopeError> {
    let length = batch.frame_length as usize;
    let (plain, sealed) = buffers.of(batch);
    source.read_exact_at(plain, batch.plaintext_at())?;
    let pairs = plain.chunks_exact(length).zip(sealed.chunks_exact_mut(length + REGULAR_OVERHEAD));
    for (index, (content, frame)) in pairs.enumerate() {
        seal_regular(cipher, number_after(batch.first + 1, index)?, content, frame)?;
    }
    write_all_at(target, sealed, body + batch.sealed_at())?;
    Ok(())
}

fn open_frames(
    source: &File,
    target: &File,
    message: &VerifiedHeader,
    layout: &Layout,
) -> Result<(), EnvelopeError> {
    let cipher = &message.cipher;
    // The final frame first: a message cut off at a frame's end fails before anything is written.
    let content = layout.final_content as usize;
    let mut last = vec![0; content + FINAL_OVERHEAD];
    read_message_at(source, &mut last, layout.frame_at(layout.regular_frames))?;
    let mut plain = vec![0; content];
    open_one(cipher, &last, layout.regular_frames, layout.frame_length, true, &mut plain)?;
    write_all_at(target, &plain, layout.plaintext_length() - plain.len() as u64)?;
    let batches = Batches::new(layout.regular_frames, layout.frame_length);
    batches.run(|buffers, batch| {
        let length = batch.frame_length as usize;
        let (plain, sealed) = buffers.of(batch);
        read_message_at(source, sealed, layout.frame_at(batch.first))?;
        let frames = sealed.chunks_exact(length + REGULAR_OVERHEAD);
        for ((index, frame), out) in (batch.first..).zip(frames).zip(plain.chunks_exact_mut(length))
        {
            open_one(cipher, frame, index, batch.frame_length, false, out)?;
        }
        write_all_at(target, plain, batch.plaintext_at())?;
        Ok(())
    })
}

/// Opens one frame that must be the one with this index (from 0), and fill `bytes`.
fn open_one(
    cipher: &MessageCipher,
    bytes: &[u8],
    index: u32,
    frame_length: u32,
    is_final: bool,
    out: &mut [u8],
) -> Result<(), EnvelopeError> {
    let number = index.checked_add(1).ok_or_else(|| malformed(Field::SequenceNumber))?;
    let frame = Frame::read(bytes, number, frame_length).map_err(ReadError::at_end)?;
    if frame.is_final != is_final || frame.length != bytes.len() {
        return Err(malformed(Field::SequenceNumber));
    }
    frame.open(cipher, out)
}

/// A message that became shorter while it was read is cut off.
fn read_message_at(source: &File, buffer: &mut [u8], offset: u64) -> Result<(), EnvelopeError> {
    source.read_exact_at(buffer, offset).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => truncated(Field::Body),
        _ => error.into(),
    })
}

/// Regular frames that one worker takes at once.
struct Batch {
    /// The first frame's index, from 0.
    first: u32,
    frames: u32,
    frame_length: u32,
}

impl Batch {
    fn plaintext_at(&self) -> u64 {
        u64::from(self.first) * u64::from(self.frame_length)
    }

    /// From the body's start.
    fn sealed_at(&self) -> u64 {
        u64::from(self.first) * (u64::from(self.frame_length) + REGULAR_OVERHEAD as u64)
    }
}

/// A worker's own memory.
#[derive(Default)]
struct Buffers {
    plain: Vec<u8>,
    sealed: Vec<u8>,
}

impl Buffers {
    fn of(&mut self, batch: &Batch) -> (&mut [u8], &mut [u8]) {
        let (frames, length) = (batch.frames as usize, batch.frame_length as usize);
        // The last batch may be smaller; the memory stays.
        self.plain.resize(frames * length, 0);
        self.sealed.resize(frames * (length + REGULAR_OVERHEAD), 0);
        (&mut self.plain, &mut self.sealed)
    }
}

/// The regular frames of a message, handed out in order to one worker per core.
struct Batches {
    regular_frames: u32,
    frame_length: u32,
    frames_per_batch: u32,
}

impl Batches {
    fn new(regular_frames: u32, frame_length: u32) -> Self {
        let frames_per_batch = (BATCH as u32 / frame_length).max(1);
        Self { regular_frames, frame_length, frames_per_batch }
    }

    /// Runs until all batches are done or one failed.
    fn run(
        &self,
        work: impl Fn(&mut Buffers, &Batch) -> Result<(), EnvelopeError> + Sync,
    ) -> Result<(), EnvelopeError> {
        let next = AtomicU64::new(0);
        let failure = Mutex::new(None);
        let worker = || {
            let mut buffers = Buffers::default();
            while let Some(batch) = self.take(&next) {
                if let Err(error) = work(&mut buffers, &batch) {
                    // Nothing is left to take for the others. The first failure is the one told.
                    next.store(u64::MAX / 2, Ordering::Relaxed);
                    failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
                }
            }
        };
        let batches = self.regular_frames.div_ceil(self.frames_per_batch) as usize;
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let each = 2 * (self.frames_per_batch as usize) * (self.frame_length as usize);
        let workers = cores.min(MEMORY / each).min(batches);
        thread::scope(|scope| {
            for _ in 1..workers {
                scope.spawn(worker);
            }
            worker();
        });
        failure.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), Err)
    }

    fn take(&self, next: &AtomicU64) -> Option<Batch> {
        let first = next.fetch_add(self.frames_per_batch.into(), Ordering::Relaxed);
        let first = u32::try_from(first).ok().filter(|first| *first < self.regular_frames)?;
        let frames = self.frames_per_batch.min(self.regular_frames - first);
        Some(Batch { first, frames, frame_length: self.frame_length })
    }
}
