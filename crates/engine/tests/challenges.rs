//! Onboarding challenges: each kind, and each way to fail.

use std::sync::Arc;

use chrono::TimeDelta;
use keyward_core::{Code, KeyState, RootKeyReference, TenantId};
use keyward_engine::{Answer, ChallengeKind, ChallengeStep, ChallengeView, EngineError};
use keyward_kms::Reason;
use keyward_store::tables::tenants::TenantState;
use keyward_testkit::TestWorkspace;
use ssh_key::{Algorithm, HashAlg, LineEnding, PrivateKey};

/// A tenant with a registered key that isn't proven yet.
async fn registered(workspace: &TestWorkspace, id: &str) -> (TenantId, RootKeyReference) {
    let tenant: TenantId = id.parse().unwrap();
    workspace.engine.register_tenant(&workspace.admin(), &tenant, id).await.unwrap();
    let reference = workspace.key(&format!("{id}-key"), &tenant);
    let references = std::slice::from_ref(&reference);
    workspace.engine.register_root_key(&workspace.admin(), &tenant, references).await.unwrap();
    (tenant, reference)
}

async fn start(workspace: &TestWorkspace, tenant: &TenantId, kind: ChallengeKind) -> ChallengeView {
    let key = format!("rk:{tenant}/1").parse().unwrap();
    workspace.engine.start_challenge(&workspace.admin(), &key, kind).await.unwrap()
}

async fn answer(
    workspace: &TestWorkspace,
    challenge: &ChallengeView,
    answer: &Answer,
) -> Result<KeyState, EngineError> {
    let answered =
        workspace.engine.answer_challenge(&workspace.admin(), challenge.id, answer).await;
    answered.map(|view| view.key.state)
}

async fn state(workspace: &TestWorkspace, tenant: &TenantId) -> TenantState {
    workspace.engine.tenant(tenant).await.unwrap().state
}

#[tokio::test]
async fn a_decrypted_nonce_activates_once() {
    let workspace = TestWorkspace::new().await;
    let (acme, reference) = registered(&workspace, "acme").await;
    assert_eq!(state(&workspace, &acme).await, TenantState::Pending);
    let challenge = start(&workspace, &acme, ChallengeKind::Decrypt).await;
    let nonce = workspace.decrypt(&reference, &challenge).await;
    assert_eq!(answer(&workspace, &challenge, &nonce).await.unwrap(), KeyState::Active);
    assert_eq!(state(&workspace, &acme).await, TenantState::Active);
    let again = answer(&workspace, &challenge, &nonce).await.unwrap_err();
    assert_eq!(again.code(), Code::ChallengeUsed);
    let history = workspace.engine.key_transitions("rk:acme/1").await.unwrap();
    assert_eq!((history.len(), history[0].to), (1, KeyState::Active));
}

#[tokio::test]
async fn each_step_is_told_once_it_is_passed() {
    let workspace = TestWorkspace::new().await;
    let (acme, reference) = registered(&workspace, "acme").await;
    let steps = parking_lot::Mutex::new(Vec::new());
    let tell = |step| steps.lock().push(step);
    let admin = workspace.admin();
    let engine = &workspace.engine;

    let challenge = start(&workspace, &acme, ChallengeKind::Decrypt).await;
    let wrong = Answer::Decrypted(vec![0; 32]);
    engine.answer_challenge_with(&admin, challenge.id, &wrong, &tell).await.unwrap_err();
    assert!(steps.lock().is_empty(), "a wrong answer passes nothing");

    let challenge = start(&workspace, &acme, ChallengeKind::Decrypt).await;
    let nonce = workspace.decrypt(&reference, &challenge).await;
    engine.answer_challenge_with(&admin, challenge.id, &nonce, &tell).await.unwrap();
    use ChallengeStep::{Activated, Answered, Described, ForeignContext, OwnContext};
    assert_eq!(*steps.lock(), [Answered, Described, OwnContext, ForeignContext, Activated]);
}

#[tokio::test]
async fn two_answers_at_once_pass_once() {
    let workspace = Arc::new(TestWorkspace::new().await);
    let (acme, reference) = registered(&workspace, "acme").await;
    let challenge = start(&workspace, &acme, ChallengeKind::Decrypt).await;
    let nonce = workspace.decrypt(&reference, &challenge).await;
    let answers =
        futures::future::join_all((0..8).map(|_| answer(&workspace, &challenge, &nonce))).await;
    assert_eq!(answers.iter().filter(|one| one.is_ok()).count(), 1);
    for refused in answers.into_iter().filter_map(Result::err) {
        assert_eq!(refused.code(), Code::ChallengeUsed);
    }
}

