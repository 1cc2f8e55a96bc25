//! Unwrapped data keys, kept briefly.
//!
//! - In locked memory that is wiped on eviction ([`locked`]).
//! - A lifetime counts from the unwrap and never slides; a failed refresh keeps nothing alive.
//! - Bounded: the least recently used go first.
//! - Single flight: a thousand readers of one key cost one call to its provider, and share its failure.
//! - Keyed by the tenant's epoch, which every suspension, revocation and rotation raises in the
//!   database: a handle in another process stops finding its entries with the next operation.
//!
//! Our own and not a library's, because eviction must wipe before it returns: concurrent caches free
//! their values some time later. An unwrap that is on its way while its key is evicted is given to
//! those who asked before, and not kept.

mod locked;

use std::{
    collections::HashMap,
    sync::{Arc, Weak},
    time::Duration,
};

use keyward_core::{DataKeyId, SecretKey, TenantId};
use parking_lot::Mutex;
use tokio::{sync::watch, time::Instant};

pub(crate) use locked::LockedKey;
use locked::LockedMemory;

use crate::EngineError;

/// How long and how many.
#[derive(Clone, Copy, Debug)]
pub struct CacheSettings {
    /// From the unwrap; zero turns the cache off.
    pub lifetime: Duration,
    /// At most so many keys.
    pub capacity: usize,
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

type Outcome = Result<Arc<LockedKey>, Arc<EngineError>>;

enum State {
    /// Somebody is asking the provider; the outcome comes here. Closed without one: they gave up.
    Asking(watch::Receiver<Option<Outcome>>),
    Ready(Arc<LockedKey>),
}

struct Entry {
    state: State,
    /// Tells this entry from a later one in the same slot.
    number: u64,
    used: u64,
    until: Instant,
}

#[derive(Default)]
struct Entries {
    map: HashMap<Slot, Entry>,
    /// Counts entries and uses.
    ticks: u64,
}

/// The cache. Cloning gives another handle to the same one.
#[derive(Clone)]
pub(crate) struct KeyCache {
    entries: Arc<Mutex<Entries>>,
    memory: LockedMemory,
    settings: CacheSettings,
}

/// A key, and whether the provider had to be asked for it.
pub(crate) struct Opened {
    pub(crate) key: Arc<LockedKey>,
    pub(crate) cached: bool,
}

/// What a caller finds in a slot.
enum Found {
    Key(Arc<LockedKey>),
    Wait(watch::Receiver<Option<Outcome>>),
    Ask(Asking),
}

impl KeyCache {
    pub(crate) fn new(settings: CacheSettings) -> Self {
        Self { entries: Arc::default(), memory: LockedMemory::default(), settings }
    }

    /// The key from the cache, or from `unwrap`, which runs once however many ask at the same time.
    pub(crate) async fn get_or_unwrap(
        &self,
        key: &DataKeyId,
        epoch: u64,
        unwrap: impl Future<Output = Result<SecretKey, EngineError>>,
    ) -> Result<Opened, Arc<EngineError>> {
        let slot = Slot { key: key.clone(), epoch };
        loop {
            match self.find(&slot) {
                Found::Key(key) => return Ok(Opened { key, cached: true }),
                Found::Ask(asking) => {
                    let outcome = match unwrap.await {
                        Ok(secret) => Ok(Arc::new(self.memory.hold(&secret))),
                        Err(error) => Err(Arc::new(error)),
                    };
                    self.settle(asking, &outcome);
                    return outcome.map(|key| Opened { key, cached: false });
                }
                Found::Wait(mut outcome) => {
                    // An error: whoever asked was cancelled. The slot is free, and we look again.
                    if let Ok(outcome) = outcome.wait_for(Option::is_some).await
                        && let Some(outcome) = outcome.clone()
                    {
                        return outcome.map(|key| Opened { key, cached: true });
                    }
                }
            }
        }
    }

