//! The local key store's files: edited, left behind, shared by several handles, or out of reach.

use std::{collections::BTreeSet, fs, path::PathBuf, thread};

use crate::bench::{Bench, access, context, read_json, reason, sealing, secret};
use keyward_core::{Code, RootKeyReference, SecretKey, reference::LocalKey};
use keyward_kms::{
    Reason, RootKeyService,
    local::{KeyUse, LocalKeyStore, StoreId},
};
use serde_json::{Value, json};

fn file_of(bench: &Bench) -> PathBuf {
    bench.folder.path().join("acme-root.json")
}

#[tokio::test]
async fn an_edit_of_any_field_is_refused() {
    let (bench, key, reference) = Bench::with_key();
    let administration = bench.store.administration();
    administration.rotate(&key).unwrap();
    administration.tag(&key, "a", "b").unwrap();
    administration.disable(&key).unwrap();
    let path = file_of(&bench);
    let good = read_json(&path);
    let edits = [
        ("/format", json!(2)),
        ("/key/access", json!({})),
        ("/key/access", json!({"acme": ["unwrap", "wrap"], "other": ["unwrap"]})),
        ("/key/access/acme", json!(["unwrap"])),
        ("/key/created_at", json!("2026-11-24T10:00:01Z")),
        ("/key/deletion_at", json!("2026-12-24T10:00:00Z")),
        ("/key/name", json!("other-root")),
        ("/key/revision", json!(3)),
        ("/key/rotates_every_days", json!(1)),
        ("/key/state", json!("enabled")),
        ("/key/state", json!("destroyed")),
        ("/key/store", json!("00".repeat(16))),
        ("/key/tags", json!({})),
        ("/key/tags/a", json!("c")),
        ("/key/versions", json!([])),
        ("/key/versions/1", json!("2026-11-24T10:00:01Z")),
        ("/key/versions", json!([good["key"]["versions"][0]])),
        ("/sealed", json!("")),
        ("/sealed", json!(other_first_digit(good["sealed"].as_str().unwrap()))),
        ("/key", json!(null)),
        ("", json!([])),
    ];
    // Every field there is has an edit of its own above.
    let fields = good["key"].as_object().unwrap().keys().map(|field| format!("/key/{field}"));
    for field in fields.chain(good.as_object().unwrap().keys().map(|field| format!("/{field}"))) {
        assert!(edits.iter().any(|(place, _)| place.starts_with(&field)), "{field} isn't tried");
    }
    for (place, value) in edits {
        let mut edited = good.clone();
        let field = edited.pointer_mut(place).unwrap();
        assert_ne!(*field, value, "{place}");
        *field = value.clone();
        fs::write(&path, serde_json::to_vec(&edited).unwrap()).unwrap();
        let damaged = Some(Reason::StoreDamaged);
        for store in [&bench.store, &bench.second_handle()] {
            let administration = store.administration();
            assert_eq!(reason(store.describe(&reference).await), damaged, "{place} = {value}");
            assert_eq!(reason(administration.enable(&key)), damaged, "{place} = {value}");
            let listed = administration.list().unwrap().remove(0).unwrap_err();
            assert_eq!(listed.code(), Code::StateCorrupt);
        }
    }
    let mut more = good.clone();
    more["key"]["note"] = json!("x");
    for bytes in [&b""[..], b"{", b"\xff\xfe", &serde_json::to_vec(&more).unwrap()] {
        fs::write(&path, bytes).unwrap();
        assert_eq!(reason(bench.store.describe(&reference).await), Some(Reason::StoreDamaged));
    }
    // Written otherwise, but saying the same: not an edit.
    fs::write(&path, serde_json::to_vec(&good).unwrap()).unwrap();
    assert_eq!(reason(bench.store.describe(&reference).await), None);
}

#[tokio::test]
async fn a_file_serves_under_its_own_name_and_in_its_own_store_only() {
    let (bench, _, reference) = Bench::with_key();
    let copy = bench.folder.path().join("copy.json");
    fs::copy(file_of(&bench), &copy).unwrap();
    let renamed: RootKeyReference = "local:copy".parse().unwrap();
    assert_eq!(reason(bench.store.describe(&renamed).await), Some(Reason::StoreDamaged));

    let elsewhere = tempfile::tempdir().unwrap();
    let id = StoreId::from_bytes([1; 16]);
    let other = LocalKeyStore::create(elsewhere.path(), sealing(), id).unwrap();
    fs::copy(file_of(&bench), elsewhere.path().join("acme-root.json")).unwrap();
    assert_eq!(reason(other.describe(&reference).await), Some(Reason::StoreDamaged));
}

#[test]
fn a_store_opens_with_its_own_secret_only() {
    let bench = Bench::new();
    let folder = bench.folder.path();
    let wrong = LocalKeyStore::open(folder, SecretKey::new([8; 32])).unwrap_err();
    assert_eq!(wrong.reason, Reason::StoreDamaged);
    let again = LocalKeyStore::create(folder, sealing(), StoreId::from_bytes([1; 16]));
    assert_eq!(reason(again), Some(Reason::AlreadyExists));
    assert_eq!(LocalKeyStore::open(folder, sealing()).unwrap().id(), bench.store.id());

    let path = folder.join(".keystore");
    let good = read_json(&path);
    for (field, value) in
        [("format", json!(2)), ("id", json!("00".repeat(16))), ("proof", json!(""))]
    {
        let mut edited = good.clone();
        edited[field] = value;
        fs::write(&path, serde_json::to_vec(&edited).unwrap()).unwrap();
        let refused = LocalKeyStore::open(folder, sealing());
        assert_eq!(reason(refused), Some(Reason::StoreDamaged), "{field}");
    }
    let empty = tempfile::tempdir().unwrap();
    let missing = LocalKeyStore::open(empty.path(), sealing()).unwrap_err();
    assert_eq!((missing.reason, missing.code()), (Reason::StoreUnavailable, Code::Machine));
}

