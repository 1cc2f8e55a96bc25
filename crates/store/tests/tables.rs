//! Every table: what goes in comes out, what may not change doesn't, and pages lose and repeat nothing.

mod common;

use common::{
    acme, behind, data_key, data_key_id, data_keys, dataset_name, empty, meddle, root_key, time,
    with_tenant,
};
use keyward_core::{
    ChallengeId, Code, KeyState, LoggedNames, ObjectId, ObjectName, RequestId, RootKeyId,
    WorkspaceId,
};
use keyward_store::{
    StoreError,
    layout::StoredPath,
    tables::{
        approver_keys::{self, ApproverKey},
        challenges::{self, Challenge, ChallengeKind, ChallengeState},
        data_keys::{self as keys, WrappedBy},
        datasets,
        garbage::{self, Garbage},
        intents, key_transitions,
        key_transitions::Transition,
        objects::{self, Moved, Object, Totals},
        quarantine::{self, Quarantined},
        root_key_references::{self, Reference},
        root_keys,
        tenants::{self, TenantState},
        workspace::{self, Workspace},
    },
};
use sqlx::{Connection as _, Row as _};

#[tokio::test]
async fn workspace_settings() {
    let place = empty().await;
    let mut write = place.store.write().await.unwrap();
    assert_eq!(workspace::get(&mut write).await.unwrap(), None);
    let row = Workspace {
        id: WorkspaceId::from_bytes([7; 16]),
        origin: "keyward.example/07".into(),
        region: "eu-central-1".parse().unwrap(),
        created_at: time(0),
        objects_url: "file:///srv/objects".into(),
    };
    workspace::insert(&mut write, &row).await.unwrap();
    assert_eq!(workspace::get(&mut write).await.unwrap(), Some(row.clone()));
    let error = workspace::insert(&mut write, &row).await.unwrap_err();
    assert_eq!(error.code(), Code::AlreadyExists);
    for value in ["1", "2"] {
        workspace::set(&mut write, "theme", value).await.unwrap();
        assert_eq!(workspace::setting(&mut write, "theme").await.unwrap().as_deref(), Some(value));
    }
    assert_eq!(workspace::setting(&mut write, "none").await.unwrap(), None);
}

#[tokio::test]
async fn tenant_states_and_epochs() {
    let place = with_tenant().await;
    let mut write = place.store.write().await.unwrap();
    let row = tenants::get(&mut write, &acme()).await.unwrap().unwrap();
    assert_eq!((row.display_name.as_str(), row.created_at), ("acme GmbH", time(0)));
    let suspended = TenantState::Suspended;
    let epoch =
        tenants::set_state(&mut write, &acme(), suspended, Some("key-disabled"), time(5)).await;
    assert_eq!(epoch.unwrap(), 2);
    assert_eq!(tenants::bump_epoch(&mut write, &acme()).await.unwrap(), 3);
    let row = tenants::get(&mut write, &acme()).await.unwrap().unwrap();
    assert_eq!((row.state, row.state_code.as_deref()), (suspended, Some("key-disabled")));
    assert_eq!((row.state_since, row.epoch), (time(5), 3));
    let nobody = "nobody".parse().unwrap();
    assert_eq!(tenants::get(&mut write, &nobody).await.unwrap(), None);
    let error = tenants::bump_epoch(&mut write, &nobody).await.unwrap_err();
    assert_eq!(error.code(), Code::ChangedMeanwhile);
    write.commit().await.unwrap();
    let back = meddle(place.store.path(), "UPDATE tenants SET epoch = 1").await.unwrap_err();
    assert!(back.to_string().contains("never shrinks"), "{back}");
}

