//! Two engines in two regions over one store, with a KMS in each, cut apart.

use std::{sync::Arc, time::Duration};

use keyward_core::{Actor, Code, DatasetName, LoggedNames, ObjectName, Role, TenantId};
use keyward_engine::{
    Answer, AttentionKind, AuditFilter, AuditStart, ChallengeKind, Engine, EngineError,
    ServingChange, Source, WatchSettings, Watcher,
};
use keyward_kms::{Reason, RootKeyService as _};
use keyward_store::tables::tenants::TenantState;
use keyward_testkit::{Replicated, TestWorkspace};

const HOME: &str = "eu-central-1";
const AWAY: &str = "eu-west-1";

struct Scene {
    workspace: TestWorkspace,
    kms: Replicated,
    acme: TenantId,
    docs: DatasetName,
    /// An engine in the other region.
    away: Engine,
}

impl Scene {
    async fn new() -> Self {
        let (workspace, kms) = TestWorkspace::in_region(HOME).await;
        let acme: TenantId = "acme".parse().unwrap();
        let engine = &workspace.engine;
        let admin = workspace.admin();
        engine.register_tenant(&admin, &acme, "acme").await.unwrap();
        let references = kms.key(1, &acme, &[HOME, AWAY]);
        let view = engine.register_root_key(&admin, &acme, &references).await.unwrap();
        assert_eq!(view.references.len(), 2);
        let challenge =
            engine.start_challenge(&admin, &view.key.id, ChallengeKind::Decrypt).await.unwrap();
        let blob = challenge.ciphertext.as_ref().unwrap();
        let blob = base64::Engine::decode(&base64::prelude::BASE64_STANDARD, blob).unwrap();
        let context = challenge.encryption_context.as_ref().unwrap();
        let nonce = kms.unwrap(&references[0], context, &blob).await.unwrap();
        let answer = Answer::Decrypted(nonce.expose().to_vec());
        engine.answer_challenge(&admin, challenge.id, &answer).await.unwrap();
        let docs: DatasetName = "docs".parse().unwrap();
        engine.create_dataset(&admin, &acme, &docs, &[], LoggedNames::Plain).await.unwrap();
        workspace.put(&acme, &docs, "a", b"a").await.unwrap();
        let away = workspace.open_in(AWAY, &kms).await.unwrap();
        Self { workspace, kms, acme, docs, away }
    }

    /// Keys serve from memory for no time, and through an outage for so long.
    async fn serve(&self, grant: u64, other_regions: bool) {
        let change = ServingChange {
            cache: Some(Some(Duration::ZERO)),
            grant: Some(Some(Duration::from_secs(grant))),
            other_regions: Some(other_regions),
            ..ServingChange::default()
        };
        let admin = self.workspace.admin();
        self.workspace.engine.set_serving(&admin, &self.acme, change).await.unwrap();
    }

    async fn get(&self, engine: &Engine) -> Result<Vec<u8>, EngineError> {
        let name: ObjectName = "a".parse().unwrap();
        let context = engine.context(Actor("test".into()), Role::Application).unwrap();
        Ok(engine.read(&context, &self.acme, &self.docs, &name).await?.to_vec())
    }

    async fn records(&self, action: &str) -> Vec<keyward_ledger::Record> {
        let filter = AuditFilter { action: Some(action.into()), ..AuditFilter::default() };
        let officer = self.workspace.officer();
        let engine = &self.workspace.engine;
        engine.audit_query(&officer, &filter, AuditStart::Newest, 100).await.unwrap().records
    }
}

#[tokio::test]
async fn each_engine_unwraps_in_its_own_region_and_nowhere_else() {
    let scene = Scene::new().await;
    scene.serve(0, false).await;
    let calls = || (scene.kms.calls(HOME), scene.kms.calls(AWAY));
    let before = calls();
    scene.get(&scene.workspace.engine).await.unwrap();
    assert_eq!(calls(), (before.0 + 1, before.1));
    scene.get(&scene.away).await.unwrap();
    assert_eq!(calls(), (before.0 + 1, before.1 + 1));

    // Cut apart: home's outage is home's, and nothing falls back without the tenant's leave.
    scene.kms.fail(HOME, Some(Reason::TimedOut));
    let refused = scene.get(&scene.workspace.engine).await.unwrap_err();
    assert_eq!(refused.code(), Code::KeyUnreachable);
    scene.get(&scene.away).await.unwrap();
}

#[tokio::test]
async fn an_engine_outside_of_the_keys_regions_unwraps_nothing() {
    let scene = Scene::new().await;
    let elsewhere = scene.workspace.open_in("us-east-1", &scene.kms).await.unwrap();
    scene.serve(60, true).await;
    let refused = scene.get(&elsewhere).await.unwrap_err();
    assert_eq!(refused.code(), Code::WrongRegion);
    assert!(refused.to_string().contains(HOME), "{refused}");
}

