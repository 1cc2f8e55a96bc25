//! How a tenant's unwrapped keys serve: their lifetime, the grant window, and that what another process
//! changes reaches this one's memory.

use std::time::{Duration, Instant};

use keyward_core::{Code, TenantId};
use keyward_engine::{AuditFilter, AuditStart, ServingChange};
use keyward_kms::{Reason, RootKeyService as _};
use keyward_store::tables::tenants::TenantState;
use keyward_testkit::TestWorkspace;

/// Sets lifetime and grant window, in seconds.
async fn set(workspace: &TestWorkspace, tenant: &TenantId, cache: u64, grant: u64) {
    let change = ServingChange {
        cache: Some(Some(Duration::from_secs(cache))),
        grant: Some(Some(Duration::from_secs(grant))),
        ..ServingChange::default()
    };
    workspace.engine.set_serving(&workspace.admin(), tenant, change).await.unwrap();
}

async fn records(workspace: &TestWorkspace, action: &str) -> Vec<serde_json::Value> {
    let filter = AuditFilter { action: Some(action.into()), ..AuditFilter::default() };
    let admin = workspace.admin();
    let page =
        workspace.engine.audit_query(&admin, &filter, AuditStart::Newest, 100).await.unwrap();
    let details = |details| serde_json::json!({ "details": details });
    page.records.into_iter().map(|record| details(record.details)).collect()
}

/// Keys in this process's memory.
async fn held(workspace: &TestWorkspace) -> usize {
    workspace.engine.status().await.unwrap().cached_keys
}

#[tokio::test]
async fn each_tenant_has_its_own_lifetime() {
    let workspace = TestWorkspace::new().await;
    let (acme, docs, _) = workspace.tenant("acme").await;
    let (other, _, _) = workspace.tenant("other").await;
    workspace.put(&acme, &docs, "a", b"a").await.unwrap();
    workspace.put(&other, &docs, "a", b"a").await.unwrap();
    set(&workspace, &acme, 0, 0).await;
    assert_eq!(
        held(&workspace).await,
        1,
        "setting it has wiped what was cached, of this tenant alone"
    );
    let before = workspace.faults.calls();
    for _ in 0..3 {
        workspace.get(&acme, &docs, "a").await.unwrap();
        workspace.get(&other, &docs, "a").await.unwrap();
    }
    assert_eq!(
        workspace.faults.calls() - before,
        3,
        "one for each of its reads, none for the other's"
    );
    assert_eq!(held(&workspace).await, 1, "nothing of it is kept");

    let set = &records(&workspace, "tenant.serving").await[0]["details"];
    assert_eq!(set["cache_seconds"], 0);
    assert_eq!(set["cache_seconds_before"], 300);
    assert_eq!(set["grant_seconds_before"], 900);
    let too_long = ServingChange {
        cache: Some(Some(Duration::from_secs(86_401))),
        ..ServingChange::default()
    };
    let refused = workspace.engine.set_serving(&workspace.admin(), &acme, too_long).await;
    assert_eq!(refused.unwrap_err().code(), Code::InvalidInput);
    let usual = ServingChange { cache: Some(None), ..ServingChange::default() };
    let back = workspace.engine.set_serving(&workspace.admin(), &acme, usual).await.unwrap();
    assert_eq!((back.cache_seconds, back.grant_seconds), (300, 0));
}

