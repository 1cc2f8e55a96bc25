//! Two or more regions of a cloud's KMS with multi-Region keys, each region failing by itself.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use keyward_core::{
    EncryptionContext, Provider, Region, RootKeyReference, SecretKey, TenantId,
    reference::{AwsResource, LocalKey},
};
use keyward_kms::{
    Description, KmsError, PublicKey, Reason, RewrapItem, RootKeyService, SignatureAlgorithm,
    WrappedKey,
    local::{KeyUse, LocalKeyStore},
};

/// Serves multi-Region key ARNs from a local key store: a key is the same in all regions, as AWS has it. What
/// fails, fails in one region alone. Clones are one.
#[derive(Clone)]
pub struct Replicated {
    keys: LocalKeyStore,
    failing: Arc<Mutex<BTreeMap<Region, Reason>>>,
    calls: Arc<Mutex<BTreeMap<Region, u64>>>,
}

impl Replicated {
    /// Over this key store.
    #[must_use]
    pub fn new(keys: LocalKeyStore) -> Self {
        Self { keys, failing: Arc::default(), calls: Arc::default() }
    }

    /// Makes a key that one tenant may use, and gives its references in these regions.
    #[must_use]
    pub fn key(&self, number: u8, tenant: &TenantId, regions: &[&str]) -> Vec<RootKeyReference> {
        let id = format!("mrk-{}", hex(number));
        let key: LocalKey = id.parse().expect("a key's name");
        let access = [(tenant.clone(), KeyUse::ALL.into_iter().collect())].into();
        self.keys.administration().create_key(&key, access).expect("a key");
        let arn = |region| format!("arn:aws:kms:{region}:111122223333:key/{id}");
        regions.iter().map(|region| arn(region).parse().expect("an ARN")).collect()
    }

    /// From now on every call to a region fails so, or with `None` none does.
    pub fn fail(&self, region: &str, reason: Option<Reason>) {
        let region = region.parse().expect("a region");
        let mut failing = self.failing.lock().expect("no test panics with the lock held");
        match reason {
            Some(reason) => drop(failing.insert(region, reason)),
            None => drop(failing.remove(&region)),
        }
    }

    /// Calls to a region so far.
    #[must_use]
    pub fn calls(&self, region: &str) -> u64 {
        let region = region.parse().expect("a region");
        let calls = self.calls.lock().expect("no test panics with the lock held");
        calls.get(&region).copied().unwrap_or_default()
    }

    /// The key in the store, if its region answers.
    fn pass(&self, key: &RootKeyReference) -> Result<RootKeyReference, KmsError> {
        let RootKeyReference::Aws(arn) = key else { panic!("`{key}` is of another provider") };
        let AwsResource::MultiRegionKey(_) = arn.resource() else {
            panic!("`{key}` is no multi-Region key")
        };
        let mut calls = self.calls.lock().expect("no test panics with the lock held");
        *calls.entry(arn.region().clone()).or_default() += 1;
        let failing = self.failing.lock().expect("no test panics with the lock held");
        match failing.get(arn.region()) {
            None => Ok(RootKeyReference::Local(name(key).parse().expect("a key's name"))),
            Some(reason) => Err(KmsError {
                provider: Provider::AwsKms,
                key: key.to_string(),
                reason: *reason,
                provider_code: Some("InjectedFault".into()),
            }),
        }
    }
}

/// The key's id, which is the same in all regions.
fn name(key: &RootKeyReference) -> String {
    key.to_string().rsplit('/').next().unwrap_or_default().to_owned()
}

fn hex(number: u8) -> String {
    format!("{number:032x}")
}

#[async_trait]
impl RootKeyService for Replicated {
    fn provider(&self) -> Provider {
        Provider::AwsKms
    }

    async fn describe(&self, key: &RootKeyReference) -> Result<Description, KmsError> {
        let described = self.keys.describe(&self.pass(key)?).await?;
        Ok(Description { identity: format!("aws:{}", name(key)), ..described })
    }

    async fn generate(
        &self,
        key: &RootKeyReference,
        context: &EncryptionContext,
    ) -> Result<(SecretKey, WrappedKey), KmsError> {
        self.keys.generate(&self.pass(key)?, context).await
    }

    async fn wrap(
        &self,
        key: &RootKeyReference,
        context: &EncryptionContext,
        secret: &SecretKey,
    ) -> Result<WrappedKey, KmsError> {
        self.keys.wrap(&self.pass(key)?, context, secret).await
    }

    async fn unwrap(
        &self,
        key: &RootKeyReference,
        context: &EncryptionContext,
        blob: &[u8],
    ) -> Result<SecretKey, KmsError> {
        self.keys.unwrap(&self.pass(key)?, context, blob).await
    }

    async fn rewrap(
        &self,
        from: &RootKeyReference,
        to: &RootKeyReference,
        items: Vec<RewrapItem>,
    ) -> Vec<Result<WrappedKey, KmsError>> {
        match (self.pass(from), self.pass(to)) {
            (Ok(from), Ok(to)) => self.keys.rewrap(&from, &to, items).await,
            (Err(error), _) | (_, Err(error)) => items.iter().map(|_| Err(error.clone())).collect(),
        }
    }

    async fn rotate(&self, key: &RootKeyReference) -> Result<u32, KmsError> {
        self.keys.rotate(&self.pass(key)?).await
    }

    async fn set_enabled(&self, key: &RootKeyReference, enabled: bool) -> Result<(), KmsError> {
        self.keys.set_enabled(&self.pass(key)?, enabled).await
    }

    async fn tags(&self, key: &RootKeyReference) -> Result<BTreeMap<String, String>, KmsError> {
        self.keys.tags(&self.pass(key)?).await
    }

    async fn public_key(&self, key: &RootKeyReference) -> Result<PublicKey, KmsError> {
        self.keys.public_key(&self.pass(key)?).await
    }

    async fn sign(
        &self,
        key: &RootKeyReference,
        algorithm: SignatureAlgorithm,
        message: &[u8],
    ) -> Result<Vec<u8>, KmsError> {
        self.keys.sign(&self.pass(key)?, algorithm, message).await
    }
}
