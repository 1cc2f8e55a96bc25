//! What the tests share: keys, contexts, and a writer of the messages that Keyward only reads.

// Each test file is a crate of its own, and none uses everything.
#![allow(dead_code)]

pub mod foreign;

use keyward_core::{EncryptionContext, SecretKey};
use keyward_envelope::{FrameLength, Randomness, RawAesKeyring, Sealing, seal};

/// The frame length of most tests: small, so that a short message has many frames.
pub const FRAME: u32 = 64;

pub fn keyring() -> RawAesKeyring {
    RawAesKeyring::new("keyward:acme", "invoices/1", &SecretKey::new([9; 32])).unwrap()
}

pub fn context() -> EncryptionContext {
    EncryptionContext::from_pairs([
        ("keyward:tenant".into(), "acme".into()),
        ("purpose".into(), "tests".into()),
    ])
}

/// Randomness that a test can repeat.
pub fn randomness(seed: u8) -> Randomness {
    Randomness::from_bytes(&[seed; Randomness::LENGTH])
}

pub fn sealing<'a>(
    keyring: &'a RawAesKeyring,
    context: &'a EncryptionContext,
    frame: u32,
) -> Sealing<'a> {
    Sealing { frame_length: FrameLength::new(frame).unwrap(), ..Sealing::new(keyring, context) }
}

/// A message of small frames.
pub fn message(seed: u8, plaintext: &[u8]) -> Vec<u8> {
    seal(&sealing(&keyring(), &context(), FRAME), randomness(seed), plaintext).unwrap()
}

/// Bytes that differ from place to place.
pub fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|index| (index * 31 % 251) as u8).collect()
}

/// 0, 1, and around one, two and many frames.
pub fn sizes(frame: usize) -> Vec<usize> {
    let around = |middle: usize| [middle - 1, middle, middle + 1];
    [0, 1].into_iter().chain([frame, 2 * frame, 40 * frame].into_iter().flat_map(around)).collect()
}
