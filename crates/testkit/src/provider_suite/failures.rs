//! What goes wrong between us and the provider, and that it is never taken for the owner's will.

use super::{Subject, Trouble, context, failure, left_out, opens, own_secret};

/// Each trouble has its class in every call, and is over once it is over.
pub async fn every_trouble_has_its_class_and_heals(subject: &dyn Subject) {
    let service = &*subject.service();
    let key = subject.root_key().await;
    let (acme, secret) = (context("acme"), own_secret());
    let blob = service.wrap(&key, &acme, &secret).await.expect("it is wrapped").blob;
    for trouble in Trouble::ALL {
        let troubled = match subject.strike(trouble).await {
            Ok(troubled) => troubled,
            Err(absent) => {
                left_out(trouble, absent);
                continue;
            }
        };
        let troubled = &*troubled;
        for (what, result) in [
            ("describe", troubled.describe(&key).await.map(drop)),
            ("wrap", troubled.wrap(&key, &acme, &secret).await.map(drop)),
            ("unwrap", troubled.unwrap(&key, &acme, &blob).await.map(drop)),
        ] {
            let error = failure(troubled, &format!("{what}, {trouble:?}"), result);
            assert!(trouble.allows(error.reason), "{what}, {trouble:?}: {:?}", error.reason);
            assert_eq!(error.class(), trouble.class(), "{what}, {trouble:?}: {error}");
        }
        subject.heal(trouble).await;
        opens(service, &key, &acme, &blob, secret.expose()).await;
    }
}
