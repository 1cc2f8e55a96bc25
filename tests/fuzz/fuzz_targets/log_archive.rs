//! Archives of days of the log: nothing panics or takes much memory, nothing is read that doesn't have
//! its hash, and what was written is read back.
//!
//! An input's first byte says what the rest is: the file, the compressed text in it, or the text. So the
//! layers below the encryption are reached by whoever holds the key.
#![no_main]

mod archive;
#[path = "../../../crates/envelope/tests/common/mod.rs"]
mod common;
mod log;

use archive::ArchiveFault;
use keyward_ledger::{Hash, MAX_RECORD_LENGTH, leaf_hash};
use libfuzzer_sys::fuzz_target;
use log::LOG;

fuzz_target!(|input: &[u8]| {
    let [kind, rest @ ..] = input else { return };
    match kind % 3 {
        0 => log_or_nothing(rest),
        1 => log_or_nothing(&common::message(1, rest)),
        _ => reads_back(rest),
    }
});

/// Whatever the file is, what is read of it is the log's.
fn log_or_nothing(file: &[u8]) {
    let (records, end) = read(file, &LOG.leaves);
    assert!(LOG.bodies.starts_with(&records));
    assert!(end.is_err() || records == LOG.bodies);
}

fn reads_back(text: &[u8]) {
    let Ok(text) = std::str::from_utf8(text) else { return };
    let mut lines: Vec<&str> = text.split('\n').collect();
    let whole = lines.pop() == Some("");
    let compressed = zstd::encode_all(text.as_bytes(), 1).expect("memory can be written");
    let leaves: Vec<_> = lines.iter().map(|line| leaf_hash(line.as_bytes())).collect();
    let (records, end) = read(&common::message(1, &compressed), &leaves);
    let short = lines.iter().take_while(|line| line.len() <= MAX_RECORD_LENGTH);
    assert_eq!(records, short.copied().collect::<Vec<_>>());
    if records.len() < lines.len() {
        assert!(end.is_err());
    } else if whole {
        assert!(end.is_ok(), "{end:?}");
    } else {
        assert!(matches!(end, Err(ArchiveFault::GoesOn)), "{end:?}");
    }
}

fn read(file: &[u8], leaves: &[Hash]) -> (Vec<String>, Result<String, ArchiveFault>) {
    archive::read(file, common::context(), common::keyring(), leaves)
}
