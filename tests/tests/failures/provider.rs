//! A provider that fails, refuses, or does what it is asked and whose answer is lost.

use keyward_core::{Code, TenantId};
use keyward_engine::{
    Engine, {RewrapOptions, RewrapProgress},
};
use keyward_kms::Reason;
use keyward_store::tables::{audit_records, intents, tenants::TenantState};
use keyward_testkit::TestWorkspace;

use crate::{Operation, Place, known};

/// An outside effect whose answer is lost is found out by the next opening.
#[tokio::test]
async fn a_rotation_that_happened_without_an_answer_is_settled_by_the_next_opening() {
    let place = Place::new().await;
    let Place { workspace, acme, .. } = &place;
    workspace.faults.lose_answers();
    let lost = Operation::RotateRootKey.run(&place, 0).await.unwrap_err();
    assert_eq!(lost.code(), Code::KeyUnreachable);
    assert_eq!(open_intents(workspace).await, ["root-key.rotate"]);
    assert_eq!(version(&workspace.engine, acme).await, 1, "nothing is assumed");
    workspace.faults.set(None);

    let again = TestWorkspace::open_at(workspace.path()).await.unwrap();
    assert!(open_intents(&again).await.is_empty());
    assert_eq!(version(&again.engine, acme).await, 2);
    assert_eq!(settled(&again).await, ["root-key.rotate: found done"]);
    let done = again
        .engine
        .rewrap(&again.admin(), acme, RewrapOptions::default(), &RewrapProgress::unwatched)
        .await;
    let report = done.unwrap();
    assert_eq!((report.progress.rewrapped, report.remaining.len()), (1, 0));
    place.look_over(&mut known()).await;
}

/// The same where somebody notices the new version before the intent is settled.
#[tokio::test]
async fn a_version_noticed_meanwhile_does_not_hide_that_the_rotation_happened() {
    let place = Place::new().await;
    let Place { workspace, acme, .. } = &place;
    workspace.faults.lose_answers();
    Operation::RotateRootKey.run(&place, 0).await.unwrap_err();
    workspace.faults.set(None);
    Operation::Rewrap.run(&place, 0).await.unwrap();
    assert_eq!(version(&workspace.engine, acme).await, 2, "the rewrap has noticed");
    let again = TestWorkspace::open_at(workspace.path()).await.unwrap();
    assert_eq!(settled(&again).await, ["root-key.rotate: found done"]);
    assert_eq!(version(&again.engine, acme).await, 2);
    place.look_over(&mut known()).await;
}

#[tokio::test]
async fn a_rotation_that_did_not_happen_is_settled_as_such() {
    let place = Place::new().await;
    let Place { workspace, acme, .. } = &place;
    workspace.faults.set(Some(Reason::TimedOut));
    Operation::RotateRootKey.run(&place, 0).await.unwrap_err();
    // As long as the provider stays away the intent stays open, and the workspace opens all the same.
    let away = workspace.open_again().await.unwrap();
    assert_eq!(open_intents(workspace).await.len(), 1);
    drop(away);
    workspace.faults.set(None);
    let again = TestWorkspace::open_at(workspace.path()).await.unwrap();
    assert_eq!(settled(&again).await, ["root-key.rotate: found not done"]);
    assert_eq!(version(&again.engine, acme).await, 1);
    place.look_over(&mut known()).await;
}

#[tokio::test]
async fn a_refused_rotation_leaves_no_intent() {
    let place = Place::new().await;
    let Place { workspace, acme, .. } = &place;
    let throttled = Reason::Throttled { retry_after: None };
    for (reason, state) in
        [(throttled, TenantState::Active), (Reason::AccessDenied, TenantState::Suspended)]
    {
        workspace.faults.set(Some(reason));
        Operation::RotateRootKey.run(&place, 0).await.unwrap_err();
        workspace.faults.set(None);
        assert!(open_intents(workspace).await.is_empty(), "{reason:?}");
        assert_eq!(workspace.engine.tenant(acme).await.unwrap().state, state, "{reason:?}");
    }
    place.look_over(&mut known()).await;
}

#[tokio::test]
async fn disabling_and_enabling_without_an_answer_are_settled() {
    let place = Place::new().await;
    let Place { workspace, acme, docs } = &place;
    workspace.faults.lose_answers();
    let lost = Operation::RevokeAtProvider.run(&place, 0).await.unwrap_err();
    assert_eq!(lost.code(), Code::KeyUnreachable);
    let state = workspace.engine.tenant(acme).await.unwrap().state;
    assert_eq!(state, TenantState::Revoked, "locked all the same");
    let again = TestWorkspace::open_at(workspace.path()).await.unwrap();
    assert_eq!(settled(&again).await, ["root-key.state: found done"]);

    let lost = Operation::Restore.run(&place, 0).await.unwrap_err();
    assert_eq!(lost.code(), Code::KeyUnreachable);
    let refused = workspace.get(acme, docs, "kept").await.unwrap_err();
    assert_eq!(refused.code(), Code::TenantRevoked, "as locked as before");
    workspace.faults.set(None);
    let again = TestWorkspace::open_at(workspace.path()).await.unwrap();
    assert_eq!(settled(&again).await.len(), 2);
    place.look_over(&mut known()).await;
    assert_eq!(workspace.get(acme, docs, "kept").await.unwrap(), b"kept");
}

/// A provider that fails at any of its calls leaves what was there.
#[tokio::test]
async fn a_provider_that_fails_leaves_everything_as_it_was() {
    let throttled = Reason::Throttled { retry_after: None };
    for reason in [Reason::TimedOut, throttled, Reason::WrongCiphertext, Reason::Malformed] {
        for operation in [
            Operation::RotateDataKey,
            Operation::Rewrap,
            Operation::ReplaceRootKey,
            Operation::Restore,
        ] {
            let place = Place::new().await;
            operation.prepare(&place, 0).await;
            let before = place.rows().await;
            place.workspace.faults.set(Some(reason));
            let done = operation.run(&place, 0).await;
            place.workspace.faults.set(None);
            assert!(done.is_err(), "{operation:?} with {reason:?}");
            place.is_as(&before, &format!("{operation:?} with {reason:?}")).await;
            place.look_over(&mut known()).await;
        }
    }
}

async fn open_intents(workspace: &TestWorkspace) -> Vec<String> {
    let store = workspace.store().await.unwrap();
    let open = intents::list_open(&mut store.read().await.unwrap()).await.unwrap();
    open.into_iter().map(|intent| intent.operation).collect()
}

async fn version(engine: &Engine, tenant: &TenantId) -> u32 {
    engine.root_keys(tenant).await.unwrap()[0].key.version
}

/// What the records of settled intents say was found, oldest first.
async fn settled(workspace: &TestWorkspace) -> Vec<String> {
    let store = workspace.store().await.unwrap();
    let mut reader = store.read().await.unwrap();
    let chunk = audit_records::read_chunk(&mut reader, 0, 1000).await.unwrap();
    let settled = chunk.rows().filter_map(|row| {
        let record: serde_json::Value = serde_json::from_slice(row.body).unwrap();
        let detail = |name: &str| record["details"][name].as_str().unwrap().to_owned();
        (record["action"] == "intent.settle")
            .then(|| format!("{}: {}", detail("operation"), detail("found")))
    });
    settled.collect()
}
