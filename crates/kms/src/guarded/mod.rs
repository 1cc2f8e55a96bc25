//! Every provider's calls as they leave: within its quota, tried again where that helps, and not at all while
//! nobody answers.
//!
//! - A token bucket per account and region. Bulk work (rewraps) has at most half of it, so that it never
//!   starves reads; a tenant may have a cap of its own. The buckets are this process's.
//! - What is throttled is tried again after the provider's hint, or else after a backoff with chance in it,
//!   and everybody of that account waits meanwhile. What didn't connect is tried once more. What may have
//!   happened is not: rotating a key, enabling or disabling it. Nothing else is, a denial least of all.
//! - A circuit breaker per account and region.
//!
//! Keys that are asked over no network (local, PKCS#11) pass unguarded.

mod account;
mod breaker;
mod bucket;

use std::{
    collections::{BTreeMap, HashMap},
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use keyward_core::{EncryptionContext, Provider, RootKeyReference, SecretKey, TenantId};

use crate::{
    Description, ErrorClass, Evidence, KeyPolicy, KmsError, MayDisable, PolicyDifferences,
    PublicKey, Reason, RewrapItem, RootKeyService, SignatureAlgorithm, WrappedKey,
};
use breaker::Breaker;
use bucket::Bucket;

/// How much may be asked, and how often again.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Calls a second, for each account and region.
    pub per_second: u32,
    /// How often a throttled call is made at most.
    pub attempts: u32,
    /// The first pause before the next attempt, where the provider gives no hint; twice as long each time.
    pub backoff: Duration,
    /// The longest that a call waits for its turn, and for its next attempt. A rewrap waits for its turn
    /// as long as it takes.
    pub patience: Duration,
}

impl Limits {
    /// For a provider, below what it gives an account where nothing was agreed: AWS KMS 5,500 symmetric
    /// operations a second in its smaller regions, Azure Key Vault 4,000 RSA operations in ten seconds, Google
    /// Cloud KMS 60,000 in a minute.
    #[must_use]
    pub fn of(provider: Provider) -> Self {
        let per_second = match provider {
            Provider::AzureKeyVault => 300,
            Provider::GoogleKms => 800,
            Provider::AwsKms | Provider::Pkcs11 | Provider::Local => 5_000,
        };
        Self { per_second, ..Self::default() }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            per_second: 1_000,
            attempts: 4,
            backoff: Duration::from_millis(100),
            patience: Duration::from_secs(5),
        }
    }
}

/// Caps on tenants' calls, shared by all providers of an engine.
#[derive(Clone, Debug, Default)]
pub struct Caps(Arc<Mutex<HashMap<String, (u32, Bucket)>>>);

impl Caps {
    /// Sets a tenant's cap in calls a second; `None`: it has none.
    pub fn set(&self, tenant: &TenantId, per_second: Option<u32>) {
        let mut caps = lock(&self.0);
        match per_second {
            None => drop(caps.remove(tenant.as_str())),
            Some(rate) if caps.get(tenant.as_str()).is_some_and(|(set, _)| *set == rate) => {}
            Some(rate) => drop(caps.insert(tenant.to_string(), (rate, Bucket::new(rate)))),
        }
    }
}

/// A provider behind its limits.
pub struct Guarded {
    inner: Arc<dyn RootKeyService>,
    limits: Limits,
    caps: Caps,
    accounts: Mutex<HashMap<String, Arc<Mutex<Account>>>>,
}

/// One account in one region.
struct Account {
    all: Bucket,
    bulk: Bucket,
    breaker: Breaker,
}

/// What kind of call it is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Call {
    /// Somebody waits for it.
    Single,
    /// It is one of very many.
    Bulk(u32),
    /// It changes the key: where the answer is lost, it may have happened.
    Once,
}

impl Guarded {
    /// A provider behind these limits, and these caps.
    #[must_use]
    pub fn new(inner: Arc<dyn RootKeyService>, limits: Limits, caps: Caps) -> Self {
        Self { inner, limits, caps, accounts: Mutex::default() }
    }

    async fn call<T, F: Future<Output = Result<T, KmsError>>>(
        &self,
        key: &RootKeyReference,
        tenant: Option<&str>,
        kind: Call,
        make: impl Fn() -> F,
    ) -> Result<T, KmsError> {
        let Some(account) = self.account(key) else { return make().await };
        let mut attempt = 1;
        loop {
            self.turn(&account, key, tenant, kind).await?;
            let passage = Passage::enter(&account).map_err(|reason| self.failure(key, reason))?;
            let result = make().await;
            passage.leave(result.as_ref().err());
            let Err(error) = result else { return result };
            match self.pause(&error, attempt, kind) {
                None => return Err(error),
                Some(pause) => {
                    if error.class() == ErrorClass::Throttled {
                        lock(&account).all.pause(Instant::now() + pause);
                    }
                    tokio::time::sleep(pause).await;
                    attempt += 1;
                }
            }
        }
    }

