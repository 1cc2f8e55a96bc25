//! Message bodies under headers that verify: nothing panics, nothing is released that the key did not
//! seal, and every way of reading agrees.
//!
//! An input is the kind of message, the size of the pieces, and the body.
#![no_main]

#[path = "../../../crates/envelope/tests/common/mod.rs"]
mod common;

use std::sync::LazyLock;

use common::foreign::Foreign;
use keyward_envelope::{
    Accept, Decryptor, EnvelopeError, Header, ReadOptions, VerifiedHeader, decrypt, open,
    read_range,
};
use libfuzzer_sys::fuzz_target;

/// The plaintext of every seed is a start of this.
static PLAINTEXT: LazyLock<Vec<u8>> = LazyLock::new(|| common::pattern(4096));

/// The headers of the kinds: all derive the same for every run, since key and message id are fixed.
static HEADERS: LazyLock<Vec<Header>> = LazyLock::new(|| {
    [
        Foreign::new(0x0478, Some(common::FRAME)),
        Foreign::new(0x0478, None),
        Foreign::new(0x0578, Some(common::FRAME)),
        Foreign::new(0x0178, Some(1)),
    ]
    .iter()
    .map(|kind| Header::parse_whole(&kind.write(b""), &options()).expect("it was just written"))
    .collect()
});

fn options() -> ReadOptions {
    ReadOptions { accept: Accept::non_committing(), ..ReadOptions::default() }
}

fn in_pieces(header: &Header, body: &[u8], piece: usize) -> (Vec<u8>, Result<(), EnvelopeError>) {
    let mut released = Vec::new();
    let mut read = || {
        let verified = VerifiedHeader::unlock(header.clone(), &common::keyring(), &options())?;
        let mut decryptor = Decryptor::new(verified, &options())?;
        for piece in body.chunks(piece) {
            decryptor.push(piece, &mut released)?;
        }
        decryptor.finish().map(|_| ())
    };
    let read = read();
    (released, read)
}

fuzz_target!(|input: &[u8]| {
    let [kind, piece, body @ ..] = input else { return };
    let header = &HEADERS[usize::from(*kind) % HEADERS.len()];
    let keyring = common::keyring();

    let (released, read) = in_pieces(header, body, usize::from(*piece) + 1);
    assert!(PLAINTEXT.starts_with(&released), "released what was not sealed");

    let message = [header.as_bytes(), body].concat();
    let whole = open(&message, &keyring, &options());
    assert_eq!(whole.is_ok(), read.is_ok(), "{:?} but {read:?}", whole.err());
    let mut streamed = Vec::new();
    let stream = decrypt(message.as_slice(), &mut streamed, &keyring, &options());
    assert_eq!(stream.is_ok(), read.is_ok());
    assert!(PLAINTEXT.starts_with(&streamed));
    if let Ok(whole) = &whole {
        assert_eq!(whole.plaintext, released);
        assert_eq!(streamed, released);
    }
    match read_range(message.as_slice(), &keyring, &options(), 0..u64::MAX) {
        Ok(range) => assert_eq!(Some(range), whole.ok().map(|whole| whole.plaintext)),
        Err(EnvelopeError::OnlyWhole) => {}
        Err(_) => assert!(whole.is_err()),
    }
    if let Ok(range) = read_range(message.as_slice(), &keyring, &options(), 70..75) {
        assert_eq!(range, PLAINTEXT[70..75][..range.len()]);
    }
});
