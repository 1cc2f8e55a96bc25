//! Every fault of a provider, one row and one test each: its class, what the caller saw, what the log says, and
//! that no plaintext and no key is left after a denial.
//!
//! What a provider's own codes and broken connections are taken for is each provider's table; here is what
//! follows from it.

use std::time::{Duration, Instant};

use keyward_core::{Code, ObjectName};
use keyward_engine::{
    AuditFilter, AuditStart, RewrapOptions, RewrapProgress, RootKeyRotation, ServingChange,
    WatchSettings, Watcher,
};
use keyward_kms::{ErrorClass, Reason};
use keyward_store::tables::tenants::TenantState;

use crate::Place;

/// A fault: what it is taken for, and what the caller is told.
struct Row {
    reason: Reason,
    class: ErrorClass,
    code: Code,
}

const fn row(reason: Reason, class: ErrorClass, code: Code) -> Row {
    Row { reason, class, code }
}

impl Row {
    async fn holds(&self) {
        let Self { reason, class, code } = self;
        assert_eq!(reason.class(), *class);
        let place = Place::new().await;
        let Place { workspace, acme, docs } = &place;
        serve(&place, 0, 0).await;
        workspace.get(acme, docs, "kept").await.unwrap();
        workspace.faults.set(Some(*reason));
        let seen = workspace.get(acme, docs, "kept").await.unwrap_err();
        assert_eq!(seen.code(), *code, "{seen}");
        let target = workspace.path().join("out");
        let name: ObjectName = "kept".parse().unwrap();
        let context = workspace.application();
        workspace.engine.read_to_file(&context, acme, docs, &name, &target).await.unwrap_err();
        assert!(!target.exists());

        let denied = *class == ErrorClass::Denied;
        let tenant = workspace.engine.tenant(acme).await.unwrap();
        let state = if denied { TenantState::Suspended } else { TenantState::Active };
        assert_eq!(tenant.state, state);
        let reads = reads(&place).await;
        let first = &reads[1];
        assert_eq!(first.code.as_deref(), Some(code.as_str()), "what the log says");
        assert_eq!(first.outcome.as_str(), if denied { "denied" } else { "failed" });
        assert_eq!(first.details["provider_code"], "InjectedFault");
        if denied {
            let cached = workspace.engine.status().await.unwrap().cached_keys;
            assert_eq!(cached, 1, "the other tenant's alone");
            assert_eq!(tenant.state_code.as_deref(), Some(code.as_str()));
        }

        // What failed was refused and not corrupted.
        workspace.faults.set(None);
        if denied {
            let locked = workspace.get(acme, docs, "kept").await.unwrap_err();
            assert_eq!(locked.code(), Code::TenantSuspended);
            workspace.engine.restore(&workspace.admin(), acme, false).await.unwrap();
        }
        assert_eq!(workspace.get(acme, docs, "kept").await.unwrap(), b"kept");
        assert_eq!(workspace.get(acme, docs, "replaced").await.unwrap(), b"old");
    }
}

/// Sets how keys of the place's tenant serve, in seconds.
async fn serve(place: &Place, cache: u64, grant: u64) {
    let change = ServingChange {
        cache: Some(Some(Duration::from_secs(cache))),
        grant: Some(Some(Duration::from_secs(grant))),
        ..ServingChange::default()
    };
    let admin = place.workspace.admin();
    place.workspace.engine.set_serving(&admin, &place.acme, change).await.unwrap();
}

/// The records of reads, newest first.
async fn reads(place: &Place) -> Vec<keyward_ledger::Record> {
    let filter = AuditFilter { action: Some("object.read".into()), ..AuditFilter::default() };
    let engine = &place.workspace.engine;
    let admin = place.workspace.admin();
    engine.audit_query(&admin, &filter, AuditStart::Newest, 100).await.unwrap().records
}

macro_rules! faults {
    ($($name:ident: $reason:expr => $class:ident, $code:ident;)*) => {$(
        #[tokio::test]
        async fn $name() {
            row($reason, ErrorClass::$class, Code::$code).holds().await;
        }
    )*};
}

faults! {
    a_time_out: Reason::TimedOut => Unreachable, KeyUnreachable;
    a_reset_connection: Reason::NoConnection => Unreachable, KeyUnreachable;
    a_half_written_answer: Reason::ProviderFault => Unreachable, KeyUnreachable;
    a_clock_ten_minutes_off: Reason::Credentials => Unreachable, KeyUnreachable;
    throttled_without_a_hint: Reason::Throttled { retry_after: None } => Throttled, Throttled;
    throttled_with_a_hint:
        Reason::Throttled { retry_after: Some(Duration::from_secs(3)) } => Throttled, Throttled;
    access_denied: Reason::AccessDenied => Denied, KeyDenied;
    a_disabled_key: Reason::Disabled => Denied, KeyDisabled;
    a_key_pending_deletion: Reason::PendingDeletion => Denied, KeyPendingDeletion;
    a_deleted_key_or_another_account: Reason::NotFound => Denied, KeyNotFound;
    a_key_that_cannot_be_used: Reason::NotUsable => Denied, KeyDisabled;
    a_ciphertext_of_another_context: Reason::WrongCiphertext => Rejected, CiphertextRejected;
    a_malformed_reference: Reason::Malformed => Invalid, InvalidReference;
}

