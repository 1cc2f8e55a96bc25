//! What a provider says of a key.

use keyward_kms::{ErrorClass, KeyUsage, ProviderState, Reason};

use super::{Subject, context, fails, failure, own_secret};

/// A new key is enabled, at its first version, for wrapping, and itself alone.
pub async fn a_new_key_is_described(subject: &dyn Subject) {
    let service = &*subject.service();
    let (key, other) = (subject.root_key().await, subject.root_key().await);
    let description = service.describe(&key).await.expect("it is described");
    assert_eq!(description.state, ProviderState::Enabled);
    assert_eq!(description.usage, KeyUsage::Wrap);
    assert_eq!((description.version, description.rotated_at), (1, None));
    assert_eq!(description.deletion_at, None);
    assert!(description.replicas.contains(&key), "{:?}", description.replicas);
    let again = service.describe(&key).await.expect("it is described");
    assert_eq!(again, description, "nothing changed between two questions");
    let other = service.describe(&other).await.expect("it is described");
    assert_ne!(other.identity, description.identity, "two keys have two identities");
    let policy = service.key_policy(&key, &"acme".parse().expect("a good tenant id"), None);
    match policy {
        Ok(policy) => assert!(!policy.text.is_empty() && policy.key == key.to_string()),
        Err(error) => assert_eq!(error.reason, Reason::Unsupported, "{error}"),
    }
}

/// A key that isn't there is a denial for every call.
pub async fn a_missing_key_is_not_found(subject: &dyn Subject) {
    let service = &*subject.service();
    let key = subject.root_key().await;
    let missing = subject.missing_key().await;
    let acme = context("acme");
    let blob = service.wrap(&key, &acme, &own_secret()).await.expect("it is wrapped").blob;
    for (what, result) in [
        ("describe", service.describe(&missing).await.map(drop)),
        ("generate", service.generate(&missing, &acme).await.map(drop)),
        ("wrap", service.wrap(&missing, &acme, &own_secret()).await.map(drop)),
        ("unwrap", service.unwrap(&missing, &acme, &blob).await.map(drop)),
    ] {
        let error = failure(service, what, result);
        assert_eq!(error.reason, Reason::NotFound, "{what}: {error}");
        assert_eq!((error.class(), &error.key), (ErrorClass::Denied, &missing.to_string()));
    }
    // An operation that the provider doesn't have needs no key to be refused.
    let rotated = failure(service, "rotate", service.rotate(&missing).await);
    assert!(matches!(rotated.reason, Reason::NotFound | Reason::Unsupported), "{rotated}");
    let opened = service.unwrap(&key, &acme, b"not a blob").await;
    fails(service, "the key that is there", opened, Reason::WrongCiphertext);
}