#[tokio::test]
async fn a_wrong_nonce_spends_the_challenge() {
    let workspace = TestWorkspace::new().await;
    let (acme, reference) = registered(&workspace, "acme").await;
    let challenge = start(&workspace, &acme, ChallengeKind::Decrypt).await;
    let wrong = Answer::Decrypted(vec![0; 32]);
    let failed = answer(&workspace, &challenge, &wrong).await.unwrap_err();
    assert_eq!(failed.code(), Code::ChallengeFailed);
    let right = workspace.decrypt(&reference, &challenge).await;
    let spent = answer(&workspace, &challenge, &right).await.unwrap_err();
    assert_eq!(spent.code(), Code::ChallengeUsed);
    assert_eq!(state(&workspace, &acme).await, TenantState::Pending);
}

#[tokio::test]
async fn an_expired_challenge_stays_expired_when_the_clock_is_set_back() {
    let workspace = TestWorkspace::new().await;
    let (acme, reference) = registered(&workspace, "acme").await;
    let challenge = start(&workspace, &acme, ChallengeKind::Decrypt).await;
    let nonce = workspace.decrypt(&reference, &challenge).await;
    workspace.clock.advance(TimeDelta::minutes(16));
    let late = answer(&workspace, &challenge, &nonce).await.unwrap_err();
    assert_eq!(late.code(), Code::ChallengeExpired);
    workspace.clock.advance(TimeDelta::minutes(-16));
    let still = answer(&workspace, &challenge, &nonce).await.unwrap_err();
    assert_eq!(still.code(), Code::ChallengeExpired);
    // Another one is still in its time, by the clock that doesn't run backwards: not by the system's.
    let another = start(&workspace, &acme, ChallengeKind::Decrypt).await;
    let nonce = workspace.decrypt(&reference, &another).await;
    assert!(answer(&workspace, &another, &nonce).await.is_ok());
}

#[tokio::test]
async fn a_tag_with_the_token_activates() {
    let workspace = TestWorkspace::new().await;
    let (acme, reference) = registered(&workspace, "acme").await;
    let RootKeyReference::Local(key) = &reference else { panic!("a local key") };
    let challenge = start(&workspace, &acme, ChallengeKind::Tag).await;
    let early = answer(&workspace, &challenge, &Answer::Tagged).await.unwrap_err();
    assert_eq!(early.code(), Code::NotFinished, "looking for the tag spends nothing");
    let administration = workspace.keystore.administration();
    administration.tag(key, "keyward-challenge", "something else").unwrap();
    assert!(answer(&workspace, &challenge, &Answer::Tagged).await.is_err());
    administration
        .tag(key, challenge.tag_key.as_ref().unwrap(), challenge.tag_value.as_ref().unwrap())
        .unwrap();
    assert_eq!(answer(&workspace, &challenge, &Answer::Tagged).await.unwrap(), KeyState::Active);
}

#[tokio::test]
async fn a_signature_by_an_enrolled_ssh_key_activates() {
    let workspace = TestWorkspace::new().await;
    let (acme, _) = registered(&workspace, "acme").await;
    let key = PrivateKey::random(&mut ssh_key::rand_core::OsRng, Algorithm::Ed25519).unwrap();
    let sign = |challenge: &ChallengeView, namespace: &str| {
        let statement = challenge.statement.as_ref().unwrap();
        let signature = key.sign(namespace, HashAlg::Sha512, statement.as_bytes()).unwrap();
        Answer::SshSignature(signature.to_pem(LineEnding::LF).unwrap())
    };

    let challenge = start(&workspace, &acme, ChallengeKind::Attest).await;
    let namespace = challenge.ssh_namespace.clone().unwrap();
    let stranger = answer(&workspace, &challenge, &sign(&challenge, &namespace)).await.unwrap_err();
    assert_eq!(stranger.code(), Code::ChallengeFailed, "the key isn't enrolled");

    let public = key.public_key().to_openssh().unwrap();
    workspace.engine.enroll_approver(&workspace.admin(), &acme, &public).await.unwrap();
    let twice = workspace.engine.enroll_approver(&workspace.admin(), &acme, &public).await;
    assert_eq!(twice.unwrap_err().code(), Code::AlreadyExists);

    let challenge = start(&workspace, &acme, ChallengeKind::Attest).await;
    let wrong = answer(&workspace, &challenge, &sign(&challenge, "file")).await.unwrap_err();
    assert_eq!(wrong.code(), Code::ChallengeFailed, "signed for another purpose");

    let earlier = start(&workspace, &acme, ChallengeKind::Attest).await;
    let challenge = start(&workspace, &acme, ChallengeKind::Attest).await;
    let other = answer(&workspace, &challenge, &sign(&earlier, &namespace)).await.unwrap_err();
    assert_eq!(other.code(), Code::ChallengeFailed, "another challenge's statement");

    let challenge = start(&workspace, &acme, ChallengeKind::Attest).await;
    let signed = sign(&challenge, &namespace);
    assert_eq!(answer(&workspace, &challenge, &signed).await.unwrap(), KeyState::Active);
}

