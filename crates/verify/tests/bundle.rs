//! Folders: honest ones verify, and whatever is done to one is found and named.

mod fixture;

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};

use fixture::{Log, key, log_key, origin, pack, witness_key, write};
use keyward_ledger::LedgerError;
use keyward_verify::{BundleOptions, BundleReport, Folder, Keys, VerifyError, verify_bundle};
use tempfile::TempDir;

fn with_key() -> BundleOptions {
    let keys = Keys { logs: vec![log_key()], witnesses: vec![witness_key()] };
    BundleOptions { keys, ..BundleOptions::default() }
}

fn verify(folder: &Path, options: &BundleOptions) -> Result<BundleReport, VerifyError> {
    verify_bundle(&Folder::open(folder)?, options, &mut |_, _| ())
}

fn folder(log: &Log) -> TempDir {
    let folder = TempDir::new().unwrap();
    log.write(folder.path());
    folder
}

/// What is found after a change to the folder of a log of 600 records.
fn found(change: impl FnOnce(&Path)) -> VerifyError {
    let folder = folder(&Log::new(600, "alice"));
    change(folder.path());
    verify(folder.path(), &with_key()).unwrap_err()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() { found.extend(files(&entry)) } else { found.push(entry) }
    }
    found
}

#[test]
fn honest_folders_verify() {
    for size in [0, 1, 255, 256, 257, 600] {
        let log = Log::new(size, "alice");
        let folder = folder(&log);
        let report = verify(folder.path(), &with_key()).unwrap();
        assert_eq!((report.records, report.archived, report.checkpoint.size), (size, 0, size));
        assert!(!report.key_from_folder);
        assert_eq!(report.cosigned.len(), 1);
        assert_eq!(report.clock_steps_in_all, 0);
        // All files but `checkpoint`, `keys` and the bundles.
        let files = files(folder.path()).len() as u64;
        assert_eq!(report.tiles, files - 2 - size.div_ceil(256));
    }
}

#[test]
fn a_key_from_the_folder_is_said_to_be() {
    let folder = folder(&Log::new(3, "alice"));
    let report = verify(folder.path(), &BundleOptions::default()).unwrap();
    assert!(report.key_from_folder && report.cosigned[0].key_from_folder);
    fs::remove_file(folder.path().join("keys")).unwrap();
    assert!(matches!(verify(folder.path(), &BundleOptions::default()), Err(VerifyError::NoKey)));
    assert!(verify(folder.path(), &with_key()).is_ok());
    write(folder.path(), "keys", "# c\nnot a key\n");
    assert!(matches!(
        verify(folder.path(), &BundleOptions::default()),
        Err(VerifyError::InvalidKeys { line: 2, .. })
    ));
}

#[test]
fn other_keys_and_absent_witnesses_are_doubts() {
    let folder = folder(&Log::new(3, "alice"));
    let keys = |log: u8, witness: u8| Keys {
        logs: vec![key(log).verifier(&origin("example.com/log"))],
        witnesses: vec![key(witness).witness_key(&origin("example.com/witness"))],
    };
    let verify = |keys| verify(folder.path(), &BundleOptions { keys, ..BundleOptions::default() });
    assert!(verify(keys(1, 2)).is_ok());
    assert!(matches!(verify(keys(5, 2)), Err(VerifyError::Ledger(LedgerError::NotSigned { .. }))));
    assert!(matches!(
        verify(keys(1, 5)),
        Err(VerifyError::Ledger(LedgerError::NotCosigned { .. }))
    ));
    // After a change of keys, one of several is right.
    let both = Keys { logs: [keys(5, 2).logs, keys(1, 2).logs].concat(), witnesses: vec![] };
    assert!(verify(both).is_ok());
}

