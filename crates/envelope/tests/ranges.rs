//! Ranges: right at every edge, and touching nothing but their frames.

mod common;

use std::{cell::RefCell, io, ops::Range};

use common::{FRAME, context, keyring, message, pattern, randomness, sealing};
use keyward_envelope::{
    Header, Layout, ReadAt, ReadOptions, VerifiedHeader, open, read_range, seal,
};
use proptest::prelude::*;

fn options() -> ReadOptions {
    ReadOptions::default()
}

#[test]
fn ranges_at_every_edge() {
    let frame = u64::from(FRAME);
    for size in [0, 1, frame - 1, frame, frame + 1, 2 * frame, 5 * frame + 7] {
        let plaintext = pattern(size as usize);
        let message = message(1, &plaintext);
        let edges = [0, 1, frame - 1, frame, frame + 1, 2 * frame, 5 * frame, 5 * frame + 7];
        for start in edges.into_iter().chain([size, size + 1, u64::MAX]) {
            for end in edges.into_iter().chain([size, size + 1, u64::MAX]) {
                let read = read_range(message.as_slice(), &keyring(), &options(), start..end);
                let (from, to) = (start.min(end).min(size), end.min(size));
                let expected = &plaintext[from as usize..to as usize];
                assert_eq!(read.unwrap(), expected, "{start}..{end} of {size}");
            }
        }
    }
}

/// Remembers what was read of it.
struct Watched<'a>(&'a [u8], RefCell<Vec<Range<u64>>>);

impl ReadAt for Watched<'_> {
    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        self.1.borrow_mut().push(offset..offset + buffer.len() as u64);
        self.0.read_exact_at(buffer, offset)
    }

    fn length(&self) -> io::Result<u64> {
        self.0.length()
    }
}

#[test]
fn only_the_header_and_the_frames_of_the_range_are_touched() {
    let (keyring, context) = (keyring(), context());
    let plaintext = pattern(1 << 20);
    let message = seal(&sealing(&keyring, &context, 4096), randomness(1), &plaintext).unwrap();
    let header = Header::parse_whole(&message, &options()).unwrap().length() as u64;
    let watched = Watched(&message, RefCell::default());
    let read = read_range(&watched, &keyring, &options(), 500_000..508_000).unwrap();
    assert_eq!(read, plaintext[500_000..508_000]);
    // Frames 122, 123 and 124, from 0.
    let frames = header + 122 * 4128..header + 125 * 4128;
    assert_eq!(*watched.1.borrow(), [0..4096, frames]);
}

#[test]
fn damage_outside_a_range_does_not_matter_and_inside_it_does() {
    let plaintext = pattern(10 * FRAME as usize);
    let mut message = message(1, &plaintext);
    let header = Header::parse_whole(&message, &options()).unwrap().length();
    let frame = FRAME as usize;
    message[header + 5 * (frame + 32) + 20] ^= 1;
    let range = |from: usize, to: usize| {
        read_range(message.as_slice(), &keyring(), &options(), from as u64..to as u64)
    };
    assert_eq!(range(0, 5 * frame).unwrap(), plaintext[..5 * frame]);
    assert_eq!(range(6 * frame, 10 * frame).unwrap(), plaintext[6 * frame..]);
    assert!(range(5 * frame, 5 * frame + 1).is_err());
    assert!(range(4 * frame, 7 * frame).is_err());
}

/// Where the end is comes from the file's length, so it is believed only with the final frame.
#[test]
fn a_range_to_the_end_proves_the_end() {
    let plaintext = pattern(10 * FRAME as usize);
    let message = message(1, &plaintext);
    // Cut by whole frames, so that what is left has a possible length.
    let cut = &message[..message.len() - 3 * (FRAME as usize + 32)];
    let read = |range: Range<u64>| read_range(cut, &keyring(), &options(), range);
    assert_eq!(read(0..64).unwrap(), plaintext[..64]);
    assert!(read(0..u64::MAX).is_err());
    assert!(read(7 * 64..8 * 64).is_err());
    assert!(read(9 * 64..10 * 64).is_err());
    assert!(read(u64::MAX..u64::MAX).is_err());
}

/// What an object store's client does: header, span, fetch, open.
#[test]
fn a_span_tells_what_to_fetch() {
    let plaintext = pattern(10 * FRAME as usize + 3);
    let message = message(1, &plaintext);
    let header = Header::parse_whole(&message[..400], &options()).unwrap();
    let layout = Layout::of(&header, message.len() as u64).unwrap();
    assert_eq!(layout.plaintext_length(), plaintext.len() as u64);
    assert_eq!(layout.message_length(), message.len() as u64);
    let verified = VerifiedHeader::unlock(header, &keyring(), &options()).unwrap();
    let span = layout.span(100..200);
    assert_eq!(span.plaintext, 100..200);
    let fetched = &message[span.message.start as usize..span.message.end as usize];
    assert_eq!(fetched.len(), 3 * (FRAME as usize + 32));
    assert_eq!(verified.open_span(&span, fetched).unwrap(), plaintext[100..200]);
    // Another place's bytes, too few and too many are refused.
    for wrong in [&message[..fetched.len()], &fetched[1..], &[fetched, &[0]].concat()] {
        assert!(verified.open_span(&span, wrong).is_err());
    }
}

#[test]
fn lengths_that_no_message_has_are_refused() {
    let message = message(1, &pattern(FRAME as usize + 1));
    let header = Header::parse_whole(&message, &options()).unwrap();
    let start = header.length() as u64;
    // Less than a final frame, and between a full final frame and one more frame.
    for body in [0, 39, 40 + 65, 40 + 95] {
        assert!(Layout::of(&header, start + body).is_err(), "{body}");
    }
    assert_eq!(Layout::of(&header, start + 40 + 64).unwrap().plaintext_length(), 64);
    assert_eq!(Layout::of(&header, start + 40 + 96).unwrap().plaintext_length(), 64);
    assert!(Layout::of(&header, u64::MAX).is_err());
}

proptest! {
    #[test]
    fn a_range_is_that_range_of_the_whole(
        size in 0_usize..3000,
        frame in 1_u32..200,
        start in 0_u64..3500,
        length in 0_u64..3500,
    ) {
        let (keyring, context) = (keyring(), context());
        let plaintext = pattern(size);
        let message =
            seal(&sealing(&keyring, &context, frame), randomness(1), &plaintext).unwrap();
        let read =
            read_range(message.as_slice(), &keyring, &options(), start..start + length).unwrap();
        let whole = open(&message, &keyring, &options()).unwrap().plaintext;
        let from = (start as usize).min(size);
        let to = ((start + length) as usize).min(size);
        prop_assert_eq!(read, &whole[from..to]);
    }
}
