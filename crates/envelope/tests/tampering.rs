//! Whatever is changed in a message is refused: flipped, cut, extended, repeated, swapped, and put
//! together from two.

mod common;

use common::{FRAME, context, foreign::Foreign, keyring, message, pattern};
use keyward_core::{Code, SecretKey};
use keyward_envelope::{
    Accept, Decryptor, EnvelopeError, Field, Header, Parsed, RawAesKeyring, ReadLimits,
    ReadOptions, VerifiedHeader, decrypt, open, open_into, read_range,
};

fn options() -> ReadOptions {
    ReadOptions { accept: Accept::non_committing(), ..ReadOptions::default() }
}

/// Every way of reading must refuse, and give no plaintext that isn't the original's.
fn refused(message: &[u8], original: &[u8], what: &str) {
    let whole = open(message, &keyring(), &options());
    assert!(whole.is_err(), "open: {what}");
    assert_eq!(whole.unwrap_err().code(), Code::CiphertextRejected, "{what}");
    let mut into = vec![0x77; original.len() + 200];
    if open_into(message, &keyring(), &options(), &mut into).is_ok() {
        panic!("open_into: {what}");
    }
    let mut streamed = Vec::new();
    assert!(decrypt(message, &mut streamed, &keyring(), &options()).is_err(), "decrypt: {what}");
    assert!(original.starts_with(&streamed), "decrypt released: {what}");
    let mut pushed = Vec::new();
    assert!(push_all(message, &mut pushed).is_err(), "Decryptor: {what}");
    assert!(original.starts_with(&pushed), "Decryptor released: {what}");
    // The whole by range is refused too; a range beside the damage may be right.
    let by_range = read_range(message, &keyring(), &options(), 0..u64::MAX);
    assert!(by_range.is_err(), "read_range: {what}");
    if let Ok(first) = read_range(message, &keyring(), &options(), 0..FRAME.into()) {
        assert!(original.starts_with(&first), "read_range released: {what}");
    }
}

fn push_all(message: &[u8], out: &mut Vec<u8>) -> Result<(), EnvelopeError> {
    let header = Header::parse_whole(message, &options())?;
    let (_, body) = message.split_at(header.length());
    let verified = VerifiedHeader::unlock(header, &keyring(), &options())?;
    let mut decryptor = Decryptor::new(verified, &options())?;
    for piece in body.chunks(33) {
        decryptor.push(piece, out)?;
    }
    decryptor.finish().map(|_| ())
}

/// The places where a message of `message()` turns: header, frames, end.
fn frames(message: &[u8]) -> Vec<std::ops::Range<usize>> {
    let header = Header::parse_whole(message, &options()).unwrap().length();
    let sealed = FRAME as usize + 32;
    let mut starts: Vec<usize> = (header..message.len() - 40).step_by(sealed).collect();
    starts.push(message.len());
    starts.windows(2).map(|two| two[0]..two[1]).collect()
}

#[test]
fn every_flipped_bit_is_refused() {
    let plaintext = pattern(FRAME as usize + 10);
    let message = message(1, &plaintext);
    for bit in 0..message.len() * 8 {
        let mut flipped = message.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(open(&flipped, &keyring(), &options()).is_err(), "bit {bit}");
        // One bit of each byte in every way: a reader takes a frame's IV as it comes, so a flip
        // there is found by the tag.
        if bit % 8 == bit / 8 % 8 {
            refused(&flipped, &plaintext, &format!("bit {bit}"));
        }
    }
}

#[test]
fn every_flipped_byte_of_foreign_messages_is_refused() {
    let plaintext = pattern(FRAME as usize + 10);
    for suite in [0x0578, 0x0178, 0x0378] {
        for frame_length in [None, Some(FRAME)] {
            let message = Foreign::new(suite, frame_length).write(&plaintext);
            for index in 0..message.len() {
                let mut flipped = message.clone();
                flipped[index] ^= 0xff;
                let opened = open(&flipped, &keyring(), &options());
                assert!(opened.is_err(), "{suite:#06x}, {frame_length:?}, byte {index}");
            }
        }
    }
}

#[test]
fn every_cut_is_refused() {
    let plaintext = pattern(2 * FRAME as usize + 10);
    let message = message(1, &plaintext);
    for end in 0..message.len() {
        refused(&message[..end], &plaintext, &format!("cut at {end}"));
    }
    for foreign in [Foreign::new(0x0578, Some(FRAME)), Foreign::new(0x0578, None)] {
        let message = foreign.write(&plaintext);
        for end in 0..message.len() {
            assert!(open(&message[..end], &keyring(), &options()).is_err(), "signed, at {end}");
        }
    }
}

#[test]
fn bytes_after_the_end_are_refused() {
    let plaintext = pattern(FRAME as usize + 10);
    let message = message(1, &plaintext);
    for more in [1, 4, 40, FRAME as usize + 32, 5000] {
        for byte in [0, 0xff] {
            let extended = [message.clone(), vec![byte; more]].concat();
            refused(&extended, &plaintext, &format!("{more} bytes of {byte} more"));
        }
    }
    refused(&[message.clone(), message].concat(), &plaintext, "twice");
}

