//! What a tenant is asked to allow, and what it does allow.

use keyward_core::{Code, Role, TenantId};
use keyward_kms::{PolicyForm, Reason, local::KeyUse};
use keyward_testkit::TestWorkspace;

#[tokio::test]
async fn a_local_keys_access_list_is_compared_with_what_is_asked_for() {
    let workspace = TestWorkspace::new().await;
    let engine = &workspace.engine;
    let acme: TenantId = "acme".parse().unwrap();
    let reference = workspace.key("acme-root", &acme);
    let asked = engine.key_policy(&workspace.admin(), &acme, &reference, None).await.unwrap();
    assert_eq!((asked.form, asked.needs_principal), (PolicyForm::Commands, false));
    assert_eq!(asked.text, "keyward keystore allow acme-root acme --use wrap --use unwrap");
    let read = engine.read_key_policy(&workspace.admin(), &acme, &reference, None).await.unwrap();
    assert!(read.differences.unwrap().fine);

    let key = "acme-root".parse().unwrap();
    workspace.keystore.administration().allow(&key, &acme, &[KeyUse::Unwrap]).unwrap();
    let read = engine.read_key_policy(&workspace.admin(), &acme, &reference, None).await.unwrap();
    assert_eq!(read.differences.unwrap().missing[0].what, "wrap");

    workspace.faults.set(Some(Reason::TimedOut));
    let silent = engine.read_key_policy(&workspace.admin(), &acme, &reference, None).await;
    assert_eq!(silent.unwrap_err().code(), Code::KeyUnreachable);
}

#[tokio::test]
async fn only_who_may_register_a_key_reads_its_policy() {
    let workspace = TestWorkspace::new().await;
    let engine = &workspace.engine;
    let acme: TenantId = "acme".parse().unwrap();
    let reference = workspace.key("acme-root", &acme);
    let approver = workspace.context(Role::TenantApprover(acme.clone()));
    engine.key_policy(&approver, &acme, &reference, None).await.unwrap();
    let refused = engine.read_key_policy(&approver, &acme, &reference, None).await.unwrap_err();
    assert_eq!(refused.code(), Code::NotAuthorised);
    let vault = "https://acme.vault.azure.net/keys/root".parse().unwrap();
    let other = engine.key_policy(&workspace.admin(), &acme, &vault, None).await.unwrap_err();
    assert_eq!(other.code(), Code::ProviderNotConfigured);
}
