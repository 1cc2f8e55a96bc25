//! Reading an archive, record by record, with nothing believed.

use std::io::{self, BufRead, BufReader, ErrorKind, Read};

use keyward_core::{EncryptionContext, SecretKey};
use keyward_envelope::{
    Decryptor, Entry, EnvelopeError, Header, ObjectKeys, RawAesKeyring, ReadOptions, VerifiedHeader,
};
use keyward_ledger::{Hash, MAX_RECORD_LENGTH, leaf_hash};
use sha2::{Digest, Sha256};

use super::ArchiveFault;

/// What is read of the file at once.
const PIECE: usize = 256 * 1024;

/// The largest window that a frame may ask for: 8 MiB. Ours, of level 6, has 2 MiB.
const WINDOW_LOG: u32 = 23;

/// Opens exactly one archive: its context must be the day's.
pub(super) struct ArchiveKeys {
    pub(super) expected: EncryptionContext,
    pub(super) keyring: RawAesKeyring,
}

/// Why an archive gives no more records.
pub(super) enum Stopped {
    /// It isn't what was written.
    Fault(ArchiveFault),
    /// The machine couldn't read it.
    Io(io::Error),
}

/// A file of records, opened.
///
/// It holds a few hundred kilobytes, whatever the file does: a line is cut off at the length that no
/// record exceeds, and the first one that doesn't have its hash is the last that is read.
pub(super) struct ArchiveReader<R: Read> {
    lines: BufReader<zstd::stream::read::Decoder<'static, BufReader<Plaintext<R>>>>,
    next: u64,
}

impl<R: Read> ArchiveReader<R> {
    /// Opens a file whose first record is `first`.
    pub(super) fn new(file: R, keys: &ArchiveKeys, first: u64) -> Result<Self, Stopped> {
        let plaintext = Plaintext::new(file, keys).map_err(|error| stopped(error, first))?;
        let mut decoder =
            zstd::stream::read::Decoder::new(plaintext).map_err(|error| stopped(error, first))?;
        decoder.window_log_max(WINDOW_LOG).map_err(|error| stopped(error, first))?;
        Ok(Self { lines: BufReader::with_capacity(PIECE, decoder), next: first })
    }

    /// The next records: as many as there are hashes for, 32 bytes each, each with its own.
    pub(super) fn next(&mut self, hashes: &[u8]) -> Result<Vec<String>, Stopped> {
        let mut records = Vec::with_capacity(hashes.len() / Hash::LENGTH);
        for hash in hashes.chunks_exact(Hash::LENGTH) {
            let seq = self.next;
            let closed = || Stopped::Fault(ArchiveFault::Closed(seq));
            let mut line = Vec::new();
            let longest = MAX_RECORD_LENGTH as u64 + 1;
            (&mut self.lines)
                .take(longest)
                .read_until(b'\n', &mut line)
                .map_err(|error| stopped(error, seq))?;
            let ended = line.pop();
            if ended.is_none() {
                return Err(closed());
            }
            let differs = || Stopped::Fault(ArchiveFault::Record(seq));
            if ended != Some(b'\n') || leaf_hash(&line).as_ref() != hash {
                return Err(differs());
            }
            records.push(String::from_utf8(line).map_err(|_| differs())?);
            self.next += 1;
        }
        Ok(records)
    }

    /// Says that there should be no more records, and gives the SHA-256 of the whole file.
    pub(super) fn finish(mut self) -> Result<String, Stopped> {
        let mut more = [0];
        match self.lines.read(&mut more) {
            Ok(0) => {}
            Ok(_) => return Err(Stopped::Fault(ArchiveFault::GoesOn)),
            Err(error) => return Err(stopped(error, self.next)),
        }
        // The decompressor may stop before the message does, whose end says that it is whole.
        let mut plaintext = self.lines.into_inner().finish();
        match plaintext.read(&mut more) {
            Ok(0) => Ok(hex::encode(plaintext.into_inner().file.sha256.finalize())),
            Ok(_) => Err(Stopped::Fault(ArchiveFault::GoesOn)),
            Err(error) => Err(stopped(error, self.next)),
        }
    }
}

impl ObjectKeys for ArchiveKeys {
    fn object_key(
        &self,
        entries: &[Entry],
        context: &EncryptionContext,
    ) -> Result<SecretKey, EnvelopeError> {
        // Bound before the key is touched: another log's archive, or another day's, is refused.
        if context != &self.expected {
            return Err(EnvelopeError::Rejected);
        }
        self.keyring.object_key(entries, context)
    }
}

/// A message's plaintext, as a reader.
struct Plaintext<R> {
    file: Hashed<R>,
    // `None` once the message has ended.
    decryptor: Option<Decryptor>,
    piece: Vec<u8>,
    plain: Vec<u8>,
    at: usize,
}

impl<R: Read> Plaintext<R> {
    fn new(file: R, keys: &ArchiveKeys) -> io::Result<Self> {
        let options = ReadOptions::default();
        let mut hashed = Hashed { file, sha256: Sha256::new() };
        let decryptor = Header::read(&mut hashed, &options)
            .and_then(|header| VerifiedHeader::unlock(header, keys, &options))
            .and_then(|message| Decryptor::new(message, &options))
            .map_err(of_envelope)?;
        Ok(Self {
            file: hashed,
            decryptor: Some(decryptor),
            piece: vec![0; PIECE],
            plain: Vec::new(),
            at: 0,
        })
    }
}

impl<R: Read> Read for Plaintext<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            let ready = self.plain.get(self.at..).unwrap_or_default();
            if !ready.is_empty() || out.is_empty() {
                let length = ready.len().min(out.len());
                let (given, ready) = (out.get_mut(..length), ready.get(..length));
                if let (Some(given), Some(ready)) = (given, ready) {
                    given.copy_from_slice(ready);
                }
                self.at += length;
                return Ok(length);
            }
            let Some(decryptor) = &mut self.decryptor else { return Ok(0) };
            let length = match self.file.read(&mut self.piece) {
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                read => read?,
            };
            self.plain.clear();
            self.at = 0;
            if length == 0 {
                // INVARIANT: it was `Some` just above.
                if let Some(decryptor) = self.decryptor.take() {
                    decryptor.finish().map_err(of_envelope)?;
                }
                continue;
            }
            let piece = self.piece.get(..length).unwrap_or_default();
            decryptor.push(piece, &mut self.plain).map_err(of_envelope)?;
        }
    }
}

/// Hashes what is read through it.
struct Hashed<R> {
    file: R,
    sha256: Sha256,
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let length = self.file.read(out)?;
        self.sha256.update(out.get(..length).unwrap_or_default());
        Ok(length)
    }
}

/// A failure of the message, in a reader's clothes.
fn of_envelope(error: EnvelopeError) -> io::Error {
    match error {
        EnvelopeError::Io(error) => error,
        error => io::Error::new(ErrorKind::InvalidData, error),
    }
}

/// The system's own failures have its number; all others come of what is in the file.
fn stopped(error: io::Error, seq: u64) -> Stopped {
    match error.raw_os_error() {
        Some(_) => Stopped::Io(error),
        None => Stopped::Fault(ArchiveFault::Closed(seq)),
    }
}
