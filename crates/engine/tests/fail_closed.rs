//! What each class of failure does to callers, cached keys, the tenant and the log.

use std::time::Duration;

use keyward_core::{Code, LoggedNames};
use keyward_engine::{AuditFilter, AuditStart, CacheSettings, Settings};
use keyward_kms::Reason;
use keyward_store::tables::tenants::TenantState;
use keyward_testkit::TestWorkspace;

/// A reason, the code that the caller sees, and whether it is a denial.
const REASONS: &[(Reason, Code, bool)] = &[
    (Reason::AccessDenied, Code::KeyDenied, true),
    (Reason::Disabled, Code::KeyDisabled, true),
    (Reason::PendingDeletion, Code::KeyPendingDeletion, true),
    (Reason::NotFound, Code::KeyNotFound, true),
    (Reason::NotUsable, Code::KeyDisabled, true),
    (Reason::WrongCiphertext, Code::CiphertextRejected, false),
    (Reason::Throttled { retry_after: None }, Code::Throttled, false),
    (Reason::TimedOut, Code::KeyUnreachable, false),
    (Reason::NoConnection, Code::KeyUnreachable, false),
    (Reason::ProviderFault, Code::KeyUnreachable, false),
    (Reason::Credentials, Code::KeyUnreachable, false),
    (Reason::Malformed, Code::InvalidReference, false),
    (Reason::WrongKeyKind, Code::UnsupportedByProvider, false),
];

fn no_cache() -> Settings {
    Settings {
        cache: CacheSettings { lifetime: Duration::ZERO, grant: Duration::ZERO, capacity: 1 },
    }
}

#[tokio::test]
async fn only_a_denial_suspends_and_every_failure_is_recorded() {
    for (reason, code, denial) in REASONS {
        let workspace = TestWorkspace::with(no_cache()).await;
        let (acme, docs, _) = workspace.tenant("acme").await;
        workspace.put(&acme, &docs, "a", b"secret").await.unwrap();
        workspace.faults.set(Some(*reason));
        let read = workspace.get(&acme, &docs, "a").await.unwrap_err();
        assert_eq!(read.code(), *code, "{reason:?}");
        let state = workspace.engine.tenant(&acme).await.unwrap().state;
        let expected = if *denial { TenantState::Suspended } else { TenantState::Active };
        assert_eq!(state, expected, "{reason:?}");

        let filter = AuditFilter {
            action: Some("object.read".into()),
            tenant: Some(acme.clone()),
            ..AuditFilter::default()
        };
        let page = workspace
            .engine
            .audit_query(&workspace.officer(), &filter, AuditStart::Newest, 10)
            .await
            .unwrap();
        let record = &page.records[0];
        assert_eq!(record.code.as_deref(), Some(code.as_str()), "{reason:?}");
        assert_ne!(record.outcome.as_str(), "ok", "{reason:?}");

        workspace.faults.set(None);
        if *denial {
            let still = workspace.get(&acme, &docs, "a").await.unwrap_err();
            assert_eq!(still.code(), Code::TenantSuspended, "{reason:?}");
            workspace.engine.restore(&workspace.admin(), &acme, false).await.unwrap();
        }
        assert_eq!(workspace.get(&acme, &docs, "a").await.unwrap(), b"secret", "{reason:?}");
    }
}

#[tokio::test]
async fn a_denial_evicts_every_cached_key_of_the_tenant_and_no_other() {
    let workspace = TestWorkspace::new().await;
    let (acme, docs, _) = workspace.tenant("acme").await;
    let (other, _, _) = workspace.tenant("other").await;
    let more = "more".parse().unwrap();
    workspace
        .engine
        .create_dataset(&workspace.admin(), &acme, &more, &[], LoggedNames::Plain)
        .await
        .unwrap();
    workspace.put(&acme, &docs, "a", b"1").await.unwrap();
    workspace.put(&other, &docs, "a", b"2").await.unwrap();
    assert_eq!(workspace.engine.status().await.unwrap().cached_keys, 3);

    // Cached keys serve without asking the provider ...
    workspace.faults.set(Some(Reason::Disabled));
    assert_eq!(workspace.get(&acme, &docs, "a").await.unwrap(), b"1");
    // ... until it says no about any of them.
    let refused = workspace.engine.rotate_data_key(&workspace.admin(), &acme, &docs).await;
    assert_eq!(refused.unwrap_err().code(), Code::KeyDisabled);
    assert_eq!(workspace.engine.status().await.unwrap().cached_keys, 1);
    let refused = workspace.get(&acme, &docs, "a").await.unwrap_err();
    assert_eq!(refused.code(), Code::TenantSuspended);
    assert_eq!(workspace.get(&other, &docs, "a").await.unwrap(), b"2");
}