#[tokio::test]
async fn root_keys_references_and_transitions() {
    let place = with_tenant().await;
    let mut write = place.store.write().await.unwrap();
    let id = RootKeyId { tenant: acme(), number: 1 };
    let mut row = root_key("acme", 1);
    assert_eq!(root_keys::get(&mut write, &id).await.unwrap(), Some(row.clone()));
    assert_eq!(root_keys::active(&mut write, &acme()).await.unwrap(), None);
    let (before, active) = (KeyState::PreActivation, KeyState::Active);
    root_keys::set_state(&mut write, &id, before, active, time(1)).await.unwrap();
    root_keys::set_state(&mut write, &id, active, KeyState::Suspended, time(2)).await.unwrap();
    root_keys::set_state(&mut write, &id, KeyState::Suspended, active, time(3)).await.unwrap();
    root_keys::set_version(&mut write, &id, 1, time(4)).await.unwrap();
    (row.state, row.version_since, row.activated_at) = (active, time(1), Some(time(1)));
    assert_eq!(
        root_keys::get(&mut write, &id).await.unwrap(),
        Some(row.clone()),
        "the same version"
    );
    root_keys::set_version(&mut write, &id, 4, time(5)).await.unwrap();
    (row.version, row.version_since) = (4, time(5));
    assert_eq!(root_keys::active(&mut write, &acme()).await.unwrap(), Some(row.clone()));
    assert_eq!(root_keys::list(&mut write, &acme()).await.unwrap(), [row]);
    let stale = root_keys::set_state(&mut write, &id, before, active, time(4)).await.unwrap_err();
    assert_eq!(stale.code(), Code::ChangedMeanwhile);
    let back = root_keys::set_version(&mut write, &id, 3, time(6)).await.unwrap_err();
    assert_eq!(back.code(), Code::ChangedMeanwhile);

    let references = ["eu-central-1", "eu-west-1"].map(|region| Reference {
        region: region.parse().unwrap(),
        reference: format!("arn:aws:kms:{region}:1:key/mrk-1"),
        open_since: None,
    });
    root_key_references::insert(&mut write, &id, &references).await.unwrap();
    assert_eq!(root_key_references::list(&mut write, &id).await.unwrap(), references);
    let again = root_key_references::insert(&mut write, &id, &references).await.unwrap_err();
    assert_eq!(again.code(), Code::AlreadyExists);

    let mut transition = Transition {
        key: id.to_string(),
        from: before,
        to: active,
        at: time(1),
        reason: "challenge passed".into(),
    };
    key_transitions::insert(&mut write, std::slice::from_ref(&transition)).await.unwrap();
    (transition.from, transition.to, transition.at) = (active, KeyState::Suspended, time(2));
    key_transitions::insert(&mut write, &[transition]).await.unwrap();
    let dated = key_transitions::list(&mut write, "rk:acme/1").await.unwrap();
    assert_eq!(dated.iter().map(|one| one.to).collect::<Vec<_>>(), [active, KeyState::Suspended]);
    assert_eq!(dated[1].at, time(2));
}

#[tokio::test]
async fn a_challenge_is_taken_once() {
    let place = with_tenant().await;
    let row = Challenge {
        id: ChallengeId::from_bytes([1; 16]),
        key: RootKeyId { tenant: acme(), number: 1 },
        kind: ChallengeKind::Decrypt,
        secret_hash: vec![9; 32],
        statement: "AQID".into(),
        state: ChallengeState::Open,
        created_at: time(0),
        expires_at: time(900),
        answered_at: None,
    };
    let mut write = place.store.write().await.unwrap();
    challenges::insert(&mut write, &row).await.unwrap();
    write.commit().await.unwrap();
    let take = |state| {
        let store = place.store.clone();
        let id = row.id;
        async move {
            let mut write = store.write().await.unwrap();
            let taken = challenges::take(&mut write, &id, state, time(10)).await.unwrap();
            write.commit().await.unwrap();
            taken
        }
    };
    let (one, two) = tokio::join!(take(ChallengeState::Passed), take(ChallengeState::Failed));
    assert!(one != two, "one of them");
    let mut reader = place.store.read().await.unwrap();
    let taken = challenges::get(&mut reader, &row.id).await.unwrap().unwrap();
    let expected = if one { ChallengeState::Passed } else { ChallengeState::Failed };
    assert_eq!((taken.state, taken.answered_at), (expected, Some(time(10))));
    assert_eq!(challenges::list(&mut reader, &row.key).await.unwrap(), [taken]);
    let unknown = ChallengeId::from_bytes([2; 16]);
    assert_eq!(challenges::get(&mut reader, &unknown).await.unwrap(), None);
}

