//! Stored messages that are not what was stored.

use std::{
    io::Write,
    path::Path,
    sync::{Arc, Mutex},
};

use keyward_core::{Code, LoggedNames, ObjectName};
use keyward_tests::{behind::Mounted, random::Random, skip::skip};

use crate::Place;

const FRAME: usize = 65_536;

/// Three frames, the last a short one.
fn plaintext() -> Vec<u8> {
    Random::new(1).bytes(2 * FRAME + 1000)
}

/// What a stream has given so far.
#[derive(Clone, Default)]
struct Given(Arc<Mutex<Vec<u8>>>);

impl Write for Given {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// No way of reading gives anything but the truth: whole and into a file nothing at all, as a stream a
/// true beginning and then the failure, by range what is intact or nothing.
async fn is_rejected(place: &Place, name: &str, plaintext: &[u8], what: &str) {
    is_rejected_whole(place, name, what).await;
    let Place { workspace, acme, docs, .. } = place;
    let engine = &workspace.engine;
    let context = workspace.application();
    let name: ObjectName = name.parse().unwrap();

    let target = workspace.path().join("out");
    std::fs::write(&target, "what was there").unwrap();
    let done = engine.read_to_file(&context, acme, docs, &name, &target).await;
    assert_eq!(done.unwrap_err().code(), Code::CiphertextRejected, "{what}, to a file");
    assert_eq!(std::fs::read(&target).unwrap(), b"what was there", "{what}, to a file");

    let given = Given::default();
    let done = engine.read_stream(&context, acme, docs, &name, given.clone()).await;
    assert_eq!(done.unwrap_err().code(), Code::CiphertextRejected, "{what}, as a stream");
    let given = given.0.lock().unwrap().clone();
    assert!(plaintext.starts_with(&given), "{what}: the stream gave something else");

    let end = plaintext.len() as u64;
    let frame = FRAME as u64;
    for range in [0..1, 10..frame + 10, frame..2 * frame, 2 * frame + 5..end, end - 1..end] {
        let (from, to) = (range.start as usize, range.end as usize);
        match engine.read_range(&context, acme, docs, &name, range).await {
            Ok(read) => assert_eq!(read[..], plaintext[from..to], "{what}, {from}..{to}"),
            Err(error) => {
                assert_eq!(error.code(), Code::CiphertextRejected, "{what}, {from}..{to}");
            }
        }
    }
}

async fn is_rejected_whole(place: &Place, name: &str, what: &str) {
    let read = place.workspace.get(&place.acme, &place.docs, name).await;
    assert_eq!(read.map(drop).unwrap_err().code(), Code::CiphertextRejected, "{what}");
    place.recorded("object.read", Code::CiphertextRejected).await;
}

/// Each thing that can be done to the bytes of a message.
fn damages(message: &[u8]) -> Vec<(String, Vec<u8>)> {
    let with = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = message.to_vec();
        change(&mut bytes);
        bytes
    };
    let length = message.len();
    // From the end, since the header's length is the message's own business: the last frame has 1,000
    // bytes, a sequence number of 4 after the mark of 4, an IV of 12, a length of 4, and a tag of 16.
    let last = length - (4 + 4 + 12 + 4 + 1000 + 16);
    let regular = 4 + 12 + FRAME + 16;
    let header = last - 2 * regular;
    let mut damages = Vec::new();
    for (what, at) in [
        ("the version", 0),
        ("the suite", 2),
        ("the message id", 10),
        ("the context", 60),
        ("the entry", header - 120),
        ("the commitment", header - 40),
        ("the header's tag", header - 1),
        ("the first sequence number", header + 3),
        ("the first IV", header + 5),
        ("the first frame", header + 16),
        ("the first frame's middle", header + 16 + FRAME / 2),
        ("the first tag", header + regular - 1),
        ("the second frame", header + regular + 20),
        ("the second tag", last - 1),
        ("the last frame's mark", last),
        ("the last sequence number", last + 7),
        ("the last IV", last + 9),
        ("the last length", last + 23),
        ("the last frame", last + 24),
        ("the last tag", length - 1),
    ] {
        damages.push((format!("a bit of {what}"), with(&|bytes| bytes[at] ^= 1)));
    }
    for (what, to) in [
        ("to nothing", 0),
        ("to a byte", 1),
        ("in the header", header / 2),
        ("to all but the header's last byte", header - 1),
        ("to the header", header),
        ("after the header", header + 1),
        ("in the first frame", header + 5_000),
        ("to one frame", header + regular),
        ("to all but the last frame", last),
        ("in the last frame", last + 500),
        ("by a byte", length - 1),
    ] {
        damages.push((format!("cut {what}"), message[..to].to_vec()));
    }
    damages.push(("extended by a byte".into(), with(&|bytes| bytes.push(0))));
    damages.push(("extended by itself".into(), with(&|bytes| bytes.extend_from_slice(message))));
    damages.push((
        "its last frame twice".into(),
        with(&|bytes| bytes.extend_from_slice(&message[last..])),
    ));
    damages.push((
        "its frames swapped".into(),
        with(&|bytes| bytes[header..last].rotate_left(regular)),
    ));
    damages.push((
        "its first frame left out".into(),
        with(&|bytes| drop(bytes.drain(header..header + regular))),
    ));
    damages.push(("an unknown suite".into(), with(&|bytes| bytes[1..3].copy_from_slice(&[9, 9]))));
    // AES-256-GCM, HKDF-SHA-256 without commitment (algorithm-suites.md): of format version 1 only.
    let plain = with(&|bytes| bytes[1..3].copy_from_slice(&[0x01, 0x78]));
    damages.push(("a suite without commitment".into(), plain));
    let first = with(&|bytes| bytes[0] = 1);
    damages.push(("format version 1".into(), first));
    damages.push(("zeros".into(), vec![0; length]));
    damages.push(("text".into(), b"Dear reader, ".repeat(length / 13)));
    damages
}

