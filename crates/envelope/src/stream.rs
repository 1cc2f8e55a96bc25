//! Streams in constant memory: reading, sealing or opening, and writing at the same time, frames on
//! all cores.

use std::{
    io::{self, Read, Write},
    sync::mpsc,
    thread,
};

use crate::{
    Decryptor, Encryptor, EnvelopeError, Header, ObjectKeys, Randomness, ReadOptions, Sealing,
    VerifiedHeader,
};

/// What is read at once. Large enough that a hop between threads costs little beside it.
const CHUNK: usize = 1024 * 1024;
/// Buffers on each side: one being filled, one being worked on, one being emptied.
const BUFFERS: usize = 3;

/// Encrypts a stream and gives the message's length.
///
/// # Errors
/// [`EnvelopeError::Io`] from either side; what was written by then is no message.
pub fn encrypt(
    reader: impl Read + Send,
    mut writer: impl Write + Send,
    sealing: &Sealing<'_>,
    randomness: Randomness,
) -> Result<u64, EnvelopeError> {
    let (mut encryptor, header) = Encryptor::new(sealing, randomness)?;
    writer.write_all(&header)?;
    let body = pump(reader, &mut writer, |plaintext, out| {
        let needed = encryptor.sealed_length(plaintext.len());
        encryptor.push_into(plaintext, out.of(needed))
    })?;
    let mut last = Vec::new();
    encryptor.finish(&mut last)?;
    writer.write_all(&last)?;
    writer.flush()?;
    Ok(header.len() as u64 + body + last.len() as u64)
}

/// Decrypts a stream and gives its header and the plaintext's length.
///
/// The writer gets each frame once its tag is verified, so before it is known whether the message is
/// whole and, if it is signed, by whom: a caller that fails must undo what it wrote.
/// [`decrypt_file`](crate::file::decrypt_file) does.
///
/// # Errors
/// Those of the key source, structural ones, [`EnvelopeError::Rejected`], and [`EnvelopeError::Io`]
/// from either side.
pub fn decrypt(
    mut reader: impl Read + Send,
    mut writer: impl Write + Send,
    keys: &(impl ObjectKeys + ?Sized),
    options: &ReadOptions,
) -> Result<(Header, u64), EnvelopeError> {
    let header = Header::read(&mut reader, options)?;
    let message = VerifiedHeader::unlock(header, keys, options)?;
    let mut decryptor = Decryptor::new(message, options)?;
    let plaintext = pump(reader, &mut writer, |message, out| {
        let needed = decryptor.plaintext_bound(message.len());
        decryptor.push_into(message, out.of(needed))
    })?;
    let message = decryptor.finish()?;
    writer.flush()?;
    Ok((message.into_header(), plaintext))
}

/// A buffer that keeps its memory, so that the system hands it out once.
#[derive(Default)]
struct Buffer(Vec<u8>);

impl Buffer {
    fn of(&mut self, length: usize) -> &mut [u8] {
        if self.0.len() < length {
            self.0.resize(length, 0);
        }
        // INVARIANT: at least `length` long.
        &mut self.0[..length]
    }
}

/// Reads chunks, has each worked on, and writes the results in order, all three at once. Gives how
/// many bytes were written.
fn pump(
    mut reader: impl Read + Send,
    writer: &mut (impl Write + Send),
    mut work: impl FnMut(&[u8], &mut Buffer) -> Result<usize, EnvelopeError>,
) -> Result<u64, EnvelopeError> {
    // What is less than a chunk needs no threads, and memory for what it has only.
    let mut first = Vec::new();
    reader.by_ref().take(CHUNK as u64).read_to_end(&mut first)?;
    let length = first.len();
    let mut first = Buffer(first);
    let mut out = Buffer::default();
    if length < CHUNK {
        let written = work(first.of(length), &mut out)?;
        writer.write_all(out.of(written))?;
        return Ok(written as u64);
    }
    thread::scope(|scope| {
        let (full, filled) = mpsc::sync_channel(BUFFERS);
        let (empty, emptied) = mpsc::sync_channel(BUFFERS);
        let (done, to_write) = mpsc::sync_channel::<(Buffer, usize)>(BUFFERS);
        let (spare, spared) = mpsc::sync_channel(BUFFERS);
        for _ in 1..BUFFERS {
            // Both have room for all their buffers.
            let _ = empty.send(Buffer::default());
            let _ = spare.send(Buffer::default());
        }
        let _ = spare.send(out);
        let _ = full.send(Ok((first, length)));
        scope.spawn(move || read_all(reader, &emptied, &full));
        let writing = scope.spawn(move || write_all(writer, &to_write, &spare));
        let worked = work_all(&mut work, &filled, &empty, &done, &spared);
        // The channels close, so that both threads end.
        drop((filled, empty, done, spared));
        let written = writing.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        // A writer's failure ends the work without one of its own.
        let written = written?;
        worked?;
        Ok(written)
    })
}

type Read1 = Result<(Buffer, usize), io::Error>;

fn read_all(
    mut reader: impl Read,
    emptied: &mpsc::Receiver<Buffer>,
    full: &mpsc::SyncSender<Read1>,
) {
    while let Ok(mut buffer) = emptied.recv() {
        let read = read_chunk(&mut reader, buffer.of(CHUNK)).map(|length| (buffer, length));
        let ends = !matches!(&read, Ok((_, length)) if *length == CHUNK);
        if full.send(read).is_err() || ends {
            return;
        }
    }
}

fn work_all(
    work: &mut impl FnMut(&[u8], &mut Buffer) -> Result<usize, EnvelopeError>,
    filled: &mpsc::Receiver<Read1>,
    empty: &mpsc::SyncSender<Buffer>,
    done: &mpsc::SyncSender<(Buffer, usize)>,
    spared: &mpsc::Receiver<Buffer>,
) -> Result<(), EnvelopeError> {
    while let Ok(read) = filled.recv() {
        let (mut input, length) = read?;
        let Ok(mut out) = spared.recv() else { return Ok(()) };
        let written = work(input.of(length), &mut out)?;
        if done.send((out, written)).is_err() {
            return Ok(());
        }
        // The reader may have ended already.
        let _ = empty.send(input);
    }
    Ok(())
}

fn write_all(
    writer: &mut impl Write,
    to_write: &mpsc::Receiver<(Buffer, usize)>,
    spare: &mpsc::SyncSender<Buffer>,
) -> Result<u64, io::Error> {
    let mut total = 0;
    while let Ok((mut buffer, length)) = to_write.recv() {
        writer.write_all(buffer.of(length))?;
        total += length as u64;
        // The worker may have ended already.
        let _ = spare.send(buffer);
    }
    Ok(total)
}

/// Fills the buffer as far as the stream goes.
fn read_chunk(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match reader.read(rest) {
            Ok(0) => break,
            Ok(length) => filled += length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}