#[tokio::test]
async fn another_region_serves_where_the_tenant_allows_it_and_the_grant_window_after_that() {
    let scene = Scene::new().await;
    scene.serve(60, true).await;
    let engine = &scene.workspace.engine;
    scene.get(engine).await.unwrap();
    scene.kms.fail(HOME, Some(Reason::TimedOut));
    scene.get(engine).await.unwrap();
    let served = scene.records("data-key.unwrap").await;
    assert_eq!(served.len(), 1);
    assert_eq!(served[0].details["answered_in"], AWAY);
    assert_eq!(served[0].details["unreachable"], "key-unreachable");
    assert!(scene.records("data-key.grant-use").await.is_empty());

    scene.kms.fail(AWAY, Some(Reason::NoConnection));
    scene.get(engine).await.unwrap();
    assert_eq!(scene.records("data-key.grant-use").await.len(), 1, "neither answers");
    scene.serve(0, true).await;
    assert_eq!(scene.get(engine).await.unwrap_err().code(), Code::KeyUnreachable);
}

#[tokio::test]
async fn a_denial_in_the_other_region_counts() {
    let scene = Scene::new().await;
    scene.serve(60, true).await;
    let engine = &scene.workspace.engine;
    scene.get(engine).await.unwrap();
    scene.kms.fail(HOME, Some(Reason::TimedOut));
    scene.kms.fail(AWAY, Some(Reason::AccessDenied));
    assert_eq!(scene.get(engine).await.unwrap_err().code(), Code::KeyDenied);
    assert_eq!(engine.tenant(&scene.acme).await.unwrap().state, TenantState::Suspended);
    assert_eq!(engine.status().await.unwrap().cached_keys, 0);
}

#[tokio::test]
async fn a_denial_at_home_locks_every_region_and_a_replica_left_open_is_shown() {
    let scene = Scene::new().await;
    scene.serve(60, true).await;
    let engine: &Arc<Engine> = &scene.workspace.engine;
    scene.get(&scene.away).await.unwrap();
    scene.kms.fail(HOME, Some(Reason::Disabled));
    assert_eq!(scene.get(engine).await.unwrap_err().code(), Code::KeyDisabled, "no other is asked");
    let locked = scene.get(&scene.away).await.unwrap_err();
    assert_eq!(locked.code(), Code::TenantSuspended, "although its own region would answer");

    let settings = WatchSettings { interval: Duration::from_millis(200) };
    let _watcher = Watcher::start(engine, scene.workspace.admin(), settings).unwrap();
    let door = async || {
        let items = engine.attention(&scene.workspace.officer()).await.unwrap();
        items.into_iter().find(|item| item.kind == AttentionKind::ReplicaOpen)
    };
    let mut found = None;
    for _ in 0..40 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        found = door().await;
        if found.is_some() {
            break;
        }
    }
    let found = found.expect("the open door is found");
    assert_eq!((found.tenant.as_ref(), found.subject.as_deref()), (Some(&scene.acme), Some(AWAY)));
    assert_eq!(engine.tenant(&scene.acme).await.unwrap().state, TenantState::Suspended);

    // Its owner closes it; and allows the key at home again.
    scene.kms.fail(AWAY, Some(Reason::Disabled));
    tokio::time::sleep(Duration::from_millis(800)).await;
    assert!(door().await.is_none());
    scene.kms.fail(HOME, None);
    tokio::time::sleep(Duration::from_millis(800)).await;
    assert_eq!(scene.get(engine).await.unwrap(), b"a");
}

#[tokio::test]
async fn residency_is_asked_at_each_read_as_at_each_write() {
    let scene = Scene::new().await;
    let engine = &scene.workspace.engine;
    let local: DatasetName = "local".parse().unwrap();
    let home = HOME.parse().unwrap();
    engine
        .create_dataset(&scene.workspace.admin(), &scene.acme, &local, &[home], LoggedNames::Plain)
        .await
        .unwrap();
    scene.workspace.put(&scene.acme, &local, "a", b"a").await.unwrap();
    scene.workspace.get(&scene.acme, &local, "a").await.unwrap();
    let context = scene.away.context(Actor("test".into()), Role::Application).unwrap();
    let name: ObjectName = "a".parse().unwrap();
    let read = scene.away.read(&context, &scene.acme, &local, &name).await.unwrap_err();
    let source = Source::Bytes(b"b".to_vec().into());
    let write = scene.away.write(&context, &scene.acme, &local, &name, source).await.unwrap_err();
    for refused in [read, write] {
        assert_eq!(refused.code(), Code::WrongRegion);
        assert!(refused.to_string().contains("`local` may lie in eu-central-1 only"), "{refused}");
    }
}
