//! The cases of messages that Keyward and an AWS Encryption SDK exchange, the same for every SDK.

use std::collections::BTreeMap;

use keyward_core::{EncryptionContext, SecretKey};
use keyward_envelope::{FrameLength, Randomness, RawAesKeyring, ReadOptions, Sealing, open, seal};

use crate::peers::esdk::{EsdkPeer, RawKey, Wanted};

/// AES-256-GCM, HKDF-SHA-512, key commitment.
pub const COMMITTING: u16 = 0x0478;
/// The same, signed with ECDSA over P-384.
pub const SIGNED: u16 = 0x0578;

const KEY: [u8; 32] = [7; 32];
const NAMESPACE: &str = "keyward:acme";
const NAME: &str = "invoices/3";

/// A peer must open what Keyward writes, and give the same plaintext and context.
///
/// # Panics
/// Where it doesn't.
pub fn peer_reads_ours(peer: &mut EsdkPeer) {
    for (context, pairs) in contexts() {
        for (frame, sizes) in shapes() {
            let keyring = keyring();
            let encryption_context = EncryptionContext::from_pairs(pairs.clone());
            let frame_length = FrameLength::new(frame).expect("a frame length");
            let sealing = Sealing { frame_length, ..Sealing::new(&keyring, &encryption_context) };
            for size in sizes {
                let plaintext = plaintext(size);
                let randomness = Randomness::draw().expect("random numbers");
                let message = seal(&sealing, randomness, &plaintext).expect("it can be written");
                let (output, found) = peer
                    .decrypt(key(), &message)
                    .unwrap_or_else(|error| panic!("{context}, {frame}, {size}: {error}"));
                assert!(output == plaintext, "{context}, {frame}, {size}: another plaintext");
                assert_eq!(found, pairs, "{context}, {frame}, {size}");
            }
        }
    }
}

/// Keyward must open what a peer writes, unsigned and signed.
///
/// # Panics
/// Where it doesn't.
pub fn we_read_the_peer(peer: &mut EsdkPeer) {
    for suite in [COMMITTING, SIGNED] {
        for (context, pairs) in contexts() {
            for (frame, sizes) in shapes() {
                for size in sizes {
                    let case = format!("{suite:#06x}, {context}, {frame}, {size}");
                    let plaintext = plaintext(size);
                    let wanted = Wanted {
                        plaintext: &plaintext,
                        context: &pairs,
                        suite,
                        frame_length: frame,
                    };
                    let (message, with) = peer
                        .encrypt(key(), wanted)
                        .unwrap_or_else(|error| panic!("{case}: {error}"));
                    let opened = open(&message, &keyring(), &ReadOptions::default())
                        .unwrap_or_else(|error| panic!("{case}: {error}"));
                    assert!(opened.plaintext == plaintext, "{case}: another plaintext");
                    // The signed suite adds its public key under a name of its own.
                    assert_eq!(
                        opened.header.context(),
                        &EncryptionContext::from_pairs(with),
                        "{case}"
                    );
                    for (key, value) in &pairs {
                        assert_eq!(
                            opened.header.context().get(key),
                            Some(value.as_str()),
                            "{case}"
                        );
                    }
                }
            }
        }
    }
}

/// What either side writes, changed in one bit, is opened by neither.
///
/// # Panics
/// Where one does.
pub fn both_refuse_what_was_changed(peer: &mut EsdkPeer) {
    let context = EncryptionContext::from_pairs([("purpose".into(), "archive".into())]);
    let keyring = keyring();
    let frame_length = FrameLength::new(128).expect("a frame length");
    let sealing = Sealing { frame_length, ..Sealing::new(&keyring, &context) };
    let ours = seal(&sealing, Randomness::draw().expect("random numbers"), &plaintext(300))
        .expect("it can be written");
    let pairs = BTreeMap::from([("purpose".to_owned(), "archive".to_owned())]);
    let wanted =
        Wanted { plaintext: &plaintext(300), context: &pairs, suite: SIGNED, frame_length: 128 };
    let (theirs, _) = peer.encrypt(key(), wanted).expect("the peer can write");
    for message in [ours, theirs] {
        for at in (0..message.len()).step_by(3) {
            let mut changed = message.clone();
            changed[at] ^= 0x10;
            assert!(peer.decrypt(key(), &changed).is_err(), "the peer takes byte {at} changed");
            assert!(open(&changed, &keyring, &ReadOptions::default()).is_err(), "byte {at}");
        }
        let cut = &message[..message.len() - 1];
        assert!(peer.decrypt(key(), cut).is_err());
        assert!(open(cut, &keyring, &ReadOptions::default()).is_err());
        let other = RawKey { key: &[8; 32], ..key() };
        assert!(peer.decrypt(other, &message).is_err());
    }
}

fn key() -> RawKey<'static> {
    RawKey { namespace: NAMESPACE, name: NAME, key: &KEY }
}

fn keyring() -> RawAesKeyring {
    RawAesKeyring::new(NAMESPACE, NAME, &SecretKey::new(KEY)).expect("a good name")
}

/// Frame lengths, each with the sizes around it. 128 is the least that Python's SDK writes.
fn shapes() -> [(u32, Vec<usize>); 3] {
    [
        (128, vec![0, 1, 127, 128, 129, 256, 10_000]),
        (4096, vec![0, 1, 4095, 4096, 4097, 40_000]),
        (65_536, vec![0, 1, 65_535, 65_536, 65_537, 300_000]),
    ]
}

fn contexts() -> Vec<(&'static str, BTreeMap<String, String>)> {
    let pairs = |pairs: &[(&str, &str)]| {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    };
    let large = (0..64).map(|index| (format!("key {index}"), "x".repeat(120))).collect();
    vec![
        ("empty", BTreeMap::new()),
        ("one pair", pairs(&[("keyward:tenant", "acme")])),
        // Characters whose order in UTF-16 isn't that of their bytes in UTF-8.
        (
            "any script",
            pairs(&[("Ünicode", "Grüße, 世界"), ("\u{ff61}", "half"), ("\u{1f511}", "key")]),
        ),
        ("large", large),
    ]
}

fn plaintext(size: usize) -> Vec<u8> {
    (0..size).map(|index| (index * 31 % 251) as u8).collect()
}
