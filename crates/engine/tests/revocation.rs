//! Revocation: what it would lock, what it measures, and what the log says of it afterwards.

use std::sync::Mutex;

use keyward_core::{Code, Role};
use keyward_engine::{RevocationCause, RevokeStep, RootKeyRotation};
use keyward_kms::{MayDisable, Reason};
use keyward_testkit::TestWorkspace;

#[tokio::test]
async fn a_revocation_tells_its_steps_and_the_log_says_the_same() {
    let workspace = TestWorkspace::new().await;
    let (acme, docs, _) = workspace.tenant("acme").await;
    workspace.put(&acme, &docs, "first", b"text").await.unwrap();
    let steps = Mutex::new(Vec::new());
    let admin = workspace.admin();
    let revoked = workspace
        .engine
        .revoke_with(&admin, &acme, "a leak", true, &|step| steps.lock().unwrap().push(step))
        .await
        .unwrap();
    let (disabled, refused) = (revoked.disabled_at.unwrap(), revoked.first_refusal_at.unwrap());
    let after_ms = u64::try_from((refused - disabled).num_milliseconds()).unwrap();
    assert_eq!(
        *steps.lock().unwrap(),
        [
            RevokeStep::Recorded { at: revoked.revoked_at },
            RevokeStep::Evicted { keys: 1 },
            RevokeStep::Disabled { at: disabled },
            RevokeStep::FirstRefusal { at: refused, after_ms },
        ]
    );
    let read = workspace.get(&acme, &docs, "first").await.unwrap_err();
    assert_eq!(read.code(), Code::TenantRevoked);

    let lines = workspace.engine.revocations(&workspace.officer(), Some(&acme)).await.unwrap();
    let [line] = lines.as_slice() else { panic!("{lines:?}") };
    assert_eq!(line.cause, RevocationCause::Revoked);
    assert_eq!((line.began_at, line.recorded_at), (revoked.asked_at, revoked.revoked_at));
    assert_eq!(line.evicted, revoked.evicted as u64);
    assert_eq!(line.disabled_at, revoked.disabled_at);
    assert_eq!(line.first_refusal_at, revoked.first_refusal_at);
    assert_eq!((line.request, line.reason.as_deref()), (admin.request, Some("a leak")));
    assert!(line.at_provider && !line.drill && line.still_answered_seconds.is_none());
    let refused = line.first_refused.as_ref().unwrap();
    assert_eq!(refused.action.as_str(), "object.read");
    assert_eq!(refused.code.as_deref(), Some("tenant-revoked"));
    assert_eq!(line.restored_at, None);

    workspace.engine.restore(&workspace.admin(), &acme, true).await.unwrap();
    let lines = workspace.engine.revocations(&workspace.officer(), None).await.unwrap();
    assert!(lines[0].restored_at.is_some());
}

#[tokio::test]
async fn a_denial_by_the_provider_is_a_time_line_too_and_a_suspension_by_hand_is_none() {
    let workspace = TestWorkspace::new().await;
    let (acme, docs, _) = workspace.tenant("acme").await;
    let (umbrella, ..) = workspace.tenant("umbrella").await;
    workspace.put(&acme, &docs, "first", b"text").await.unwrap();
    workspace.engine.suspend(&workspace.admin(), &umbrella, "by hand").await.unwrap();
    workspace.faults.set(Some(Reason::Disabled));
    workspace.engine.rotate_data_key(&workspace.admin(), &acme, &docs).await.unwrap_err();
    workspace.faults.set(None);

    let lines = workspace.engine.revocations(&workspace.officer(), None).await.unwrap();
    let [line] = lines.as_slice() else { panic!("{lines:?}") };
    assert_eq!((&line.tenant, line.cause), (&acme, RevocationCause::Denied));
    assert_eq!(line.reason.as_deref(), Some("key-disabled"));
    assert_eq!(line.first_refusal_at, Some(line.began_at));
    assert_eq!(line.evicted, 1);
    assert!(line.recorded_at >= line.began_at);
    assert!(line.first_refused.is_some());
    let approver = workspace.context(Role::TenantApprover(umbrella.clone()));
    assert!(workspace.engine.revocations(&approver, None).await.unwrap().is_empty());
    let other = workspace.engine.revocations(&approver, Some(&acme)).await.unwrap_err();
    assert_eq!(other.code(), Code::NotAuthorised);
}

