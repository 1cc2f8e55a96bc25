//! Rewrap: resumed by being run again, nothing twice, damage quarantined.

use std::{ops::ControlFlow, sync::Arc, time::Duration};

use keyward_core::{Code, DataKeyId, TenantId};
use keyward_engine::{
    AuditFilter, AuditStart, CacheSettings, RewrapOptions, RewrapProgress, RootKeyRotation,
    Settings,
};
use keyward_kms::Reason;
use keyward_ledger::Record;
use keyward_store::{Store, tables::data_keys};
use keyward_testkit::TestWorkspace;

/// A tenant whose dataset has `keys` data keys, all under root key version 1, with the root key at
/// version 2.
async fn rotated(workspace: &TestWorkspace, keys: u32) -> TenantId {
    let (acme, docs, _) = workspace.tenant("acme").await;
    workspace.put(&acme, &docs, "first", b"under the first data key").await.unwrap();
    for _ in 1..keys {
        workspace.engine.rotate_data_key(&workspace.admin(), &acme, &docs).await.unwrap();
    }
    workspace
        .engine
        .rotate_root_key(&workspace.admin(), &acme, RootKeyRotation::NewVersion)
        .await
        .unwrap();
    acme
}

fn small_batches() -> RewrapOptions {
    RewrapOptions { batch: Some(4), ..RewrapOptions::default() }
}

/// How many data keys the log says were rewrapped, in all records.
async fn recorded(workspace: &TestWorkspace, tenant: &TenantId) -> u64 {
    let filter = AuditFilter {
        action: Some("data-key.rewrap".into()),
        tenant: Some(tenant.clone()),
        outcome: Some("ok".into()),
        ..AuditFilter::default()
    };
    let officer = workspace.officer();
    let page =
        workspace.engine.audit_query(&officer, &filter, AuditStart::Newest, 1000).await.unwrap();
    let count = |record: &Record| record.details.get("count")?.as_u64();
    page.records.iter().filter_map(count).sum()
}

/// Flips a bit of a stored wrap, as somebody with the database file would.
async fn damage(workspace: &TestWorkspace, version: u32) -> Vec<u8> {
    let store = Store::open(&workspace.database()).await.unwrap();
    let key =
        DataKeyId { tenant: "acme".parse().unwrap(), dataset: "docs".parse().unwrap(), version };
    let mut write = store.write().await.unwrap();
    let row = data_keys::get(&mut write, &key).await.unwrap().unwrap();
    let mut wrapped = row.wrapped.clone();
    wrapped[40] ^= 1;
    replace(&mut write, &row, wrapped).await;
    write.commit().await.unwrap();
    row.wrapped
}

