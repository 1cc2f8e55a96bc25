//! A provider that fails on request.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use keyward_core::{EncryptionContext, Provider, RootKeyReference, SecretKey, TenantId};
use keyward_kms::{
    Description, Evidence, KeyPolicy, KmsError, MayDisable, PolicyDifferences, PublicKey, Reason,
    RewrapItem, RootKeyService, SignatureAlgorithm, WrappedKey,
};
use tokio::sync::{OwnedRwLockWriteGuard, RwLock};

/// Hands every call on to the provider behind it, unless a fault is set. Counts the calls.
#[derive(Clone)]
pub struct Faulty {
    inner: Arc<dyn RootKeyService>,
    fault: Arc<Mutex<Option<Fault>>>,
    calls: Arc<AtomicU64>,
    gate: Arc<RwLock<()>>,
}

/// What goes wrong with a call.
#[derive(Clone, Copy)]
enum Fault {
    /// It isn't done.
    Refused(Reason),
    /// It is done, and nobody hears of it.
    AnswerLost,
    /// It is done after so long.
    Slow(Duration),
    /// So many are done yet, and then they are refused.
    After(u64, Reason),
    /// An unwrap answers with a key that isn't the one asked for.
    OtherKey,
}

impl Faulty {
    /// A provider without faults yet.
    #[must_use]
    pub fn new(inner: Arc<dyn RootKeyService>) -> Self {
        Self { inner, fault: Arc::default(), calls: Arc::default(), gate: Arc::default() }
    }

    /// From now on every call fails so, or with `None` none does.
    pub fn set(&self, fault: Option<Reason>) {
        self.put(fault.map(Fault::Refused));
    }

    /// From now on every call that changes a key at the provider is carried out and then fails as
    /// having timed out. Until [`set`](Self::set) is called.
    pub fn lose_answers(&self) {
        self.put(Some(Fault::AnswerLost));
    }

    /// From now on every call is answered after so long.
    pub fn slow_down(&self, by: Duration) {
        self.put(Some(Fault::Slow(by)));
    }

    /// So many calls are done yet, and then every one fails so.
    pub fn set_after(&self, calls: u64, fault: Reason) {
        self.put(Some(Fault::After(calls, fault)));
    }

    /// From now on every unwrap answers with a key that isn't the one asked for.
    pub fn answer_for_another_key(&self) {
        self.put(Some(Fault::OtherKey));
    }

    /// Until this is dropped, calls that fail don't return. Others do.
    pub async fn hold_failures(&self) -> OwnedRwLockWriteGuard<()> {
        Arc::clone(&self.gate).write_owned().await
    }

    /// Calls so far.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.calls.load(Ordering::SeqCst)
    }

    fn put(&self, fault: Option<Fault>) {
        *self.fault.lock().expect("no test panics with the lock held") = fault;
    }

    fn fault(&self) -> Option<Fault> {
        *self.fault.lock().expect("no test panics with the lock held")
    }

    async fn pass(&self, key: &RootKeyReference) -> Result<(), KmsError> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        match self.fault() {
            None | Some(Fault::AnswerLost | Fault::OtherKey) => Ok(()),
            Some(Fault::Slow(by)) => {
                tokio::time::sleep(by).await;
                Ok(())
            }
            Some(Fault::After(0, reason)) => Err(self.failure(key, reason)),
            Some(Fault::After(calls, reason)) => {
                self.set_after(calls - 1, reason);
                Ok(())
            }
            Some(Fault::Refused(reason)) => {
                let _ = self.gate.read().await;
                Err(self.failure(key, reason))
            }
        }
    }

    /// What becomes of the answer of a call that was carried out.
    fn answer<T>(&self, key: &RootKeyReference, answer: T) -> Result<T, KmsError> {
        match self.fault() {
            Some(Fault::AnswerLost) => Err(self.failure(key, Reason::TimedOut)),
            _ => Ok(answer),
        }
    }

    fn failure(&self, key: &RootKeyReference, reason: Reason) -> KmsError {
        KmsError {
            provider: self.inner.provider(),
            key: key.to_string(),
            reason,
            provider_code: Some("InjectedFault".into()),
        }
    }
}