#[tokio::test]
async fn approver_keys_are_enrolled_once() {
    let place = with_tenant().await;
    let row = ApproverKey {
        tenant: acme(),
        fingerprint: "SHA256:abc".into(),
        public_key: "ssh-ed25519 AAAA".into(),
        comment: "Ana".into(),
        enrolled_at: time(0),
    };
    let mut write = place.store.write().await.unwrap();
    approver_keys::insert(&mut write, &row).await.unwrap();
    let error = approver_keys::insert(&mut write, &row).await.unwrap_err();
    assert_eq!(error.code(), Code::AlreadyExists);
    let found = approver_keys::get(&mut write, &acme(), "SHA256:abc").await.unwrap();
    assert_eq!(found.as_ref(), Some(&row));
    assert_eq!(approver_keys::list(&mut write, &acme()).await.unwrap(), [row]);
}

#[tokio::test]
async fn datasets_and_their_sidecars() {
    let place = with_tenant().await;
    let mut write = place.store.write().await.unwrap();
    let mut row = datasets::get(&mut write, &acme(), &dataset_name()).await.unwrap().unwrap();
    assert_eq!(row.regions, ["eu-central-1".parse().unwrap()]);
    row.name = "anywhere".parse().unwrap();
    row.regions.clear();
    datasets::insert(&mut write, &row).await.unwrap();
    assert_eq!(datasets::get(&mut write, &acme(), &row.name).await.unwrap(), Some(row.clone()));
    assert_eq!(datasets::list(&mut write, &acme()).await.unwrap().len(), 2);
    assert!(datasets::stale_sidecars(&mut write, None).await.unwrap().is_empty());

    datasets::set_current_version(&mut write, &acme(), &dataset_name(), 1, 2).await.unwrap();
    let late = datasets::set_current_version(&mut write, &acme(), &dataset_name(), 1, 2).await;
    assert_eq!(late.unwrap_err().code(), Code::ChangedMeanwhile);
    let stale = datasets::stale_sidecars(&mut write, None).await.unwrap();
    assert_eq!(stale.iter().map(|one| one.dataset.as_str()).collect::<Vec<_>>(), ["invoices"]);
    // A change that comes while the file is written keeps the mark.
    let changed = std::slice::from_ref(&stale[0].dataset);
    assert_eq!(datasets::mark_sidecar_stale(&mut write, &acme(), changed).await.unwrap(), 1);
    datasets::clear_sidecars_written(&mut write, &stale).await.unwrap();
    let stale = datasets::stale_sidecars(&mut write, None).await.unwrap();
    assert_eq!(stale.len(), 1);
    datasets::clear_sidecars_written(&mut write, &stale).await.unwrap();
    assert!(datasets::stale_sidecars(&mut write, None).await.unwrap().is_empty());
    let names = [row.name.clone(), "missing".parse().unwrap()];
    assert_eq!(datasets::mark_sidecar_stale(&mut write, &acme(), &names).await.unwrap(), 1);
    assert_eq!(datasets::mark_sidecars_stale(&mut write, &acme()).await.unwrap(), 2);
    assert_eq!(datasets::stale_sidecars(&mut write, Some(&acme())).await.unwrap().len(), 2);
    let among = datasets::stale_among(&mut write, &acme(), &names).await.unwrap();
    assert_eq!(among.iter().map(|one| one.dataset.as_str()).collect::<Vec<_>>(), ["anywhere"]);
    let other = "other".parse().unwrap();
    assert!(datasets::stale_sidecars(&mut write, Some(&other)).await.unwrap().is_empty());
    assert_eq!(datasets::clear_sidecars_stale(&mut write, &acme()).await.unwrap(), 2);
}

#[tokio::test]
async fn a_dataset_s_setting_of_logged_names_comes_with_its_objects() {
    let place = with_tenant().await;
    let mut write = place.store.write().await.unwrap();
    let row = object("a", 1, 10);
    objects::upsert(&mut write, &row).await.unwrap();
    let (acme, dataset) = (acme(), dataset_name());
    for names in [LoggedNames::Digest, LoggedNames::Plain] {
        datasets::set_names(&mut write, &acme, &dataset, names).await.unwrap();
        let kept = datasets::get(&mut write, &acme, &dataset).await.unwrap().unwrap();
        assert_eq!(kept.names, names);
        let found = objects::get_with_names(&mut write, &acme, &dataset, &row.name).await.unwrap();
        assert_eq!(found, Some((row.clone(), names)));
    }
    let missing = "missing".parse().unwrap();
    let late = datasets::set_names(&mut write, &acme, &missing, LoggedNames::Digest).await;
    assert_eq!(late.unwrap_err().code(), Code::ChangedMeanwhile);
    let none = objects::get_with_names(&mut write, &acme, &missing, &row.name).await.unwrap();
    assert_eq!(none, None);
}

