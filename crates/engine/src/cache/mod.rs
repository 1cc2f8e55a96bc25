//! Unwrapped data keys, kept briefly.
//!
//! - In locked memory that is wiped on eviction ([`locked`]).
//! - A lifetime counts from the unwrap and never slides; a failed refresh keeps nothing alive.
//! - Bounded: the least used go first.
//! - Single flight: a thousand readers of one key cost one call to its provider.
//! - Keyed by the tenant's epoch, which every suspension, revocation and rotation raises in the
//!   database: a handle in another process stops finding its entries with the next operation.

mod locked;

use std::{sync::Arc, time::Duration};

use keyward_core::{DataKeyId, SecretKey, TenantId};
use moka::future::Cache;

pub(crate) use locked::LockedKey;
use locked::LockedMemory;

use crate::EngineError;

/// How long and how many.
#[derive(Clone, Copy, Debug)]
pub struct CacheSettings {
    /// From the unwrap; zero turns the cache off.
    pub lifetime: Duration,
    /// At most so many keys.
    pub capacity: u64,
}

impl Default for CacheSettings {
    fn default() -> Self {
        Self { lifetime: Duration::from_secs(300), capacity: 10_000 }
    }
}

/// The key of an entry. An entry of an older epoch is never found again.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Slot {
    key: DataKeyId,
    epoch: u64,
}

/// The cache. Cloning gives another handle to the same one.
#[derive(Clone)]
pub(crate) struct KeyCache {
    entries: Cache<Slot, Arc<LockedKey>>,
    memory: LockedMemory,
}

/// A key, and whether the provider had to be asked for it.
pub(crate) struct Opened {
    pub(crate) key: Arc<LockedKey>,
    pub(crate) cached: bool,
}

impl KeyCache {
    pub(crate) fn new(settings: CacheSettings) -> Self {
        let entries = Cache::builder()
            .max_capacity(if settings.lifetime.is_zero() { 0 } else { settings.capacity })
            .time_to_live(settings.lifetime.max(Duration::from_millis(1)))
            .support_invalidation_closures()
            .build();
        Self { entries, memory: LockedMemory::default() }
    }

    /// The key from the cache, or from `unwrap`, which runs once however many ask at the same time.
    pub(crate) async fn get_or_unwrap(
        &self,
        key: &DataKeyId,
        epoch: u64,
        unwrap: impl Future<Output = Result<SecretKey, EngineError>>,
    ) -> Result<Opened, Arc<EngineError>> {
        let slot = Slot { key: key.clone(), epoch };
        let memory = &self.memory;
        let entry = self
            .entries
            .entry(slot)
            .or_try_insert_with(async move { Ok(Arc::new(memory.hold(&unwrap.await?))) })
            .await?;
        Ok(Opened { cached: !entry.is_fresh(), key: entry.into_value() })
    }

    /// Puts a fresh key in without asking anybody: it was made a moment ago.
    pub(crate) async fn insert(&self, key: &DataKeyId, epoch: u64, secret: &SecretKey) {
        let slot = Slot { key: key.clone(), epoch };
        self.entries.insert(slot, Arc::new(self.memory.hold(secret))).await;
    }

    /// Evicts one key, in every epoch.
    pub(crate) async fn evict_key(&self, key: &DataKeyId) {
        let key = key.clone();
        self.evict(move |slot| slot.key == key).await;
    }

    /// Evicts all keys of a tenant and gives their number.
    pub(crate) async fn evict_tenant(&self, tenant: &TenantId) -> usize {
        self.entries.run_pending_tasks().await;
        let evicted = self.entries.iter().filter(|(slot, _)| slot.key.tenant == *tenant).count();
        let tenant = tenant.clone();
        self.evict(move |slot| slot.key.tenant == tenant).await;
        evicted
    }

    /// How many keys are held in memory, and whether the system keeps them out of swap.
    pub(crate) fn held(&self) -> (usize, bool) {
        (self.memory.len(), self.memory.is_locked())
    }

