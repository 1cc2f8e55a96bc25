//! A log in a tlog-tiles folder as Go sees it, at the sizes around nothing, around a tile, where a level
//! is full and at a million: `sumdb/note` opens its checkpoints, `tlog` makes the same proofs from its tiles
//! as we do, and Tessera's `fsck` computes all of it anew.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use keyward_core::{Actor, RequestId, Role, SecretKey};
use keyward_ledger::{Action, Origin, Outcome, Record, SigningKey};
use keyward_tests::{
    peers::{fsck::Fsck, go::go, go_log::Dialogue},
    tiles::TilesFolder,
};
use serde_json::json;

const SIZES: [u64; 8] = [0, 1, 2, 255, 256, 257, 65_536, 1_000_000];
/// Plenty for a folder of a few hundred records.
const SHORT: Duration = Duration::from_secs(5);

#[test]
fn go_agrees_on_a_folder_at_every_size() {
    let Some(go) = go("log_go") else { return };
    let Some(fsck) = Fsck::find("log_go") else { return };
    let (origin, key, vkey) = identity(42);
    let (_, _, other_vkey) = identity(43);
    let folder = tempfile::tempdir().unwrap();
    let mut log = TilesFolder::new(folder.path());
    let records = Records::new();
    let mut earlier: Vec<(u64, String)> = Vec::new();
    for size in SIZES {
        while log.size() < size {
            log.append(&records.body(log.size()));
        }
        let (checkpoint, note) = log.publish(&origin, &key);
        assert_eq!(fsck.check(log.path(), &vkey), Ok(size));

        let mut dialogue = Dialogue::default();
        dialogue.ask_folder(log.path(), &vkey, &checkpoint);
        dialogue.refuse(json!({"op": "folder", "folder": log.path(), "vkey": other_vkey.as_str()}));
        let mut indexes =
            vec![0, 1, 254, 255, 256, size / 2, size.saturating_sub(2), size - size.min(1)];
        indexes.retain(|index| *index < size);
        for index in indexes {
            let proof = log.inclusion(index);
            let body = records.body(index);
            dialogue.ask_folder_record(log.path(), &vkey, index, &body, Some(&proof));
        }
        for (size, note) in &earlier {
            // From nothing there is no proof.
            let proof = (*size > 0).then(|| log.consistency(*size));
            dialogue.ask_folder_grown(log.path(), &vkey, note, proof.as_deref());
        }
        dialogue.hold(&go);
        earlier.push((size, note));
    }
}

/// `fsck` ends with 0 whatever it finds: what it finds here must reach us all the same.
#[test]
fn a_folder_that_was_tampered_with_is_refused() {
    let Some(go) = go("log_go") else { return };
    let Some(fsck) = Fsck::find("log_go") else { return };
    let (origin, key, vkey) = identity(42);
    let (_, other_key, _) = identity(43);
    let folder = tempfile::tempdir().unwrap();
    let mut log = TilesFolder::new(folder.path());
    let records = Records::new();
    while log.size() < 300 {
        log.append(&records.body(log.size()));
    }
    let (_, early) = log.publish(&origin, &key);
    while log.size() < 600 {
        log.append(&records.body(log.size()));
    }
    log.publish(&origin, &key);
    let accept = || {
        assert_eq!(fsck.check(folder.path(), &vkey), Ok(600));
        let mut dialogue = Dialogue::default();
        dialogue.ask_folder_record(folder.path(), &vkey, 7, &Records::new().body(7), None);
        dialogue.ask_folder_record(folder.path(), &vkey, 599, &Records::new().body(599), None);
        dialogue.ask_folder_grown(folder.path(), &vkey, &early, None);
        dialogue.hold(&go);
    };
    // Refused by the program that reads it all, and by the proof that needs the file.
    let refuse = |op: &str, index: u64| {
        let said = fsck.check_within(folder.path(), &vkey, SHORT).unwrap_err();
        let mut dialogue = Dialogue::default();
        dialogue.refuse(json!({
            "op": op, "folder": folder.path(), "vkey": vkey, "index": index, "note": early,
        }));
        dialogue.hold(&go);
        said
    };
    accept();

    let record = Altered::new(folder.path(), "tile/entries/000", |bytes| bytes[9] ^= 1);
    refuse("folder-record", 0);
    drop(record);

    let swapped = Altered::new(folder.path(), "tile/entries/000", |bytes| {
        let length = 2 + usize::from(u16::from_be_bytes([bytes[0], bytes[1]]));
        bytes[..2 * length].rotate_left(length);
    });
    let said = refuse("folder-record", 1);
    assert!(said.contains("fsck failed"), "{said}");
    drop(swapped);

    let cut = Altered::new(folder.path(), "tile/entries/002.p/88", |bytes| {
        bytes.truncate(bytes.len() - 1)
    });
    let said = refuse("folder-record", 599);
    assert!(said.contains("unmarshal"), "{said}");
    drop(cut);

    let tile = Altered::new(folder.path(), "tile/0/001", |bytes| bytes[0] ^= 1);
    let said = refuse("folder-record", 300);
    assert!(said.contains("tile/0/001"), "{said}");
    drop(tile);

    let above = Altered::new(folder.path(), "tile/1/000.p/2", |bytes| bytes.swap(0, 32));
    let said = refuse("folder", 0);
    assert!(said.contains("tile/1/000.p/2"), "{said}");
    drop(above);

    let missing = Altered::new(folder.path(), "tile/entries/001", Vec::clear);
    refuse("folder-record", 256);
    drop(missing);

    // The same tree, signed by somebody else.
    let whole = fs::read_to_string(folder.path().join("checkpoint")).unwrap();
    log.publish(&origin, &other_key);
    let said = refuse("folder", 0);
    assert!(said.contains("checkpoint"), "{said}");
    fs::write(folder.path().join("checkpoint"), &whole).unwrap();

    // The whole log written anew with one record changed, by the holder of the key: it is a good log, but
    // not the one that the earlier checkpoint was of.
    let fork = tempfile::tempdir().unwrap();
    let mut forked = TilesFolder::new(fork.path());
    while forked.size() < 600 {
        let body = records.body(forked.size());
        forked.append(&if forked.size() == 7 { body.replace("alice", "mallory") } else { body });
    }
    forked.publish(&origin, &key);
    assert_eq!(fsck.check(fork.path(), &vkey), Ok(600));
    let mut dialogue = Dialogue::default();
    dialogue
        .refuse(json!({"op": "folder-grown", "folder": fork.path(), "vkey": vkey, "note": early}));
    dialogue.hold(&go);

    accept();
}

