//! The floor: the same primitives in bare loops, with no format, no checks and no copies.

use aes_gcm::{Aes256Gcm, KeyInit, aead::AeadInOut};
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use hkdf::Hkdf;
use rayon::prelude::*;
use sha2::Sha512;

use crate::error::BenchError;

/// Bytes that one GCM call takes, as Keyward's frames.
pub const CHUNK: usize = 64 * 1024;

/// Bytes that each chunk grows by.
pub const TAG: usize = 16;

/// AES-256-GCM of aws-lc-rs from buffer to buffer, in chunks, on all cores.
pub struct Stream(LessSafeKey);

impl Stream {
    /// With some key.
    pub fn new() -> Result<Self, BenchError> {
        Ok(Self(gcm(&[5; 32])?))
    }

    /// Encrypts into a buffer that is longer by a tag a chunk.
    pub fn seal(&self, plain: &[u8], sealed: &mut [u8]) -> Result<(), BenchError> {
        plain
            .par_chunks(CHUNK)
            .zip(sealed.par_chunks_mut(CHUNK + TAG))
            .enumerate()
            .try_for_each(|(chunk, (plain, sealed))| {
                let (content, tag) = sealed.split_at_mut(plain.len());
                let nonce = nonce(chunk);
                self.0.seal_out_of_place_scatter(nonce, Aad::empty(), plain, content, &[], tag)
            })
            .map_err(|_| BenchError::Primitive)
    }

    /// Decrypts what [`seal`](Self::seal) made.
    pub fn open(&self, sealed: &[u8], plain: &mut [u8]) -> Result<(), BenchError> {
        plain
            .par_chunks_mut(CHUNK)
            .zip(sealed.par_chunks(CHUNK + TAG))
            .enumerate()
            .try_for_each(|(chunk, (plain, sealed))| {
                let (content, tag) = sealed.split_at(plain.len());
                self.0.open_separate_gather(nonce(chunk), Aad::empty(), content, tag, plain)
            })
            .map_err(|_| BenchError::Primitive)
    }
}

/// What no message of 1 KiB with a key of its own can do without: one draw of randomness, the object
/// key's wrap, two derivations and two GCM calls, for the header and the content.
pub struct Message {
    wrapping: Aes256Gcm,
    content: [u8; 1024],
}

impl Message {
    /// With some data key.
    pub fn new() -> Self {
        Self { wrapping: Aes256Gcm::new(&[9; 32].into()), content: [7; 1024] }
    }

    /// One message; `draws` says whether it draws randomness, which only writing one needs.
    pub fn run(&self, draws: bool) -> Result<(), BenchError> {
        let mut random = [1; 76];
        if draws {
            getrandom::fill(&mut random).map_err(|_| BenchError::Primitive)?;
        }
        let (mut wrapped, mut iv) = ([0; 32], [0; 12]);
        wrapped.copy_from_slice(&random[..32]);
        iv.copy_from_slice(&random[64..]);
        self.wrapping
            .encrypt_inout_detached(&iv.into(), &[3; 100], wrapped.as_mut_slice().into())
            .map_err(|_| BenchError::Primitive)?;
        let hkdf = Hkdf::<Sha512>::new(Some(&random[32..64]), &random[..32]);
        let (mut key, mut commitment) = ([0; 32], [0; 32]);
        hkdf.expand(b"\x04\x78DERIVEKEY", &mut key).map_err(|_| BenchError::Primitive)?;
        hkdf.expand(b"COMMITKEY", &mut commitment).map_err(|_| BenchError::Primitive)?;
        let key = gcm(&key)?;
        let (mut content, mut tags) = (self.content, [None, None]);
        for (number, associated, data) in
            [(0, [3; 300].as_slice(), [].as_mut_slice()), (1, &[0; 78], &mut content)]
        {
            let tag = key.seal_in_place_separate_tag(nonce(number), Aad::from(associated), data);
            tags[number] = Some(tag.map_err(|_| BenchError::Primitive)?);
        }
        std::hint::black_box((wrapped, commitment, content, tags));
        Ok(())
    }
}

fn gcm(key: &[u8; 32]) -> Result<LessSafeKey, BenchError> {
    let key = UnboundKey::new(&AES_256_GCM, key).map_err(|_| BenchError::Primitive)?;
    Ok(LessSafeKey::new(key))
}

fn nonce(number: usize) -> Nonce {
    let mut nonce = [0; 12];
    nonce[4..].copy_from_slice(&(number as u64).to_be_bytes());
    Nonce::assume_unique_for_key(nonce)
}
