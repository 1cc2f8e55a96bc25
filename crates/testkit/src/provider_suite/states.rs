//! Keys that their owner withholds.

use keyward_core::RootKeyReference;
use keyward_kms::{ErrorClass, KmsError, MayDisable, ProviderState, RewrapItem, RootKeyService};

use super::{Subject, Withheld, context, fails, failure, left_out, opens, own_secret};

/// Every way to withhold a key denies every use of it, is told by its description, and ends when the
/// owner gives it back.
pub async fn a_withheld_key_is_denied(subject: &dyn Subject) {
    let service = &*subject.service();
    let acme = context("acme");
    for how in Withheld::ALL {
        let (key, bystander) = (subject.root_key().await, subject.root_key().await);
        let secret = own_secret();
        let blob = service.wrap(&key, &acme, &secret).await.expect("it is wrapped").blob;
        if let Err(absent) = subject.withhold(&key, how).await {
            left_out(how, absent);
            continue;
        }
        for (what, result) in uses(service, &key, &blob).await {
            let error = failure(service, &format!("{what}, {how:?}"), result);
            assert_eq!(error.reason, how.reason(), "{what}, {how:?}: {error}");
            assert_eq!(error.class(), ErrorClass::Denied);
            assert_eq!(error.key, key.to_string(), "the key that is refused is named");
        }
        let described = service.describe(&key).await;
        match how {
            Withheld::Disabled => {
                let description = described.expect("a disabled key is described");
                assert_eq!(description.state, ProviderState::Disabled);
            }
            Withheld::PendingDeletion => {
                let description = described.expect("a key to be deleted is described");
                assert_eq!(description.state, ProviderState::PendingDeletion);
                let (at, made) = (description.deletion_at, description.created_at);
                assert!(at.is_some() && at > made, "{at:?} {made:?}");
                let enabled = service.set_enabled(&key, true).await;
                let error = failure(service, "enabled while it is to be deleted", enabled);
                assert_ne!(error.class(), ErrorClass::Unreachable, "{error}");
            }
            Withheld::Deleted => fails(service, "describe", described, how.reason()),
            // Describing may be another permission, so both are right.
            Withheld::Denied => {
                if let Err(error) = described {
                    assert_eq!(error.reason, how.reason(), "{error}");
                }
            }
        }
        // Who is denied may be we, whatever the key.
        if how != Withheld::Denied {
            let other = service.wrap(&bystander, &acme, &secret).await;
            assert!(other.is_ok(), "another key isn't touched by it ({how:?}): {other:?}");
        }
        if how != Withheld::Deleted {
            subject.restore(&key, how).await;
            opens(service, &key, &acme, &blob, secret.expose()).await;
            let description = service.describe(&key).await.expect("it is described");
            assert_eq!(description.state, ProviderState::Enabled);
        }
    }
}

/// What the owner may do, the service may where it says so; twice is no error.
pub async fn it_is_disabled_and_enabled_through_the_service(subject: &dyn Subject) {
    let service = &*subject.service();
    let key = subject.root_key().await;
    let (acme, secret) = (context("acme"), own_secret());
    let blob = service.wrap(&key, &acme, &secret).await.expect("it is wrapped").blob;
    if service.may_disable() == MayDisable::No {
        let error = failure(service, "disable", service.set_enabled(&key, false).await);
        assert_eq!(error.class(), ErrorClass::Invalid, "{error}");
        opens(service, &key, &acme, &blob, secret.expose()).await;
        return;
    }
    for _ in 0..2 {
        service.set_enabled(&key, false).await.expect("it is disabled");
        let opened = service.unwrap(&key, &acme, &blob).await;
        fails(service, "a disabled key", opened, Withheld::Disabled.reason());
        let description = service.describe(&key).await.expect("a disabled key is described");
        assert_eq!(description.state, ProviderState::Disabled);
    }
    for _ in 0..2 {
        service.set_enabled(&key, true).await.expect("it is enabled");
        opens(service, &key, &acme, &blob, secret.expose()).await;
    }
}

async fn uses(
    service: &dyn RootKeyService,
    key: &RootKeyReference,
    blob: &[u8],
) -> Vec<(&'static str, Result<(), KmsError>)> {
    let acme = context("acme");
    let item = RewrapItem { context: acme.clone(), blob: blob.to_vec() };
    let rewrapped = service.rewrap(key, key, vec![item]).await;
    assert_eq!(rewrapped.len(), 1);
    let mut uses = vec![
        ("generate", service.generate(key, &acme).await.map(drop)),
        ("wrap", service.wrap(key, &acme, &own_secret()).await.map(drop)),
        ("unwrap", service.unwrap(key, &acme, blob).await.map(drop)),
    ];
    uses.extend(rewrapped.into_iter().map(|result| ("rewrap", result.map(drop))));
    uses
}
