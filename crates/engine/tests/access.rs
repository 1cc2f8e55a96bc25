//! The gate, from outside: who is refused, with which code, and that the refusal is in the log.

use keyward_core::{Code, Role};
use keyward_engine::{AuditFilter, AuditStart};
use keyward_testkit::TestWorkspace;

/// The newest record, as the officer sees it.
async fn newest(workspace: &TestWorkspace) -> keyward_ledger::Record {
    let officer = workspace.officer();
    let page = workspace
        .engine
        .audit_query(&officer, &AuditFilter::default(), AuditStart::Newest, 1)
        .await;
    page.unwrap().records.remove(0)
}

#[tokio::test]
async fn an_administrator_reads_no_data_and_an_officer_changes_no_key() {
    let workspace = TestWorkspace::new().await;
    let (acme, docs, _) = workspace.tenant("acme").await;
    workspace.put(&acme, &docs, "a", b"1").await.unwrap();
    let name = "a".parse().unwrap();
    let read = workspace.engine.read(&workspace.admin(), &acme, &docs, &name).await;
    assert_eq!(read.unwrap_err().code(), Code::NotAuthorised);
    let record = newest(&workspace).await;
    assert_eq!((record.action.as_str(), record.outcome.as_str()), ("object.read", "denied"));
    assert_eq!(record.role, Role::Administrator);

    let rotated = workspace.engine.rotate_data_key(&workspace.officer(), &acme, &docs).await;
    assert_eq!(rotated.unwrap_err().code(), Code::NotAuthorised);
    assert_eq!(newest(&workspace).await.action.as_str(), "data-key.rotate");
    let listed = workspace.engine.list(&workspace.officer(), &acme, &docs, "", None, 10).await;
    assert_eq!(listed.unwrap_err().code(), Code::NotAuthorised);
    assert_eq!(newest(&workspace).await.action.as_str(), "object.list");
}

#[tokio::test]
async fn an_approver_sees_its_own_tenant_only() {
    let workspace = TestWorkspace::new().await;
    let (acme, _, _) = workspace.tenant("acme").await;
    let (other, _, _) = workspace.tenant("other").await;
    let approver = workspace.context(Role::TenantApprover(acme.clone()));
    let all = AuditFilter::default();
    let page =
        workspace.engine.audit_query(&approver, &all, AuditStart::Newest, 100).await.unwrap();
    assert!(!page.records.is_empty());
    assert!(page.records.iter().all(|record| record.tenant.as_ref() == Some(&acme)));

    let filter = AuditFilter { tenant: Some(other.clone()), ..all };
    let refused = workspace.engine.audit_query(&approver, &filter, AuditStart::Newest, 100).await;
    assert_eq!(refused.unwrap_err().code(), Code::NotAuthorised);
    let record = newest(&workspace).await;
    assert_eq!((record.action.as_str(), record.outcome.as_str()), ("audit.query", "denied"));

    assert!(workspace.engine.tenant_status(&approver, &acme).await.is_ok());
    let refused = workspace.engine.tenant_status(&approver, &other).await;
    assert_eq!(refused.unwrap_err().code(), Code::NotAuthorised);
    let revoked = workspace.engine.revoke(&approver, &other, "spite", false).await;
    assert_eq!(revoked.unwrap_err().code(), Code::NotAuthorised);
    workspace.engine.revoke(&approver, &acme, "its own", true).await.unwrap();
}

#[tokio::test]
async fn a_request_for_another_region_is_refused() {
    let workspace = TestWorkspace::new().await;
    let (acme, docs, _) = workspace.tenant("acme").await;
    workspace.put(&acme, &docs, "a", b"1").await.unwrap();
    let mut elsewhere = workspace.application();
    elsewhere.region = "eu-central-1".parse().unwrap();
    let name = "a".parse().unwrap();
    let refused = workspace.engine.read(&elsewhere, &acme, &docs, &name).await;
    assert_eq!(refused.unwrap_err().code(), Code::WrongRegion);
    assert_eq!(newest(&workspace).await.code.as_deref(), Some("wrong-region"));
}