    /// Puts a fresh key in without asking anybody: it was made a moment ago.
    pub(crate) fn insert(&self, key: &DataKeyId, epoch: u64, secret: &SecretKey) {
        let slot = Slot { key: key.clone(), epoch };
        let key = Arc::new(self.memory.hold(secret));
        let number = self.entries.lock().tick();
        self.keep(slot, key, number);
    }

    /// The key if it lies here unwrapped. Asks nobody, and doesn't count as a use.
    pub(crate) fn held_key(&self, key: &DataKeyId, epoch: u64) -> Option<Arc<LockedKey>> {
        let entries = self.entries.lock();
        let entry = entries.map.get(&Slot { key: key.clone(), epoch })?;
        match &entry.state {
            State::Ready(key) if entry.until > Instant::now() => Some(Arc::clone(key)),
            _ => None,
        }
    }

    /// A tenant's keys that lie here unwrapped, and how long each stays at most.
    pub(crate) fn held_of(&self, tenant: &TenantId, epoch: u64) -> Vec<(DataKeyId, Duration)> {
        let now = Instant::now();
        let entries = self.entries.lock();
        let of = |slot: &Slot| slot.epoch == epoch && slot.key.tenant == *tenant;
        let held = entries.map.iter().filter(|(slot, entry)| {
            of(slot) && matches!(entry.state, State::Ready(_)) && entry.until > now
        });
        held.map(|(slot, entry)| (slot.key.clone(), entry.until - now)).collect()
    }

    /// Evicts one key, in every epoch.
    pub(crate) fn evict_key(&self, key: &DataKeyId) -> usize {
        self.evict(|slot| slot.key == *key)
    }

    /// Evicts all keys of a tenant and gives their number.
    pub(crate) fn evict_tenant(&self, tenant: &TenantId) -> usize {
        self.evict(|slot| slot.key.tenant == *tenant)
    }

    /// How many keys are held in memory, and whether the system keeps them out of swap.
    pub(crate) fn held(&self) -> (usize, bool) {
        (self.memory.len(), self.memory.is_locked())
    }

    fn find(&self, slot: &Slot) -> Found {
        let mut entries = self.entries.lock();
        let tick = entries.tick();
        if let Some(entry) = entries.map.get_mut(slot)
            && entry.until > Instant::now()
        {
            entry.used = tick;
            return match &entry.state {
                State::Ready(key) => Found::Key(Arc::clone(key)),
                State::Asking(outcome) => Found::Wait(outcome.clone()),
            };
        }
        let (sender, outcome) = watch::channel(None);
        // While it is asked for, an entry has no end: the provider's own time limits hold.
        let until = Instant::now() + Duration::from_secs(3600);
        let state = State::Asking(outcome);
        entries.map.insert(slot.clone(), Entry { state, number: tick, used: tick, until });
        let entries = Arc::downgrade(&self.entries);
        Found::Ask(Asking { entries, slot: slot.clone(), number: tick, sender })
    }

    /// Keeps what was unwrapped, if nobody has evicted it meanwhile, and tells those who wait.
    fn settle(&self, asking: Asking, outcome: &Outcome) {
        let ours = |entry: &Entry| entry.number == asking.number;
        let still = self.entries.lock().map.get(&asking.slot).is_some_and(ours);
        if still && let Ok(key) = outcome {
            self.keep(asking.slot.clone(), Arc::clone(key), asking.number);
        }
        asking.sender.send_replace(Some(outcome.clone()));
    }

    fn keep(&self, slot: Slot, key: Arc<LockedKey>, number: u64) {
        if self.settings.lifetime.is_zero() {
            self.entries.lock().remove(&slot, number);
            return;
        }
        let until = Instant::now() + self.settings.lifetime;
        {
            let mut entries = self.entries.lock();
            entries.make_room(self.settings.capacity);
            let used = entries.tick();
            let entry = Entry { state: State::Ready(key), number, used, until };
            entries.map.insert(slot.clone(), entry);
        }
        // Wiped at its end also where nobody asks again.
        let entries = Arc::downgrade(&self.entries);
        tokio::spawn(async move {
            tokio::time::sleep_until(until).await;
            if let Some(entries) = entries.upgrade() {
                entries.lock().remove(&slot, number);
            }
        });
    }