    /// Waits for the turn of a call: the tenant's, the bulk's, the account's.
    async fn turn(
        &self,
        account: &Mutex<Account>,
        key: &RootKeyReference,
        tenant: Option<&str>,
        kind: Call,
    ) -> Result<(), KmsError> {
        let (calls, patience) = match kind {
            Call::Bulk(calls) => (calls, None),
            Call::Single | Call::Once => (1, Some(self.limits.patience)),
        };
        let busy = |wait| self.failure(key, Reason::Throttled { retry_after: Some(wait) });
        if let Some(tenant) = tenant {
            let wait = match lock(&self.caps.0).get_mut(tenant) {
                Some((_, cap)) => cap.take(calls, Instant::now(), patience).map_err(busy)?,
                None => Duration::ZERO,
            };
            tokio::time::sleep(wait).await;
        }
        if matches!(kind, Call::Bulk(_)) {
            let wait = lock(account).bulk.take(calls, Instant::now(), None).unwrap_or_default();
            tokio::time::sleep(wait).await;
        }
        let wait = lock(account).all.take(calls, Instant::now(), patience).map_err(busy)?;
        tokio::time::sleep(wait).await;
        Ok(())
    }

    /// How long to wait before the next attempt; `None`: there is none.
    fn pause(&self, error: &KmsError, attempt: u32, kind: Call) -> Option<Duration> {
        let backoff = || {
            let whole = self.limits.backoff * 2_u32.saturating_pow(attempt - 1);
            // Not all of those that failed together try again together.
            let mut chance = [0];
            let _ = getrandom::fill(&mut chance);
            whole.mul_f64(0.5 + f64::from(chance[0]) / 510.0)
        };
        let pause = match error.reason {
            Reason::Throttled { retry_after } if attempt < self.limits.attempts => {
                retry_after.unwrap_or_else(backoff)
            }
            Reason::NoConnection | Reason::ProviderFault if attempt == 1 && kind != Call::Once => {
                backoff()
            }
            _ => return None,
        };
        (pause <= self.limits.patience).then_some(pause)
    }

    /// Wraps some of a rewrap's items anew, and those that are throttled again.
    async fn rewrap_slice(
        &self,
        account: &Mutex<Account>,
        from: &RootKeyReference,
        to: &RootKeyReference,
        items: &[RewrapItem],
    ) -> Vec<Result<WrappedKey, KmsError>> {
        let mut results: Vec<Option<Result<WrappedKey, KmsError>>> = vec![None; items.len()];
        let mut open: Vec<usize> = (0..items.len()).collect();
        let mut attempt = 1;
        while !open.is_empty() {
            let now: Vec<_> = open.iter().filter_map(|at| items.get(*at).cloned()).collect();
            let tenant = now.first().and_then(|item| item.context.tenant().map(str::to_owned));
            let kind = Call::Bulk(u32::try_from(now.len()).unwrap_or(u32::MAX));
            let turn = self.turn(account, to, tenant.as_deref(), kind).await;
            let passage = turn
                .and_then(|()| Passage::enter(account).map_err(|reason| self.failure(to, reason)));
            let answers = match passage {
                Err(error) => now.iter().map(|_| Err(error.clone())).collect(),
                Ok(passage) => {
                    let answers = self.inner.rewrap(from, to, now).await;
                    // One item that was answered was answered by somebody.
                    let all_failed = answers.iter().all(Result::is_err);
                    passage.leave(
                        answers.iter().find_map(|one| one.as_ref().err()).filter(|_| all_failed),
                    );
                    answers
                }
            };
            let mut pause = None;
            let mut again = Vec::new();
            for (at, answer) in open.iter().zip(answers) {
                let throttled =
                    answer.as_ref().err().filter(|error| error.class() == ErrorClass::Throttled);
                if let Some(wait) = throttled.and_then(|error| self.pause(error, attempt, kind)) {
                    pause = pause.max(Some(wait));
                    again.push(*at);
                }
                if let Some(result) = results.get_mut(*at) {
                    *result = Some(answer);
                }
            }
            if let Some(pause) = pause {
                lock(account).bulk.pause(Instant::now() + pause);
                tokio::time::sleep(pause).await;
            }
            open = again;
            attempt += 1;
        }
        let unanswered = || Err(self.failure(to, Reason::ProviderFault));
        results.into_iter().map(|result| result.unwrap_or_else(unanswered)).collect()
    }

    fn account(&self, key: &RootKeyReference) -> Option<Arc<Mutex<Account>>> {
        let name = account::of(key)?;
        let mut accounts = lock(&self.accounts);
        let account = accounts.entry(name).or_insert_with(|| {
            Arc::new(Mutex::new(Account {
                all: Bucket::new(self.limits.per_second),
                bulk: Bucket::new(self.limits.per_second / 2),
                breaker: Breaker::default(),
            }))
        });
        Some(Arc::clone(account))
    }

