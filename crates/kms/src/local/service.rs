//! The users' side: the root key service over the local store.
//!
//! Using a key costs a question to the file system and a little arithmetic, which is less than handing
//! them over to another thread; what writes, and batches of many items, go to threads that may block.

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use keyward_core::{
    EncryptionContext, Provider, RootKeyReference, SecretKey, TenantId, reference::LocalKey,
};
use tokio::task::spawn_blocking;
use zeroize::Zeroizing;

use super::{
    LocalKeyStore, LocalState,
    failure::Failure,
    opened::Opened,
    policy,
    rewrap::{self, Side},
    xaes::NONCE_LENGTH,
};
use crate::{
    Description, KeyPolicy, KeyUsage, KmsError, MayDisable, PolicyDifferences, PublicKey, Reason,
    RewrapItem, RootKeyService, SignatureAlgorithm, WrappedKey,
};

#[async_trait]
impl RootKeyService for LocalKeyStore {
    fn provider(&self) -> Provider {
        Provider::Local
    }

    async fn describe(&self, key: &RootKeyReference) -> Result<Description, KmsError> {
        let opened = self.existing(local(key)?).await?;
        let record = &opened.record;
        Ok(Description {
            identity: record.identity(),
            state: record.state.at_provider(),
            usage: KeyUsage::Wrap,
            version: record.version(),
            created_at: Some(record.created_at),
            deletion_at: record.deletion_at,
            rotates_every_days: record.rotates_every_days,
            rotated_at: record.rotated_at(),
            replicas: vec![key.clone()],
        })
    }

    async fn generate(
        &self,
        key: &RootKeyReference,
        context: &EncryptionContext,
    ) -> Result<(SecretKey, WrappedKey), KmsError> {
        let mut bytes = Zeroizing::new([0; SecretKey::LENGTH]);
        getrandom::fill(bytes.as_mut_slice()).map_err(|error| Failure::from(error).about(key))?;
        let secret = SecretKey::new(*bytes);
        let wrapped = self.wrap(key, context, &secret).await?;
        Ok((secret, wrapped))
    }

    async fn wrap(
        &self,
        key: &RootKeyReference,
        context: &EncryptionContext,
        secret: &SecretKey,
    ) -> Result<WrappedKey, KmsError> {
        let opened = self.existing(local(key)?).await?;
        let mut nonce = [0; NONCE_LENGTH];
        getrandom::fill(&mut nonce)
            .map_err(Failure::from)
            .and_then(|()| opened.wrap(context, secret, &nonce, &mut Vec::new()))
            .map_err(|failure| failure.about(key))
    }

    async fn unwrap(
        &self,
        key: &RootKeyReference,
        context: &EncryptionContext,
        blob: &[u8],
    ) -> Result<SecretKey, KmsError> {
        let opened = self.existing(local(key)?).await?;
        opened.unwrap(context, blob, &mut Vec::new()).map_err(|failure| failure.about(key))
    }

    async fn rewrap(
        &self,
        from: &RootKeyReference,
        to: &RootKeyReference,
        items: Vec<RewrapItem>,
    ) -> Vec<Result<WrappedKey, KmsError>> {
        let count = items.len();
        let rewrapped = async move {
            let (from, to) = (local(from)?.clone(), local(to)?.clone());
            let source = self.existing(&from).await?;
            let target = self.existing(&to).await?;
            let name = to.clone();
            let run = move |items: &[RewrapItem]| {
                let from = Side { key: &from, opened: &source };
                let to = Side { key: &to, opened: &target };
                rewrap::rewrap(&from, &to, items)
            };
            if items.len() <= rewrap::CHUNK {
                return Ok(run(&items));
            }
            blocking(move || run(&items)).await.map_err(|failure| failure.about(name))
        };
        rewrapped.await.unwrap_or_else(|error: KmsError| vec![Err(error); count])
    }

    async fn rotate(&self, key: &RootKeyReference) -> Result<u32, KmsError> {
        self.administer(key, |store, key| store.administration().rotate(key)).await
    }

    fn may_disable(&self) -> MayDisable {
        MayDisable::Yes
    }

    async fn set_enabled(&self, key: &RootKeyReference, enabled: bool) -> Result<(), KmsError> {
        self.administer(key, move |store, key| {
            let administration = store.administration();
            if enabled { administration.enable(key) } else { administration.disable(key) }
        })
        .await
    }

    fn key_policy(
        &self,
        key: &RootKeyReference,
        tenant: &TenantId,
        _principal: Option<&str>,
    ) -> Result<KeyPolicy, KmsError> {
        Ok(policy::asked(local(key)?, tenant))
    }

    async fn policy(&self, key: &RootKeyReference) -> Result<Option<String>, KmsError> {
        Ok(Some(policy::found(&self.existing(local(key)?).await?.record.access)))
    }

    fn compare_policy(&self, asked: &KeyPolicy, found: &str) -> PolicyDifferences {
        policy::compare(asked, found)
    }

    async fn tags(&self, key: &RootKeyReference) -> Result<BTreeMap<String, String>, KmsError> {
        Ok(self.existing(local(key)?).await?.record.tags.clone())
    }

    async fn public_key(&self, key: &RootKeyReference) -> Result<PublicKey, KmsError> {
        Err(Failure::from(Reason::Unsupported).about(key))
    }

    async fn sign(
        &self,
        key: &RootKeyReference,
        _algorithm: SignatureAlgorithm,
        _message: &[u8],
    ) -> Result<Vec<u8>, KmsError> {
        Err(Failure::from(Reason::Unsupported).about(key))
    }
}

impl LocalKeyStore {
    /// The key as it is now, what time has done to it included; not one that was destroyed.
    async fn existing(&self, key: &LocalKey) -> Result<Arc<Opened>, KmsError> {
        let existing = async {
            let opened = self.load(key)?;
            let opened = if self.is_due(&opened) {
                let (store, key) = (self.clone(), key.clone());
                blocking(move || store.settle(&key)).await??
            } else {
                opened
            };
            match opened.record.state {
                LocalState::Destroyed => Err(Reason::NotFound.into()),
                _ => Ok(opened),
            }
        };
        existing.await.map_err(|failure: Failure| failure.about(key))
    }

    async fn administer<T: Send + 'static>(
        &self,
        key: &RootKeyReference,
        change: impl FnOnce(&Self, &LocalKey) -> Result<T, KmsError> + Send + 'static,
    ) -> Result<T, KmsError> {
        let (store, key) = (self.clone(), local(key)?.clone());
        let name = key.clone();
        blocking(move || change(&store, &key)).await.map_err(|failure| failure.about(name))?
    }
}

fn local(key: &RootKeyReference) -> Result<&LocalKey, KmsError> {
    match key {
        RootKeyReference::Local(key) => Ok(key),
        _ => Err(Failure::from(Reason::Malformed).about(key)),
    }
}

/// Runs what may block elsewhere. It runs to its end even if the caller stops waiting.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Failure> {
    // It fails only where the runtime is shutting down.
    spawn_blocking(work).await.map_err(|_| Reason::ProviderFault.into())
}
