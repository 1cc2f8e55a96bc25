//! The provider suite over the local key store.

use std::sync::Arc;

use async_trait::async_trait;
use keyward_core::{EncryptionContext, RootKeyReference, reference::LocalKey};
use keyward_kms::{RootKeyService, local::KeyUse};
use keyward_testkit::provider_suite::{Absent, Hook, SigningKey, Subject, Trouble, Withheld};

use crate::bench::Bench;

keyward_testkit::provider_suite!(super::start);

/// A store in a temporary folder.
struct LocalSubject {
    bench: Bench,
    keys: std::sync::atomic::AtomicU32,
}

async fn start(_name: &str) -> Option<LocalSubject> {
    Some(LocalSubject { bench: Bench::new(), keys: Default::default() })
}

impl LocalSubject {
    fn next(&self) -> LocalKey {
        let number = self.keys.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        format!("key-{number}").parse().unwrap()
    }
}

fn local(key: &RootKeyReference) -> &LocalKey {
    match key {
        RootKeyReference::Local(key) => key,
        other => panic!("`{other}` is no local key"),
    }
}

#[async_trait]
impl Subject for LocalSubject {
    fn service(&self) -> Arc<dyn RootKeyService> {
        Arc::new(self.bench.store.clone())
    }

    async fn root_key(&self) -> RootKeyReference {
        let key = self.next();
        let access =
            ["acme", "umbrella"].map(|tenant| (tenant.parse().unwrap(), KeyUse::ALL.into()));
        self.bench.store.administration().create_key(&key, access.into()).unwrap();
        key.into()
    }

    async fn missing_key(&self) -> RootKeyReference {
        self.next().into()
    }

    async fn foreign_blob(&self, _: &RootKeyReference, _: &EncryptionContext) -> Hook<Vec<u8>> {
        Err(Absent("the store wraps 256-bit keys and nothing else"))
    }

    async fn signing_keys(&self) -> Hook<Vec<SigningKey>> {
        Err(Absent("the store has no asymmetric keys"))
    }

    async fn tag(&self, key: &RootKeyReference, name: &str, value: &str) -> Hook {
        self.bench.store.administration().tag(local(key), name, value).unwrap();
        Ok(())
    }

    async fn rotate(&self, key: &RootKeyReference) -> Hook {
        self.bench.second_handle().administration().rotate(local(key)).unwrap();
        Ok(())
    }

    async fn withhold(&self, key: &RootKeyReference, how: Withheld) -> Hook {
        let owner = self.bench.second_handle();
        let (owner, key) = (owner.administration(), local(key));
        match how {
            Withheld::Disabled => owner.disable(key).unwrap(),
            Withheld::PendingDeletion => drop(owner.schedule_deletion(key, 7).unwrap()),
            Withheld::Denied => owner.deny(key, &"acme".parse().unwrap()).unwrap(),
            Withheld::Deleted => {
                owner.schedule_deletion(key, 7).unwrap();
                self.bench.pass(chrono::Duration::days(7));
            }
        }
        Ok(())
    }

    async fn restore(&self, key: &RootKeyReference, how: Withheld) {
        let owner = self.bench.second_handle();
        let (owner, key) = (owner.administration(), local(key));
        match how {
            Withheld::PendingDeletion => {
                owner.cancel_deletion(key).unwrap();
                owner.enable(key).unwrap();
            }
            Withheld::Denied => owner.allow(key, &"acme".parse().unwrap(), &KeyUse::ALL).unwrap(),
            Withheld::Disabled | Withheld::Deleted => owner.enable(key).unwrap(),
        }
    }

    async fn strike(&self, _: Trouble) -> Hook<Arc<dyn RootKeyService>> {
        Err(Absent("nothing lies between us and a folder; its own failures are in `files`"))
    }

    async fn heal(&self, _: Trouble) {}
}