#[tokio::test]
async fn data_keys_come_back_by_version() {
    let place = with_tenant().await;
    let mut write = place.store.write().await.unwrap();
    let id = keys::insert(&mut write, &data_key(2, 1, 3)).await.unwrap();
    keys::insert(&mut write, &data_key(1, 1, 2)).await.unwrap();
    let row = keys::get(&mut write, &data_key_id(2)).await.unwrap().unwrap();
    assert_eq!((row.id, row.root_key_version, row.deactivated_at), (id, 3, None));
    assert_eq!(row.wrapped, data_key(2, 1, 3).wrapped);
    let list = keys::list(&mut write, &acme(), &dataset_name()).await.unwrap();
    assert_eq!(list.iter().map(|row| row.key.version).collect::<Vec<_>>(), [1, 2]);

    let (active, deactivated) = (KeyState::Active, KeyState::Deactivated);
    keys::set_state(&mut write, &data_key_id(2), active, deactivated, time(5)).await.unwrap();
    let late = keys::set_state(&mut write, &data_key_id(2), active, deactivated, time(6)).await;
    assert_eq!(late.unwrap_err().code(), Code::ChangedMeanwhile);
    let destroyed = KeyState::Destroyed;
    keys::set_state(&mut write, &data_key_id(2), deactivated, destroyed, time(7)).await.unwrap();
    let row = keys::get(&mut write, &data_key_id(2)).await.unwrap().unwrap();
    assert_eq!((row.state, row.deactivated_at), (destroyed, Some(time(5))));
    assert!(row.wrapped.is_empty(), "its ciphertext is wiped");
    assert_eq!(keys::destroy_all(&mut write, &acme(), time(8)).await.unwrap(), 1);
    assert!(keys::wrapped_by(&mut write, &acme()).await.unwrap().is_empty());
}

#[tokio::test]
async fn stale_pages_hold_each_key_once_and_no_current_one() {
    let place = with_tenant().await;
    let mut write = place.store.write().await.unwrap();
    // Root key 1 at versions 1 to 3 and root key 2 at version 1; current is 1 at 2.
    let wrappers = [(1, 1), (1, 2), (1, 3), (2, 1)];
    let rows: Vec<_> = (0..400)
        .map(|index| {
            let (root_key, version) = wrappers[index % 4];
            data_key(index as u32 + 1, root_key, version)
        })
        .collect();
    keys::insert_many(&mut write, &rows).await.unwrap();
    let of = |number, version| Quarantined {
        key: data_key_id(number),
        code: "ciphertext-rejected".into(),
        reason: "it does not open".into(),
        at: time(version),
        attempts: 1,
    };
    // One stale, one current, and the stale one again.
    quarantine::upsert_many(&mut write, &[of(1, 1), of(2, 1)]).await.unwrap();
    quarantine::upsert_many(&mut write, &[of(1, 9)]).await.unwrap();
    let aside = quarantine::list(&mut write, &acme()).await.unwrap();
    assert_eq!(
        aside.iter().map(|one| (one.attempts, one.at)).collect::<Vec<_>>(),
        [(2, time(9)), (1, time(1))]
    );

    for limit in [1, 7, 1_000] {
        let mut seen = Vec::new();
        let mut after = None;
        loop {
            let page = keys::stale_page(&mut write, &acme(), 1, 2, after, limit).await.unwrap();
            let Some(last) = page.last() else { break };
            after = Some(last.cursor());
            assert!(page.len() <= limit as usize);
            seen.extend(page.into_iter().map(|row| row.key.version));
        }
        seen.sort_unstable();
        let expected: Vec<u32> =
            (1..=400).filter(|version| version % 4 != 2 && *version != 1).collect();
        assert_eq!(seen, expected, "limit {limit}");
    }
    assert_eq!(keys::stale_count(&mut write, &acme(), 1, 2).await.unwrap(), 299);
    let counts = keys::wrapped_by(&mut write, &acme()).await.unwrap();
    assert_eq!(
        counts,
        wrappers.map(|(root_key, root_key_version)| WrappedBy {
            root_key,
            root_key_version,
            keys: 100
        })
    );
    assert!(quarantine::clear_one(&mut write, &data_key_id(2)).await.unwrap());
    assert_eq!(quarantine::clear(&mut write, &acme()).await.unwrap(), 1);
    assert_eq!(keys::stale_count(&mut write, &acme(), 1, 2).await.unwrap(), 300);
}

