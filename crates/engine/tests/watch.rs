//! The watch over root keys: a denial is noticed without traffic, and so is its end.

use std::{
    sync::Mutex,
    time::{Duration, Instant},
};

use keyward_core::{Code, Role, TenantId};
use keyward_engine::{
    AttentionKind, AuditFilter, AuditStart, RevocationCause, WatchEvent, WatchSettings, Watcher,
};
use keyward_kms::{ErrorClass, Reason, RootKeyService as _};
use keyward_store::tables::tenants::TenantState;
use keyward_testkit::TestWorkspace;

const INTERVAL: Duration = Duration::from_millis(200);

fn settings() -> WatchSettings {
    WatchSettings { interval: INTERVAL }
}

fn watch(workspace: &TestWorkspace) -> Watcher {
    Watcher::start(&workspace.engine, workspace.admin(), settings()).unwrap()
}

/// Waits for a state, and gives how long that took.
async fn becomes(workspace: &TestWorkspace, tenant: &TenantId, state: TenantState) -> Duration {
    let began = Instant::now();
    while workspace.engine.tenant(tenant).await.unwrap().state != state {
        tokio::time::sleep(Duration::from_millis(5)).await;
        assert!(began.elapsed() < Duration::from_secs(10), "{tenant} never becomes {state}");
    }
    began.elapsed()
}

#[tokio::test]
async fn a_denial_is_noticed_without_traffic_and_its_end_too() {
    let workspace = TestWorkspace::new().await;
    let (acme, docs, key) = workspace.tenant("acme").await;
    let (other, _, _) = workspace.tenant("other").await;
    workspace.put(&acme, &docs, "a", b"a").await.unwrap();
    workspace.put(&other, &docs, "a", b"a").await.unwrap();
    let _watcher = watch(&workspace);
    tokio::time::sleep(INTERVAL * 2).await;
    assert_eq!(workspace.engine.status().await.unwrap().cached_keys, 2);

    workspace.keystore.set_enabled(&key, false).await.unwrap();
    let noticed = becomes(&workspace, &acme, TenantState::Suspended).await;
    assert!(noticed < INTERVAL * 3, "{noticed:?}");
    assert_eq!(workspace.engine.status().await.unwrap().cached_keys, 1, "the other's stays");
    let refused = workspace.get(&acme, &docs, "a").await.unwrap_err();
    assert_eq!(refused.code(), Code::TenantSuspended);

    let lines = workspace.engine.revocations(&workspace.admin(), Some(&acme)).await.unwrap();
    let line = &lines[0];
    assert_eq!((line.cause, line.evicted), (RevocationCause::Denied, 1));
    let (answered, evicted) = (line.answered_last.unwrap(), line.evicted_at.unwrap());
    assert!(answered < line.began_at && line.began_at <= evicted && evicted <= line.recorded_at);
    assert!(line.first_refused.is_some());

    // Nothing is restored by hand, and nothing is started again.
    workspace.keystore.set_enabled(&key, true).await.unwrap();
    let healed = becomes(&workspace, &acme, TenantState::Active).await;
    assert!(healed < INTERVAL * 3, "{healed:?}");
    assert_eq!(workspace.get(&acme, &docs, "a").await.unwrap(), b"a");
    let filter = AuditFilter { action: Some("tenant.restore".into()), ..AuditFilter::default() };
    let admin = workspace.admin();
    let page = workspace.engine.audit_query(&admin, &filter, AuditStart::Newest, 10).await.unwrap();
    assert_eq!(page.records.len(), 1, "probes that find nothing new leave no record");
    assert_eq!(page.records[0].details["noticed"], "by the watch");
}

#[tokio::test]
async fn what_somebody_locked_does_not_heal() {
    let workspace = TestWorkspace::new().await;
    let (suspended, _, _) = workspace.tenant("suspended").await;
    let (revoked, _, key) = workspace.tenant("revoked").await;
    let engine = &workspace.engine;
    let admin = workspace.admin();
    engine.suspend(&admin, &suspended, "a test").await.unwrap();
    // Denied first, and then revoked by hand: the hand decides.
    workspace.keystore.set_enabled(&key, false).await.unwrap();
    let watcher = watch(&workspace);
    becomes(&workspace, &revoked, TenantState::Suspended).await;
    engine.revoke(&admin, &revoked, "a test", false).await.unwrap();
    workspace.keystore.set_enabled(&key, true).await.unwrap();
    tokio::time::sleep(INTERVAL * 4).await;
    drop(watcher);
    assert_eq!(engine.tenant(&suspended).await.unwrap().state, TenantState::Suspended);
    assert_eq!(engine.tenant(&revoked).await.unwrap().state, TenantState::Revoked);
}

