//! A tenant's keys as a graph.

use keyward_core::{Code, KeyState, LoggedNames, Role};
use keyward_engine::{RewrapOptions, RewrapProgress, RootKeyRotation};
use keyward_testkit::TestWorkspace;

#[tokio::test]
async fn every_key_hangs_where_it_is_wrapped() {
    let workspace = TestWorkspace::new().await;
    let engine = &workspace.engine;
    let admin = workspace.admin();
    let (acme, docs, _) = workspace.tenant("acme").await;
    let logs = "logs".parse().unwrap();
    engine.create_dataset(&admin, &acme, &logs, &[], LoggedNames::Plain).await.unwrap();
    workspace.put(&acme, &docs, "a", b"12345").await.unwrap();
    engine.rotate_data_key(&admin, &acme, &docs).await.unwrap();
    engine.rotate_root_key(&admin, &acme, RootKeyRotation::NewVersion).await.unwrap();
    engine.rotate_data_key(&admin, &acme, &logs).await.unwrap();

    let graph = engine.hierarchy(&workspace.officer(), &acme).await.unwrap();
    assert_eq!((graph.tenant.id.as_str(), graph.rotation_days), ("acme", 90));
    let [root] = graph.root_keys.as_slice() else { panic!("one root key") };
    assert_eq!(root.view.references[0].reference, "local:acme-key");
    assert!(root.view.proven && root.due_at.is_some());
    let states: Vec<_> = root.transitions.iter().map(|step| (step.from, step.to)).collect();
    assert_eq!(states, [(KeyState::PreActivation, KeyState::Active)]);
    let versions: Vec<_> = root
        .versions
        .iter()
        .map(|one| (one.version, one.current, one.stale, one.data_keys))
        .collect();
    assert_eq!(versions, [(1, false, true, 3), (2, true, false, 1)]);
    let under_first: Vec<_> =
        root.versions[0].datasets.iter().map(|one| (one.dataset.as_str(), one.data_keys)).collect();
    assert_eq!(under_first, [("docs", 2), ("logs", 1)]);

    let of_docs = &graph.datasets[0];
    assert_eq!((of_docs.dataset.name.as_str(), of_docs.dataset.current_version), ("docs", 2));
    assert_eq!((of_docs.data_keys, of_docs.stale_data_keys), (2, 2));
    assert_eq!((of_docs.objects.objects, of_docs.objects.size), (1, 5));
    assert!(of_docs.newest_at.is_some_and(|at| at >= of_docs.dataset.created_at));
    let states: Vec<_> = of_docs.by_state.iter().map(|one| (one.state, one.keys)).collect();
    assert_eq!(states, [(KeyState::Active, 1), (KeyState::Deactivated, 1)]);
    assert_eq!(graph.datasets[1].stale_data_keys, 1);

    engine
        .rewrap(&admin, &acme, RewrapOptions::default(), &RewrapProgress::unwatched)
        .await
        .unwrap();
    let graph = engine.hierarchy(&admin, &acme).await.unwrap();
    let versions: Vec<_> =
        graph.root_keys[0].versions.iter().map(|one| (one.version, one.data_keys)).collect();
    assert_eq!(versions, [(2, 4)]);
    assert!(graph.datasets.iter().all(|set| set.stale_data_keys == 0));
}

#[tokio::test]
async fn a_key_that_was_replaced_keeps_its_place() {
    let workspace = TestWorkspace::new().await;
    let engine = &workspace.engine;
    let (acme, _, _) = workspace.tenant("acme").await;
    let second = workspace.key("acme-second", &acme);
    workspace.prove(&acme, &second).await;
    engine.rotate_root_key(&workspace.admin(), &acme, RootKeyRotation::NewKey(2)).await.unwrap();
    let graph = engine.hierarchy(&workspace.admin(), &acme).await.unwrap();
    let [old, new] = graph.root_keys.as_slice() else { panic!("two root keys") };
    assert_eq!((old.view.key.state, old.due_at), (KeyState::Deactivated, None));
    assert_eq!((old.versions[0].data_keys, old.versions[0].stale), (1, true));
    assert_eq!((new.view.key.state, new.versions[0].data_keys), (KeyState::Active, 0));
    assert!(!new.versions[0].stale && new.due_at.is_some());
}

#[tokio::test]
async fn what_lies_in_memory_is_told_until_it_is_evicted() {
    let workspace = TestWorkspace::new().await;
    let engine = &workspace.engine;
    let (acme, docs, _) = workspace.tenant("acme").await;
    let (other, others, _) = workspace.tenant("other").await;
    workspace.put(&other, &others, "a", b"1").await.unwrap();
    workspace.put(&acme, &docs, "a", b"1").await.unwrap();
    let cached = engine.hierarchy(&workspace.admin(), &acme).await.unwrap().cached;
    let [key] = cached.as_slice() else { panic!("one key: {cached:?}") };
    assert_eq!((key.dataset.as_str(), key.version), ("docs", 1));
    assert!(key.until > chrono::Utc::now());
    engine.suspend(&workspace.admin(), &acme, "test").await.unwrap();
    assert!(engine.hierarchy(&workspace.admin(), &acme).await.unwrap().cached.is_empty());
}

#[tokio::test]
async fn an_approver_is_shown_its_own_keys_only() {
    let workspace = TestWorkspace::new().await;
    let (acme, _, _) = workspace.tenant("acme").await;
    let (other, _, _) = workspace.tenant("other").await;
    let approver = workspace.context(Role::TenantApprover(acme.clone()));
    assert!(workspace.engine.hierarchy(&approver, &acme).await.is_ok());
    let refused = workspace.engine.hierarchy(&approver, &other).await;
    assert_eq!(refused.unwrap_err().code(), Code::NotAuthorised);
    let unknown = workspace.engine.hierarchy(&workspace.admin(), &"gone".parse().unwrap()).await;
    assert_eq!(unknown.unwrap_err().code(), Code::TenantNotFound);
}