#[tokio::test]
async fn another_kind_of_answer_is_no_answer() {
    let workspace = TestWorkspace::new().await;
    let (acme, reference) = registered(&workspace, "acme").await;
    let challenge = start(&workspace, &acme, ChallengeKind::Decrypt).await;
    let other = answer(&workspace, &challenge, &Answer::Tagged).await.unwrap_err();
    assert_eq!(other.code(), Code::InvalidInput);
    let right = workspace.decrypt(&reference, &challenge).await;
    assert!(answer(&workspace, &challenge, &right).await.is_ok());
}

#[tokio::test]
async fn an_unreachable_provider_does_not_spend_the_challenge() {
    let workspace = TestWorkspace::new().await;
    let (acme, reference) = registered(&workspace, "acme").await;
    let challenge = start(&workspace, &acme, ChallengeKind::Decrypt).await;
    let nonce = workspace.decrypt(&reference, &challenge).await;
    workspace.faults.set(Some(Reason::TimedOut));
    let away = answer(&workspace, &challenge, &nonce).await.unwrap_err();
    assert_eq!(away.code(), Code::KeyUnreachable);
    workspace.faults.set(None);
    assert_eq!(answer(&workspace, &challenge, &nonce).await.unwrap(), KeyState::Active);
}

#[tokio::test]
async fn a_key_of_another_tenant_is_refused() {
    let workspace = TestWorkspace::new().await;
    let (_, _, reference) = workspace.tenant("acme").await;
    let rival: TenantId = "rival".parse().unwrap();
    workspace.engine.register_tenant(&workspace.admin(), &rival, "rival").await.unwrap();
    let references = std::slice::from_ref(&reference);
    let refused = workspace.engine.register_root_key(&workspace.admin(), &rival, references).await;
    assert_eq!(refused.unwrap_err().code(), Code::KeyOfAnotherTenant);
}

#[tokio::test]
async fn a_claim_without_proof_locks_nobody_out() {
    let workspace = TestWorkspace::new().await;
    let squatter: TenantId = "squatter".parse().unwrap();
    let acme: TenantId = "acme".parse().unwrap();
    for tenant in [&squatter, &acme] {
        workspace.engine.register_tenant(&workspace.admin(), tenant, "t").await.unwrap();
    }
    let reference = workspace.key("shared", &acme);
    let RootKeyReference::Local(key) = &reference else { panic!("a local key") };
    // Even a squatter that the key's owner has let in can't keep the owner out, only come second.
    workspace
        .keystore
        .administration()
        .allow(key, &squatter, &keyward_kms::local::KeyUse::ALL)
        .unwrap();
    let references = std::slice::from_ref(&reference);
    let claim = workspace
        .engine
        .register_root_key(&workspace.admin(), &squatter, references)
        .await
        .unwrap();
    let challenge = workspace
        .engine
        .start_challenge(&workspace.admin(), &claim.key.id, ChallengeKind::Decrypt)
        .await
        .unwrap();
    assert_eq!(workspace.prove(&acme, &reference).await.key.state, KeyState::Active);
    let nonce = workspace.decrypt(&reference, &challenge).await;
    let second = answer(&workspace, &challenge, &nonce).await.unwrap_err();
    assert_eq!(second.code(), Code::KeyOfAnotherTenant);
    assert_eq!(state(&workspace, &squatter).await, TenantState::Pending);
}

#[tokio::test]
async fn a_key_that_its_tenant_may_not_use_fails() {
    let workspace = TestWorkspace::new().await;
    let (acme, reference) = registered(&workspace, "acme").await;
    let RootKeyReference::Local(key) = &reference else { panic!("a local key") };
    let challenge = start(&workspace, &acme, ChallengeKind::Tag).await;
    let administration = workspace.keystore.administration();
    administration
        .tag(key, challenge.tag_key.as_ref().unwrap(), challenge.tag_value.as_ref().unwrap())
        .unwrap();
    administration.deny(key, &acme).unwrap();
    let denied = answer(&workspace, &challenge, &Answer::Tagged).await.unwrap_err();
    assert_eq!(denied.code(), Code::KeyDenied);
    assert_eq!(state(&workspace, &acme).await, TenantState::Pending);
}