    fn evict(&self, which: impl Fn(&Slot) -> bool) -> usize {
        let mut entries = self.entries.lock();
        let ready = |entry: &Entry| matches!(entry.state, State::Ready(_));
        let evicted =
            entries.map.iter().filter(|(slot, entry)| which(slot) && ready(entry)).count();
        entries.map.retain(|slot, _| !which(slot));
        evicted
    }
}

impl Entries {
    fn tick(&mut self) -> u64 {
        self.ticks += 1;
        self.ticks
    }

    fn remove(&mut self, slot: &Slot, number: u64) {
        if self.map.get(slot).is_some_and(|entry| entry.number == number) {
            self.map.remove(slot);
        }
    }

    /// Removes a sixteenth of the entries where the cache is full, so that looking for the least
    /// recently used costs little for each entry.
    fn make_room(&mut self, capacity: usize) {
        if self.map.len() < capacity.max(1) {
            return;
        }
        let mut uses: Vec<u64> = self.map.values().map(|entry| entry.used).collect();
        let oldest = (uses.len() / 16).min(uses.len() - 1);
        let (_, limit, _) = uses.select_nth_unstable(oldest);
        let limit = *limit;
        self.map.retain(|_, entry| entry.used > limit);
    }
}

/// The right to ask the provider for a slot's key, and the duty to say how that went.
struct Asking {
    entries: Weak<Mutex<Entries>>,
    slot: Slot,
    number: u64,
    sender: watch::Sender<Option<Outcome>>,
}

impl Drop for Asking {
    fn drop(&mut self) {
        // Settled with a key: the entry stays. Failed or cancelled: the slot is free for the next.
        let settled = matches!(*self.sender.borrow(), Some(Ok(_)));
        if !settled && let Some(entries) = self.entries.upgrade() {
            entries.lock().remove(&self.slot, self.number);
        }
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
        assert_eq!(cache.evict_tenant(&key.tenant), 2);
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
        cache.evict_tenant(&key(1).tenant);
        assert_eq!(cache.held().0, 0);
        let cache =
            KeyCache::new(CacheSettings { lifetime: Duration::from_secs(60), capacity: 10 });
        for version in 1..=100 {
            cache.get_or_unwrap(&key(version), 1, unwrap(&calls)).await.unwrap();
        }
        assert!(cache.held().0 <= 10);
    }

    #[tokio::test]
    async fn an_entry_is_wiped_at_its_end_without_another_call() {
        let settings = CacheSettings { lifetime: Duration::from_millis(50), capacity: 10 };
        let cache = KeyCache::new(settings);
        cache.insert(&key(1), 1, &SecretKey::new([1; 32]));
        assert_eq!(cache.held().0, 1);
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert_eq!(cache.held().0, 0);
    }

    #[tokio::test]
    async fn what_is_evicted_while_it_is_unwrapped_is_not_kept() {
        let cache = KeyCache::new(CacheSettings::default());
        let calls = AtomicUsize::new(0);
        let key = key(1);
        let (opened, _) = futures::join!(cache.get_or_unwrap(&key, 1, unwrap(&calls)), async {
            tokio::time::sleep(Duration::from_millis(5)).await;
            cache.evict_tenant(&key.tenant);
        });
        drop(opened.unwrap());
        assert_eq!(cache.held().0, 0);
    }

    #[tokio::test]
    async fn a_cancelled_unwrap_leaves_the_slot_to_the_next() {
        let cache = KeyCache::new(CacheSettings::default());
        let calls = AtomicUsize::new(0);
        let key = key(1);
        let asking = cache.get_or_unwrap(&key, 1, std::future::pending());
        let cancelled = tokio::time::timeout(Duration::from_millis(5), asking);
        let waits = cache.get_or_unwrap(&key, 1, unwrap(&calls));
        let (cancelled, waited) = futures::join!(cancelled, waits);
        assert!(cancelled.is_err());
        waited.unwrap();
        assert_eq!(calls.into_inner(), 1);
    }
}