#[tokio::test]
async fn an_outage_locks_nobody_and_is_told_with_its_end() {
    let workspace = TestWorkspace::new().await;
    let (acme, docs, _) = workspace.tenant("acme").await;
    workspace.put(&acme, &docs, "a", b"a").await.unwrap();
    let events = Mutex::new(Vec::new());
    let tell = |event| events.lock().unwrap().push(event);
    let context = workspace.admin();
    let scene = async {
        tokio::time::sleep(INTERVAL).await;
        workspace.faults.set(Some(Reason::NoConnection));
        tokio::time::sleep(INTERVAL * 3).await;
        let health = workspace.engine.key_health(&workspace.officer()).await.unwrap();
        assert_eq!(health[0].failing.as_ref().unwrap().class, ErrorClass::Unreachable);
        assert!(health[0].answered_at.is_some() && health[0].took_us.is_some());
        workspace.faults.set(None);
        tokio::time::sleep(INTERVAL * 3).await;
    };
    tokio::select! {
        () = scene => {}
        _ = workspace.engine.watch(&context, settings(), &tell) => unreachable!("it never ends"),
    }
    let events = events.into_inner().unwrap();
    assert!(
        matches!(&events[..], [WatchEvent::Failing { .. }, WatchEvent::Answers { .. }]),
        "{events:?}"
    );
    assert_eq!(workspace.engine.tenant(&acme).await.unwrap().state, TenantState::Active);
}

/// With an interval of an hour all that happens is by alarm.
#[tokio::test]
async fn a_failed_call_has_its_key_probed_at_once() {
    let workspace = TestWorkspace::new().await;
    let (acme, docs, _) = workspace.tenant("acme").await;
    workspace.put(&acme, &docs, "a", b"a").await.unwrap();
    let hour = WatchSettings { interval: Duration::from_secs(3600) };
    let _watcher = Watcher::start(&workspace.engine, workspace.admin(), hour).unwrap();
    tokio::time::sleep(INTERVAL).await;
    workspace.faults.set(Some(Reason::Disabled));
    let change = keyward_engine::ServingChange {
        cache: Some(Some(Duration::ZERO)),
        ..keyward_engine::ServingChange::default()
    };
    workspace.engine.set_serving(&workspace.admin(), &acme, change).await.unwrap();
    assert_eq!(workspace.get(&acme, &docs, "a").await.unwrap_err().code(), Code::KeyDisabled);
    workspace.faults.set(None);
    becomes(&workspace, &acme, TenantState::Active).await;
}

#[tokio::test]
async fn a_grant_that_runs_out_needs_attention() {
    let workspace = TestWorkspace::new().await;
    let (acme, docs, _) = workspace.tenant("acme").await;
    workspace.put(&acme, &docs, "a", b"a").await.unwrap();
    let change = keyward_engine::ServingChange {
        cache: Some(Some(Duration::ZERO)),
        ..keyward_engine::ServingChange::default()
    };
    workspace.engine.set_serving(&workspace.admin(), &acme, change).await.unwrap();
    workspace.get(&acme, &docs, "a").await.unwrap();
    let granted = async || {
        let items = workspace.engine.attention(&workspace.admin()).await.unwrap();
        items.into_iter().find(|item| item.kind == AttentionKind::GrantRunningOut)
    };
    assert!(granted().await.is_none());
    workspace.faults.set(Some(Reason::TimedOut));
    workspace.get(&acme, &docs, "a").await.unwrap();
    let item = granted().await.unwrap();
    assert_eq!((item.tenant, item.count), (Some(acme.clone()), Some(1)));
    let left = item.until.unwrap() - chrono::Utc::now();
    assert!(left.num_seconds() > 880 && left.num_seconds() <= 900, "{left}");
}

#[tokio::test]
async fn only_an_administrator_watches() {
    let workspace = TestWorkspace::new().await;
    for role in
        [Role::SecurityOfficer, Role::Application, Role::TenantApprover("acme".parse().unwrap())]
    {
        let refused = Watcher::start(&workspace.engine, workspace.context(role), settings());
        assert_eq!(refused.err().unwrap().code(), Code::NotAuthorised);
    }
}

#[tokio::test]
async fn a_drill_measures_and_its_report_is_proven() {
    let workspace = TestWorkspace::new().await;
    let (acme, docs, _) = workspace.tenant("acme").await;
    workspace.put(&acme, &docs, "a", b"a").await.unwrap();
    let admin = workspace.admin();
    let drilled =
        workspace.engine.drill(&admin, &workspace.keystore, &acme, settings()).await.unwrap();
    let report = &drilled.report;
    assert_eq!((report.cache_seconds, report.grant_seconds, report.evicted), (300, 900, 1));
    assert!(report.disabled_at <= report.noticed_at && report.noticed_at <= report.evicted_at);
    assert!(report.refused_after_ms() < 2_000, "{report:?}");
    assert_eq!(report.refused_with, "tenant-suspended");
    let body = drilled.proof.file.extra.clone().unwrap();
    let key = workspace.engine.verifier_key();
    let (_, record) = drilled.proof.file.verify_record(&body, &key).unwrap();
    assert_eq!(record.seq, drilled.seq);
    let measured = format!("\"refused_after_ms\":{}", report.refused_after_ms());
    assert!(record.details.contains(&measured), "{}", record.details);
    let gone = workspace.engine.tenant(&report.throwaway).await.unwrap();
    assert_eq!(gone.state, TenantState::Offboarded);
    assert_eq!(workspace.get(&acme, &docs, "a").await.unwrap(), b"a");
}
