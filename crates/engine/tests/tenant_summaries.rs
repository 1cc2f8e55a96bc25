//! All tenants at once: each as it is, and ten thousand of them.

use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};
use keyward_core::{
    Code, Custody, DataKeyId, DatasetName, KeyState, LoggedNames, Provider, Role, RootKeyId,
    TenantId,
};
use keyward_engine::{ChallengeKind, RootKeyRotation, TenantSummary};
use keyward_store::{
    Connection,
    tables::{
        challenges::ChallengeState,
        data_keys::{self, NewDataKey},
        datasets::{self, Dataset},
        quarantine::{self, Quarantined},
        root_key_references::{self, Reference},
        root_keys::{self, RootKey},
        tenants::{self, Tenant, TenantState},
    },
};
use keyward_testkit::TestWorkspace;

#[tokio::test]
async fn each_tenant_is_shown_as_it_is() {
    let workspace = TestWorkspace::new().await;
    let engine = &workspace.engine;
    let (acme, docs, _) = workspace.tenant("acme").await;
    workspace.put(&acme, &docs, "a", b"12345").await.unwrap();
    workspace.put(&acme, &docs, "b", b"123").await.unwrap();
    engine.rotate_data_key(&workspace.admin(), &acme, &docs).await.unwrap();
    engine.rotate_root_key(&workspace.admin(), &acme, RootKeyRotation::NewVersion).await.unwrap();
    engine.rotate_data_key(&workspace.admin(), &acme, &docs).await.unwrap();
    let beta: TenantId = "beta".parse().unwrap();
    engine.register_tenant(&workspace.admin(), &beta, "Béta, Söhne & Co").await.unwrap();
    let key = workspace.key("beta-key", &beta);
    let registered = engine.register_root_key(&workspace.admin(), &beta, &[key]).await.unwrap();
    let id = &registered.key.id;
    let kind = ChallengeKind::Decrypt;
    let started = engine.start_challenge(&workspace.admin(), id, kind).await.unwrap();
    let bare: TenantId = "bare".parse().unwrap();
    engine.register_tenant(&workspace.admin(), &bare, "").await.unwrap();

    let all = engine.tenant_summaries(&workspace.officer()).await.unwrap();
    let ids: Vec<_> = all.iter().map(|tenant| tenant.id.as_str()).collect();
    assert_eq!(ids, ["acme", "bare", "beta"]);

    let root = all[0].root_key.as_ref().unwrap();
    assert_eq!((root.number, root.version, root.state), (1, 2, KeyState::Active));
    assert_eq!((root.provider, root.proven), (Provider::Local, true));
    assert_eq!(root.reference.as_deref(), Some("local:acme-key"));
    assert_eq!((all[0].state, all[0].root_keys), (TenantState::Active, 1));
    assert_eq!((all[0].datasets, all[0].objects, all[0].object_bytes), (1, 2, 8));
    assert_eq!((all[0].data_keys, all[0].stale_data_keys), (3, 2));
    let status = engine.tenant_status(&workspace.admin(), &acme).await.unwrap();
    assert_eq!(status.to_rewrap, all[0].stale_data_keys);
    assert!(all[0].challenge.is_none());

    assert_eq!((all[1].display_name.as_str(), all[1].state), ("", TenantState::Pending));
    assert!(all[1].root_key.is_none() && all[1].due_at.is_none());

    assert_eq!(all[2].display_name, "Béta, Söhne & Co");
    let root = all[2].root_key.as_ref().unwrap();
    assert_eq!((root.state, root.proven), (KeyState::PreActivation, false));
    let challenge = all[2].challenge.as_ref().unwrap();
    assert_eq!((challenge.id, challenge.state), (started.id, ChallengeState::Open));
    assert_eq!(challenge.expires_at.timestamp_micros(), started.expires_at.timestamp_micros());

    // Nobody has answered in time.
    workspace.clock.advance(TimeDelta::minutes(16));
    let late = of(&workspace, &beta).await;
    assert_eq!(late.challenge.unwrap().state, ChallengeState::Expired);

    // What is locked shows the key that locks it.
    engine.revoke(&workspace.admin(), &acme, "test", false).await.unwrap();
    let locked = of(&workspace, &acme).await;
    assert_eq!((locked.state, locked.stale_data_keys), (TenantState::Revoked, 2));
    assert_eq!(locked.root_key.unwrap().state, KeyState::Suspended);
}

#[tokio::test]
async fn an_approver_sees_its_own_tenant_and_the_data_path_none() {
    let workspace = TestWorkspace::new().await;
    let engine = &workspace.engine;
    let (acme, _, _) = workspace.tenant("acme").await;
    workspace.tenant("other").await;
    let approver = workspace.context(Role::TenantApprover(acme.clone()));
    let seen = engine.tenant_summaries(&approver).await.unwrap();
    assert_eq!(seen.iter().map(|tenant| &tenant.id).collect::<Vec<_>>(), [&acme]);
    let refused = engine.tenant_summaries(&workspace.application()).await;
    assert_eq!(refused.unwrap_err().code(), Code::NotAuthorised);
}