fn identity(seed: u8) -> (Origin, SigningKey, String) {
    let origin: Origin = "keyward.example/9f86d081884c7d65".parse().unwrap();
    let key = SigningKey::from_seed(&SecretKey::new([seed; 32]));
    let vkey = key.verifier(&origin).to_string();
    (origin, key, vkey)
}

/// Records by their number: one is made in earnest, and the others from its text, since a million would
/// take longer to make than to check.
struct Records {
    before: String,
    after: String,
}

impl Records {
    const FIRST: u64 = 8_000_000;

    fn new() -> Self {
        let text = record(Self::FIRST).to_canonical().unwrap();
        // The number is in the text twice, as `bytes` and as `seq`.
        let (before, rest) = text.split_once(&Self::FIRST.to_string()).unwrap();
        Self { before: before.into(), after: rest.into() }
    }

    fn body(&self, seq: u64) -> String {
        let number = seq.to_string();
        let after = self.after.replacen(&Self::FIRST.to_string(), &number, 1);
        format!("{}{number}{after}", self.before)
    }
}

#[test]
fn records_made_from_the_text_of_one_are_records() {
    let records = Records::new();
    for seq in [0, 1, 255, 65_536, 999_999] {
        assert_eq!(records.body(seq), record(seq).to_canonical().unwrap());
    }
}

fn record(seq: u64) -> Record {
    Record {
        seq,
        time: chrono::DateTime::from_timestamp_micros(1_795_515_781_000_000).unwrap(),
        actor: Actor("alice".into()),
        role: Role::Application,
        tenant: None,
        key: None,
        key_version: None,
        action: Action::ObjectRead,
        outcome: Outcome::Ok,
        code: None,
        region: "eu-central-1".parse().unwrap(),
        request: RequestId::from_bytes([7; 16]),
        details: json!({"bytes": seq}).as_object().unwrap().clone(),
    }
}

/// A file that is as it was again when this is dropped.
struct Altered {
    path: PathBuf,
    whole: Vec<u8>,
}

impl Altered {
    fn new(folder: &Path, file: &str, alter: impl FnOnce(&mut Vec<u8>)) -> Self {
        let path = folder.join(file);
        let whole = fs::read(&path).unwrap();
        let mut altered = whole.clone();
        alter(&mut altered);
        assert_ne!(altered, whole);
        fs::write(&path, altered).unwrap();
        Self { path, whole }
    }
}

impl Drop for Altered {
    fn drop(&mut self) {
        fs::write(&self.path, &self.whole).unwrap();
    }
}
