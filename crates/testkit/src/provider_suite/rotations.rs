//! Versions of a root key.

use keyward_core::RootKeyReference;
use keyward_kms::{ErrorClass, RootKeyService};

use super::{Subject, context, failure, left_out, opens, own_secret};

/// Rotations through the service: each makes one version, and all blobs open.
pub async fn old_blobs_open_after_a_rotation(subject: &dyn Subject) {
    let service = &*subject.service();
    let key = subject.root_key().await;
    let (acme, secret) = (context("acme"), own_secret());
    let before = service.describe(&key).await.expect("it is described");
    let mut blobs = Vec::new();
    for version in 1..=3 {
        if version > 1 {
            match service.rotate(&key).await {
                Ok(made) => assert_eq!(made, version),
                Err(error) => {
                    assert_eq!(error.class(), ErrorClass::Invalid, "{error}");
                    assert_eq!(version, 2, "a provider rotates or it doesn't");
                    return;
                }
            }
        }
        holds_version(service, &key, version).await;
        let wrapped = service.wrap(&key, &acme, &secret).await.expect("it is wrapped");
        assert!(wrapped.version.is_none_or(|told| told == version), "{:?}", wrapped.version);
        blobs.push(wrapped.blob);
        for blob in &blobs {
            opens(service, &key, &acme, blob, secret.expose()).await;
        }
    }
    let after = service.describe(&key).await.expect("it is described");
    assert_eq!(after.identity, before.identity, "it is the same key still");
    if let (Some(rotated), Some(made)) = (after.rotated_at, before.created_at) {
        assert!(rotated >= made);
    }
    // A changed bit hides in no version.
    for blob in &mut blobs {
        let last = blob.len() - 1;
        blob[last] ^= 1;
        let error = failure(service, "a changed blob", service.unwrap(&key, &acme, blob).await);
        assert_eq!(error.class(), ErrorClass::Rejected, "{error}");
    }
}

/// A rotation that the owner makes without us is used at once, and counted.
pub async fn the_owners_rotation_is_seen(subject: &dyn Subject) {
    let service = &*subject.service();
    let key = subject.root_key().await;
    let (acme, secret) = (context("acme"), own_secret());
    let old = service.wrap(&key, &acme, &secret).await.expect("it is wrapped").blob;
    if let Err(absent) = subject.rotate(&key).await {
        return left_out("the owner's rotation", absent);
    }
    holds_version(service, &key, 2).await;
    let wrapped = service.wrap(&key, &acme, &secret).await.expect("it is wrapped");
    assert!(wrapped.version.is_none_or(|version| version == 2), "{:?}", wrapped.version);
    for blob in [&old, &wrapped.blob] {
        opens(service, &key, &acme, blob, secret.expose()).await;
    }
}

async fn holds_version(service: &dyn RootKeyService, key: &RootKeyReference, version: u32) {
    let description = service.describe(key).await.expect("it is described");
    assert_eq!(description.version, version);
}