    async fn evict(&self, which: impl Fn(&Slot) -> bool + Send + Sync + 'static) {
        // The predicate hides entries at once; running the pending tasks also drops them, which wipes
        // them. It is refused only where invalidation closures are off, and they are on above.
        let _ = self.entries.invalidate_entries_if(move |slot, _| which(slot));
        self.entries.run_pending_tasks().await;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn key(version: u32) -> DataKeyId {
        DataKeyId { tenant: "acme".parse().unwrap(), dataset: "docs".parse().unwrap(), version }
    }

    async fn unwrap(calls: &AtomicUsize) -> Result<SecretKey, EngineError> {
        tokio::time::sleep(Duration::from_millis(20)).await;
        calls.fetch_add(1, Ordering::SeqCst);
        Ok(SecretKey::new([1; 32]))
    }

    #[tokio::test]
    async fn a_thousand_readers_cost_one_call() {
        let cache = KeyCache::new(CacheSettings::default());
        let calls = AtomicUsize::new(0);
        let key = key(1);
        let all = (0..1000).map(|_| cache.get_or_unwrap(&key, 1, unwrap(&calls)));
        let fresh = futures::future::join_all(all)
            .await
            .into_iter()
            .filter(|one| !one.as_ref().unwrap().cached);
        assert_eq!(fresh.count(), 1);
        assert_eq!(calls.into_inner(), 1);
    }

    #[tokio::test]
    async fn a_lifetime_does_not_slide() {
        let settings = CacheSettings { lifetime: Duration::from_millis(150), capacity: 10 };
        let cache = KeyCache::new(settings);
        let calls = AtomicUsize::new(0);
        let key = key(1);
        for _ in 0..12 {
            cache.get_or_unwrap(&key, 1, unwrap(&calls)).await.unwrap();
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        assert!(calls.into_inner() >= 2, "reads every 25 ms must not keep a 150 ms entry alive");
    }

    #[tokio::test]
    async fn eviction_and_epochs_hide_and_wipe() {
        let cache = KeyCache::new(CacheSettings::default());
        let calls = AtomicUsize::new(0);
        let key = key(1);
        cache.get_or_unwrap(&key, 1, unwrap(&calls)).await.unwrap();
        cache.get_or_unwrap(&key, 2, unwrap(&calls)).await.unwrap();
        assert_eq!(calls.load(Ordering::SeqCst), 2, "another epoch is another entry");
        assert_eq!(cache.evict_tenant(&key.tenant).await, 2);
        assert_eq!(cache.held().0, 0, "evicted keys are wiped at once");
        cache.get_or_unwrap(&key, 2, unwrap(&calls)).await.unwrap();
        assert_eq!(calls.into_inner(), 3);
    }

    #[tokio::test]
    async fn a_failure_is_not_kept() {
        let cache = KeyCache::new(CacheSettings::default());
        let key = key(1);
        let refused = cache
            .get_or_unwrap(&key, 1, async { Err(EngineError::ObjectNotFound { name: "x".into() }) })
            .await;
        assert!(refused.is_err());
        assert!(cache.get_or_unwrap(&key, 1, unwrap(&AtomicUsize::new(0))).await.is_ok());
    }

    #[tokio::test]
    async fn bounded_and_off_at_zero() {
        let cache = KeyCache::new(CacheSettings { lifetime: Duration::ZERO, capacity: 10 });
        let calls = AtomicUsize::new(0);
        cache.get_or_unwrap(&key(1), 1, unwrap(&calls)).await.unwrap();
        cache.evict_tenant(&key(1).tenant).await;
        assert_eq!(cache.held().0, 0);
        let cache =
            KeyCache::new(CacheSettings { lifetime: Duration::from_secs(60), capacity: 10 });
        for version in 1..=100 {
            cache.get_or_unwrap(&key(version), 1, unwrap(&calls)).await.unwrap();
        }
        cache.entries.run_pending_tasks().await;
        assert!(cache.held().0 <= 10);
    }
}
