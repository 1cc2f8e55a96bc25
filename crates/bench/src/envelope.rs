//! The message format, measured: a stream in memory, file to file, and messages of 1 KiB.
//!
//! Each figure is the best of several rounds, and what it stands beside is measured in the same
//! rounds: on a busy machine both are slowed alike, and the best round is the least disturbed.

use std::{
    fs::{self, File},
    io,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use keyward_core::{EncryptionContext, SecretKey};
use keyward_envelope::{
    EnvelopeError, Randomness, RawAesKeyring, ReadOptions, Sealing, file, open, open_into, seal,
    seal_into,
};
use rayon::prelude::*;

const FRAME: usize = 64 * 1024;
const TAG: usize = 16;

/// Two rates of one run: a multiple of a second's work.
#[derive(Clone, Copy, Debug)]
pub struct Pair {
    /// Keyward's.
    pub ours: f64,
    /// That of what it stands beside.
    pub beside: f64,
}

impl Pair {
    /// Ours in terms of the other.
    #[must_use]
    pub fn ratio(self) -> f64 {
        self.ours / self.beside
    }
}

/// Encrypting and decrypting.
#[derive(Clone, Copy, Debug)]
pub struct BothWays {
    /// Encrypting.
    pub encrypt: Pair,
    /// Decrypting.
    pub decrypt: Pair,
}

/// Encrypts and decrypts `length` bytes in memory on all cores, in bytes a second, beside AES-256-GCM
/// of aws-lc-rs alone from buffer to buffer in the same chunks on the same cores.
///
/// # Errors
/// Those of the envelope.
pub fn memory(length: usize, rounds: u32) -> Result<BothWays, EnvelopeError> {
    let (keyring, context) = (keyring()?, context());
    let sealing = Sealing::new(&keyring, &context);
    let options = ReadOptions::default();
    let sealed_length = usize::try_from(sealing.sealed_length(length as u64)?).unwrap_or(0);
    let mut plaintext = vec![7; length];
    let mut sealed = vec![1; sealed_length];
    let chunks = length.div_ceil(FRAME);
    let mut raw_sealed = vec![1; length + chunks * TAG];
    let key = raw_key();
    let [mut ours_seal, mut ours_open, mut raw_seal, mut raw_open] = [Duration::MAX; 4];
    for _ in 0..rounds {
        let randomness = Randomness::draw()?;
        best(&mut ours_seal, || seal_into(&sealing, randomness, &plaintext, &mut sealed))?;
        best(&mut raw_seal, || raw(&key, &plaintext, &mut raw_sealed))?;
        best(&mut ours_open, || {
            open_into(&sealed, &keyring, &options, &mut plaintext).map(|_| ())
        })?;
        best(&mut raw_open, || raw_back(&key, &raw_sealed, &mut plaintext))?;
    }
    let rate = |time: Duration| length as f64 / time.as_secs_f64();
    Ok(BothWays {
        encrypt: Pair { ours: rate(ours_seal), beside: rate(raw_seal) },
        decrypt: Pair { ours: rate(ours_open), beside: rate(raw_open) },
    })
}

/// Encrypts and decrypts a file of `length` bytes in `folder`, in bytes a second, beside `cat` of the
/// same file into another.
///
/// # Errors
/// Those of the envelope and of the files.
pub fn files(folder: &Path, length: u64, rounds: u32) -> Result<BothWays, EnvelopeError> {
    let (keyring, context) = (keyring()?, context());
    let sealing = Sealing::new(&keyring, &context);
    let options = ReadOptions::default();
    let path = |name: &str| folder.join(name);
    let (plain, sealed, opened, copy) =
        (path("plain"), path("sealed"), path("opened"), path("copy"));
    fill(&plain, length)?;
    let [mut ours_seal, mut ours_open, mut cat_plain, mut cat_sealed] = [Duration::MAX; 4];
    for _ in 0..rounds {
        // Each writes a new file, as `cat` does: memory for a new file is most of a copy's cost.
        let _ = fs::remove_file(&sealed);
        let randomness = Randomness::draw()?;
        best(&mut ours_seal, || {
            file::encrypt_file(&plain, &sealed, &sealing, randomness).map(|_| ())
        })?;
        let _ = fs::remove_file(&copy);
        best(&mut cat_plain, || Ok(cat(&plain, &copy)?))?;
        let _ = fs::remove_file(&copy);
        let _ = fs::remove_file(&opened);
        best(&mut ours_open, || {
            file::decrypt_file(&sealed, &opened, &keyring, &options).map(|_| ())
        })?;
        let _ = fs::remove_file(&opened);
        best(&mut cat_sealed, || Ok(cat(&sealed, &copy)?))?;
        let _ = fs::remove_file(&copy);
    }
    let rate = |time: Duration| length as f64 / time.as_secs_f64();
    Ok(BothWays {
        encrypt: Pair { ours: rate(ours_seal), beside: rate(cat_plain) },
        decrypt: Pair { ours: rate(ours_open), beside: rate(cat_sealed) },
    })
}

/// Encrypts and decrypts one file of `length` bytes in `folder`, for a process whose
/// [`peak_resident_kib`] is then asked: one that has done nothing else.
///
/// # Errors
/// Those of the envelope and of the files.
pub fn file_there_and_back(folder: &Path, length: u64) -> Result<(), EnvelopeError> {
    let (keyring, context) = (keyring()?, context());
    let (plain, sealed) = (folder.join("plain"), folder.join("sealed"));
    fill(&plain, length)?;
    file::encrypt_file(&plain, &sealed, &Sealing::new(&keyring, &context), Randomness::draw()?)?;
    file::decrypt_file(&sealed, &plain, &keyring, &ReadOptions::default())?;
    fs::remove_file(plain)?;
    Ok(fs::remove_file(sealed)?)
}

/// The most memory that this process has ever had, in KiB; `None` where the system doesn't tell.
#[must_use]
pub fn peak_resident_kib() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Writes and reads messages of 1 KiB, each with an object key of its own, on one core, in messages
/// a second, beside a bare loop of the same primitives.
///
/// # Errors
/// Those of the envelope.
pub fn small(messages: u32, rounds: u32) -> Result<BothWays, EnvelopeError> {
    let (keyring, context) = (keyring()?, context());
    let sealing = Sealing::new(&keyring, &context);
    let options = ReadOptions::default();
    let plaintext = [7; 1024];
    let sealed = seal(&sealing, Randomness::draw()?, &plaintext)?;
    let [mut ours_seal, mut ours_open, mut bare_seal, mut bare_open] = [Duration::MAX; 4];
    for _ in 0..rounds {
        best(&mut ours_seal, || {
            (0..messages).try_for_each(|_| {
                seal(&sealing, Randomness::draw()?, &plaintext).map(|sealed| {
                    std::hint::black_box(sealed);
                })
            })
        })?;
        best(&mut bare_seal, || (0..messages).try_for_each(|_| bare::message(&plaintext, true)))?;
        best(&mut ours_open, || {
            (0..messages).try_for_each(|_| {
                open(&sealed, &keyring, &options).map(|opened| {
                    std::hint::black_box(opened);
                })
            })
        })?;
        best(&mut bare_open, || (0..messages).try_for_each(|_| bare::message(&plaintext, false)))?;
    }
    let rate = |time: Duration| f64::from(messages) / time.as_secs_f64();
    Ok(BothWays {
        encrypt: Pair { ours: rate(ours_seal), beside: rate(bare_seal) },
        decrypt: Pair { ours: rate(ours_open), beside: rate(bare_open) },
    })
}

/// The floor of a small message: randomness, wrap, derivation and two GCM calls, with no format.
mod bare {
    use aes_gcm::{Aes256Gcm, KeyInit, aead::AeadInOut};
    use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
    use hkdf::Hkdf;
    use keyward_envelope::EnvelopeError;
    use sha2::Sha512;

    thread_local! {
        static WRAPPING: Aes256Gcm = Aes256Gcm::new(&[9; 32].into());
    }

    pub(super) fn message(plaintext: &[u8; 1024], draws: bool) -> Result<(), EnvelopeError> {
        let mut random = [0; 76];
        if draws {
            getrandom::fill(&mut random).map_err(|_| EnvelopeError::NoRandomness)?;
        }
        let (header, rejected) = ([3; 300], EnvelopeError::Rejected);
        let mut wrapped = [0; 32];
        let mut iv = [0; 12];
        wrapped.copy_from_slice(&random[..32]);
        iv.copy_from_slice(&random[64..]);
        let wrap = WRAPPING.with(|key| {
            key.encrypt_inout_detached(&iv.into(), &header[..100], wrapped.as_mut_slice().into())
        });
        let hkdf = Hkdf::<Sha512>::new(Some(&random[32..64]), &random[..32]);
        let (mut key, mut commitment) = ([0; 32], [0; 32]);
        let derived = hkdf.expand(b"\x04\x78DERIVEKEY", &mut key);
        let committed = hkdf.expand(b"COMMITKEY", &mut commitment);
        let Ok(key) = UnboundKey::new(&AES_256_GCM, &key).map(LessSafeKey::new) else {
            return Err(rejected);
        };
        let mut content = *plaintext;
        let nonce = |last| Nonce::assume_unique_for_key([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last]);
        let tag = key.seal_in_place_separate_tag(nonce(0), Aad::from(header), &mut []);
        let sealed = key.seal_in_place_separate_tag(nonce(1), Aad::from([0; 78]), &mut content);
        std::hint::black_box((wrapped, commitment, content));
        if wrap.is_err()
            || derived.is_err()
            || committed.is_err()
            || tag.is_err()
            || sealed.is_err()
        {
            return Err(rejected);
        }
        Ok(())
    }
}

fn keyring() -> Result<RawAesKeyring, EnvelopeError> {
    RawAesKeyring::new("keyward:acme", "invoices/1", &SecretKey::new([9; 32]))
}

/// As an object's is.
fn context() -> EncryptionContext {
    EncryptionContext::from_pairs(
        [
            ("keyward:tenant", "acme"),
            ("keyward:dataset", "invoices"),
            ("keyward:object", "0123456789abcdef0123456789abcdef"),
            ("keyward:name", "2026/11/24/0001.pdf"),
        ]
        .map(|(key, value)| (key.to_owned(), value.to_owned())),
    )
}

fn best(
    best: &mut Duration,
    work: impl FnOnce() -> Result<(), EnvelopeError>,
) -> Result<(), EnvelopeError> {
    let start = Instant::now();
    work()?;
    *best = start.elapsed().min(*best);
    Ok(())
}

fn raw_key() -> LessSafeKey {
    let key = UnboundKey::new(&AES_256_GCM, &[5; 32]);
    LessSafeKey::new(key.expect("32 bytes are an AES-256 key"))
}

fn nonce(chunk: usize) -> Nonce {
    let mut nonce = [0; 12];
    nonce[4..].copy_from_slice(&(chunk as u64).to_be_bytes());
    Nonce::assume_unique_for_key(nonce)
}

fn raw(key: &LessSafeKey, plain: &[u8], sealed: &mut [u8]) -> Result<(), EnvelopeError> {
    plain
        .par_chunks(FRAME)
        .zip(sealed.par_chunks_mut(FRAME + TAG))
        .enumerate()
        .try_for_each(|(chunk, (plain, sealed))| {
            let (content, tag) = sealed.split_at_mut(plain.len());
            key.seal_out_of_place_scatter(nonce(chunk), Aad::empty(), plain, content, &[], tag)
        })
        .map_err(|_| EnvelopeError::Rejected)
}

fn raw_back(key: &LessSafeKey, sealed: &[u8], plain: &mut [u8]) -> Result<(), EnvelopeError> {
    plain
        .par_chunks_mut(FRAME)
        .zip(sealed.par_chunks(FRAME + TAG))
        .enumerate()
        .try_for_each(|(chunk, (plain, sealed))| {
            let (content, tag) = sealed.split_at(plain.len());
            key.open_separate_gather(nonce(chunk), Aad::empty(), content, tag, plain)
        })
        .map_err(|_| EnvelopeError::Rejected)
}

fn fill(path: &Path, length: u64) -> io::Result<()> {
    let mut file = File::create(path)?;
    io::copy(&mut io::Read::take(io::repeat(7), length), &mut file)?;
    Ok(())
}

fn cat(from: &Path, to: &Path) -> io::Result<()> {
    let status =
        Command::new("cat").arg(from).stdin(Stdio::null()).stdout(File::create(to)?).status()?;
    if status.success() { Ok(()) } else { Err(io::Error::other("`cat` failed")) }
}