#[test]
fn archived_records_are_counted_unless_all_must_be_there() {
    let folder = folder(&Log::new(600, "alice"));
    fs::remove_file(folder.path().join("tile/entries/001")).unwrap();
    let report = verify(folder.path(), &with_key()).unwrap();
    assert_eq!((report.records, report.archived, report.first_archived), (344, 256, Some(256)));
    let complete = BundleOptions { complete: true, ..with_key() };
    assert!(matches!(
        verify(folder.path(), &complete),
        Err(VerifyError::Incomplete { records: 256, first: 256 })
    ));
    // Their hashes are still the ones that were signed, or it is found.
    let tile = folder.path().join("tile/0/001");
    let mut hashes = fs::read(&tile).unwrap();
    hashes[0] ^= 1;
    fs::write(&tile, hashes).unwrap();
    assert!(matches!(
        verify(folder.path(), &with_key()),
        Err(VerifyError::Ledger(LedgerError::TileDiffers { first: 256, end: 512, .. }))
    ));
}

#[test]
fn a_changed_byte_in_any_file_is_found() {
    let honest = folder(&Log::new(300, "alice"));
    for path in files(honest.path()).into_iter().filter(|path| !path.ends_with("keys")) {
        let good = fs::read(&path).unwrap();
        let step = if path.ends_with("checkpoint") { 1 } else { good.len() / 40 + 1 };
        for at in (0..good.len()).step_by(step) {
            let mut bad = good.clone();
            bad[at] ^= 1 << (at % 7);
            fs::write(&path, bad).unwrap();
            assert!(verify(honest.path(), &with_key()).is_err(), "{} {at}", path.display());
        }
        for end in [0, 1, good.len() / 2, good.len() - 1] {
            fs::write(&path, &good[..end]).unwrap();
            assert!(verify(honest.path(), &with_key()).is_err(), "{} {end}", path.display());
        }
        fs::write(&path, [good.as_slice(), &[0]].concat()).unwrap();
        assert!(verify(honest.path(), &with_key()).is_err(), "{} longer", path.display());
        fs::write(&path, good).unwrap();
    }
    verify(honest.path(), &with_key()).unwrap();
}

#[test]
fn a_missing_tile_is_named() {
    for name in ["tile/0/000", "tile/0/001", "tile/0/002.p/88", "tile/1/000.p/2"] {
        let error = found(|folder| fs::remove_file(folder.join(name)).unwrap());
        assert!(matches!(&error, VerifyError::Missing { path } if path == name), "{error}");
        assert_eq!(error.status(), 1);
    }
    assert!(matches!(
        found(|folder| fs::remove_file(folder.join("checkpoint")).unwrap()),
        VerifyError::Missing { .. }
    ));
}

#[test]
fn swapped_and_rewritten_records_are_named() {
    let swap = |folder: &Path, a: &str, b: &str| {
        let (a, b) = (folder.join(a), folder.join(b));
        let (first, second) = (fs::read(&a).unwrap(), fs::read(&b).unwrap());
        fs::write(a, second).unwrap();
        fs::write(b, first).unwrap();
    };
    let ledger = |error: VerifyError| match error {
        VerifyError::Ledger(error) => error,
        other => panic!("{other}"),
    };
    assert_eq!(
        ledger(found(|folder| swap(folder, "tile/entries/000", "tile/entries/001"))),
        LedgerError::Moved { seq: 0, own: 256 }
    );
    assert_eq!(
        ledger(found(|folder| swap(folder, "tile/0/000", "tile/0/001"))),
        LedgerError::LeafHashDiffers { seq: 0 }
    );
    let mut rewritten = Log::new(600, "alice");
    rewritten.bodies[300] = fixture::body(300, "mallory");
    let bundle = pack(&rewritten.bodies[256..512]);
    assert_eq!(
        ledger(found(|folder| write(folder, "tile/entries/001", &bundle))),
        LedgerError::LeafHashDiffers { seq: 300 }
    );
    assert_eq!(
        ledger(found(|folder| {
            write(folder, "tile/entries/001", &bundle);
            rewritten.write_tiles(folder);
        })),
        LedgerError::RootDiffers { first: 0, size: 600 }
    );
    assert!(matches!(
        ledger(found(|folder| {
            let spaced = rewritten.bodies[7].replace("\"seq\":7", "\"seq\": 7");
            let mut bodies = rewritten.bodies[..256].to_vec();
            bodies[7] = spaced;
            write(folder, "tile/entries/000", pack(&bodies));
        })),
        LedgerError::Altered { seq: 7, .. }
    ));
}

