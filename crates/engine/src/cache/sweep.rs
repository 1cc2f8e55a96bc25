//! Wiping keys at their end also where nobody asks for them again.

use std::{
    sync::Arc,
    time::{Duration, Instant as Awake, SystemTime},
};

use tokio::time::Instant;

use super::{KeyCache, entries::Entries};

/// Keys that end within this are wiped together.
const SHORTEST: Duration = Duration::from_millis(50);
/// A key that comes in later may end earlier than all that were there.
const LONGEST: Duration = Duration::from_secs(1);
/// By how much more the calendar may advance than the clock that lifetimes count on.
const ASLEEP: Duration = Duration::from_secs(2);

impl KeyCache {
    /// Has a task wipe what is over, for as long as anything is here.
    pub(super) fn sweep_later(&self, entries: &mut Entries) {
        if std::mem::replace(&mut entries.swept, true) {
            return;
        }
        let shared = Arc::downgrade(&self.entries);
        tokio::spawn(async move {
            let mut pause = SHORTEST;
            loop {
                let (awake, calendar) = (Awake::now(), SystemTime::now());
                tokio::time::sleep(pause).await;
                let Some(entries) = shared.upgrade() else { return };
                let mut entries = entries.lock();
                // While a machine sleeps, the clock that lifetimes count on may stand still. Nobody was
                // there to see what became of the keys' owners' will meanwhile.
                let passed = calendar.elapsed().unwrap_or_default();
                if passed.saturating_sub(awake.elapsed()) > ASLEEP {
                    entries.evict(|_| true);
                }
                let now = Instant::now();
                match entries.sweep(now) {
                    Some(next) => {
                        pause = next.saturating_duration_since(now).clamp(SHORTEST, LONGEST);
                    }
                    None => {
                        entries.swept = false;
                        return;
                    }
                }
            }
        });
    }
}