#[tokio::test]
async fn the_blast_radius_counts_what_would_be_locked() {
    let workspace = TestWorkspace::new().await;
    let (acme, docs, _) = workspace.tenant("acme").await;
    workspace.put(&acme, &docs, "first", b"text").await.unwrap();
    workspace.put(&acme, &docs, "second", b"longer text").await.unwrap();
    workspace.engine.rotate_data_key(&workspace.admin(), &acme, &docs).await.unwrap();
    let second = workspace.key("acme-second", &acme);
    let second = workspace.prove(&acme, &second).await.key.id;
    let rotation = RootKeyRotation::NewKey(second.number);
    workspace.engine.rotate_root_key(&workspace.admin(), &acme, rotation).await.unwrap();
    workspace.get(&acme, &docs, "first").await.unwrap();

    let radius = workspace.engine.blast_radius(&workspace.admin(), &acme).await.unwrap();
    assert_eq!((radius.objects.objects, radius.objects.size), (2, 15));
    assert_eq!(radius.datasets.len(), 1);
    assert_eq!(radius.datasets[0].objects.objects, 2);
    assert_eq!(radius.data_keys, 2);
    assert!((1..=2).contains(&radius.cached_data_keys), "{}", radius.cached_data_keys);
    assert_eq!(radius.may_disable, Some(MayDisable::Yes));
    let disabled: Vec<_> =
        radius.root_keys.iter().filter(|key| key.is_disabled_with).map(|key| &key.id).collect();
    assert_eq!(disabled, [&second]);
    let under_first: u64 = radius.root_keys[0].versions.iter().map(|count| count.keys).sum();
    assert_eq!(radius.data_keys_under_others, under_first);
    assert!(radius.last.is_empty() && radius.log_days.is_empty());

    workspace.engine.revoke(&workspace.admin(), &acme, "test", false).await.unwrap();
    // Another tenant's time line is no business of this one.
    let (other, _, _) = workspace.tenant("other").await;
    workspace.engine.revoke(&workspace.admin(), &other, "theirs", false).await.unwrap();
    let radius = workspace.engine.blast_radius(&workspace.officer(), &acme).await.unwrap();
    assert_eq!(radius.cached_data_keys, 0);
    assert_eq!(radius.last.len(), 1);
    let application = workspace.engine.blast_radius(&workspace.application(), &acme).await;
    assert_eq!(application.unwrap_err().code(), Code::NotAuthorised);
}

#[tokio::test]
async fn a_drill_takes_every_step_on_a_tenant_of_its_own_and_leaves_nothing() {
    let workspace = TestWorkspace::new().await;
    let (acme, docs, _) = workspace.tenant("acme").await;
    workspace.put(&acme, &docs, "first", b"text").await.unwrap();
    let steps = Mutex::new(0);
    let engine = &workspace.engine;
    let line = engine
        .revocation_drill(&workspace.admin(), &workspace.keystore, &|_| *steps.lock().unwrap() += 1)
        .await
        .unwrap();
    assert_eq!(*steps.lock().unwrap(), 4);
    assert!(line.drill && line.at_provider && line.tenant.as_str().starts_with("drill-"));
    assert_eq!(line.evicted, 1);
    assert!(line.refused_after_ms().is_some());
    assert_eq!(line.first_refused.unwrap().action.as_str(), "object.read");
    let tenant = engine.tenant(&line.tenant).await.unwrap();
    assert_eq!(tenant.state.to_string(), "offboarded");
    assert!(
        !workspace
            .path()
            .join("objects")
            .join(line.tenant.as_str())
            .join("drill")
            .join("drill")
            .exists()
    );
    let keys = workspace.keystore.administration().list().unwrap();
    let key = keys.into_iter().flatten().find(|key| key.name == line.tenant.as_str()).unwrap();
    assert!(key.deletion_at.is_some());
    assert_eq!(workspace.get(&acme, &docs, "first").await.unwrap(), b"text");

    // An officer drills what it answers for, and still revokes nobody.
    let officer = workspace.officer();
    let line = engine.revocation_drill(&officer, &workspace.keystore, &|_| {}).await.unwrap();
    assert!(line.drill && line.first_refusal_at.is_some());
    let refused = engine.revoke(&officer, &acme, "test", false).await;
    assert_eq!(refused.unwrap_err().code(), Code::NotAuthorised);
    let approver = workspace.context(Role::TenantApprover(acme.clone()));
    let refused = engine.revocation_drill(&approver, &workspace.keystore, &|_| {});
    assert_eq!(refused.await.unwrap_err().code(), Code::NotAuthorised);
    assert_eq!(engine.tenants().await.unwrap().len(), 3);

    // Where a step fails, what was made goes all the same.
    workspace.faults.set(Some(Reason::TimedOut));
    let admin = workspace.admin();
    let failed = engine.revocation_drill(&admin, &workspace.keystore, &|_| {});
    assert_eq!(failed.await.unwrap_err().code(), Code::KeyUnreachable);
    let tenants = engine.tenants().await.unwrap();
    assert!(
        tenants.iter().all(|tenant| tenant.id == acme || tenant.state.to_string() == "offboarded")
    );
}