#[tokio::test]
async fn a_damaged_message_gives_nothing() {
    let place = Place::new().await;
    let plaintext = plaintext();
    place.workspace.put(&place.acme, &place.docs, "a", &plaintext).await.unwrap();
    let file = place.file(&place.acme, "a").await;
    let message = std::fs::read(&file).unwrap();
    for (what, bytes) in damages(&message) {
        assert_ne!(bytes, message, "{what}");
        std::fs::write(&file, &bytes).unwrap();
        is_rejected(&place, "a", &plaintext, &what).await;
    }
    std::fs::remove_file(&file).unwrap();
    is_rejected(&place, "a", &plaintext, "gone").await;
    // It is the object's name that is unknown only where there is no such object.
    let unknown = place.workspace.get(&place.acme, &place.docs, "b").await.unwrap_err();
    assert_eq!(unknown.code(), Code::ObjectNotFound);
    place.unharmed().await;
    std::fs::write(&file, &message).unwrap();
    let read = place.workspace.get(&place.acme, &place.docs, "a").await.unwrap();
    assert_eq!(read, plaintext);
}

/// No bit of a small message can be flipped unnoticed.
#[tokio::test]
async fn every_bit_of_a_message_counts() {
    let place = Place::new().await;
    place.workspace.put(&place.acme, &place.docs, "a", b"small").await.unwrap();
    let file = place.file(&place.acme, "a").await;
    let message = std::fs::read(&file).unwrap();
    for at in 0..message.len() {
        let mut bytes = message.clone();
        bytes[at] ^= 1 << (at % 8);
        std::fs::write(&file, &bytes).unwrap();
        let read = place.workspace.get(&place.acme, &place.docs, "a").await;
        assert_eq!(read.unwrap_err().code(), Code::CiphertextRejected, "byte {at}");
    }
    place.unharmed().await;
}

/// Whole and intact messages, but not the one that belongs under the name.
#[tokio::test]
async fn a_message_opens_under_its_own_name_only() {
    let place = Place::new().await;
    let Place { workspace, acme, other, docs, .. } = &place;
    let plaintext = plaintext();
    workspace.put(acme, docs, "old", &plaintext).await.unwrap();
    let old = place.file(acme, "old").await;
    let older_message = std::fs::read(&old).unwrap();
    workspace.put(acme, docs, "a", &plaintext).await.unwrap();
    workspace.put(acme, docs, "b", &plaintext).await.unwrap();
    workspace.put(other, docs, "a", &plaintext).await.unwrap();
    let more = "more".parse().unwrap();
    workspace
        .engine
        .create_dataset(&workspace.admin(), acme, &more, &[], LoggedNames::Plain)
        .await
        .unwrap();
    workspace.put(acme, &more, "a", &plaintext).await.unwrap();

    let a = place.file(acme, "a").await;
    let b = place.file(acme, "b").await;
    let theirs = place.file(other, "a").await;
    let message = std::fs::read(&a).unwrap();
    let folder = workspace.objects().join("acme/more/objects");
    let elsewhere = only_file(&folder);
    for (what, bytes) in [
        ("another object's", std::fs::read(&b).unwrap()),
        ("another tenant's", std::fs::read(theirs).unwrap()),
        ("another dataset's", std::fs::read(elsewhere).unwrap()),
        ("an older one's", older_message),
    ] {
        std::fs::write(&a, bytes).unwrap();
        // Not even a range: the context is checked before any key is touched.
        is_rejected(&place, "a", &plaintext, what).await;
        let name = "a".parse().unwrap();
        let context = workspace.application();
        let range = workspace.engine.read_range(&context, acme, docs, &name, 0..10).await;
        assert_eq!(range.unwrap_err().code(), Code::CiphertextRejected, "{what}");
    }
    std::fs::rename(&b, &a).unwrap();
    std::fs::write(&b, message).unwrap();
    is_rejected_whole(&place, "a", "swapped").await;
    is_rejected_whole(&place, "b", "swapped").await;
    place.unharmed().await;
}

