//! What is written is read again, in every way and at every size where framing turns.

mod common;

use common::{
    FRAME, context, foreign::Foreign, keyring, message, pattern, randomness, sealing, sizes,
};
use keyward_core::{Code, EncryptionContext};
use keyward_envelope::{
    Accept, Content, Decryptor, Encryptor, FrameLength, Header, Randomness, ReadOptions, Sealing,
    Suite, VerifiedHeader, decrypt, encrypt, open, open_into, seal, seal_into,
};
use proptest::prelude::*;

#[test]
fn every_size_comes_back_whole() {
    for size in sizes(FRAME as usize) {
        let plaintext = pattern(size);
        let opened = open(&message(1, &plaintext), &keyring(), &ReadOptions::default()).unwrap();
        assert!(opened.plaintext == plaintext, "{size}");
        assert_eq!(opened.header.context(), &context());
        assert_eq!(opened.header.suite(), Suite::Committing);
        assert_eq!(opened.header.content(), Content::Framed { frame_length: FRAME });
    }
}

/// message-body.md, "Final Frame": as long as what is left over, full for a multiple of the frame
/// length, and empty for no plaintext only.
#[test]
fn the_final_frame_is_exact() {
    let frame = FRAME as usize;
    let (keyring, context) = (keyring(), context());
    let sealing = sealing(&keyring, &context, FRAME);
    let header = sealing.header_length() as usize;
    for (size, regular, last) in [
        (0, 0, 0),
        (1, 0, 1),
        (frame - 1, 0, frame - 1),
        (frame, 0, frame),
        (frame + 1, 1, 1),
        (2 * frame, 1, frame),
        (10 * frame + 3, 10, 3),
    ] {
        let message = message(1, &pattern(size));
        assert_eq!(message.len(), header + regular * (frame + 32) + last + 40, "{size}");
        assert_eq!(message.len() as u64, sealing.sealed_length(size as u64).unwrap());
        let at = header + regular * (frame + 32);
        assert_eq!(message[at..at + 4], [0xff; 4], "{size}");
        assert_eq!(message[at + 4..at + 8], (regular as u32 + 1).to_be_bytes(), "{size}");
        assert_eq!(message[at + 20..at + 24], (last as u32).to_be_bytes(), "{size}");
    }
}

#[test]
fn every_way_to_write_gives_the_same_bytes() {
    let (keyring, context) = (keyring(), context());
    for frame in [1, 7, FRAME, 64 * 1024] {
        let sealing = sealing(&keyring, &context, frame);
        for size in [0, 1, 63, 64, 65, 1000, 300_000] {
            if size / frame as usize > 10_000 {
                continue;
            }
            let plaintext = pattern(size);
            let whole = seal(&sealing, randomness(4), &plaintext).unwrap();
            let mut into = vec![0xaa; whole.len()];
            seal_into(&sealing, randomness(4), &plaintext, &mut into).unwrap();
            assert!(into == whole, "seal_into, frame {frame}, size {size}");
            let mut streamed = Vec::new();
            let length =
                encrypt(plaintext.as_slice(), &mut streamed, &sealing, randomness(4)).unwrap();
            assert!(streamed == whole, "encrypt, frame {frame}, size {size}");
            assert_eq!(length, whole.len() as u64);
            for piece in [1, 64, 100_000] {
                if size / piece > 10_000 {
                    continue;
                }
                let (mut encryptor, mut pushed) = Encryptor::new(&sealing, randomness(4)).unwrap();
                for piece in plaintext.chunks(piece) {
                    encryptor.push(piece, &mut pushed).unwrap();
                }
                encryptor.finish(&mut pushed).unwrap();
                assert!(pushed == whole, "Encryptor, frame {frame}, size {size}");
            }
        }
    }
}

