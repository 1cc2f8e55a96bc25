//! Unwrapped data keys, kept briefly.
//!
//! - In locked memory that is wiped on eviction ([`locked`]).
//! - A lifetime counts from the unwrap and never slides; a failed refresh keeps nothing alive.
//! - Past its lifetime a key stays for the grant window and no longer, and is given out by
//!   [`granted`](KeyCache::granted) alone: that is for whoever has just been told that the provider is
//!   unreachable.
//! - Bounded: the least recently used go first.
//! - Single flight: a thousand readers of one key cost one call to its provider, and share its failure.
//! - Keyed by the tenant's epoch, which every suspension, revocation, rotation and change of settings raises
//!   in the database: a handle in another process stops finding its entries with the next operation, and
//!   wipes them within a second ([`follow`](crate::follow)).
//!
//! Our own and not a library's, because eviction must wipe before it returns: concurrent caches free
//! their values some time later. An unwrap that is on its way while its key is evicted is given to
//! those who asked before, and not kept.

mod entries;
mod locked;
mod sweep;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Weak},
    time::Duration,
};

use keyward_core::{DataKeyId, SecretKey, TenantId};
use keyward_store::tables::tenants::Serving;
use parking_lot::Mutex;
use tokio::{
    sync::{Notify, watch},
    time::Instant,
};

use entries::{Asked, Entries, Kept, Outcome, Slot};
pub(crate) use locked::LockedKey;
use locked::LockedMemory;

use crate::EngineError;

/// How long and how many, where a tenant isn't set otherwise.
#[derive(Clone, Copy, Debug)]
pub struct CacheSettings {
    /// For how long a key serves, from the unwrap; zero: not at all.
    pub lifetime: Duration,
    /// For how long after its lifetime a key may serve while its provider is unreachable; zero: not at all.
    pub grant: Duration,
    /// At most so many keys.
    pub capacity: usize,
}

impl Default for CacheSettings {
    fn default() -> Self {
        Self {
            lifetime: Duration::from_secs(300),
            grant: Duration::from_secs(900),
            capacity: 10_000,
        }
    }
}

impl CacheSettings {
    /// What holds for a tenant.
    pub(crate) fn of(&self, serving: &Serving) -> Lifetimes {
        let seconds = |seconds: Option<u32>| seconds.map(|s| Duration::from_secs(s.into()));
        Lifetimes {
            cached: seconds(serving.cache_seconds).unwrap_or(self.lifetime),
            granted: seconds(serving.grant_seconds).unwrap_or(self.grant),
        }
    }
}

/// How long one key serves.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lifetimes {
    /// From the unwrap.
    pub(crate) cached: Duration,
    /// From the end of that, while the provider is unreachable.
    pub(crate) granted: Duration,
}

/// The cache. Cloning gives another handle to the same one.
#[derive(Clone)]
pub(crate) struct KeyCache {
    entries: Arc<Mutex<Entries>>,
    memory: LockedMemory,
    settings: CacheSettings,
    /// Told when a key comes in.
    filled: Arc<Notify>,
}

/// A key, and whether the provider had to be asked for it.
pub(crate) struct Opened {
    pub(crate) key: Arc<LockedKey>,
    pub(crate) cached: bool,
}

/// A key whose lifetime is over, and whose grant window isn't.
pub(crate) struct Granted {
    pub(crate) key: Arc<LockedKey>,
    /// How long ago its lifetime ended.
    pub(crate) ended: Duration,
    /// How long the window lasts yet.
    pub(crate) left: Duration,
}

/// A key that lies here unwrapped.
pub(crate) struct Held {
    pub(crate) key: DataKeyId,
    /// For how long it serves yet; zero where it is kept for the grant window alone.
    pub(crate) serves: Duration,
    /// For how long it stays at most.
    pub(crate) stays: Duration,
    /// How long ago it first served under the grant window, if it did.
    pub(crate) granted: Option<Duration>,
}

/// What a caller finds in a slot.
enum Found {
    Key(Arc<LockedKey>),
    Wait(watch::Receiver<Option<Outcome>>),
    Ask(Asking),
}

impl KeyCache {
    pub(crate) fn new(settings: CacheSettings) -> Self {
        let memory = LockedMemory::default();
        Self { entries: Arc::default(), memory, settings, filled: Arc::default() }
    }

    /// What is set for all that have nothing of their own.
    pub(crate) fn settings(&self) -> &CacheSettings {
        &self.settings
    }

