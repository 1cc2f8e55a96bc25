//! Message headers: nothing panics, what parses is told to its last byte, a header cut short asks for
//! more, and nothing verifies without its key.
#![no_main]

use keyward_core::SecretKey;
use keyward_envelope::{
    Accept, Entry, Header, Layout, Parsed, ReadLimits, ReadOptions, VerifiedHeader, encode_context,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let options = ReadOptions { accept: Accept::non_committing(), ..ReadOptions::default() };
    if let Ok(entry) = Entry::from_bytes(bytes, &ReadLimits::default()) {
        assert_eq!(entry.to_bytes().expect("it was within the limits"), bytes);
    }
    let header = match Header::parse(bytes, &options) {
        Ok(Parsed::Complete(header)) => header,
        Ok(Parsed::Incomplete { missing }) => {
            assert!(missing > 0 && missing <= 2 * usize::from(u16::MAX));
            return;
        }
        Err(error) => {
            assert!(!error.to_string().chars().any(char::is_control));
            return;
        }
    };
    assert_eq!(Some(header.as_bytes()), bytes.get(..header.length()));
    for end in [0, 1, header.length() / 2, header.length() - 1] {
        let cut = Header::parse(&bytes[..end], &options);
        assert!(matches!(cut, Ok(Parsed::Incomplete { .. })), "cut at {end}");
    }
    let contains = |part: &[u8]| header.as_bytes().windows(part.len().max(1)).any(|w| w == part);
    let context = encode_context(header.context()).expect("it was in a header");
    assert!(context.is_empty() || contains(&context));
    for entry in header.entries() {
        assert!(contains(&entry.to_bytes().expect("it was in a header")));
    }
    if let Ok(layout) = Layout::of(&header, bytes.len() as u64) {
        assert_eq!(layout.message_length(), bytes.len() as u64);
        let span = layout.span(0..u64::MAX);
        assert_eq!(span.message, header.length() as u64..bytes.len() as u64);
    }
    assert!(VerifiedHeader::new(*header, &SecretKey::new([1; 32]), &options).is_err());
});