#[tokio::test]
async fn a_revocation_reaches_other_engines_with_their_next_call() {
    let workspace = TestWorkspace::new().await;
    let (acme, docs, _) = workspace.tenant("acme").await;
    workspace.put(&acme, &docs, "a", b"1").await.unwrap();
    let other = workspace.open_again().await.unwrap();
    let name = "a".parse().unwrap();
    let application = workspace.application();
    other.read(&application, &acme, &docs, &name).await.unwrap();
    workspace.engine.revoke(&workspace.admin(), &acme, "test", false).await.unwrap();
    let refused = other.read(&application, &acme, &docs, &name).await.unwrap_err();
    assert_eq!(refused.code(), Code::TenantRevoked);
    workspace.engine.restore(&workspace.admin(), &acme, false).await.unwrap();
    assert_eq!(&other.read(&application, &acme, &docs, &name).await.unwrap()[..], b"1");
}

#[tokio::test]
async fn a_denial_from_before_a_restoration_says_nothing_about_the_tenant_now() {
    let workspace = TestWorkspace::with(no_cache()).await;
    let (acme, docs, _) = workspace.tenant("acme").await;
    workspace.put(&acme, &docs, "a", b"1").await.unwrap();
    workspace.faults.set(Some(Reason::Disabled));
    let held = workspace.faults.hold_failures().await;
    let read = async {
        let late = workspace.get(&acme, &docs, "a").await.unwrap_err();
        assert_eq!(late.code(), Code::KeyDisabled, "the read itself is refused");
    };
    let calls = workspace.faults.calls();
    let lock_and_restore = async {
        while workspace.faults.calls() == calls {
            tokio::task::yield_now().await;
        }
        workspace.engine.revoke(&workspace.admin(), &acme, "a drill", false).await.unwrap();
        workspace.faults.set(None);
        workspace.engine.restore(&workspace.admin(), &acme, false).await.unwrap();
        drop(held);
    };
    tokio::join!(read, lock_and_restore);
    assert_eq!(workspace.engine.tenant(&acme).await.unwrap().state, TenantState::Active);
    assert_eq!(workspace.get(&acme, &docs, "a").await.unwrap(), b"1");
}

#[tokio::test]
async fn a_suspension_by_hand_needs_no_provider_and_is_restored() {
    let workspace = TestWorkspace::new().await;
    let (acme, docs, _) = workspace.tenant("acme").await;
    workspace.put(&acme, &docs, "a", b"1").await.unwrap();
    workspace.faults.set(Some(Reason::NoConnection));
    workspace.engine.suspend(&workspace.admin(), &acme, "suspicion").await.unwrap();
    assert_eq!(workspace.engine.status().await.unwrap().cached_keys, 0);
    assert_eq!(workspace.get(&acme, &docs, "a").await.unwrap_err().code(), Code::TenantSuspended);
    let away = workspace.engine.restore(&workspace.admin(), &acme, false).await.unwrap_err();
    assert_eq!(away.code(), Code::KeyUnreachable, "an unreachable key restores nothing");
    workspace.faults.set(None);
    workspace.engine.restore(&workspace.admin(), &acme, false).await.unwrap();
    assert_eq!(workspace.get(&acme, &docs, "a").await.unwrap(), b"1");
}

#[tokio::test]
async fn the_cache_saves_calls_and_ends() {
    let settings = Settings {
        cache: CacheSettings {
            lifetime: Duration::from_millis(300),
            grant: Duration::ZERO,
            capacity: 10,
        },
    };
    let workspace = TestWorkspace::with(settings).await;
    let (acme, docs, _) = workspace.tenant("acme").await;
    workspace.put(&acme, &docs, "a", b"1").await.unwrap();
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert_eq!(workspace.engine.status().await.unwrap().cached_keys, 0, "wiped at its end");
    let before = workspace.faults.calls();
    let reads = (0..50).map(|_| workspace.get(&acme, &docs, "a"));
    for read in futures::future::join_all(reads).await {
        assert_eq!(read.unwrap(), b"1");
    }
    assert_eq!(workspace.faults.calls() - before, 1, "one flight for all");
    tokio::time::sleep(Duration::from_millis(400)).await;
    workspace.faults.set(Some(Reason::TimedOut));
    let refused = workspace.get(&acme, &docs, "a").await.unwrap_err();
    assert_eq!(refused.code(), Code::KeyUnreachable, "a failed refresh extends nothing");
}
