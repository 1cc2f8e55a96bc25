//! The log archive's reader, which the engine keeps to itself, and what it takes from the module that it
//! is in.

#[path = "../../../crates/engine/src/archive/reader.rs"]
mod reader;

use keyward_core::EncryptionContext;
use keyward_envelope::RawAesKeyring;
use keyward_ledger::Hash;
use reader::{ArchiveKeys, ArchiveReader, Stopped};

/// How an archive isn't what was written.
#[derive(Debug)]
#[allow(dead_code)]
pub enum ArchiveFault {
    Closed(u64),
    Record(u64),
    GoesOn,
}

/// Reads a file of records with these leaves: the records before it stops, and how it stops.
pub fn read(
    file: &[u8],
    expected: EncryptionContext,
    keyring: RawAesKeyring,
    leaves: &[Hash],
) -> (Vec<String>, Result<String, ArchiveFault>) {
    let mut records = Vec::new();
    let mut read = || {
        let mut reader = ArchiveReader::new(file, &ArchiveKeys { expected, keyring }, 0)?;
        for leaf in leaves {
            records.extend(reader.next(leaf.as_ref())?);
        }
        reader.finish()
    };
    let end = read().map_err(|stopped| match stopped {
        Stopped::Fault(fault) => fault,
        Stopped::Io(error) => panic!("reading memory failed: {error}"),
    });
    (records, end)
}
