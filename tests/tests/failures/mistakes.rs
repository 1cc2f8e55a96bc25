//! Mistakes that a system of this kind is prone to, each with the test that would find it.
//!
//! A lifetime that slides and a failed refresh that keeps a key alive are found by the cache's own tests, a
//! replica that was left open by those of regions.

use keyward_core::{EncryptionContext, RootKeyReference};
use keyward_engine::{RewrapOptions, RewrapProgress, RootKeyRotation};
use keyward_kms::{ErrorClass, Reason, RootKeyService as _};
use keyward_store::tables::data_keys;

use crate::Place;

#[tokio::test]
async fn a_rewrap_keeps_the_tenant_in_the_context() {
    let place = Place::new().await;
    let Place { workspace, acme, docs } = &place;
    let engine = &workspace.engine;
    let admin = workspace.admin();
    engine.rotate_root_key(&admin, acme, RootKeyRotation::NewVersion).await.unwrap();
    let options = RewrapOptions::default();
    engine.rewrap(&admin, acme, options, &RewrapProgress::unwatched).await.unwrap();
    let store = workspace.store().await.unwrap();
    let rows = data_keys::list(&mut store.read().await.unwrap(), acme, docs).await.unwrap();
    let reference: RootKeyReference = format!("local:{acme}-key").parse().unwrap();
    for row in rows {
        let own = EncryptionContext::for_data_key(&row.key);
        workspace.keystore.unwrap(&reference, &own, &row.wrapped).await.unwrap();
        let without = own
            .iter()
            .filter(|(key, _)| *key != keyward_core::keys::TENANT)
            .map(|(key, value)| (key.to_owned(), value.to_owned()));
        for other in [
            EncryptionContext::from_pairs(without),
            EncryptionContext::for_tenant(acme),
            EncryptionContext::empty(),
        ] {
            let refused = workspace.keystore.unwrap(&reference, &other, &row.wrapped).await;
            let class = refused.map(drop).expect_err("it opens in its own context alone").class();
            assert!(matches!(class, ErrorClass::Rejected | ErrorClass::Denied));
        }
    }
}

#[tokio::test]
async fn a_job_marks_no_failed_row_done() {
    let place = Place::new().await;
    let Place { workspace, acme, .. } = &place;
    let engine = &workspace.engine;
    let admin = workspace.admin();
    engine.rotate_root_key(&admin, acme, RootKeyRotation::NewVersion).await.unwrap();
    for reason in
        [Reason::TimedOut, Reason::Throttled { retry_after: None }, Reason::WrongCiphertext]
    {
        workspace.faults.set_after(1, reason);
        let options = RewrapOptions::default();
        let _ = engine.rewrap(&admin, acme, options, &RewrapProgress::unwatched).await;
        workspace.faults.set(None);
        let status = engine.tenant_status(&admin, acme).await.unwrap();
        assert_eq!(status.to_rewrap, 1, "{reason:?}");
    }
}

#[tokio::test]
async fn objects_under_older_versions_are_read_after_a_rotation() {
    let place = Place::new().await;
    let Place { workspace, acme, docs } = &place;
    let engine = &workspace.engine;
    for round in 0..3 {
        engine.rotate_data_key(&workspace.admin(), acme, docs).await.unwrap();
        let rotation = RootKeyRotation::NewVersion;
        engine.rotate_root_key(&workspace.admin(), acme, rotation).await.unwrap();
        workspace.put(acme, docs, &format!("of round {round}"), b"later").await.unwrap();
        assert_eq!(workspace.get(acme, docs, "kept").await.unwrap(), b"kept");
        for earlier in 0..=round {
            let name = format!("of round {earlier}");
            assert_eq!(workspace.get(acme, docs, &name).await.unwrap(), b"later");
        }
    }
}
