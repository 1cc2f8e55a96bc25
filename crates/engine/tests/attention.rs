//! What needs a person now, and how the log stands.

use chrono::TimeDelta;
use keyward_core::{Code, Role, TenantId};
use keyward_engine::{
    Answer, AttentionItem, AttentionKind as Kind, ChallengeKind, NewWitness, RootKeyRotation,
    VerifyOptions,
};
use keyward_kms::RootKeyService;
use keyward_ledger::Outcome;
use keyward_store::tables::intents;
use keyward_testkit::TestWorkspace;

async fn items(workspace: &TestWorkspace) -> Vec<AttentionItem> {
    workspace.engine.attention(&workspace.officer()).await.unwrap()
}

/// The kinds that concern a tenant.
async fn of(workspace: &TestWorkspace, tenant: &TenantId) -> Vec<Kind> {
    let items = items(workspace).await;
    items.iter().filter(|item| item.tenant.as_ref() == Some(tenant)).map(|item| item.kind).collect()
}

#[tokio::test]
async fn a_rotation_is_due_before_it_is_overdue_and_then_to_be_finished() {
    let workspace = TestWorkspace::new().await;
    let engine = &workspace.engine;
    let (acme, _, _) = workspace.tenant("acme").await;
    engine.set_rotation_period(&workspace.admin(), Some(&acme), Some(100)).await.unwrap();
    workspace.clock.advance(TimeDelta::days(84));
    assert!(of(&workspace, &acme).await.is_empty());
    workspace.clock.advance(TimeDelta::days(2));
    assert_eq!(of(&workspace, &acme).await, [Kind::RotationDue]);
    workspace.clock.advance(TimeDelta::days(15));
    assert_eq!(of(&workspace, &acme).await, [Kind::RotationOverdue]);
    let item = items(&workspace).await.into_iter().find(|item| item.kind == Kind::RotationOverdue);
    let summary = engine.tenant_summaries(&workspace.admin()).await.unwrap().pop().unwrap();
    assert_eq!(item.unwrap().since, summary.due_at);

    engine.rotate_root_key(&workspace.admin(), &acme, RootKeyRotation::NewVersion).await.unwrap();
    let items = items(&workspace).await;
    let item = items.iter().find(|item| item.tenant.is_some()).unwrap();
    assert_eq!((item.kind, item.count, item.total), (Kind::RewrapUnfinished, Some(1), Some(1)));
}

#[tokio::test]
async fn a_locked_tenant_says_who_locked_it() {
    let workspace = TestWorkspace::new().await;
    let engine = &workspace.engine;
    let (acme, docs, reference) = workspace.tenant("acme").await;
    let (hand, _, _) = workspace.tenant("hand").await;
    let (gone, _, _) = workspace.tenant("gone").await;
    workspace.put(&acme, &docs, "a", b"1").await.unwrap();
    engine.suspend(&workspace.admin(), &hand, "test").await.unwrap();
    engine.revoke(&workspace.admin(), &gone, "test", false).await.unwrap();
    workspace.keystore.set_enabled(&reference, false).await.unwrap();
    engine.rotate_data_key(&workspace.admin(), &acme, &docs).await.unwrap_err();
    let items = items(&workspace).await;
    let denied = items.iter().find(|item| item.kind == Kind::TenantDenied).unwrap();
    assert_eq!(denied.tenant.as_ref(), Some(&acme));
    assert_eq!(denied.code.as_deref(), Some("key-disabled"));
    assert_eq!(of(&workspace, &hand).await, [Kind::TenantSuspended]);
    assert_eq!(of(&workspace, &gone).await, [Kind::TenantRevoked]);
    assert!(items.is_sorted_by_key(|item| item.kind));

    engine.offboard(&workspace.admin(), &gone, true).await.unwrap();
    assert!(of(&workspace, &gone).await.is_empty(), "nobody can do anything about it");
}

#[tokio::test]
async fn a_challenge_is_told_until_another_one_is_passed() {
    let workspace = TestWorkspace::new().await;
    let engine = &workspace.engine;
    let acme: TenantId = "acme".parse().unwrap();
    engine.register_tenant(&workspace.admin(), &acme, "Acme").await.unwrap();
    let key = workspace.key("acme-key", &acme);
    let view = engine
        .register_root_key(&workspace.admin(), &acme, std::slice::from_ref(&key))
        .await
        .unwrap();
    let start = async || {
        engine
            .start_challenge(&workspace.admin(), &view.key.id, ChallengeKind::Decrypt)
            .await
            .unwrap()
    };
    let first = start().await;
    assert_eq!(of(&workspace, &acme).await, [Kind::ChallengeOpen]);
    let wrong = Answer::Decrypted(vec![0; 32]);
    engine.answer_challenge(&workspace.admin(), first.id, &wrong).await.unwrap_err();
    assert_eq!(of(&workspace, &acme).await, [Kind::ChallengeFailed]);
    start().await;
    workspace.clock.advance(TimeDelta::minutes(16));
    assert_eq!(of(&workspace, &acme).await, [Kind::ChallengeExpired]);
    let last = start().await;
    let answer = workspace.decrypt(&key, &last).await;
    engine.answer_challenge(&workspace.admin(), last.id, &answer).await.unwrap();
    assert!(of(&workspace, &acme).await.is_empty());
}

