//! What the cache holds, under its one lock.

use std::{collections::HashMap, sync::Arc};

use keyward_core::DataKeyId;
use tokio::{sync::watch, time::Instant};

use super::LockedKey;
use crate::EngineError;

/// The key of an entry. An entry of an older epoch is never found again.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Slot {
    pub(super) key: DataKeyId,
    pub(super) epoch: u64,
}

pub(super) type Outcome = Result<Arc<LockedKey>, Arc<EngineError>>;

/// One slot's. Never without both for longer than its lock is held.
#[derive(Default)]
pub(super) struct Entry {
    /// Somebody asks the provider.
    pub(super) asked: Option<Asked>,
    /// A key lies here; beside a question where its lifetime is over.
    pub(super) kept: Option<Kept>,
    pub(super) used: u64,
}

/// A question that is on its way.
pub(super) struct Asked {
    /// The outcome comes here. Closed without one: they gave up.
    pub(super) outcome: watch::Receiver<Option<Outcome>>,
    /// Tells this question from a later one in the same slot.
    pub(super) number: u64,
}

/// A key.
pub(super) struct Kept {
    pub(super) key: Arc<LockedKey>,
    /// When it came, in ticks.
    pub(super) number: u64,
    /// The end of its lifetime.
    pub(super) until: Instant,
    /// The end of its grant window: not before `until`, and set once.
    pub(super) last: Instant,
    /// When it first served after `until`.
    pub(super) granted: Option<Instant>,
}

#[derive(Default)]
pub(super) struct Entries {
    pub(super) map: HashMap<Slot, Entry>,
    /// Counts entries and uses.
    ticks: u64,
    /// Whether a task looks for what is over.
    pub(super) swept: bool,
}

impl Entries {
    pub(super) fn tick(&mut self) -> u64 {
        self.ticks += 1;
        self.ticks
    }

    /// Whether this question was not evicted from its slot since it was asked.
    pub(super) fn is_asked(&self, slot: &Slot, number: u64) -> bool {
        let asked = self.map.get(slot).and_then(|entry| entry.asked.as_ref());
        asked.is_some_and(|asked| asked.number == number)
    }

    /// Ends a question.
    pub(super) fn asked_no_more(&mut self, slot: &Slot, number: u64) {
        if !self.is_asked(slot, number) {
            return;
        }
        if let Some(entry) = self.map.get_mut(slot) {
            entry.asked = None;
            if entry.kept.is_none() {
                self.map.remove(slot);
            }
        }
    }

    /// Evicts, and gives the number of keys. Questions go too: their answers will not be kept.
    pub(super) fn evict(&mut self, which: impl Fn(&Slot) -> bool) -> usize {
        let mut evicted = 0;
        self.map.retain(|slot, entry| {
            let goes = which(slot);
            evicted += usize::from(goes && entry.kept.is_some());
            !goes
        });
        evicted
    }

    /// Wipes what is over, and gives when the next is.
    pub(super) fn sweep(&mut self, now: Instant) -> Option<Instant> {
        self.map.retain(|_, entry| {
            entry.kept.take_if(|kept| kept.last <= now);
            entry.kept.is_some() || entry.asked.is_some()
        });
        self.map.values().filter_map(|entry| entry.kept.as_ref()).map(|kept| kept.last).min()
    }

    /// Removes a sixteenth of the entries where the cache is full, so that looking for the least
    /// recently used costs little for each entry.
    pub(super) fn make_room(&mut self, capacity: usize) {
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