fn object(name: &str, id: u8, size: u64) -> Object {
    Object {
        tenant: acme(),
        dataset: dataset_name(),
        name: name.parse().unwrap(),
        id: ObjectId::from_bytes([id; 16]),
        size,
        stored_size: size + 600,
        data_key_version: 1,
        detached: false,
        created_at: time(i64::from(id)),
    }
}

#[tokio::test]
async fn objects_replace_and_count() {
    let place = with_tenant().await;
    let mut write = place.store.write().await.unwrap();
    let (first, second) = (object("a/Grüße.pdf", 1, 10), object("a/Grüße.pdf", 2, 25));
    assert_eq!(objects::upsert(&mut write, &first).await.unwrap(), None);
    assert_eq!(objects::upsert(&mut write, &second).await.unwrap(), Some(first));
    objects::upsert(&mut write, &object("b", 3, 0)).await.unwrap();
    let found = objects::get(&mut write, &acme(), &dataset_name(), &second.name).await.unwrap();
    assert_eq!(found.as_ref(), Some(&second));
    let totals = Totals { objects: 2, size: 25, stored_size: 1225 };
    assert_eq!(objects::totals(&mut write, &acme(), &dataset_name()).await.unwrap(), totals);
    assert_eq!(objects::tenant_totals(&mut write, &acme()).await.unwrap(), totals);
    let nobody = "nobody".parse().unwrap();
    assert_eq!(objects::tenant_totals(&mut write, &nobody).await.unwrap(), Totals::default());

    let gone = objects::delete(&mut write, &acme(), &dataset_name(), &second.name).await.unwrap();
    assert_eq!(gone, Some(second.clone()));
    let again = objects::delete(&mut write, &acme(), &dataset_name(), &second.name).await.unwrap();
    assert_eq!(again, None);
    assert_eq!(objects::delete_all(&mut write, &acme()).await.unwrap(), [object("b", 3, 0)]);
    let left = objects::totals(&mut write, &acme(), &dataset_name()).await.unwrap();
    assert_eq!(left, Totals::default());
    let huge = Object { size: u64::MAX, ..second };
    let error = objects::upsert(&mut write, &huge).await.unwrap_err();
    assert!(matches!(error, StoreError::TooLarge { column: "size", .. }), "{error}");
}

#[tokio::test]
async fn object_pages_follow_the_bytes_of_names() {
    let place = with_tenant().await;
    let mut write = place.store.write().await.unwrap();
    let mut names =
        ["B", "a", "a/1", "a/2", "a/Ä", "a0", "ab", "z", "é", "日本", "a/\u{10ffff}", "🦀"];
    for (index, name) in names.iter().enumerate() {
        objects::upsert(&mut write, &object(name, index as u8, 1)).await.unwrap();
    }
    names.sort_unstable();
    for prefix in ["", "a", "a/", "a/\u{10ffff}", "none", "é", "%", "_"] {
        let mut seen: Vec<String> = Vec::new();
        loop {
            let after: Option<ObjectName> = seen.last().map(|name| name.parse().unwrap());
            let (acme, dataset) = (acme(), dataset_name());
            let page = objects::list(&mut write, &acme, &dataset, prefix, after.as_ref(), 2);
            let page = page.await.unwrap();
            if page.is_empty() {
                break;
            }
            seen.extend(page.into_iter().map(|row| row.name.to_string()));
        }
        let expected: Vec<_> = names.iter().filter(|name| name.starts_with(prefix)).collect();
        assert_eq!(seen.iter().collect::<Vec<_>>(), expected, "prefix `{prefix}`");
    }
}

