//! The story's clock: behind the system's by as much as is left to tell.

use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use keyward_engine::Clock;

/// Runs as the system's clock does, some time behind it, and is moved forward. Never ahead of it, since what
/// is opened by the system's clock later must not find records of the future.
#[derive(Debug)]
pub struct StoryClock {
    behind_micros: AtomicI64,
}

impl StoryClock {
    /// A clock so many days behind.
    pub fn days_ago(days: i64) -> Self {
        let behind = TimeDelta::days(days).num_microseconds().unwrap_or(0);
        Self { behind_micros: AtomicI64::new(behind) }
    }

    /// Moves on to a time, where that is ahead of the clock and has come.
    pub fn move_to(&self, time: DateTime<Utc>) {
        let behind = (Utc::now() - time).num_microseconds().unwrap_or(0).max(0);
        self.behind_micros.fetch_min(behind, Ordering::SeqCst);
    }

    /// Moves on to now.
    pub fn catch_up(&self) {
        self.behind_micros.store(0, Ordering::SeqCst);
    }
}

impl Clock for StoryClock {
    fn now(&self) -> DateTime<Utc> {
        Utc::now() - TimeDelta::microseconds(self.behind_micros.load(Ordering::SeqCst))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_only_moves_forward_and_never_past_now() {
        let clock = StoryClock::days_ago(10);
        let start = clock.now();
        assert!((Utc::now() - start).num_days() >= 9);
        clock.move_to(start - TimeDelta::days(1));
        assert!(clock.now() >= start);
        clock.move_to(Utc::now() + TimeDelta::days(1));
        assert!(clock.now() <= Utc::now());
        clock.catch_up();
        assert!(Utc::now() - clock.now() < TimeDelta::seconds(1));
    }
}