/// One of them.
async fn of(workspace: &TestWorkspace, tenant: &TenantId) -> TenantSummary {
    let all = workspace.engine.tenant_summaries(&workspace.admin()).await.unwrap();
    all.into_iter().find(|one| one.id == *tenant).unwrap()
}

#[tokio::test]
async fn ten_thousand_tenants_are_a_handful_of_statements() {
    const TENANTS: u32 = 10_000;
    let workspace = TestWorkspace::new().await;
    {
        let store = workspace.store().await.unwrap();
        let mut write = store.write().await.unwrap();
        for number in 0..TENANTS {
            add(&mut write, number).await;
        }
        write.commit().await.unwrap();
    }
    let admin = workspace.admin();
    for _ in 0..2 {
        let start = Instant::now();
        let all = workspace.engine.tenant_summaries(&admin).await.unwrap();
        println!("{} tenants in {:?}", all.len(), start.elapsed());
        assert_eq!(all.len(), TENANTS as usize);
        assert!(all.is_sorted_by_key(|tenant| tenant.id.clone()));
        let sum = |of: fn(&keyward_engine::TenantSummary) -> u64| all.iter().map(of).sum::<u64>();
        assert_eq!(sum(|tenant| tenant.data_keys), u64::from(TENANTS) * 10);
        assert_eq!(sum(|tenant| tenant.stale_data_keys), u64::from(TENANTS) * 3);
        assert_eq!(sum(|tenant| tenant.quarantined), u64::from(TENANTS) / 100);
        assert!(all.iter().all(|tenant| tenant.root_key.as_ref().unwrap().version == 2));
        assert!(all.iter().all(|tenant| tenant.root_key.as_ref().unwrap().references.len() == 2));
    }
    let start = Instant::now();
    let items = workspace.engine.attention(&admin).await.unwrap();
    println!("{} things that need attention in {:?}", items.len(), start.elapsed());
}

/// A tenant with ten data keys, three of them under the version before; one in a hundred is in quarantine.
async fn add(write: &mut Connection, number: u32) {
    let time: DateTime<Utc> = "2026-11-01T10:00:00Z".parse().unwrap();
    let id: TenantId = format!("tenant-{number:05}").parse().unwrap();
    let docs: DatasetName = "docs".parse().unwrap();
    let tenant = Tenant {
        id: id.clone(),
        display_name: format!("Tenant no. {number}, Inc."),
        state: TenantState::Active,
        state_code: None,
        state_since: time,
        epoch: 1,
        created_at: time,
        rotation_days: number.is_multiple_of(10).then_some(30),
        serving: tenants::Serving::default(),
    };
    tenants::insert(write, &tenant).await.unwrap();
    let root = RootKeyId { tenant: id.clone(), number: 1 };
    let key = RootKey {
        id: root.clone(),
        identity: format!("aws:{number}"),
        provider: Provider::AwsKms,
        custody: Custody::TenantKms,
        state: KeyState::Active,
        version: 2,
        version_since: time,
        registered_at: time,
        activated_at: Some(time),
    };
    root_keys::insert(write, &key).await.unwrap();
    let references = ["local", "eu-west-1"].map(|region| Reference {
        region: region.parse().unwrap(),
        reference: format!("arn:aws:kms:eu-west-1:{number:012}:key/mrk-{number}"),
        open_since: None,
    });
    root_key_references::insert(write, &root, &references).await.unwrap();
    let dataset = Dataset {
        tenant: id.clone(),
        name: docs.clone(),
        created_at: time,
        current_version: 10,
        regions: Vec::new(),
        names: LoggedNames::Plain,
        sidecar_stale: false,
    };
    datasets::insert(write, &dataset).await.unwrap();
    let of = |version| DataKeyId { tenant: id.clone(), dataset: docs.clone(), version };
    let keys: Vec<_> = (1..=10)
        .map(|version| NewDataKey {
            key: of(version),
            state: KeyState::Active,
            root_key: 1,
            root_key_version: if version <= 3 { 1 } else { 2 },
            wrapped: vec![7; 184],
            created_at: time,
        })
        .collect();
    data_keys::insert_many(write, &keys).await.unwrap();
    if number.is_multiple_of(100) {
        let row = Quarantined {
            key: of(1),
            code: "ciphertext-rejected".into(),
            reason: "it doesn't open".into(),
            at: time,
            attempts: 1,
        };
        quarantine::upsert_many(write, &[row]).await.unwrap();
    }
}