#[tokio::test]
async fn a_change_by_another_process_is_seen_by_the_next_call() {
    let (bench, key, reference) = Bench::with_key();
    let (one, two) = (&bench.store, bench.second_handle());
    let context = context("acme");
    let blob = one.wrap(&reference, &context, &secret()).await.unwrap().blob;
    // Quicker than the file system's clock ticks, and settled in memory before.
    for pause in [0, 0, 0, 120] {
        thread::sleep(std::time::Duration::from_millis(pause));
        for _ in 0..50 {
            assert_eq!(reason(one.unwrap(&reference, &context, &blob).await), None);
            two.administration().disable(&key).unwrap();
            let refused = one.unwrap(&reference, &context, &blob).await;
            assert_eq!(reason(refused), Some(Reason::Disabled));
            two.administration().enable(&key).unwrap();
        }
    }
    // Of the same length in the file: the lists differ in one tenant's name only.
    for _ in 0..50 {
        for tenant in ["other", "third"] {
            let tenant = tenant.parse().unwrap();
            two.administration().allow(&key, &tenant, &KeyUse::ALL).unwrap();
            let its = keyward_core::EncryptionContext::for_tenant(&tenant);
            assert_eq!(reason(one.wrap(&reference, &its, &secret()).await), None);
            two.administration().deny(&key, &tenant).unwrap();
            let refused = one.wrap(&reference, &its, &secret()).await;
            assert_eq!(reason(refused), Some(Reason::AccessDenied));
        }
    }
}

#[tokio::test]
async fn concurrent_rotations_lose_none() {
    let (bench, key, reference) = Bench::with_key();
    let mut versions = BTreeSet::new();
    thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|_| {
                let (store, key) = (bench.second_handle(), &key);
                scope.spawn(move || {
                    let rotate = |_| store.administration().rotate(key).unwrap();
                    (0..10).map(rotate).collect::<Vec<_>>()
                })
            })
            .collect();
        for thread in threads {
            versions.extend(thread.join().unwrap());
        }
    });
    assert!(versions.into_iter().eq(2..=81));
    assert_eq!(bench.store.describe(&reference).await.unwrap().version, 81);
}

#[tokio::test]
async fn readers_are_served_while_others_write() {
    let (bench, key, reference) = Bench::with_key();
    let context = context("acme");
    let blob = bench.store.wrap(&reference, &context, &secret()).await.unwrap().blob;
    let writer = bench.second_handle();
    let writing = thread::spawn(move || {
        for _ in 0..50 {
            writer.administration().rotate(&key).unwrap();
        }
    });
    while !writing.is_finished() {
        let opened = bench.store.unwrap(&reference, &context, &blob).await.unwrap();
        assert_eq!(opened.expose(), secret().expose());
    }
    writing.join().unwrap();
}

#[tokio::test]
async fn what_a_killed_writer_left_is_ignored_and_removed() {
    let (bench, key, reference) = Bench::with_key();
    let leftover = bench.folder.path().join(".tmp-abc123");
    fs::write(&leftover, &fs::read(file_of(&bench)).unwrap()[..50]).unwrap();
    fs::write(bench.folder.path().join(".tmp-x.json"), "{").unwrap();
    fs::write(bench.folder.path().join("Not A Key.json"), "{").unwrap();
    assert_eq!(reason(bench.store.describe(&reference).await), None);
    let listed = bench.store.administration().list().unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].as_ref().unwrap().name, key.name());
    bench.second_handle();
    assert!(!leftover.exists());
    assert_eq!(reason(bench.store.rotate(&reference).await), None);
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_read_the_files() {
    use std::os::unix::fs::PermissionsExt;
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("a/keys");
    let store = LocalKeyStore::create(&folder, sealing(), StoreId::from_bytes([1; 16])).unwrap();
    let key: LocalKey = "acme-root".parse().unwrap();
    store.administration().create_key(&key, access("acme")).unwrap();
    let mode = |path: &str| fs::metadata(folder.join(path)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(""), 0o700);
    assert_eq!((mode(".keystore"), mode("acme-root.json")), (0o600, 0o600));
}

#[tokio::test]
async fn a_folder_that_is_gone_is_no_denial() {
    let (bench, key, reference) = Bench::with_key();
    fs::remove_file(file_of(&bench)).unwrap();
    fs::create_dir(file_of(&bench)).unwrap();
    let unreadable = bench.store.describe(&reference).await.unwrap_err();
    assert_eq!(unreadable.reason, Reason::StoreUnavailable, "{unreadable}");
    assert!(unreadable.provider_code.is_some());
    fs::remove_dir(file_of(&bench)).unwrap();
    fs::remove_dir_all(bench.folder.path()).unwrap();
    let refused = bench.store.administration().rotate(&key).unwrap_err();
    assert_eq!(refused.reason, Reason::StoreUnavailable);
    let value: Value = json!(refused.code());
    assert_eq!(value, "machine");
}

/// A base64 text whose first digit is another one.
fn other_first_digit(text: &str) -> String {
    let first = if text.starts_with('A') { 'B' } else { 'A' };
    format!("{first}{}", &text[1..])
}
