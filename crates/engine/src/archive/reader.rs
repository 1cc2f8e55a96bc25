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

#[cfg(test)]
mod tests {
    use super::*;
    use keyward_core::DataKeyId;
    use keyward_envelope::{Randomness, Sealing, seal};
    use proptest::prelude::*;

    fn keys(records: u64) -> ArchiveKeys {
        let key: DataKeyId = "dk:ops/log/1".parse().unwrap();
        let day = "2026-11-24".parse().unwrap();
        ArchiveKeys {
            expected: EncryptionContext::for_log_archive(
                &key.tenant,
                &key.dataset,
                "keyward/test",
                day,
                7,
                records,
            ),
            keyring: RawAesKeyring::new("keyward:ops", "log/1", &SecretKey::new([3; 32])).unwrap(),
        }
    }

    /// A message over these bytes, by somebody who has the key.
    fn sealed(plaintext: &[u8]) -> Vec<u8> {
        let keys = keys(3);
        let sealing = Sealing::new(&keys.keyring, &keys.expected);
        seal(&sealing, Randomness::draw().unwrap(), plaintext).unwrap()
    }

    fn compressed(plaintext: &[u8]) -> Vec<u8> {
        zstd::stream::encode_all(plaintext, 3).unwrap()
    }

    fn hashes() -> Vec<u8> {
        [b"a".as_slice(), b"b", b"c"].iter().flat_map(|body| leaf_hash(body).0).collect()
    }

    /// Reads three records from 7 on: `a`, `b` and `c`.
    fn read(file: &[u8]) -> Result<String, Stopped> {
        let mut reader = ArchiveReader::new(file, &keys(3), 7)?;
        let hashes = hashes();
        let (first, rest) = hashes.split_at(Hash::LENGTH);
        assert_eq!(reader.next(first)?, ["a"]);
        assert_eq!(reader.next(rest)?, ["b", "c"]);
        reader.finish()
    }

    fn fault(file: &[u8]) -> ArchiveFault {
        match read(file) {
            Err(Stopped::Fault(fault)) => fault,
            Err(Stopped::Io(error)) => panic!("{error}"),
            Ok(_) => panic!("it opened"),
        }
    }

    #[test]
    fn records_are_lines() {
        let file = sealed(&compressed(b"a\nb\nc\n"));
        let Ok(sha256) = read(&file) else { panic!("it didn't open") };
        assert_eq!(sha256, hex::encode(Sha256::digest(&file)));
    }

    /// Whoever has the key can write any file, and gets no further than the first wrong record.
    #[test]
    fn other_records_are_refused() {
        for (lines, expected) in [
            ("a\nB\nc\n", ArchiveFault::Record(8)),
            ("b\na\nc\n", ArchiveFault::Record(7)),
            ("a\nc\n", ArchiveFault::Record(8)),
            ("a\n\nb\nc\n", ArchiveFault::Record(8)),
            ("a\nb\n", ArchiveFault::Closed(9)),
            ("", ArchiveFault::Closed(7)),
            ("a\nb\nc", ArchiveFault::Record(9)),
            ("a\nb\nc\nd\n", ArchiveFault::GoesOn),
            ("a\nb\nc\n\n", ArchiveFault::GoesOn),
            ("a\r\nb\nc\n", ArchiveFault::Record(7)),
        ] {
            let found = match expected {
                ArchiveFault::Record(7) | ArchiveFault::Closed(7) => {
                    let file = sealed(&compressed(lines.as_bytes()));
                    let mut reader = ArchiveReader::new(&*file, &keys(3), 7).ok().unwrap();
                    match reader.next(&hashes()) {
                        Err(Stopped::Fault(fault)) => fault,
                        _ => panic!("{lines:?}"),
                    }
                }
                _ => fault(&sealed(&compressed(lines.as_bytes()))),
            };
            assert_eq!(found, expected, "{lines:?}");
        }
        let two = [compressed(b"a\nb\nc\n"), compressed(b"d\n")].concat();
        assert_eq!(fault(&sealed(&two)), ArchiveFault::GoesOn);
        let trailing = [compressed(b"a\nb\nc\n"), b"no frame".to_vec()].concat();
        assert_eq!(fault(&sealed(&trailing)), ArchiveFault::Closed(10));
    }

    /// A kilobyte that says it is gigabytes of one line, or needs a window of gigabytes.
    #[test]
    fn bombs_do_not_go_off() {
        let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 3).unwrap();
        let zeros = vec![0; 1 << 20];
        for _ in 0..1024 {
            io::Write::write_all(&mut encoder, &zeros).unwrap();
        }
        let bomb = sealed(&encoder.finish().unwrap());
        assert!(bomb.len() < 200_000);
        let mut reader = ArchiveReader::new(&*bomb, &keys(3), 7).ok().unwrap();
        let stopped = reader.next(&hashes()).err();
        assert!(matches!(stopped, Some(Stopped::Fault(ArchiveFault::Record(7)))));

        let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 3).unwrap();
        encoder.window_log(27).unwrap();
        encoder.long_distance_matching(true).unwrap();
        io::Write::write_all(&mut encoder, b"a\nb\nc\n").unwrap();
        io::Write::flush(&mut encoder).unwrap();
        let wide = sealed(&encoder.finish().unwrap());
        let mut reader = ArchiveReader::new(&*wide, &keys(3), 7).ok().unwrap();
        assert!(matches!(
            reader.next(&hashes()).err(),
            Some(Stopped::Fault(ArchiveFault::Closed(7)))
        ));
    }

    #[test]
    fn another_day_s_archive_is_refused_before_its_key_is_used() {
        let file = sealed(&compressed(b"a\nb\nc\n"));
        let other = ArchiveReader::new(&*file, &keys(4), 7).err();
        assert!(matches!(other, Some(Stopped::Fault(ArchiveFault::Closed(7)))));
    }

    proptest! {
        #[test]
        fn no_other_bytes_open(at in any::<prop::sample::Index>(), bit in 0..8_u32, cut in any::<prop::sample::Index>()) {
            let file = sealed(&compressed(b"a\nb\nc\n"));
            let mut flipped = file.clone();
            flipped[at.index(file.len())] ^= 1 << bit;
            prop_assert!(read(&flipped).is_err());
            prop_assert!(read(&file[..cut.index(file.len())]).is_err());
        }
    }
}