/// Larger than the buffers that a stream works with.
#[test]
fn a_long_stream_comes_back() {
    let (keyring, context) = (keyring(), context());
    let plaintext = pattern(9 * 1024 * 1024 + 5);
    let mut sealed = Vec::new();
    let sealing = Sealing::new(&keyring, &context);
    encrypt(plaintext.as_slice(), &mut sealed, &sealing, Randomness::draw().unwrap()).unwrap();
    let mut opened = Vec::new();
    let (header, length) =
        decrypt(sealed.as_slice(), &mut opened, &keyring, &ReadOptions::default()).unwrap();
    assert_eq!(length, plaintext.len() as u64);
    assert_eq!(header.context(), &context);
    assert!(opened == plaintext);
    let mut into = vec![0; plaintext.len()];
    let (_, length) = open_into(&sealed, &keyring, &ReadOptions::default(), &mut into).unwrap();
    assert_eq!(length, plaintext.len());
    assert!(into == plaintext);
}

/// Byte for byte what a writer makes that was written from the specification alone.
#[test]
fn the_bytes_are_the_specification_s() {
    let (keyring, context) = (keyring(), context());
    let foreign = Foreign { sequence_ivs: true, ..Foreign::new(0x0478, Some(FRAME)) };
    for size in [0, 1, 64, 65, 1000] {
        let random = Randomness::from_bytes(&Foreign::randomness());
        let ours = seal(&sealing(&keyring, &context, FRAME), random, &pattern(size)).unwrap();
        assert_eq!(ours, foreign.write(&pattern(size)), "{size}");
    }
}

/// What other clients write, read in every way.
#[test]
fn signed_unframed_and_format_1_messages_are_read() {
    let options = ReadOptions { accept: Accept::non_committing(), ..ReadOptions::default() };
    for suite in [0x0478, 0x0578, 0x0178, 0x0378] {
        for frame_length in [None, Some(FRAME)] {
            for size in [0, 1, 63, 64, 65, 1000] {
                let plaintext = pattern(size);
                let message = Foreign::new(suite, frame_length).write(&plaintext);
                let name = format!("{suite:#06x}, {frame_length:?}, {size}");
                let opened = open(&message, &keyring(), &options).expect(&name);
                assert_eq!(opened.plaintext, plaintext, "{name}");
                assert_eq!(opened.header.suite().id(), suite);
                let mut streamed = Vec::new();
                decrypt(message.as_slice(), &mut streamed, &keyring(), &options).expect(&name);
                assert_eq!(streamed, plaintext, "{name}");
                for piece in [1, 50, 4096] {
                    assert_eq!(in_pieces(&message, piece, &options), plaintext, "{name}");
                }
            }
        }
    }
}

/// message-body.md, "Final Frame": it MAY be empty after a full one.
#[test]
fn an_empty_final_frame_after_a_full_one_is_read() {
    let foreign = Foreign { empty_final: true, ..Foreign::new(0x0478, Some(FRAME)) };
    let plaintext = pattern(3 * FRAME as usize);
    let message = foreign.write(&plaintext);
    let opened = open(&message, &keyring(), &ReadOptions::default()).unwrap();
    assert_eq!(opened.plaintext, plaintext);
    assert_eq!(in_pieces(&message, 50, &ReadOptions::default()), plaintext);
}

/// The context that a writer authenticated without storing it must be brought, all of it and right.
#[test]
fn reproduced_context_is_required() {
    let unstored = EncryptionContext::from_pairs([("secret".into(), "word".into())]);
    for suite in [0x0478, 0x0578] {
        let foreign = Foreign { unstored: unstored.clone(), ..Foreign::new(suite, Some(FRAME)) };
        let message = foreign.write(b"text");
        let with = |pairs: &[(&str, &str)]| {
            let pairs = pairs.iter().map(|(key, value)| ((*key).into(), (*value).into()));
            let reproduced = EncryptionContext::from_pairs(pairs);
            open(&message, &keyring(), &ReadOptions { reproduced, ..ReadOptions::default() })
        };
        assert_eq!(with(&[("secret", "word")]).unwrap().plaintext, b"text");
        // A stored pair may be brought too, if it is the same.
        assert!(with(&[("secret", "word"), ("purpose", "tests")]).is_ok());
        assert!(with(&[("secret", "word"), ("purpose", "other")]).is_err());
        assert!(with(&[]).is_err());
        assert!(with(&[("secret", "other")]).is_err());
        assert!(with(&[("secret", "word"), ("more", "")]).is_err());
    }
}