#[tokio::test]
async fn entries_move_only_where_nobody_wrote_meanwhile() {
    let place = with_tenant().await;
    let mut write = place.store.write().await.unwrap();
    for index in 0..5 {
        objects::upsert(&mut write, &object(&format!("o{index}"), index, 1)).await.unwrap();
    }
    let (acme, dataset) = (acme(), dataset_name());
    let mut seen: Vec<(u32, ObjectName)> = Vec::new();
    loop {
        let after = seen.last().map(|(version, name)| (*version, name));
        let page = objects::rekey_page(&mut write, &acme, &dataset, 2, after, 2).await.unwrap();
        if page.is_empty() {
            break;
        }
        seen.extend(page.into_iter().map(|row| (row.data_key_version, row.name)));
    }
    assert_eq!(seen.len(), 5);
    assert_eq!(objects::count_below(&mut write, &acme, &dataset, 2).await.unwrap(), 5);

    // `o0` is written anew before the move is noted.
    objects::upsert(&mut write, &object("o0", 99, 1)).await.unwrap();
    let moved: Vec<_> = (0..3)
        .map(|index| Moved {
            name: format!("o{index}").parse().unwrap(),
            id: ObjectId::from_bytes([index; 16]),
            version: 2,
        })
        .collect();
    let changed = objects::set_entries(&mut write, &acme, &dataset, &moved).await.unwrap();
    assert_eq!(changed, [1, 2].map(|id| ObjectId::from_bytes([id; 16])));
    let again = objects::set_entries(&mut write, &acme, &dataset, &moved).await.unwrap();
    assert!(again.is_empty(), "nothing is done twice");
    let row = objects::get(&mut write, &acme, &dataset, &moved[1].name).await.unwrap().unwrap();
    assert!(row.detached && row.data_key_version == 2);
    assert_eq!(objects::count_below(&mut write, &acme, &dataset, 2).await.unwrap(), 3);
}

#[tokio::test]
async fn garbage_is_kept_once_until_removed() {
    let place = empty().await;
    let mut write = place.store.write().await.unwrap();
    let rows: Vec<_> = (0..=20)
        .map(|id| {
            let path =
                StoredPath::object(&acme(), &dataset_name(), &ObjectId::from_bytes([id; 16]));
            Garbage { path: path.to_string(), since: time(0) }
        })
        .collect();
    garbage::insert(&mut write, &rows).await.unwrap();
    let later: Vec<_> = rows.iter().map(|row| Garbage { since: time(9), ..row.clone() }).collect();
    garbage::insert(&mut write, &later).await.unwrap();
    assert_eq!(garbage::list(&mut write, None, 100).await.unwrap(), rows);
    let page = garbage::list(&mut write, Some(&rows[4].path), 3).await.unwrap();
    assert_eq!(page, rows[5..8]);
    let paths: Vec<_> = rows[1..].iter().map(|row| row.path.clone()).collect();
    garbage::remove(&mut write, &paths).await.unwrap();
    assert_eq!(garbage::list(&mut write, None, 100).await.unwrap(), rows[..1]);
}

#[tokio::test]
async fn intents_are_settled_once() {
    let place = with_tenant().await;
    let mut write = place.store.write().await.unwrap();
    let [first, second] = [1, 2].map(|id| RequestId::from_bytes([id; 16]));
    let open = |id, at| (id, at);
    for (id, at) in [open(first, 5), open(second, 1)] {
        intents::open(&mut write, &id, "rotate-root-key", &acme(), "{\"number\":1}", time(at))
            .await
            .unwrap();
    }
    let list = intents::list_open(&mut write).await.unwrap();
    assert_eq!(list.iter().map(|intent| intent.id).collect::<Vec<_>>(), [second, first]);
    assert!(intents::settle(&mut write, &first, "done", time(6)).await.unwrap());
    assert!(!intents::settle(&mut write, &first, "refused", time(7)).await.unwrap());
    let row = intents::get(&mut write, &first).await.unwrap().unwrap();
    assert_eq!((row.outcome.as_deref(), row.settled_at), (Some("done"), Some(time(6))));
    assert_eq!(intents::list_open(&mut write).await.unwrap().len(), 1);
    let again = intents::open(&mut write, &first, "rotate-root-key", &acme(), "{}", time(8)).await;
    assert_eq!(again.unwrap_err().code(), Code::AlreadyExists);
}

