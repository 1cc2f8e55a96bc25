//! The exit kit as the engine writes it. That others' programs read objects with it is tested in
//! `tests/tests/exit_kit.rs`.

use std::{collections::BTreeSet, fs, path::Path};

use keyward_core::{Code, Role};
use keyward_engine::{AuditFilter, AuditStart, Sidecar};
use keyward_testkit::TestWorkspace;

async fn workspace() -> TestWorkspace {
    let workspace = TestWorkspace::new().await;
    let (acme, docs, _) = workspace.tenant("acme").await;
    workspace.put(&acme, &docs, "Grüße, \"世界\".txt", b"hello").await.unwrap();
    workspace.put(&acme, &docs, "empty", b"").await.unwrap();
    workspace.engine.rotate_data_key(&workspace.admin(), &acme, &docs).await.unwrap();
    workspace
}

#[tokio::test]
async fn it_is_written_whole_in_any_state_and_once() {
    let workspace = workspace().await;
    let (engine, acme) = (&workspace.engine, "acme".parse().unwrap());
    engine.revoke(&workspace.admin(), &acme, "the contract ended", true).await.unwrap();
    let folder = workspace.path().join("kit");
    let approver = workspace.context(Role::TenantApprover(acme.clone()));
    let kit = engine.exit_kit(&approver, &acme, &folder).await.unwrap();
    assert_eq!((kit.datasets, kit.data_keys, kit.objects), (1, 2, 2));
    assert_eq!(kit.folder, folder);
    assert_eq!(
        names(&folder),
        [
            "README.md",
            "docs",
            "log_names.py",
            "package.json",
            "read_all.py",
            "read_object.mjs",
            "read_object.py",
            "requirements.txt"
        ]
        .map(String::from)
        .into()
    );
    assert_eq!(
        names(&folder.join("docs/keys")),
        ["1.wrapped", "2.wrapped"].map(String::from).into()
    );
    let sidecar = fs::read(folder.join("docs/keys.json")).unwrap();
    let sidecar: Sidecar = serde_json::from_slice(&sidecar).unwrap();
    assert_eq!(sidecar.data_keys.len(), 2);
    let listing = fs::read_to_string(folder.join("docs/objects.csv")).unwrap();
    let lines: Vec<_> = listing.split_terminator("\r\n").collect();
    assert_eq!(lines.len(), 3);
    assert!(lines[1].starts_with("\"Grüße, \"\"世界\"\".txt\","), "{}", lines[1]);
    let readme = fs::read_to_string(folder.join("README.md")).unwrap();
    for place in ["{tenant}", "{version}", "{date}", "{fetch}", "{datasets}"] {
        assert!(!readme.contains(place), "{place} is filled in: {readme}");
    }

    #[cfg(unix)]
    {
        let mode =
            std::os::unix::fs::PermissionsExt::mode(&folder.metadata().unwrap().permissions());
        assert_eq!(mode & 0o777, 0o700, "unwrapped keys will lie in it");
    }

    let there = engine.exit_kit(&approver, &acme, &folder).await.unwrap_err();
    assert_eq!(there.code(), Code::AlreadyExists);
    let nowhere = workspace.path().join("no/such/folder");
    assert_eq!(
        engine.exit_kit(&approver, &acme, &nowhere).await.unwrap_err().code(),
        Code::InvalidInput
    );
    let other = workspace.context(Role::TenantApprover("other".parse().unwrap()));
    let refused = engine.exit_kit(&other, &acme, &workspace.path().join("theirs")).await;
    assert_eq!(refused.unwrap_err().code(), Code::NotAuthorised);
    let left = names(workspace.path());
    assert!(left.iter().all(|name| !name.starts_with(".keyward-")), "{left:?}");
    assert!(!left.contains("theirs"));

    let page = engine
        .audit_query(&workspace.officer(), &AuditFilter::default(), AuditStart::Newest, 1000)
        .await
        .unwrap();
    let outcomes: Vec<_> = page
        .records
        .iter()
        .filter(|record| record.action == keyward_ledger::Action::ExitKitWrite)
        .map(|record| record.outcome.as_str())
        .collect();
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == "ok").count(), 1);
    assert_eq!(outcomes.len(), 4, "{outcomes:?}");
}

#[tokio::test]
async fn after_offboarding_it_has_the_keys_that_lie_beside_the_data() {
    let workspace = workspace().await;
    let (engine, acme) = (&workspace.engine, "acme".parse().unwrap());
    engine.offboard(&workspace.admin(), &acme, false).await.unwrap();
    let folder = workspace.path().join("kit");
    let kit = engine.exit_kit(&workspace.admin(), &acme, &folder).await.unwrap();
    assert_eq!((kit.data_keys, kit.objects), (2, 2));

    let (bye, ..) = workspace.tenant("bye").await;
    engine.offboard(&workspace.admin(), &bye, true).await.unwrap();
    let gone = engine.exit_kit(&workspace.admin(), &bye, &workspace.path().join("none")).await;
    assert_eq!(gone.unwrap_err().code(), Code::TenantOffboarded);
}

fn names(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}
