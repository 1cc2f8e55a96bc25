//! The demonstration is made by the engine, and shows what it says.

use keyward_core::{Actor, Role};
use keyward_demonstration::scale::Scale;
use keyward_store::tables::tenants::TenantState;
use keyward_workspace::{NewSecrets, OpenOptions, Workspace};
use tempfile::TempDir;
use zeroize::Zeroizing;

fn passphrase() -> Zeroizing<String> {
    Zeroizing::new("correct horse battery staple".into())
}

async fn reopened(folder: &std::path::Path) -> Workspace {
    let options =
        OpenOptions { passphrase: Some(passphrase()), ..OpenOptions::new(Actor("test".into())) };
    Workspace::open(folder, options).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn tenants_are_in_every_state_and_the_log_verifies() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("workspace");
    let told =
        keyward_demonstration::make(&path, NewSecrets::Passphrase(passphrase())).await.unwrap();
    assert!(told.records > 2000, "{told:?}");
    assert!(told.to_rewrap > 0 && told.archived_days == 1, "{told:?}");

    // By the system's clock, as the window opens it.
    let workspace = reopened(&path).await;
    let engine = &workspace.engine;
    let officer = engine.context(Actor("test".into()), Role::SecurityOfficer).unwrap();
    let admin = engine.context(Actor("test".into()), Role::Administrator).unwrap();
    assert!(engine.audit_verify(&officer, &|_, _| {}).await.unwrap().records >= told.records);

    let tenants = engine.tenant_summaries(&admin).await.unwrap();
    assert_eq!(tenants.len(), told.tenants);
    let tenant = |id: &str| tenants.iter().find(|one| one.id.as_str() == id).unwrap();
    for (id, state) in [
        ("acme", TenantState::Active),
        ("sirius", TenantState::Suspended),
        ("umbra", TenantState::Revoked),
        ("soylent", TenantState::Offboarded),
        ("tyrell", TenantState::Pending),
        ("contoso", TenantState::Pending),
    ] {
        assert_eq!(tenant(id).state, state, "{id}");
    }
    let half = tenant("initech");
    assert!(half.stale_data_keys > 0 && half.stale_data_keys < half.data_keys);
    assert!(tenant("globex").due_at.unwrap() < chrono::Utc::now(), "its rotation is overdue");
    assert!(tenant("acme").due_at.unwrap() > chrono::Utc::now());
    assert_eq!(tenant("acme").stale_data_keys, 0);
    assert!(tenant("tyrell").challenge.is_some() && tenant("contoso").challenge.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_one_has_the_sizes_asked_for_and_its_log_verifies() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("workspace");
    let scale = Scale { tenants: 20, data_keys: 200, records: 2000 };
    let secrets = NewSecrets::Passphrase(passphrase());
    let records = keyward_demonstration::scale::make(&path, secrets, scale).await.unwrap();
    assert!(records >= scale.records);

    let workspace = reopened(&path).await;
    let engine = &workspace.engine;
    let officer = engine.context(Actor("test".into()), Role::SecurityOfficer).unwrap();
    let admin = engine.context(Actor("test".into()), Role::Administrator).unwrap();
    assert!(engine.audit_verify(&officer, &|_, _| {}).await.unwrap().records >= records);
    let tenants = engine.tenant_summaries(&admin).await.unwrap();
    assert_eq!(tenants.len(), 20);
    assert_eq!(tenants.iter().map(|one| one.data_keys).sum::<u64>(), 200);
}
