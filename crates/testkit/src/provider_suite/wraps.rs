//! Wrapping and unwrapping.

use keyward_core::RootKeyReference;
use keyward_kms::{ErrorClass, Reason};

use super::{Subject, context, fails, failure, left_out, opens, own_secret};

/// A key opens to what it was, be it the provider's or ours.
pub async fn what_is_wrapped_opens(subject: &dyn Subject) {
    let service = &*subject.service();
    let key = subject.root_key().await;
    let acme = context("acme");
    let (secret, wrapped) = service.generate(&key, &acme).await.expect("a key is made");
    opens(service, &key, &acme, &wrapped.blob, secret.expose()).await;
    if let Some(version) = wrapped.version {
        assert_eq!(version, 1, "the key was never rotated");
    }
    let ours = own_secret();
    let wrapped = service.wrap(&key, &acme, &ours).await.expect("it is wrapped");
    opens(service, &key, &acme, &wrapped.blob, ours.expose()).await;
    let inside = |window: &[u8]| window == ours.expose();
    assert!(!wrapped.blob.windows(32).any(inside), "the blob holds the key in the clear");
}

/// Wrapping the same key twice gives two blobs: a blob doesn't tell whether two keys are equal.
pub async fn every_wrap_is_another(subject: &dyn Subject) {
    let service = &*subject.service();
    let key = subject.root_key().await;
    let (acme, secret) = (context("acme"), own_secret());
    let one = service.wrap(&key, &acme, &secret).await.expect("it is wrapped").blob;
    let two = service.wrap(&key, &acme, &secret).await.expect("it is wrapped").blob;
    match subject.randomises() {
        Ok(()) => assert_ne!(one, two),
        Err(absent) => left_out("two blobs of one key", absent),
    }
    let (one, _) = service.generate(&key, &acme).await.expect("a key is made");
    let (two, _) = service.generate(&key, &acme).await.expect("a key is made");
    assert!(one.expose() != two.expose(), "a fresh key is fresh");
}

/// Another root key of the same provider opens nothing.
pub async fn another_key_opens_nothing(subject: &dyn Subject) {
    let service = &*subject.service();
    let (key, other) = (subject.root_key().await, subject.root_key().await);
    let acme = context("acme");
    let blob = service.wrap(&key, &acme, &own_secret()).await.expect("it is wrapped").blob;
    let opened = service.unwrap(&other, &acme, &blob).await;
    fails(service, "another key", opened, Reason::WrongCiphertext);
}

/// Another provider's reference is a mistake in the request, and says nothing about any key.
pub async fn foreign_references_are_refused(subject: &dyn Subject) {
    let service = &*subject.service();
    let (acme, secret) = (context("acme"), own_secret());
    for foreign in [
        "local:acme-root",
        "arn:aws:kms:eu-central-1:111122223333:key/0ecb38bd-f9a4-4f0c-8b5f-1f0c4b5d8a11",
        "pkcs11:token=acme-hsm;object=root;type=secret-key",
    ] {
        let foreign: RootKeyReference = foreign.parse().expect("a good reference");
        if foreign.provider() == service.provider() {
            continue;
        }
        for (what, result) in [
            ("describe", service.describe(&foreign).await.map(drop)),
            ("generate", service.generate(&foreign, &acme).await.map(drop)),
            ("wrap", service.wrap(&foreign, &acme, &secret).await.map(drop)),
            ("unwrap", service.unwrap(&foreign, &acme, &[1; 100]).await.map(drop)),
            ("rotate", service.rotate(&foreign).await.map(drop)),
            ("disable", service.set_enabled(&foreign, false).await),
            ("tags", service.tags(&foreign).await.map(drop)),
            ("public key", service.public_key(&foreign).await.map(drop)),
        ] {
            let error = failure(service, what, result);
            assert_eq!(error.class(), ErrorClass::Invalid, "{what} of `{foreign}`: {error}");
        }
    }
}