/// The same for an entry that a rekey has moved beside its message.
#[tokio::test]
async fn a_damaged_detached_entry_gives_nothing() {
    let place = Place::new().await;
    let Place { workspace, acme, docs, .. } = &place;
    let plaintext = plaintext();
    workspace.put(acme, docs, "a", &plaintext).await.unwrap();
    workspace.put(acme, docs, "b", &plaintext).await.unwrap();
    let rotate = async || {
        workspace.engine.rotate_data_key(&workspace.admin(), acme, docs).await.unwrap();
        workspace.engine.rekey(&workspace.admin(), acme, docs).await.unwrap()
    };
    rotate().await;
    let file = place.file(acme, "a").await.with_extension("2.entry");
    let other = place.file(acme, "b").await.with_extension("2.entry");
    let entry = std::fs::read(&file).unwrap();
    let mut flipped = entry.clone();
    flipped[entry.len() - 1] ^= 1;
    for (what, bytes) in [
        ("a bit", flipped),
        ("cut", entry[..entry.len() - 1].to_vec()),
        ("cut to nothing", Vec::new()),
        ("extended", [&entry[..], &[0]].concat()),
        ("another object's", std::fs::read(other).unwrap()),
    ] {
        std::fs::write(&file, bytes).unwrap();
        is_rejected(&place, "a", &plaintext, what).await;
    }
    std::fs::remove_file(&file).unwrap();
    is_rejected(&place, "a", &plaintext, "gone").await;
    // A rekey says which it couldn't move, and moves the others.
    let rekeyed = rotate().await;
    assert_eq!((rekeyed.failed, rekeyed.moved, rekeyed.remaining), (vec!["a".to_owned()], 1, 1));
    assert_eq!(workspace.get(acme, docs, "b").await.unwrap(), plaintext);
    std::fs::write(&file, &entry).unwrap();
    let rekeyed = workspace.engine.rekey(&workspace.admin(), acme, docs).await.unwrap();
    assert_eq!((rekeyed.moved, rekeyed.remaining), (1, 0));
    assert_eq!(workspace.get(acme, docs, "a").await.unwrap(), plaintext);
    place.unharmed().await;
}

/// A full disk where the plaintext should go: no file, not even a part of one.
#[tokio::test]
async fn a_full_disk_takes_no_part_of_a_plaintext() {
    let place = Place::new().await;
    let Place { workspace, acme, docs, .. } = &place;
    workspace.put(acme, docs, "a", &plaintext()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let Some(disk) = Mounted::over(folder.path(), "1m") else {
        return skip(
            "a_full_disk_takes_no_part_of_a_plaintext",
            "only root may mount file systems",
        );
    };
    let filler = disk.fill();
    let target = folder.path().join("out");
    let name = "a".parse().unwrap();
    let context = workspace.application();
    let full = workspace.engine.read_to_file(&context, acme, docs, &name, &target).await;
    assert_eq!(full.unwrap_err().code(), Code::DiskFull);
    assert!(!target.exists());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "the filler alone");
    std::fs::remove_file(filler).unwrap();
    workspace.engine.read_to_file(&context, acme, docs, &name, &target).await.unwrap();
    assert_eq!(std::fs::read(&target).unwrap(), plaintext());
}

fn only_file(folder: &Path) -> std::path::PathBuf {
    let mut path = folder.to_owned();
    while path.is_dir() {
        path = std::fs::read_dir(&path).unwrap().next().unwrap().unwrap().path();
    }
    path
}
