//! A tenant's whole life, through the operations.

use keyward_core::{Code, KeyState};
use keyward_engine::{RewrapOptions, RewrapProgress, RootKeyRotation, Source};
use keyward_store::tables::tenants::TenantState;
use keyward_testkit::TestWorkspace;

#[tokio::test]
async fn from_onboarding_to_offboarding() {
    let workspace = TestWorkspace::new().await;
    let engine = &workspace.engine;
    let (acme, docs, _) = workspace.tenant("acme").await;

    // Write and read, whole, by range, into a file and as a stream.
    let large: Vec<u8> = (0..300_000u32).map(|n| (n % 251) as u8).collect();
    workspace.put(&acme, &docs, "a/large.bin", &large).await.unwrap();
    workspace.put(&acme, &docs, "empty", b"").await.unwrap();
    assert_eq!(workspace.get(&acme, &docs, "a/large.bin").await.unwrap(), large);
    assert_eq!(workspace.get(&acme, &docs, "empty").await.unwrap(), b"");
    let name = "a/large.bin".parse().unwrap();
    let application = workspace.application();
    let part = engine.read_range(&application, &acme, &docs, &name, 65_530..131_080).await.unwrap();
    assert_eq!(&part[..], &large[65_530..131_080]);
    let target = workspace.path().join("out.bin");
    engine.read_to_file(&application, &acme, &docs, &name, &target).await.unwrap();
    assert_eq!(std::fs::read(&target).unwrap(), large);
    let streamed = std::fs::File::create(workspace.path().join("streamed")).unwrap();
    engine.read_stream(&application, &acme, &docs, &name, streamed).await.unwrap();
    assert_eq!(std::fs::read(workspace.path().join("streamed")).unwrap(), large);

    // From a file and from a reader.
    for (name, source) in [
        ("from-file", Source::File(target.clone())),
        ("from-reader", Source::Reader(Box::new(std::io::Cursor::new(large.clone())))),
    ] {
        let written =
            engine.write(&application, &acme, &docs, &name.parse().unwrap(), source).await.unwrap();
        assert_eq!(written.object.size, large.len() as u64, "{name}");
        assert_eq!(workspace.get(&acme, &docs, name).await.unwrap(), large, "{name}");
    }

    // A new data key: what was written stays readable, and rekeying moves it.
    let rotated = engine.rotate_data_key(&workspace.admin(), &acme, &docs).await.unwrap();
    assert_eq!(rotated.data_key, "dk:acme/docs/2");
    assert_eq!(workspace.get(&acme, &docs, "empty").await.unwrap(), b"");
    workspace.put(&acme, &docs, "new", b"under the new key").await.unwrap();
    let rekeyed = engine.rekey(&workspace.admin(), &acme, &docs).await.unwrap();
    assert_eq!((rekeyed.moved, rekeyed.remaining), (4, 0));
    assert!(rekeyed.failed.is_empty());
    assert_eq!(workspace.get(&acme, &docs, "a/large.bin").await.unwrap(), large);
    engine.rotate_data_key(&workspace.admin(), &acme, &docs).await.unwrap();
    assert_eq!(engine.rekey(&workspace.admin(), &acme, &docs).await.unwrap().moved, 5);
    assert_eq!(workspace.get(&acme, &docs, "from-reader").await.unwrap(), large);

    // A new root key version, then another root key.
    let rotated = engine
        .rotate_root_key(&workspace.admin(), &acme, RootKeyRotation::NewVersion)
        .await
        .unwrap();
    assert_eq!((rotated.version, rotated.to_rewrap), (2, 3));
    let dry = RewrapOptions { dry_run: true, ..RewrapOptions::default() };
    let forecast =
        engine.rewrap(&workspace.admin(), &acme, dry, &RewrapProgress::unwatched).await.unwrap();
    assert_eq!((forecast.progress.total, forecast.progress.rewrapped), (3, 0));
    let report = engine
        .rewrap(&workspace.admin(), &acme, RewrapOptions::default(), &RewrapProgress::unwatched)
        .await
        .unwrap();
    assert_eq!(report.progress.rewrapped, 3);
    assert!(report.remaining.is_empty(), "{:?}", report.remaining);

    let second = workspace.key("acme-second", &acme);
    let refused =
        engine.rotate_root_key(&workspace.admin(), &acme, RootKeyRotation::NewKey(2)).await;
    assert_eq!(refused.unwrap_err().code(), Code::RootKeyNotFound);
    let view = workspace.prove(&acme, &second).await;
    assert_eq!(view.key.state, KeyState::PreActivation, "the first one still wraps");
    let replaced = engine
        .rotate_root_key(&workspace.admin(), &acme, RootKeyRotation::NewKey(2))
        .await
        .unwrap();
    assert_eq!(replaced.deactivated.as_deref(), Some("rk:acme/1"));
    assert_eq!(workspace.get(&acme, &docs, "new").await.unwrap(), b"under the new key");
    let report = engine
        .rewrap(&workspace.admin(), &acme, RewrapOptions::default(), &RewrapProgress::unwatched)
        .await
        .unwrap();
    assert!(report.remaining.is_empty(), "{:?}", report.remaining);
    assert_eq!(
        workspace
            .keystore
            .administration()
            .describe(match &second {
                keyward_core::RootKeyReference::Local(key) => key,
                _ => unreachable!(),
            })
            .unwrap()
            .version(),
        1
    );

    // Revoked here and at the provider: refused, with its code. Restored: works again.
    let revoked = engine.revoke(&workspace.admin(), &acme, "test", true).await.unwrap();
    assert!(revoked.first_refusal_at.is_some());
    let refused = workspace.get(&acme, &docs, "new").await.unwrap_err();
    assert_eq!(refused.code(), Code::TenantRevoked);
    assert_eq!(
        workspace.put(&acme, &docs, "x", b"x").await.unwrap_err().code(),
        Code::TenantRevoked
    );
    let early = engine.restore(&workspace.admin(), &acme, false).await.unwrap_err();
    assert_eq!(early.code(), Code::KeyDisabled);
    engine.restore(&workspace.admin(), &acme, true).await.unwrap();
    assert_eq!(workspace.get(&acme, &docs, "new").await.unwrap(), b"under the new key");

    // Gone.
    let left = engine.offboard(&workspace.admin(), &acme, true).await.unwrap();
    assert_eq!((left.data_keys, left.objects), (3, 5));
    assert_eq!(engine.tenant(&acme).await.unwrap().state, TenantState::Offboarded);
    let refused = workspace.get(&acme, &docs, "new").await.unwrap_err();
    assert_eq!(refused.code(), Code::TenantOffboarded);
    assert!(
        files(&workspace.path().join("objects")).is_empty(),
        "objects and sidecars are deleted"
    );

    let verified = engine.audit_verify(&workspace.officer(), &|_, _| {}).await.unwrap();
    assert!(verified.records > 40);
    let again = workspace.open_again().await.unwrap();
    again.audit_verify(&workspace.officer(), &|_, _| {}).await.unwrap();
}

fn files(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}