#[test]
fn frames_repeated_missing_or_out_of_order_are_refused() {
    let plaintext = pattern(4 * FRAME as usize + 10);
    let message = message(1, &plaintext);
    let places = frames(&message);
    let rebuilt = |order: &[usize]| {
        let mut out = message[..places[0].start].to_vec();
        order.iter().for_each(|index| out.extend_from_slice(&message[places[*index].clone()]));
        out
    };
    assert_eq!(rebuilt(&[0, 1, 2, 3, 4]), message);
    for order in [
        &[1, 0, 2, 3, 4][..],
        &[0, 0, 1, 2, 3, 4],
        &[0, 2, 3, 4],
        &[0, 1, 2, 4],
        &[4],
        &[0, 1, 2, 3],
        &[0, 1, 2, 3, 4, 4],
        &[4, 0, 1, 2, 3],
        &[],
    ] {
        refused(&rebuilt(order), &plaintext, &format!("{order:?}"));
    }
    // With its number made right, a frame in another's place still fails by its tag.
    let mut renumbered = rebuilt(&[1, 0, 2, 3, 4]);
    let (first, second) = (places[0].start, places[0].end);
    renumbered[first..first + 4].copy_from_slice(&1_u32.to_be_bytes());
    renumbered[second..second + 4].copy_from_slice(&2_u32.to_be_bytes());
    refused(&renumbered, &plaintext, "renumbered");
}

#[test]
fn parts_of_two_messages_do_not_go_together() {
    let plaintext = pattern(2 * FRAME as usize + 10);
    let (one, two) = (message(1, &plaintext), message(2, &plaintext));
    let (in_one, in_two) = (frames(&one), frames(&two));
    assert_eq!(in_one, in_two);
    for place in in_one.iter().cloned().chain(std::iter::once(0..in_one[0].start)) {
        let mut mixed = one.clone();
        mixed[place.clone()].copy_from_slice(&two[place.clone()]);
        refused(&mixed, &plaintext, &format!("{place:?}"));
    }
}

#[test]
fn another_key_or_another_name_opens_nothing() {
    let message = message(1, b"text");
    let ring = |namespace, name, key| {
        RawAesKeyring::new(namespace, name, &SecretKey::new([key; 32])).unwrap()
    };
    let wrong_key = ring("keyward:acme", "invoices/1", 8);
    assert!(matches!(open(&message, &wrong_key, &options()), Err(EnvelopeError::Rejected)));
    for other in [ring("keyward:acme", "invoices/2", 9), ring("keyward:other", "invoices/1", 9)] {
        let opened = open(&message, &other, &options());
        assert!(matches!(opened, Err(EnvelopeError::NoMatchingEntry)));
    }
    // Another object key altogether: the commitment tells, and says nothing more.
    let keys = |_: &[_], _: &_| Ok(SecretKey::new([0; 32]));
    assert!(matches!(open(&message, &keys, &options()), Err(EnvelopeError::Rejected)));
}

#[test]
fn format_1_is_refused_unless_asked_for() {
    for suite in [0x0178, 0x0378] {
        let message = Foreign::new(suite, Some(FRAME)).write(b"text");
        let refused = open(&message, &keyring(), &ReadOptions::default());
        assert!(matches!(refused, Err(EnvelopeError::NonCommitting { suite: id }) if id == suite));
        assert!(open(&message, &keyring(), &options()).is_ok());
    }
}

#[test]
fn unknown_versions_and_suites_are_named() {
    let mut version = message(1, b"text");
    version[0] = 3;
    let opened = open(&version, &keyring(), &options());
    assert!(matches!(opened, Err(EnvelopeError::UnsupportedVersion { version: 3 })));
    let mut suite = message(1, b"text");
    suite[1..3].copy_from_slice(&0x0678_u16.to_be_bytes());
    let opened = open(&suite, &keyring(), &options());
    assert!(matches!(opened, Err(EnvelopeError::UnsupportedSuite { suite: 0x0678 })));
}

/// An unsigned message can't be given a public key, nor a signed one lose its signature.
#[test]
fn a_signature_can_be_neither_dropped_nor_replaced() {
    let message = Foreign::new(0x0578, Some(FRAME)).write(b"text");
    let other = Foreign::new(0x0578, Some(FRAME)).write(b"text");
    let at = |message: &[u8]| message.len() - usize::from(message[message.len() - 1]);
    assert!(at(&message) > 0);
    let header = Header::parse_whole(&message, &options()).unwrap().length();
    let body = header + 40 + 4;
    for footer in [&[][..], &[0, 0], &other[other.len() - 60..]] {
        let changed = [&message[..body], footer].concat();
        assert!(open(&changed, &keyring(), &options()).is_err());
    }
    let signed = ReadOptions::default();
    assert!(matches!(
        read_range(message.as_slice(), &keyring(), &signed, 0..1),
        Err(EnvelopeError::OnlyWhole)
    ));
}