#[tokio::test]
async fn a_denial_that_heals_reads_again_by_itself() {
    let place = Place::new().await;
    let Place { workspace, acme, docs } = &place;
    serve(&place, 0, 900).await;
    workspace.get(acme, docs, "kept").await.unwrap();
    let interval = Duration::from_millis(300);
    let settings = WatchSettings { interval };
    let _watcher = Watcher::start(&workspace.engine, workspace.admin(), settings).unwrap();
    workspace.faults.set(Some(Reason::AccessDenied));
    let denied = workspace.get(acme, docs, "kept").await.unwrap_err();
    assert!(matches!(denied.code(), Code::KeyDenied | Code::TenantSuspended), "{denied}");
    workspace.faults.set(None);
    let healed = Instant::now();
    while workspace.get(acme, docs, "kept").await.is_err() {
        tokio::time::sleep(Duration::from_millis(10)).await;
        assert!(healed.elapsed() < interval * 4, "within one probe interval");
    }
    assert_eq!(workspace.get(acme, docs, "kept").await.unwrap(), b"kept");
}

/// Ten seconds, and nobody else waits for them.
#[tokio::test]
async fn a_slow_answer_is_an_answer() {
    let place = Place::new().await;
    let Place { workspace, acme, docs } = &place;
    workspace.put(&crate::TENANTS[1].parse().unwrap(), docs, "other", b"other").await.unwrap();
    serve(&place, 0, 0).await;
    workspace.faults.slow_down(Duration::from_secs(10));
    let slow = async {
        let began = Instant::now();
        (workspace.get(acme, docs, "kept").await, began.elapsed())
    };
    let other = async {
        let began = Instant::now();
        let tenant = crate::TENANTS[1].parse().unwrap();
        // Its key lies in memory.
        (workspace.get(&tenant, docs, "other").await, began.elapsed())
    };
    let ((slow, took), (other, meanwhile)) = futures::join!(slow, other);
    assert_eq!((slow.unwrap(), other.unwrap()), (b"kept".to_vec(), b"other".to_vec()));
    assert!(took >= Duration::from_secs(10) && meanwhile < Duration::from_secs(5), "{meanwhile:?}");
}

#[tokio::test]
async fn an_answer_for_another_key_opens_nothing_and_is_not_kept() {
    let place = Place::new().await;
    let Place { workspace, acme, docs } = &place;
    // Whatever is cached goes; from here on keys would be kept for long.
    serve(&place, 300, 300).await;
    workspace.faults.answer_for_another_key();
    let refused = workspace.get(acme, docs, "kept").await.unwrap_err();
    assert_eq!(refused.code(), Code::CiphertextRejected);
    assert_eq!(workspace.engine.tenant(acme).await.unwrap().state, TenantState::Active);
    workspace.faults.set(None);
    assert_eq!(
        workspace.get(acme, docs, "kept").await.unwrap(),
        b"kept",
        "the right one is asked for"
    );
}

#[tokio::test]
async fn credentials_that_expire_in_the_middle_of_a_job_stop_it_and_no_row_is_marked_done() {
    let place = Place::new().await;
    let Place { workspace, acme, .. } = &place;
    let engine = &workspace.engine;
    let admin = workspace.admin();
    for _ in 0..5 {
        engine.rotate_data_key(&admin, acme, &place.docs).await.unwrap();
    }
    engine.rotate_root_key(&admin, acme, RootKeyRotation::NewVersion).await.unwrap();
    let stale = engine.tenant_status(&admin, acme).await.unwrap().to_rewrap;
    assert_eq!(stale, 6);
    // The describe passes, and nothing after it.
    workspace.faults.set_after(1, Reason::Credentials);
    let options = RewrapOptions::default;
    let done = engine.rewrap(&admin, acme, options(), &RewrapProgress::unwatched).await;
    let left = engine.tenant_status(&admin, acme).await.unwrap();
    assert_eq!(left.tenant.state, TenantState::Active, "our own credentials are nobody's denial");
    assert_eq!(left.to_rewrap, 6, "{done:?}");
    workspace.faults.set(None);
    let report = engine.rewrap(&admin, acme, options(), &RewrapProgress::unwatched).await.unwrap();
    assert_eq!((report.progress.rewrapped, report.remaining.len()), (6, 0));
}