#[test]
fn cut_long_and_strange_files_are_named() {
    let log = Log::new(600, "alice");
    let name = "tile/entries/001";
    for (bodies, first) in [(log.bodies[256..500].to_vec(), 500), (Vec::new(), 256)] {
        let error = found(|folder| write(folder, name, pack(&bodies)));
        assert!(matches!(error, VerifyError::BundleLength { first: found, .. } if found == first));
    }
    // The last bundle with records more than its name and the checkpoint say.
    let error = found(|folder| write(folder, "tile/entries/002.p/88", pack(&log.bodies[500..600])));
    assert!(matches!(error, VerifyError::BundleLength { found: 100, expected: 88, .. }));
    let error = found(|folder| write(folder, name, [0xff; 600]));
    assert!(matches!(error, VerifyError::Ledger(LedgerError::InvalidBundle { bundle: 1, .. })));
    // Sparse files of a size that nobody should read.
    for name in [name, "tile/0/001", "checkpoint"] {
        let error = found(|folder| {
            File::options().write(true).open(folder.join(name)).unwrap().set_len(1 << 40).unwrap();
        });
        assert!(matches!(error, VerifyError::TooLong { .. }), "{error}");
    }
    let error = found(|folder| {
        fs::remove_file(folder.join(name)).unwrap();
        fs::create_dir(folder.join(name)).unwrap();
    });
    assert!(matches!(error, VerifyError::NotFile { .. }));
    let error = found(|folder| write(folder, "checkpoint", [0xff, 0xfe]));
    assert!(matches!(error, VerifyError::NotText { at: 0, .. }));
}

#[test]
fn a_folder_that_has_grown_serves_an_older_checkpoint() {
    let log = Log::new(600, "alice");
    let folder = folder(&log);
    write(folder.path(), "checkpoint", log.note(300).to_string());
    // As a log may, it has no partial tiles of that size but the full ones; the last level it has anew.
    let tile: Vec<u8> = log
        .leaves()
        .chunks_exact(256)
        .map(|leaves| keyward_ledger::root_of(leaves.iter().copied()).0)
        .take(1)
        .flatten()
        .collect();
    write(folder.path(), "tile/1/000.p/1", tile);
    let report = verify(folder.path(), &with_key()).unwrap();
    assert_eq!((report.records, report.archived), (300, 0));
}

#[test]
fn an_older_checkpoint_must_be_continued() {
    let (log, forked) = (Log::new(600, "alice"), Log::new(900, "mallory"));
    let folder = folder(&log);
    let at = |note| {
        let earlier = Some(note);
        verify(folder.path(), &BundleOptions { earlier, ..with_key() })
    };
    for size in [0, 1, 256, 300, 599, 600] {
        let report = at(log.note(size)).unwrap();
        assert_eq!(report.continues.unwrap().size, size as u64);
    }
    let refusal = |note| match at(note) {
        Err(VerifyError::Ledger(error)) => error,
        other => panic!("{other:?}"),
    };
    assert_eq!(refusal(forked.note(900)), LedgerError::RolledBack { seen: 900, offered: 600 });
    assert_eq!(refusal(forked.note(600)), LedgerError::Forked { size: 600 });
    assert!(matches!(
        refusal(forked.note(300)),
        LedgerError::NotContinued { seen: 300, offered: 600, .. }
    ));
}

/// A log with a full tile on level 1 and a tile on level 2.
#[test]
fn tiles_of_every_level_are_compared() {
    let honest = folder(&Log::new(66_000, "alice"));
    let report = verify(honest.path(), &with_key()).unwrap();
    assert_eq!((report.records, report.tiles), (66_000, 261));
    for (name, first) in [("tile/1/000", 25_600), ("tile/1/001.p/1", 65_536), ("tile/2/000.p/1", 0)]
    {
        let path = honest.path().join(name);
        let good = fs::read(&path).unwrap();
        let mut bad = good.clone();
        let at = if bad.len() > 32 { 100 * 32 } else { 0 };
        bad[at] ^= 1;
        fs::write(&path, bad).unwrap();
        let error = verify(honest.path(), &with_key()).unwrap_err();
        assert_eq!(error.record(), Some(first), "{error}");
        assert!(matches!(error, VerifyError::Ledger(LedgerError::TileDiffers { .. })));
        fs::write(&path, good).unwrap();
    }
}