#[test]
fn contexts_from_none_to_the_largest() {
    let keyring = keyring();
    let pair = |length: usize| EncryptionContext::from_pairs([("k".into(), "v".repeat(length))]);
    let many = (0..2000).map(|index| (format!("key {index:04}"), "значение".into()));
    for context in [
        EncryptionContext::empty(),
        EncryptionContext::from_pairs([(String::new(), String::new())]),
        EncryptionContext::from_pairs(many),
        // 2 for the count, 2 + 1 for the key, 2 for the value's length: 65,535 in all.
        pair(65_535 - 7),
    ] {
        let sealed = seal(&Sealing::new(&keyring, &context), randomness(1), b"x").unwrap();
        let opened = open(&sealed, &keyring, &ReadOptions::default()).unwrap();
        assert_eq!(opened.header.context(), &context);
    }
    let reserved = EncryptionContext::from_pairs([("aws-crypto-public-key".into(), "key".into())]);
    for context in [pair(65_535 - 6), reserved] {
        let refused = seal(&Sealing::new(&keyring, &context), randomness(1), b"x");
        assert_eq!(refused.unwrap_err().code(), Code::InvalidInput);
    }
}

#[test]
fn frame_lengths_have_bounds() {
    assert_eq!(FrameLength::new(0), None);
    assert_eq!(FrameLength::new(FrameLength::MAX.bytes() + 1), None);
    assert_eq!(FrameLength::default().bytes(), 65_536);
}

fn in_pieces(message: &[u8], piece: usize, options: &ReadOptions) -> Vec<u8> {
    let header = Header::parse_whole(message, options).unwrap();
    let (_, body) = message.split_at(header.length());
    let verified = VerifiedHeader::unlock(header, &keyring(), options).unwrap();
    let mut decryptor = Decryptor::new(verified, options).unwrap();
    let mut plaintext = Vec::new();
    for piece in body.chunks(piece) {
        decryptor.push(piece, &mut plaintext).unwrap();
    }
    decryptor.finish().unwrap();
    plaintext
}

proptest! {
    #[test]
    fn whatever_is_sealed_opens(
        plaintext in proptest::collection::vec(any::<u8>(), 0..2000),
        frame in 1_u32..300,
        pairs in proptest::collection::btree_map(".{0,20}", ".{0,40}", 0..6),
        piece in 1_usize..500,
        random in any::<[u8; 32]>(),
    ) {
        let context = EncryptionContext::from_pairs(pairs);
        let keyring = keyring();
        let mut bytes = [0x33; Randomness::LENGTH];
        bytes[..32].copy_from_slice(&random);
        let sealed = seal(
            &sealing(&keyring, &context, frame),
            Randomness::from_bytes(&bytes),
            &plaintext,
        ).unwrap();
        let opened = open(&sealed, &keyring, &ReadOptions::default()).unwrap();
        prop_assert_eq!(&opened.plaintext, &plaintext);
        prop_assert_eq!(opened.header.context(), &context);
        prop_assert_eq!(in_pieces(&sealed, piece, &ReadOptions::default()), plaintext);
    }

    #[test]
    fn no_bytes_make_a_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let options = ReadOptions { accept: Accept::non_committing(), ..ReadOptions::default() };
        let _ = Header::parse(&bytes, &options);
        let _ = open(&bytes, &keyring(), &options);
    }
}