#[tokio::test]
async fn tables_are_strict() {
    let place = with_tenant().await;
    for (text, rule) in [
        ("UPDATE tenants SET epoch = 'many'", "TEXT"),
        ("UPDATE tenants SET state = 'happy'", "CHECK"),
        ("UPDATE tenants SET display_name = x'00'", "BLOB"),
        ("UPDATE datasets SET sidecar_stale = 2", "CHECK"),
        ("UPDATE root_keys SET version = 0", "CHECK"),
        ("INSERT INTO garbage VALUES (NULL, 'x')", "NOT NULL"),
    ] {
        let error = meddle(place.store.path(), text).await.unwrap_err().to_string();
        assert!(error.contains(rule), "{text}: {error}");
    }
}

#[tokio::test]
async fn values_that_keyward_never_writes_are_corrupt() {
    let place = with_tenant().await;
    data_keys(&place.store, 1).await;
    let damaged: [(&str, &str); 4] = [
        ("UPDATE tenants SET state_since = 'yesterday'", "tenants.state_since"),
        ("UPDATE datasets SET regions = '[\"EU!\"]'", "datasets.regions"),
        ("UPDATE root_keys SET provider = 'abacus'", "root_keys.provider"),
        ("UPDATE data_keys SET version = 5000000000", "data_keys.version"),
    ];
    for (text, _) in damaged {
        meddle(place.store.path(), text).await.unwrap();
    }
    let mut reader = place.store.read().await.unwrap();
    let errors = [
        tenants::list(&mut reader).await.unwrap_err(),
        datasets::list(&mut reader, &acme()).await.unwrap_err(),
        root_keys::list(&mut reader, &acme()).await.unwrap_err(),
        keys::list(&mut reader, &acme(), &dataset_name()).await.unwrap_err(),
    ];
    for (error, (_, place)) in errors.iter().zip(damaged) {
        assert_eq!(error.code(), Code::StateCorrupt);
        assert!(error.to_string().contains(place), "{error}");
    }
}

/// The statements whose cost must not grow with the table walk an index, and sort nothing.
#[tokio::test]
async fn pages_walk_an_index() {
    let place = with_tenant().await;
    data_keys(&place.store, 100).await;
    let mut connection = behind(place.store.path()).await;
    for text in [
        "SELECT * FROM data_keys AS k WHERE k.tenant = 'a' AND k.state <> 'destroyed'
           AND (k.root_key, k.root_key_version, k.id) > (1, 1, 5)
           AND (k.root_key, k.root_key_version) < (1, 2)
           AND NOT EXISTS (SELECT 1 FROM quarantine AS q WHERE q.tenant = k.tenant
               AND q.dataset = k.dataset AND q.version = k.version)
         ORDER BY k.root_key, k.root_key_version, k.id LIMIT 10",
        "SELECT root_key, root_key_version FROM data_keys WHERE tenant = 'a'
           AND (root_key, root_key_version) > (1, 1) AND state <> 'destroyed'
         ORDER BY root_key, root_key_version LIMIT 1",
        "SELECT * FROM objects WHERE tenant = 'a' AND dataset = 'b'
           AND name >= 'p' AND name > 'x' AND name < 'q' ORDER BY name LIMIT 10",
        "SELECT * FROM objects WHERE tenant = 'a' AND dataset = 'b'
           AND (data_key_version, name) > (1, 'x') AND data_key_version < 3
         ORDER BY data_key_version, name LIMIT 10",
        "SELECT * FROM datasets WHERE sidecar_stale = 1 ORDER BY tenant, name",
        "SELECT * FROM intents WHERE settled_at IS NULL ORDER BY opened_at, id",
        "UPDATE data_keys SET root_key = 1, wrapped = substr(x'00', v.key * 1 + 1, 1)
         FROM json_each('[1,2]') AS v WHERE data_keys.id = v.value AND data_keys.root_key = 1",
    ] {
        let plan = format!("EXPLAIN QUERY PLAN {text}");
        let rows = sqlx::query(sqlx::AssertSqlSafe(plan)).fetch_all(&mut connection).await.unwrap();
        let plan: Vec<String> = rows.iter().map(|row| row.get("detail")).collect();
        let bad = |line: &&String| {
            line.contains("TEMP B-TREE")
                || (line.starts_with("SCAN")
                    && !line.contains("USING INDEX")
                    && !line.contains("VIRTUAL TABLE"))
        };
        assert!(!plan.iter().any(|line| bad(&line)), "{text}\n{plan:#?}");
    }
    connection.close().await.unwrap();
}