async fn replace(write: &mut keyward_store::Write, row: &data_keys::DataKey, wrapped: Vec<u8>) {
    let swap = data_keys::Rewrap {
        id: row.id,
        expected_root_key: row.root_key,
        expected_version: row.root_key_version,
        root_key: row.root_key,
        version: row.root_key_version,
        wrapped,
    };
    assert_eq!(data_keys::rewrap_many(write, &[swap]).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_dry_run_forecasts_and_changes_nothing() {
    let workspace = TestWorkspace::new().await;
    let acme = rotated(&workspace, 5).await;
    let options = RewrapOptions { dry_run: true, ..RewrapOptions::default() };
    let report = workspace
        .engine
        .rewrap(&workspace.admin(), &acme, options, &RewrapProgress::unwatched)
        .await
        .unwrap();
    assert_eq!((report.progress.total, report.kms_calls), (5, 5));
    assert!(report.progress.remaining_seconds.unwrap() > 0.0);
    assert_eq!(report.remaining.iter().map(|count| count.keys).sum::<u64>(), 5);
    assert_eq!(recorded(&workspace, &acme).await, 0);
    // The keys that the forecast tried are in the log all the same.
    let page = workspace
        .engine
        .audit_query(&workspace.officer(), &AuditFilter::default(), AuditStart::Newest, 1)
        .await
        .unwrap();
    assert_eq!(page.records[0].details["sampled"], 5);
}

#[tokio::test]
async fn progress_counts_up_to_the_total() {
    let workspace = TestWorkspace::new().await;
    let acme = rotated(&workspace, 10).await;
    let seen = std::sync::Mutex::new(Vec::new());
    let report = workspace
        .engine
        .rewrap(&workspace.admin(), &acme, small_batches(), &|progress| {
            seen.lock().unwrap().push((progress.rewrapped, progress.total));
            ControlFlow::Continue(())
        })
        .await
        .unwrap();
    assert_eq!(*seen.lock().unwrap(), [(0, 10), (4, 10), (8, 10), (10, 10)]);
    assert!(report.remaining.is_empty());
    let again = workspace
        .engine
        .rewrap(&workspace.admin(), &acme, small_batches(), &RewrapProgress::unwatched)
        .await
        .unwrap();
    assert_eq!((again.progress.total, again.progress.rewrapped), (0, 0));
    assert_eq!(recorded(&workspace, &acme).await, 10);
}

#[tokio::test]
async fn an_observer_stops_it_after_the_batch_and_the_next_run_does_the_rest() {
    let workspace = TestWorkspace::new().await;
    let acme = rotated(&workspace, 10).await;
    let stop_at = async |rewrapped| {
        let observer = |progress: &RewrapProgress| {
            if progress.rewrapped >= rewrapped {
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        };
        workspace
            .engine
            .rewrap(&workspace.admin(), &acme, small_batches(), &observer)
            .await
            .unwrap()
    };
    let before_the_first = stop_at(0).await;
    assert!(before_the_first.stopped);
    assert_eq!(before_the_first.progress.rewrapped, 0);
    let report = stop_at(1).await;
    assert!(report.stopped);
    assert_eq!((report.progress.rewrapped, report.progress.total), (4, 10));
    assert_eq!(report.remaining.iter().map(|count| count.keys).sum::<u64>(), 6);
    assert_eq!(recorded(&workspace, &acme).await, 4);
    let rest = stop_at(100).await;
    assert!(!rest.stopped && rest.remaining.is_empty());
    assert_eq!(recorded(&workspace, &acme).await, 10);
}

#[tokio::test]
async fn a_damaged_wrap_is_quarantined_and_retried_once_repaired() {
    let workspace = TestWorkspace::new().await;
    let acme = rotated(&workspace, 6).await;
    let whole = damage(&workspace, 3).await;
    let run = async |retry| {
        let options = RewrapOptions { retry_quarantined: retry, ..small_batches() };
        workspace
            .engine
            .rewrap(&workspace.admin(), &acme, options, &RewrapProgress::unwatched)
            .await
            .unwrap()
    };
    let report = run(false).await;
    assert_eq!((report.progress.rewrapped, report.progress.quarantined), (5, 1));
    assert_eq!(report.quarantine[0].key.version, 3);
    assert_eq!(report.quarantine[0].code, Code::CiphertextRejected.as_str());
    assert_eq!(report.remaining.iter().map(|count| count.keys).sum::<u64>(), 1);
    // The tenant isn't locked out by one flipped bit.
    let docs = "docs".parse().unwrap();
    assert!(workspace.get(&acme, &docs, "first").await.is_ok());

    assert_eq!(run(false).await.progress.quarantined, 0, "not tried again by itself");
    let report = run(true).await;
    assert_eq!(report.quarantine.len(), 1, "still damaged");

    let store = Store::open(&workspace.database()).await.unwrap();
    let key = DataKeyId { tenant: acme.clone(), dataset: docs, version: 3 };
    let mut write = store.write().await.unwrap();
    let row = data_keys::get(&mut write, &key).await.unwrap().unwrap();
    replace(&mut write, &row, whole).await;
    write.commit().await.unwrap();
    let report = run(true).await;
    assert_eq!(report.progress.rewrapped, 1);
    assert!(report.quarantine.is_empty() && report.remaining.is_empty());
}

#[tokio::test]
async fn a_provider_that_fails_midway_stops_the_run_and_the_next_finishes_it() {
    let workspace = TestWorkspace::new().await;
    let acme = rotated(&workspace, 20).await;
    let faults = workspace.faults.clone();
    let stopped = workspace
        .engine
        .rewrap(&workspace.admin(), &acme, small_batches(), &move |progress| {
            if progress.rewrapped > 0 {
                faults.set(Some(Reason::TimedOut));
            }
            ControlFlow::Continue(())
        })
        .await
        .unwrap_err();
    assert_eq!(stopped.code(), Code::KeyUnreachable);
    let done = recorded(&workspace, &acme).await;
    assert!((1..20).contains(&done), "{done}");
    workspace.faults.set(None);
    let report = workspace
        .engine
        .rewrap(&workspace.admin(), &acme, small_batches(), &RewrapProgress::unwatched)
        .await
        .unwrap();
    assert_eq!(report.progress.rewrapped, 20 - done);
    assert!(report.remaining.is_empty() && report.quarantine.is_empty());
    assert_eq!(recorded(&workspace, &acme).await, 20);
}

#[tokio::test]
async fn two_runs_at_once_do_nothing_twice() {
    let workspace = Arc::new(TestWorkspace::new().await);
    let acme = rotated(&workspace, 40).await;
    let other = workspace.open_again().await.unwrap();
    let (admin, again) = (workspace.admin(), workspace.admin());
    let (one, two) = futures::join!(
        workspace.engine.rewrap(&admin, &acme, small_batches(), &RewrapProgress::unwatched),
        other.rewrap(&again, &acme, small_batches(), &RewrapProgress::unwatched),
    );
    let (one, two) = (one.unwrap(), two.unwrap());
    assert_eq!(one.progress.rewrapped + two.progress.rewrapped, 40);
    assert_eq!(recorded(&workspace, &acme).await, 40);
    assert!(one.remaining.is_empty() || two.remaining.is_empty());
}

#[tokio::test]
async fn a_read_rewraps_the_key_that_it_opens() {
    let cache = CacheSettings { lifetime: Duration::ZERO, grant: Duration::ZERO, capacity: 1 };
    let workspace = TestWorkspace::with(Settings { cache }).await;
    let acme = rotated(&workspace, 3).await;
    let docs = "docs".parse().unwrap();
    workspace.get(&acme, &docs, "first").await.unwrap();
    let status = workspace.engine.tenant_status(&workspace.application(), &acme).await.unwrap();
    assert_eq!(status.to_rewrap, 2);
    assert_eq!(workspace.get(&acme, &docs, "first").await.unwrap(), b"under the first data key");
    let sidecar = workspace.path().join("objects/acme/docs/keys.json");
    let sidecar: keyward_engine::Sidecar =
        serde_json::from_slice(&std::fs::read(sidecar).unwrap()).unwrap();
    let versions: Vec<_> = sidecar.data_keys.iter().map(|key| key.root_key_version).collect();
    assert_eq!(versions, [2, 1, 1], "the sidecar says what the rows say");
}

#[tokio::test]
async fn a_denied_key_stops_the_run_and_suspends_the_tenant() {
    let workspace = TestWorkspace::new().await;
    let acme = rotated(&workspace, 4).await;
    workspace.faults.set(Some(Reason::AccessDenied));
    let refused = workspace
        .engine
        .rewrap(&workspace.admin(), &acme, small_batches(), &RewrapProgress::unwatched)
        .await;
    assert_eq!(refused.unwrap_err().code(), Code::KeyDenied);
    workspace.faults.set(None);
    let refused = workspace
        .engine
        .rewrap(&workspace.admin(), &acme, small_batches(), &RewrapProgress::unwatched)
        .await;
    assert_eq!(refused.unwrap_err().code(), Code::TenantSuspended);
    assert_eq!(recorded(&workspace, &acme).await, 0);
}