    /// The key from the cache, or from `unwrap`, which runs once however many ask at the same time.
    pub(crate) async fn get_or_unwrap(
        &self,
        key: &DataKeyId,
        epoch: u64,
        lifetimes: Lifetimes,
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
                    self.settle(asking, lifetimes, &outcome);
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
    pub(crate) fn insert(
        &self,
        key: &DataKeyId,
        epoch: u64,
        lifetimes: Lifetimes,
        secret: &SecretKey,
    ) {
        let slot = Slot { key: key.clone(), epoch };
        let key = Arc::new(self.memory.hold(secret));
        self.keep(&mut self.entries.lock(), slot, lifetimes, key);
    }

    /// The key if it lies here unwrapped and serves. Asks nobody, and doesn't count as a use.
    pub(crate) fn held_key(&self, key: &DataKeyId, epoch: u64) -> Option<Arc<LockedKey>> {
        let entries = self.entries.lock();
        let kept = entries.map.get(&Slot { key: key.clone(), epoch })?.kept.as_ref()?;
        (kept.until > Instant::now()).then(|| Arc::clone(&kept.key))
    }

    /// The key within its grant window. For whoever was just told that the provider is unreachable, and
    /// records the use.
    pub(crate) fn granted(&self, key: &DataKeyId, epoch: u64) -> Option<Granted> {
        let now = Instant::now();
        let mut entries = self.entries.lock();
        let kept = entries.map.get_mut(&Slot { key: key.clone(), epoch })?.kept.as_mut()?;
        if kept.last <= now {
            return None;
        }
        kept.granted.get_or_insert(now);
        Some(Granted {
            key: Arc::clone(&kept.key),
            ended: now.saturating_duration_since(kept.until),
            left: kept.last - now,
        })
    }

    /// A tenant's keys that lie here unwrapped.
    pub(crate) fn held_of(&self, tenant: &TenantId, epoch: u64) -> Vec<Held> {
        self.held_where(|slot| slot.epoch == epoch && slot.key.tenant == *tenant)
    }

    /// The keys that have served under their grant window, which isn't over.
    pub(crate) fn on_grant(&self) -> Vec<Held> {
        let mut held = self.held_where(|_| true);
        held.retain(|held| held.granted.is_some() && held.serves.is_zero());
        held
    }

    /// Evicts one key, in every epoch.
    pub(crate) fn evict_key(&self, key: &DataKeyId) -> usize {
        self.entries.lock().evict(|slot| slot.key == *key)
    }

    /// Evicts all keys of a tenant and gives their number.
    pub(crate) fn evict_tenant(&self, tenant: &TenantId) -> usize {
        self.entries.lock().evict(|slot| slot.key.tenant == *tenant)
    }

    /// Evicts everything.
    pub(crate) fn evict_all(&self) -> usize {
        self.entries.lock().evict(|_| true)
    }

    /// Evicts the keys of these tenants whose epoch isn't this one. A tenant without one has no keys.
    pub(crate) fn evict_other_epochs(&self, epochs: &HashMap<TenantId, Option<u64>>) -> usize {
        self.entries.lock().evict(|slot| {
            epochs.get(&slot.key.tenant).is_some_and(|epoch| *epoch != Some(slot.epoch))
        })
    }

    /// Whose keys have come in since a moment, and the moment that this is. The first moment is 0.
    pub(crate) fn came_in_since(&self, moment: u64) -> (BTreeSet<TenantId>, u64) {
        let mut entries = self.entries.lock();
        let came = |kept: &Kept| kept.number > moment;
        let tenants = entries.map.iter().filter(|(_, entry)| entry.kept.as_ref().is_some_and(came));
        let tenants = tenants.map(|(slot, _)| slot.key.tenant.clone()).collect();
        (tenants, entries.tick())
    }

    /// Waits until a key is here.
    pub(crate) async fn wait_for_a_key(&self) {
        while self.is_empty() {
            self.filled.notified().await;
        }
    }

    /// Whether no key is here.
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.lock().map.values().all(|entry| entry.kept.is_none())
    }

    /// How many keys are held in memory, and whether the system keeps them out of swap.
    pub(crate) fn held(&self) -> (usize, bool) {
        (self.memory.len(), self.memory.is_locked())
    }

    fn held_where(&self, which: impl Fn(&Slot) -> bool) -> Vec<Held> {
        let now = Instant::now();
        let entries = self.entries.lock();
        let held =
            entries.map.iter().filter(|(slot, _)| which(slot)).filter_map(|(slot, entry)| {
                let kept = entry.kept.as_ref().filter(|kept| kept.last > now)?;
                Some(Held {
                    key: slot.key.clone(),
                    serves: kept.until.saturating_duration_since(now),
                    stays: kept.last - now,
                    granted: kept.granted.map(|since| now - since),
                })
            });
        held.collect()
    }

    fn find(&self, slot: &Slot) -> Found {
        let mut entries = self.entries.lock();
        let tick = entries.tick();
        let entry = entries.map.entry(slot.clone()).or_default();
        entry.used = tick;
        if let Some(kept) = &entry.kept
            && kept.until > Instant::now()
        {
            return Found::Key(Arc::clone(&kept.key));
        }
        if let Some(asked) = &entry.asked {
            return Found::Wait(asked.outcome.clone());
        }
        let (sender, outcome) = watch::channel(None);
        entry.asked = Some(Asked { outcome, number: tick });
        let entries = Arc::downgrade(&self.entries);
        Found::Ask(Asking { entries, slot: slot.clone(), number: tick, sender })
    }

    /// Keeps what was unwrapped, if nobody has evicted it meanwhile, and tells those who wait.
    fn settle(&self, asking: Asking, lifetimes: Lifetimes, outcome: &Outcome) {
        if let Ok(key) = outcome {
            let mut entries = self.entries.lock();
            if entries.is_asked(&asking.slot, asking.number) {
                self.keep(&mut entries, asking.slot.clone(), lifetimes, Arc::clone(key));
            }
        }
        asking.sender.send_replace(Some(outcome.clone()));
    }

    fn keep(&self, entries: &mut Entries, slot: Slot, lifetimes: Lifetimes, key: Arc<LockedKey>) {
        let now = Instant::now();
        let until = now + lifetimes.cached;
        let last = until + lifetimes.granted;
        if last <= now {
            entries.map.remove(&slot);
            return;
        }
        entries.make_room(self.settings.capacity);
        let number = entries.tick();
        let entry = entries.map.entry(slot).or_default();
        entry.used = number;
        entry.kept = Some(Kept { key, number, until, last, granted: None });
        self.sweep_later(entries);
        self.filled.notify_one();
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
        // However it ended, failed and cancelled included: the slot is free for the next who asks. What
        // lies there for the grant window stays as it is.
        if let Some(entries) = self.entries.upgrade() {
            entries.lock().asked_no_more(&self.slot, self.number);
        }
    }
}