#[test]
fn each_limit_is_kept() {
    let message = message(1, &pattern(200));
    let header = Header::parse_whole(&message, &options()).unwrap().length() as u32;
    let unframed = Foreign::new(0x0478, None).write(&pattern(200));
    let signed = Foreign::new(0x0578, None).write(&pattern(200));
    type Set = fn(&mut ReadLimits);
    let cases: [(&[u8], Field, Set); 6] = [
        (&message, Field::Entries, |limits| limits.entries = 0),
        (&message, Field::Entry, |limits| limits.entry_field = 47),
        (&message, Field::Context, |limits| limits.context = 10),
        (&message, Field::FrameLength, |limits| limits.frame = 63),
        (&unframed, Field::UnframedBody, |limits| limits.unframed_body = 199),
        (&signed, Field::Footer, |limits| limits.signature = 90),
    ];
    for (message, field, set) in cases {
        let mut limited = options();
        set(&mut limited.limits);
        let opened = open(message, &keyring(), &limited);
        let over = matches!(opened, Err(EnvelopeError::OverLimit { field: is, .. }) if is == field);
        assert!(over, "{field}");
    }
    let mut limited = options();
    limited.limits.header = header;
    assert!(open(&message, &keyring(), &limited).is_ok());
    limited.limits.header = header - 1;
    let opened = open(&message, &keyring(), &limited);
    assert!(matches!(opened, Err(EnvelopeError::OverLimit { field: Field::Header, .. })));
}

/// Lengths near the largest must neither overflow nor allocate.
#[test]
fn absurd_lengths_are_refused() {
    let unframed = Foreign::new(0x0478, None).write(&pattern(20));
    let header = Header::parse_whole(&unframed, &options()).unwrap().length();
    for length in [u64::MAX, u64::MAX - 15, 1 << 36, 1 << 40] {
        let mut absurd = unframed.clone();
        absurd[header + 12..header + 20].copy_from_slice(&length.to_be_bytes());
        let opened = open(&absurd, &keyring(), &options());
        assert!(matches!(opened, Err(EnvelopeError::OverLimit { .. })), "{length}");
    }
    let message = message(1, b"text");
    let header = Header::parse_whole(&message, &options()).unwrap().length();
    for length in [u32::MAX, 65, 5] {
        let mut absurd = message.clone();
        absurd[header + 20..header + 24].copy_from_slice(&length.to_be_bytes());
        assert!(open(&absurd, &keyring(), &options()).is_err(), "{length}");
    }
}

/// Without a key: what a listing or a rewrap needs.
#[test]
fn a_header_is_read_without_a_key_and_byte_by_byte() {
    let message = message(1, &pattern(100));
    let mut known = 0;
    let header = loop {
        match Header::parse(&message[..known], &ReadOptions::default()).unwrap() {
            Parsed::Complete(header) => break header,
            Parsed::Incomplete { missing } => {
                assert!(missing > 0);
                known += missing;
            }
        }
    };
    assert_eq!(header.length(), known, "no more was asked for than the header has");
    assert_eq!(header.context(), &context());
    assert_eq!(header.entries()[0].provider_id, "keyward:acme");
    assert_eq!(header.entries()[0].raw_aes_name(), Some("invoices/1"));
    let mut reader = message.as_slice();
    assert_eq!(Header::read(&mut reader, &ReadOptions::default()).unwrap(), *header);
    assert_eq!(reader.len(), message.len() - known, "the reader is at the body");
}

/// A failed decryptor stays failed.
#[test]
fn nothing_comes_after_a_failure() {
    let message = message(1, &pattern(100));
    let header = Header::parse_whole(&message, &options()).unwrap();
    let mut body = message[header.length()..].to_vec();
    body[30] ^= 1;
    let verified = VerifiedHeader::unlock(header, &keyring(), &options()).unwrap();
    let mut decryptor = Decryptor::new(verified, &options()).unwrap();
    let mut out = b"before".to_vec();
    assert!(decryptor.push(&body, &mut out).is_err());
    assert_eq!(out, b"before");
    body[30] ^= 1;
    assert!(decryptor.push(&body, &mut out).is_err());
    assert!(decryptor.finish().is_err());
}

/// A buffer holds nothing of a message that failed, not even of its good frames.
#[test]
fn a_buffer_is_wiped_on_failure() {
    let message = message(1, &vec![0x41; 1000]);
    let mut out = vec![0; 1000];
    let cut = &message[..message.len() - 1];
    assert!(open_into(cut, &keyring(), &options(), &mut out).is_err());
    assert!(out.iter().all(|byte| *byte == 0));
    let short = &mut out[..999];
    assert!(matches!(
        open_into(&message, &keyring(), &options(), short),
        Err(EnvelopeError::BufferSize { given: 999, needed: 1000 })
    ));
}