#[tokio::test]
async fn an_intent_is_told_once_it_cannot_be_under_way() {
    let workspace = TestWorkspace::new().await;
    let (acme, _, _) = workspace.tenant("acme").await;
    let context = workspace.admin();
    {
        let store = workspace.store().await.unwrap();
        let mut write = store.write().await.unwrap();
        let at = chrono::Utc::now();
        intents::open(&mut write, &context.request, "root-key.rotate", &acme, "{}", at)
            .await
            .unwrap();
        write.commit().await.unwrap();
    }
    assert!(of(&workspace, &acme).await.is_empty());
    workspace.clock.advance(TimeDelta::minutes(11));
    let items = items(&workspace).await;
    let open = items.iter().find(|item| item.kind == Kind::IntentOpen).unwrap();
    assert_eq!(open.code.as_deref(), Some("root-key.rotate"));
    assert_eq!(open.subject, Some(context.request.to_string()));
}

#[tokio::test]
async fn the_log_asks_to_be_verified_every_week() {
    let workspace = TestWorkspace::new().await;
    let engine = &workspace.engine;
    let officer = workspace.officer();
    let kinds =
        async || -> Vec<_> { items(&workspace).await.iter().map(|item| item.kind).collect() };
    assert_eq!(kinds().await, [Kind::LogNeverVerified]);
    let standing = engine.log_standing(&officer).await.unwrap();
    assert!(standing.verified.is_none() && standing.passed.is_none());

    let verified = engine.audit_verify(&officer, &|_, _| {}).await.unwrap();
    assert!(kinds().await.is_empty());
    let standing = engine.log_standing(&officer).await.unwrap();
    let newest = standing.verified.unwrap();
    assert_eq!((newest.outcome, newest.records), (Outcome::Ok, Some(verified.records)));
    assert_eq!((newest.actor.0.as_str(), newest.role.clone()), ("test", Role::SecurityOfficer));
    assert_eq!(standing.passed, Some(newest));
    assert_eq!(standing.records, verified.records + 1, "the verification's own record");
    assert_eq!(standing.origin, verified.origin);

    workspace.clock.advance(TimeDelta::days(8));
    assert_eq!(kinds().await, [Kind::LogVerificationOld]);
}

#[tokio::test]
async fn a_log_that_does_not_verify_is_told_until_it_does() {
    let workspace = TestWorkspace::new().await;
    let engine = &workspace.engine;
    let officer = workspace.officer();
    engine.audit_verify(&officer, &|_, _| {}).await.unwrap();
    // A checkpoint of a log of the same name that has gone another way.
    let fork = TestWorkspace::new().await;
    fork.tenant("other").await;
    let note = fork.engine.status().await.unwrap().checkpoint;
    engine.audit_consistency(&officer, &note).await.unwrap_err();
    let standing = engine.log_standing(&officer).await.unwrap();
    assert_eq!(standing.verified, standing.passed, "a comparison is no verification");

    let options = VerifyOptions { continues: vec![note], ..VerifyOptions::default() };
    engine.audit_verify_with(&officer, &options, &|_, _| {}).await.unwrap_err();
    let standing = engine.log_standing(&officer).await.unwrap();
    let (verified, passed) = (standing.verified.unwrap(), standing.passed.unwrap());
    assert_eq!((verified.outcome, passed.outcome), (Outcome::Failed, Outcome::Ok));
    assert!(passed.seq < verified.seq && verified.records.is_none());
    let told = items(&workspace).await;
    assert_eq!((told[0].kind, &told[0].code), (Kind::LogVerificationFailed, &verified.code));

    engine.audit_verify(&officer, &|_, _| {}).await.unwrap();
    assert!(items(&workspace).await.is_empty());
}

#[tokio::test]
async fn a_place_that_is_gone_is_told() {
    let workspace = TestWorkspace::new().await;
    let kept = tempfile::tempdir().unwrap();
    let folder = kept.path().join("kept");
    std::fs::create_dir(&folder).unwrap();
    let new =
        NewWitness { folder: Some(folder.to_str().unwrap().to_owned()), ..NewWitness::default() };
    workspace.engine.add_witness(&workspace.admin(), new).await.unwrap();
    workspace.engine.anchor_now().await.unwrap();
    let has = async |kind| items(&workspace).await.iter().any(|item| item.kind == kind);
    assert!(!has(Kind::AnchorMissing).await && !has(Kind::AnchorBehind).await);
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(has(Kind::AnchorMissing).await);
}

#[tokio::test]
async fn an_approver_is_told_of_its_tenant_only() {
    let workspace = TestWorkspace::new().await;
    let engine = &workspace.engine;
    let (acme, _, _) = workspace.tenant("acme").await;
    let (other, _, _) = workspace.tenant("other").await;
    engine.suspend(&workspace.admin(), &acme, "test").await.unwrap();
    engine.suspend(&workspace.admin(), &other, "test").await.unwrap();
    let approver = workspace.context(Role::TenantApprover(acme.clone()));
    let told = engine.attention(&approver).await.unwrap();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].tenant, Some(acme));
    let refused = engine.log_standing(&approver).await;
    assert_eq!(refused.unwrap_err().code(), Code::NotAuthorised);
    let refused = engine.attention(&workspace.application()).await;
    assert_eq!(refused.unwrap_err().code(), Code::NotAuthorised);
}
