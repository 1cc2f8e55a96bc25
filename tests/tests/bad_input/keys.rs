//! Wrapped data keys and sidecars that are not what Keyward wrote.

use keyward_core::{Code, LoggedNames};
use keyward_engine::{RewrapOptions, RewrapProgress, Sidecar};
use keyward_tests::behind;

use crate::Place;

/// Each way to meddle with `acme/docs`' first data key, as SQL; `other/docs`, `acme/more` and a second
/// version are there to take from.
const MEDDLINGS: [(&str, &str); 9] = [
    ("its first byte", "X'ff' || substr(wrapped, 2)"),
    ("its last byte", "substr(wrapped, 1, length(wrapped) - 1) || X'00'"),
    ("cut", "substr(wrapped, 1, length(wrapped) - 1)"),
    ("cut to nothing", "X''"),
    ("extended", "wrapped || X'00'"),
    ("zeros", "zeroblob(length(wrapped))"),
    (
        "another version's",
        "(SELECT wrapped FROM data_keys WHERE tenant = 'acme' AND dataset = 'docs' AND version = 2)",
    ),
    (
        "another dataset's",
        "(SELECT wrapped FROM data_keys WHERE tenant = 'acme' AND dataset = 'more')",
    ),
    (
        "another tenant's",
        "(SELECT wrapped FROM data_keys WHERE tenant = 'other' AND dataset = 'docs')",
    ),
];

#[tokio::test]
async fn a_wrapped_data_key_that_was_meddled_with_opens_nothing() {
    let place = Place::new().await;
    let Place { workspace, acme, docs, .. } = &place;
    let admin = || workspace.admin();
    workspace.put(acme, docs, "a", b"secret").await.unwrap();
    let more = "more".parse().unwrap();
    workspace.engine.create_dataset(&admin(), acme, &more, &[], LoggedNames::Plain).await.unwrap();
    workspace.engine.rotate_data_key(&admin(), acme, docs).await.unwrap();
    workspace.put(acme, docs, "b", b"under the second").await.unwrap();
    let database = workspace.database();
    behind::run(&database, "CREATE TABLE kept AS SELECT id, wrapped FROM data_keys").await;
    let row = "WHERE tenant = 'acme' AND dataset = 'docs' AND version = 1";
    for (what, bytes) in MEDDLINGS {
        let meddle = format!("UPDATE data_keys SET wrapped = CAST({bytes} AS BLOB) {row}");
        behind::run(&database, &meddle).await;
        let fresh = place.fresh().await;
        let read = fresh.get(acme, docs, "a").await;
        assert_eq!(read.unwrap_err().code(), Code::CiphertextRejected, "{what}");
        place.recorded("object.read", Code::CiphertextRejected).await;
        assert_eq!(fresh.get(acme, docs, "b").await.unwrap(), b"under the second", "{what}");
        // Whoever can flip a bit in a row must not be able to lock the tenant out.
        place.unharmed().await;

        // A rewrap sets it aside with its reason and moves the others.
        let rotation = keyward_engine::RootKeyRotation::NewVersion;
        fresh.engine.rotate_root_key(&admin(), acme, rotation).await.unwrap();
        let options = RewrapOptions { retry_quarantined: true, ..RewrapOptions::default() };
        let report =
            fresh.engine.rewrap(&admin(), acme, options, &RewrapProgress::unwatched).await.unwrap();
        assert_eq!((report.progress.rewrapped, report.progress.quarantined), (2, 1), "{what}");
        assert_eq!(report.quarantine[0].code, "ciphertext-rejected", "{what}");
        assert_eq!(report.quarantine[0].key.to_string(), "dk:acme/docs/1", "{what}");
        // Put back, it is moved like any other.
        let back = format!(
            "UPDATE data_keys SET wrapped = (SELECT wrapped FROM kept WHERE kept.id = data_keys.id) {row}"
        );
        behind::run(&database, &back).await;
        let report =
            fresh.engine.rewrap(&admin(), acme, options, &RewrapProgress::unwatched).await.unwrap();
        assert!(report.remaining.is_empty() && report.quarantine.is_empty(), "{what}: {report:?}");
        assert_eq!(place.fresh().await.get(acme, docs, "a").await.unwrap(), b"secret", "{what}");
        let keep = "UPDATE kept SET wrapped =
            (SELECT wrapped FROM data_keys WHERE data_keys.id = kept.id)";
        behind::run(&database, keep).await;
    }
}

/// A key that was set aside and put back is moved by the next read as well, and then set aside no more.
#[tokio::test]
async fn a_read_lets_a_mended_key_out_of_quarantine() {
    let place = Place::new().await;
    let Place { workspace, acme, docs, .. } = &place;
    let engine = &workspace.engine;
    workspace.put(acme, docs, "a", b"secret").await.unwrap();
    let database = workspace.database();
    behind::run(&database, "CREATE TABLE kept AS SELECT id, wrapped FROM data_keys").await;
    behind::run(&database, "UPDATE data_keys SET wrapped = X'00' WHERE tenant = 'acme'").await;
    let rotation = keyward_engine::RootKeyRotation::NewVersion;
    engine.rotate_root_key(&workspace.admin(), acme, rotation).await.unwrap();
    let rewrap = async || {
        let options = RewrapOptions::default();
        engine.rewrap(&workspace.admin(), acme, options, &RewrapProgress::unwatched).await.unwrap()
    };
    assert_eq!(rewrap().await.quarantine.len(), 1);
    let back = "UPDATE data_keys SET wrapped =
        (SELECT wrapped FROM kept WHERE kept.id = data_keys.id)";
    behind::run(&database, back).await;
    assert_eq!(workspace.get(acme, docs, "a").await.unwrap(), b"secret");
    let report = rewrap().await;
    assert!(report.remaining.is_empty() && report.quarantine.is_empty(), "{report:?}");
    assert_eq!(report.progress.rewrapped, 0, "the read has moved it");
    place.unharmed().await;
}

/// Keyward never reads a sidecar, and the next change of its dataset writes it anew.
#[tokio::test]
async fn a_corrupt_sidecar_harms_nothing_and_is_mended() {
    let place = Place::new().await;
    let Place { workspace, acme, docs, .. } = &place;
    workspace.put(acme, docs, "a", b"secret").await.unwrap();
    let path = workspace.objects().join("acme/docs/keys.json");
    let good = std::fs::read(&path).unwrap();
    let mut flipped = good.clone();
    flipped[good.len() / 2] ^= 1;
    for (what, bytes) in [("flipped", flipped), ("cut", good[..20].to_vec()), ("empty", vec![])] {
        std::fs::write(&path, bytes).unwrap();
        assert_eq!(place.fresh().await.get(acme, docs, "a").await.unwrap(), b"secret", "{what}");
        let rotated = workspace.engine.rotate_data_key(&workspace.admin(), acme, docs).await;
        let rotated = rotated.unwrap().data_key;
        let sidecar: Sidecar = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let newest = sidecar.data_keys.last().unwrap();
        assert_eq!(format!("dk:acme/docs/{}", newest.version), rotated, "{what}");
        assert_eq!(newest.version as usize, sidecar.data_keys.len(), "{what}");
    }
    std::fs::remove_file(&path).unwrap();
    workspace.engine.rotate_data_key(&workspace.admin(), acme, docs).await.unwrap();
    assert!(path.exists());
    place.unharmed().await;
}
