//! Write transactions: all or nothing, one after another, whoever goes away in between.

mod common;

use std::time::Duration;

use common::{acme, data_key, data_key_id, data_keys, root_key, tenant, time, with_tenant};
use keyward_core::{Code, KeyState, RootKeyId};
use keyward_store::{
    Store, StoreError,
    tables::{
        data_keys::{self as keys, Rewrap},
        root_keys, tenants,
        tenants::TenantState,
    },
};

async fn epoch(store: &Store) -> u64 {
    tenants::get(&mut store.read().await.unwrap(), &acme()).await.unwrap().unwrap().epoch
}

#[tokio::test]
async fn what_is_not_committed_never_was() {
    let place = with_tenant().await;
    let mut write = place.store.write().await.unwrap();
    tenants::bump_epoch(&mut write, &acme()).await.unwrap();
    assert_eq!(epoch(&place.store).await, 1, "others don't see it");
    drop(write);
    assert_eq!(epoch(&place.store).await, 1);
    let mut write = place.store.write().await.unwrap();
    tenants::bump_epoch(&mut write, &acme()).await.unwrap();
    write.commit().await.unwrap();
    assert_eq!(epoch(&place.store).await, 2);
}

#[tokio::test]
async fn a_part_is_kept_or_undone_by_itself() {
    let place = with_tenant().await;
    let mut write = place.store.write().await.unwrap();
    for kept in [true, false, true] {
        write.begin_part().await.unwrap();
        tenants::bump_epoch(&mut write, &acme()).await.unwrap();
        match kept {
            true => write.keep_part().await.unwrap(),
            false => write.undo_part().await.unwrap(),
        }
    }
    write.commit().await.unwrap();
    assert_eq!(epoch(&place.store).await, 3);

    // Its end where it isn't there, as after a transaction that the database gave up.
    for undone in [true, false] {
        let mut write = place.store.write().await.unwrap();
        let ended = if undone { write.undo_part().await } else { write.keep_part().await };
        assert!(matches!(ended, Err(StoreError::GivenUp(_))), "{ended:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_goes_away_at_any_point_blocks_nobody() {
    let place = with_tenant().await;
    for microseconds in (0..4_000).step_by(100) {
        let store = place.store.clone();
        let work = async move {
            let mut write = store.write().await.unwrap();
            for _ in 0..3 {
                tenants::bump_epoch(&mut write, &acme()).await.unwrap();
            }
            write.commit().await.unwrap();
        };
        let _ = tokio::time::timeout(Duration::from_micros(microseconds), work).await;
        let elsewhere = Store::open(place.store.path()).await.unwrap();
        for store in [&place.store, &elsewhere] {
            drop(tokio::time::timeout(Duration::from_secs(5), store.write()).await.unwrap());
        }
    }
    assert_eq!((epoch(&place.store).await - 1) % 3, 0, "each was done whole or not at all");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_stores_on_one_file_lose_no_update() {
    let place = with_tenant().await;
    let other = Store::open(place.store.path()).await.unwrap();
    let mut tasks = Vec::new();
    for index in 0..40 {
        let store = if index % 2 == 0 { place.store.clone() } else { other.clone() };
        tasks.push(tokio::spawn(async move {
            let mut write = store.write().await.unwrap();
            let row = tenants::get(&mut write, &acme()).await.unwrap().unwrap();
            let next = tenants::bump_epoch(&mut write, &acme()).await.unwrap();
            assert_eq!(next, row.epoch + 1, "nobody came between the look and the change");
            write.commit().await.unwrap();
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(epoch(&place.store).await, 41);
    assert_eq!(epoch(&other).await, 41);
}

#[tokio::test]
async fn a_snapshot_stays_at_its_moment() {
    let place = with_tenant().await;
    let mut snapshot = place.store.snapshot().await.unwrap();
    let mut write = place.store.write().await.unwrap();
    tenants::bump_epoch(&mut write, &acme()).await.unwrap();
    write.commit().await.unwrap();
    let seen = tenants::get(&mut snapshot, &acme()).await.unwrap().unwrap().epoch;
    assert_eq!((seen, epoch(&place.store).await), (1, 2));
    drop(snapshot);
    assert_eq!(epoch(&place.store).await, 2);
}

#[tokio::test]
async fn a_reader_cannot_write() {
    let place = with_tenant().await;
    let mut reader = place.store.read().await.unwrap();
    let error = tenants::bump_epoch(&mut reader, &acme()).await.unwrap_err();
    assert_eq!(error.code(), Code::NoPermission);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_rewrap_a_key_one_changes_it() {
    let place = with_tenant().await;
    data_keys(&place.store, 1_234).await;
    let rows = keys::stale_page(&mut place.store.read().await.unwrap(), &acme(), 1, 2, None, 5_000)
        .await
        .unwrap();
    assert_eq!(rows.len(), 1_234);
    let swaps: Vec<Rewrap> = rows
        .iter()
        .map(|row| Rewrap {
            id: row.id,
            expected_root_key: row.root_key,
            expected_version: row.root_key_version,
            root_key: 1,
            version: 2,
            wrapped: vec![0xee; 60],
        })
        .collect();
    let race = |store: Store, swaps: Vec<Rewrap>| async move {
        let mut write = store.write().await.unwrap();
        let changed = keys::rewrap_many(&mut write, &swaps).await.unwrap();
        write.commit().await.unwrap();
        changed
    };
    let other = Store::open(place.store.path()).await.unwrap();
    let one = tokio::spawn(race(place.store.clone(), swaps[..900].to_vec()));
    let two = tokio::spawn(race(other, swaps[300..].to_vec()));
    let mut changed = one.await.unwrap();
    changed.extend(two.await.unwrap());
    changed.sort_unstable();
    let all: Vec<i64> = rows.iter().map(|row| row.id).collect();
    assert_eq!(changed, all, "each once");
    let mut reader = place.store.read().await.unwrap();
    assert_eq!(keys::stale_count(&mut reader, &acme(), 1, 2).await.unwrap(), 0);
    let row = keys::get(&mut reader, &data_key_id(77)).await.unwrap().unwrap();
    assert_eq!((row.root_key_version, row.wrapped), (2, vec![0xee; 60]));
}

#[tokio::test]
async fn one_key_is_proven_by_one_tenant() {
    let place = with_tenant().await;
    let mut write = place.store.write().await.unwrap();
    tenant(&mut write, "other").await;
    let mut claim = root_key("other", 2);
    claim.identity = "local:acme-1".into();
    root_keys::insert(&mut write, &claim).await.unwrap();
    let first = RootKeyId { tenant: acme(), number: 1 };
    let (before, after) = (KeyState::PreActivation, KeyState::Active);
    root_keys::set_state(&mut write, &first, before, after, time(1)).await.unwrap();
    let error =
        root_keys::set_state(&mut write, &claim.id, before, after, time(1)).await.unwrap_err();
    assert!(matches!(error, StoreError::IdentityTaken), "{error}");
    assert_eq!(error.code(), Code::KeyOfAnotherTenant);
    // Once it is destroyed, the key may be another's.
    root_keys::set_state(&mut write, &first, after, KeyState::Destroyed, time(2)).await.unwrap();
    root_keys::set_state(&mut write, &claim.id, before, after, time(3)).await.unwrap();
    let known = root_keys::by_identity(&mut write, "local:acme-1").await.unwrap();
    assert_eq!(
        known.iter().map(|key| key.id.tenant.as_str()).collect::<Vec<_>>(),
        ["other", "acme"]
    );
    write.commit().await.unwrap();
}

#[tokio::test]
async fn what_clashes_or_dangles_is_told_apart() {
    let place = with_tenant().await;
    let mut write = place.store.write().await.unwrap();
    keys::insert(&mut write, &data_key(1, 1, 1)).await.unwrap();
    let error = keys::insert(&mut write, &data_key(1, 1, 1)).await.unwrap_err();
    assert!(matches!(error, StoreError::AlreadyExists { table: "data_keys" }), "{error}");
    let mut orphan = data_key(2, 1, 1);
    orphan.key.dataset = "missing".parse().unwrap();
    let error = keys::insert(&mut write, &orphan).await.unwrap_err();
    assert!(matches!(error, StoreError::MissingParent { table: "data_keys" }), "{error}");
    // A statement that failed takes nothing of the transaction with it.
    tenants::set_state(&mut write, &acme(), TenantState::Active, None, time(1)).await.unwrap();
    write.commit().await.unwrap();
    assert!(
        keys::get(&mut place.store.read().await.unwrap(), &data_key_id(1)).await.unwrap().is_some()
    );
}