#[async_trait]
impl RootKeyService for Faulty {
    fn provider(&self) -> Provider {
        self.inner.provider()
    }

    async fn describe(&self, key: &RootKeyReference) -> Result<Description, KmsError> {
        self.pass(key).await?;
        self.inner.describe(key).await
    }

    async fn evidence(&self, key: &RootKeyReference) -> Result<Vec<Evidence>, KmsError> {
        self.pass(key).await?;
        self.inner.evidence(key).await
    }

    async fn generate(
        &self,
        key: &RootKeyReference,
        context: &EncryptionContext,
    ) -> Result<(SecretKey, WrappedKey), KmsError> {
        self.pass(key).await?;
        self.inner.generate(key, context).await
    }

    async fn wrap(
        &self,
        key: &RootKeyReference,
        context: &EncryptionContext,
        secret: &SecretKey,
    ) -> Result<WrappedKey, KmsError> {
        self.pass(key).await?;
        self.inner.wrap(key, context, secret).await
    }

    async fn unwrap(
        &self,
        key: &RootKeyReference,
        context: &EncryptionContext,
        blob: &[u8],
    ) -> Result<SecretKey, KmsError> {
        self.pass(key).await?;
        let unwrapped = self.inner.unwrap(key, context, blob).await?;
        match self.fault() {
            Some(Fault::OtherKey) => Ok(SecretKey::new([0x5a; SecretKey::LENGTH])),
            _ => Ok(unwrapped),
        }
    }

    async fn rewrap(
        &self,
        from: &RootKeyReference,
        to: &RootKeyReference,
        items: Vec<RewrapItem>,
    ) -> Vec<Result<WrappedKey, KmsError>> {
        match self.pass(to).await {
            Ok(()) => self.inner.rewrap(from, to, items).await,
            Err(error) => items.iter().map(|_| Err(error.clone())).collect(),
        }
    }

    async fn rotate(&self, key: &RootKeyReference) -> Result<u32, KmsError> {
        self.pass(key).await?;
        let version = self.inner.rotate(key).await?;
        self.answer(key, version)
    }

    fn calls_of_rewrap(&self) -> u64 {
        self.inner.calls_of_rewrap()
    }

    fn may_disable(&self) -> MayDisable {
        self.inner.may_disable()
    }

    async fn set_enabled(&self, key: &RootKeyReference, enabled: bool) -> Result<(), KmsError> {
        self.pass(key).await?;
        self.inner.set_enabled(key, enabled).await?;
        self.answer(key, ())
    }

    fn key_policy(
        &self,
        key: &RootKeyReference,
        tenant: &TenantId,
        principal: Option<&str>,
    ) -> Result<KeyPolicy, KmsError> {
        self.inner.key_policy(key, tenant, principal)
    }

    async fn policy(&self, key: &RootKeyReference) -> Result<Option<String>, KmsError> {
        self.pass(key).await?;
        self.inner.policy(key).await
    }

    fn compare_policy(&self, asked: &KeyPolicy, found: &str) -> PolicyDifferences {
        self.inner.compare_policy(asked, found)
    }

    async fn tags(&self, key: &RootKeyReference) -> Result<BTreeMap<String, String>, KmsError> {
        self.pass(key).await?;
        self.inner.tags(key).await
    }

    async fn public_key(&self, key: &RootKeyReference) -> Result<PublicKey, KmsError> {
        self.pass(key).await?;
        self.inner.public_key(key).await
    }

    async fn sign(
        &self,
        key: &RootKeyReference,
        algorithm: SignatureAlgorithm,
        message: &[u8],
    ) -> Result<Vec<u8>, KmsError> {
        self.pass(key).await?;
        self.inner.sign(key, algorithm, message).await
    }
}