#[tokio::test]
async fn an_unreachable_provider_is_bridged_until_the_deadline_and_not_longer() {
    let workspace = TestWorkspace::new().await;
    let (acme, docs, _) = workspace.tenant("acme").await;
    workspace.put(&acme, &docs, "a", b"a").await.unwrap();
    set(&workspace, &acme, 0, 3).await;
    workspace.get(&acme, &docs, "a").await.unwrap();
    let unwrapped = Instant::now();
    workspace.faults.set(Some(Reason::TimedOut));
    let mut served = 0;
    let ended = loop {
        match workspace.get(&acme, &docs, "a").await {
            Ok(plaintext) => assert_eq!(plaintext, b"a"),
            Err(error) => break error,
        }
        served += 1;
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    let lasted = unwrapped.elapsed();
    assert_eq!(ended.code(), Code::KeyUnreachable);
    assert!(
        (Duration::from_millis(2_500)..Duration::from_millis(3_500)).contains(&lasted),
        "{lasted:?}"
    );
    let uses = records(&workspace, "data-key.grant-use").await;
    assert_eq!(uses.len(), served, "one record for each use");
    let until: std::collections::BTreeSet<_> = uses
        .iter()
        .map(|record| record["details"]["until"].as_str().unwrap()[..19].to_owned())
        .collect();
    assert!(until.len() <= 2, "no failed refresh moved the deadline: {until:?}");
    assert_eq!(uses[0]["details"]["unreachable"], "key-unreachable");
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    assert_eq!(held(&workspace).await, 0, "wiped at its end");
    let state = workspace.engine.tenant(&acme).await.unwrap().state;
    assert_eq!(state, TenantState::Active, "an outage locks nobody out");
    workspace.faults.set(None);
    workspace.get(&acme, &docs, "a").await.unwrap();
}

#[tokio::test]
async fn a_denial_ends_a_grant_at_once_and_nothing_else_begins_one() {
    let workspace = TestWorkspace::new().await;
    let (acme, docs, _) = workspace.tenant("acme").await;
    workspace.put(&acme, &docs, "a", b"a").await.unwrap();
    set(&workspace, &acme, 0, 60).await;
    workspace.get(&acme, &docs, "a").await.unwrap();
    for reason in [Reason::Throttled { retry_after: None }, Reason::Malformed] {
        workspace.faults.set(Some(reason));
        assert!(workspace.get(&acme, &docs, "a").await.is_err(), "{reason:?} is no outage");
    }
    workspace.faults.set(Some(Reason::NoConnection));
    workspace.get(&acme, &docs, "a").await.unwrap();
    workspace.faults.set(Some(Reason::AccessDenied));
    assert_eq!(workspace.get(&acme, &docs, "a").await.unwrap_err().code(), Code::KeyDenied);
    assert_eq!(held(&workspace).await, 0);
    workspace.faults.set(Some(Reason::NoConnection));
    let locked = workspace.get(&acme, &docs, "a").await.unwrap_err();
    assert_eq!(locked.code(), Code::TenantSuspended, "the outage that follows revives nothing");
    workspace.faults.set(None);
    workspace.engine.restore(&workspace.admin(), &acme, false).await.unwrap();
    workspace.faults.set(Some(Reason::NoConnection));
    assert_eq!(workspace.get(&acme, &docs, "a").await.unwrap_err().code(), Code::KeyUnreachable);
    assert_eq!(records(&workspace, "data-key.grant-use").await.len(), 1);
}

#[tokio::test]
async fn without_a_window_an_outage_refuses() {
    let workspace = TestWorkspace::new().await;
    let (acme, docs, _) = workspace.tenant("acme").await;
    workspace.put(&acme, &docs, "a", b"a").await.unwrap();
    set(&workspace, &acme, 0, 0).await;
    workspace.get(&acme, &docs, "a").await.unwrap();
    workspace.faults.set(Some(Reason::TimedOut));
    assert_eq!(workspace.get(&acme, &docs, "a").await.unwrap_err().code(), Code::KeyUnreachable);
}

/// Two engines with their own memory on one workspace, as two processes have.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_process_locks_the_other_wipes_within_a_second() {
    let workspace = TestWorkspace::new().await;
    let (acme, docs, key) = workspace.tenant("acme").await;
    let (other, _, _) = workspace.tenant("other").await;
    workspace.put(&acme, &docs, "a", b"a").await.unwrap();
    workspace.put(&other, &docs, "a", b"a").await.unwrap();
    let second = TestWorkspace::open_at(workspace.path()).await.unwrap();
    let mut slowest = Duration::ZERO;
    for round in 0..5 {
        second.get(&acme, &docs, "a").await.unwrap();
        second.get(&other, &docs, "a").await.unwrap();
        assert_eq!(held(&second).await, 2);
        // Somewhere within the second process's look-around.
        tokio::time::sleep(Duration::from_millis(60 * round)).await;
        let admin = workspace.admin();
        match round {
            0 => drop(workspace.engine.suspend(&admin, &acme, "a test").await.unwrap()),
            1 => drop(workspace.engine.revoke(&admin, &acme, "a test", false).await.unwrap()),
            2 => set(&workspace, &acme, 100, 100).await,
            3 => {
                workspace.keystore.set_enabled(&key, false).await.unwrap();
                set(&workspace, &acme, 0, 0).await;
                second.get(&other, &docs, "a").await.unwrap();
                workspace.get(&acme, &docs, "a").await.unwrap_err();
                workspace.keystore.set_enabled(&key, true).await.unwrap();
            }
            _ => {
                let rotation = keyward_engine::RootKeyRotation::NewVersion;
                drop(workspace.engine.rotate_root_key(&admin, &acme, rotation).await.unwrap());
            }
        }
        let began = Instant::now();
        while held(&second).await > 1 {
            tokio::time::sleep(Duration::from_millis(5)).await;
            assert!(began.elapsed() < Duration::from_secs(1), "round {round}");
        }
        slowest = slowest.max(began.elapsed());
        if matches!(round, 0 | 1 | 3) {
            workspace.engine.restore(&admin, &acme, false).await.unwrap();
            set(&workspace, &acme, 300, 900).await;
        }
    }
    println!("the slowest of five took {slowest:?}");
}