    fn failure(&self, key: &RootKeyReference, reason: Reason) -> KmsError {
        let provider = self.inner.provider();
        KmsError { provider, key: key.to_string(), reason, provider_code: None }
    }
}

/// A call that passed the breaker, and owes it how it ended.
struct Passage<'a> {
    account: &'a Mutex<Account>,
    left: bool,
}

impl<'a> Passage<'a> {
    fn enter(account: &'a Mutex<Account>) -> Result<Self, Reason> {
        lock(account).breaker.enter(Instant::now())?;
        Ok(Self { account, left: false })
    }

    fn leave(mut self, error: Option<&KmsError>) {
        self.left = true;
        let unanswered = error.map(|error| error.reason).filter(|reason| {
            // Of the unreachable ones those that say something about the endpoint, and not about us.
            matches!(reason, Reason::TimedOut | Reason::NoConnection | Reason::ProviderFault)
        });
        lock(self.account).breaker.leave(unanswered, Instant::now());
    }
}

impl Drop for Passage<'_> {
    fn drop(&mut self) {
        if !self.left {
            lock(self.account).breaker.abandon();
        }
    }
}

#[async_trait]
impl RootKeyService for Guarded {
    fn provider(&self) -> Provider {
        self.inner.provider()
    }

    async fn describe(&self, key: &RootKeyReference) -> Result<Description, KmsError> {
        self.call(key, None, Call::Single, || self.inner.describe(key)).await
    }

    async fn evidence(&self, key: &RootKeyReference) -> Result<Vec<Evidence>, KmsError> {
        self.call(key, None, Call::Single, || self.inner.evidence(key)).await
    }

    async fn generate(
        &self,
        key: &RootKeyReference,
        context: &EncryptionContext,
    ) -> Result<(SecretKey, WrappedKey), KmsError> {
        self.call(key, context.tenant(), Call::Single, || self.inner.generate(key, context)).await
    }

    async fn wrap(
        &self,
        key: &RootKeyReference,
        context: &EncryptionContext,
        secret: &SecretKey,
    ) -> Result<WrappedKey, KmsError> {
        let wrap = || self.inner.wrap(key, context, secret);
        self.call(key, context.tenant(), Call::Single, wrap).await
    }

    async fn unwrap(
        &self,
        key: &RootKeyReference,
        context: &EncryptionContext,
        blob: &[u8],
    ) -> Result<SecretKey, KmsError> {
        let unwrap = || self.inner.unwrap(key, context, blob);
        self.call(key, context.tenant(), Call::Single, unwrap).await
    }

    async fn rewrap(
        &self,
        from: &RootKeyReference,
        to: &RootKeyReference,
        items: Vec<RewrapItem>,
    ) -> Vec<Result<WrappedKey, KmsError>> {
        let Some(account) = self.account(to) else {
            return self.inner.rewrap(from, to, items).await;
        };
        // A fifth of a second's at once: whoever reads waits for no more than that.
        let slice = usize::try_from(self.limits.per_second / 5).unwrap_or(usize::MAX).max(1);
        let mut results = Vec::with_capacity(items.len());
        for items in items.chunks(slice) {
            results.append(&mut self.rewrap_slice(&account, from, to, items).await);
        }
        results
    }

    async fn rotate(&self, key: &RootKeyReference) -> Result<u32, KmsError> {
        self.call(key, None, Call::Once, || self.inner.rotate(key)).await
    }

    fn calls_of_rewrap(&self) -> u64 {
        self.inner.calls_of_rewrap()
    }

    fn may_disable(&self) -> MayDisable {
        self.inner.may_disable()
    }

    async fn set_enabled(&self, key: &RootKeyReference, enabled: bool) -> Result<(), KmsError> {
        self.call(key, None, Call::Once, || self.inner.set_enabled(key, enabled)).await
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
        self.call(key, None, Call::Single, || self.inner.policy(key)).await
    }

    fn compare_policy(&self, asked: &KeyPolicy, found: &str) -> PolicyDifferences {
        self.inner.compare_policy(asked, found)
    }

    async fn tags(&self, key: &RootKeyReference) -> Result<BTreeMap<String, String>, KmsError> {
        self.call(key, None, Call::Single, || self.inner.tags(key)).await
    }

    async fn public_key(&self, key: &RootKeyReference) -> Result<PublicKey, KmsError> {
        self.call(key, None, Call::Single, || self.inner.public_key(key)).await
    }

    async fn sign(
        &self,
        key: &RootKeyReference,
        algorithm: SignatureAlgorithm,
        message: &[u8],
    ) -> Result<Vec<u8>, KmsError> {
        self.call(key, None, Call::Single, || self.inner.sign(key, algorithm, message)).await
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing that holds one can panic half-way through a change.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
