//! For how long a root key version may stay current: the workspace's period, a tenant's own, and from when
//! the age counts.

use chrono::{TimeDelta, Utc};
use keyward_core::{Code, Role};
use keyward_engine::{AuditFilter, AuditStart, RootKeyRotation};
use keyward_testkit::TestWorkspace;

#[tokio::test]
async fn a_tenant_has_the_workspaces_period_until_it_has_its_own() {
    let workspace = TestWorkspace::new().await;
    let engine = &workspace.engine;
    let (acme, _, _) = workspace.tenant("acme").await;
    let (other, _, _) = workspace.tenant("other").await;
    let admin = workspace.admin();
    let of = async |tenant| {
        let period = engine.rotation_period(&admin, tenant).await.unwrap();
        (period.days, period.own, period.default_days)
    };
    assert_eq!(of(Some(&acme)).await, (90, false, 90));

    let set = engine.set_rotation_period(&admin, Some(&acme), Some(30)).await.unwrap();
    assert_eq!((set.tenant.as_ref(), set.days, set.own), (Some(&acme), 30, true));
    let filter =
        AuditFilter { action: Some("tenant.rotation-period".into()), ..AuditFilter::default() };
    let page = engine.audit_query(&admin, &filter, AuditStart::Newest, 1).await.unwrap();
    let details = serde_json::to_value(&page.records[0].details).unwrap();
    let expected = serde_json::json!(
        { "days": 30, "days_before": 90, "own": true, "own_before": false }
    );
    assert_eq!(details, expected);

    engine.set_rotation_period(&admin, None, Some(365)).await.unwrap();
    assert_eq!(of(Some(&acme)).await, (30, true, 365));
    assert_eq!(of(Some(&other)).await, (365, false, 365));
    engine.set_rotation_period(&admin, Some(&acme), None).await.unwrap();
    assert_eq!(of(Some(&acme)).await, (365, false, 365));
    engine.set_rotation_period(&admin, None, None).await.unwrap();
    assert_eq!(of(None).await, (90, false, 90));
}

#[tokio::test]
async fn a_period_out_of_range_and_a_stranger_are_refused() {
    let workspace = TestWorkspace::new().await;
    let engine = &workspace.engine;
    let (acme, _, _) = workspace.tenant("acme").await;
    for days in [0, 3651] {
        let refused = engine.set_rotation_period(&workspace.admin(), Some(&acme), Some(days)).await;
        assert_eq!(refused.unwrap_err().code(), Code::InvalidInput);
    }
    let nobody = "nobody".parse().unwrap();
    let refused = engine.set_rotation_period(&workspace.admin(), Some(&nobody), Some(5)).await;
    assert_eq!(refused.unwrap_err().code(), Code::TenantNotFound);
    for role in [Role::SecurityOfficer, Role::TenantApprover(acme.clone()), Role::Application] {
        let refused =
            engine.set_rotation_period(&workspace.context(role), Some(&acme), Some(5)).await;
        assert_eq!(refused.unwrap_err().code(), Code::NotAuthorised);
    }
    let approver = workspace.context(Role::TenantApprover(acme.clone()));
    let own = engine.rotation_period(&approver, None).await.unwrap();
    assert_eq!(own.tenant, Some(acme), "asking for all gives its own");
}

#[tokio::test]
async fn the_age_counts_from_when_the_version_became_current() {
    let workspace = TestWorkspace::new().await;
    let engine = &workspace.engine;
    let acme = "acme".parse().unwrap();
    engine.register_tenant(&workspace.admin(), &acme, "Acme").await.unwrap();
    let reference = workspace.key("acme-key", &acme);
    let registered = engine
        .register_root_key(&workspace.admin(), &acme, std::slice::from_ref(&reference))
        .await
        .unwrap();
    let summary = async || {
        let mut all = engine.tenant_summaries(&workspace.admin()).await.unwrap();
        all.pop().unwrap()
    };
    assert_eq!(summary().await.due_at, None, "nothing is wrapped under it");

    workspace.clock.advance(TimeDelta::days(20));
    let challenge = engine
        .start_challenge(
            &workspace.admin(),
            &registered.key.id,
            keyward_engine::ChallengeKind::Decrypt,
        )
        .await
        .unwrap();
    let answer = workspace.decrypt(&reference, &challenge).await;
    engine.answer_challenge(&workspace.admin(), challenge.id, &answer).await.unwrap();
    let proven = summary().await;
    let activated = proven.rotated_at.unwrap();
    assert!(activated - registered.key.registered_at >= TimeDelta::days(20));
    assert_eq!(proven.due_at, Some(activated + TimeDelta::days(90)));

    workspace.clock.advance(TimeDelta::days(50));
    assert_eq!(summary().await.rotated_at, Some(activated));
    engine.rotate_root_key(&workspace.admin(), &acme, RootKeyRotation::NewVersion).await.unwrap();
    let rotated = summary().await.rotated_at.unwrap();
    assert!(rotated - activated >= TimeDelta::days(50));

    // A suspension and a restoration make it no younger.
    workspace.clock.advance(TimeDelta::days(5));
    engine.suspend(&workspace.admin(), &acme, "test").await.unwrap();
    engine.restore(&workspace.admin(), &acme, false).await.unwrap();
    assert_eq!(summary().await.rotated_at, Some(rotated));
    assert!(rotated > Utc::now());
}
