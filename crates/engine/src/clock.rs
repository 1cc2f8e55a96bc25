//! Time, as a parameter.

use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, TimeZone, Utc};

/// Where the engine takes the time from.
pub trait Clock: Send + Sync {
    /// The time now.
    fn now(&self) -> DateTime<Utc>;
}

/// The system's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }
}

/// A clock that never runs backwards.
///
/// A system clock set back would make an expired challenge valid again and put records out of order;
/// this one stands still instead until the system's clock has caught up.
pub(crate) struct ForwardClock {
    inner: Box<dyn Clock>,
    latest: AtomicI64,
}

impl ForwardClock {
    pub(crate) fn new(inner: Box<dyn Clock>) -> Self {
        Self { inner, latest: AtomicI64::new(i64::MIN) }
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.at_least(self.inner.now())
    }

    /// Learns a time that has certainly passed: that of the log's last record.
    pub(crate) fn at_least(&self, time: DateTime<Utc>) -> DateTime<Utc> {
        let micros = time.timestamp_micros();
        let latest = self.latest.fetch_max(micros, Ordering::SeqCst).max(micros);
        Utc.timestamp_micros(latest).single().unwrap_or(time)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    #[test]
    fn never_runs_backwards() {
        let clock = ForwardClock::new(Box::new(SystemClock));
        let future = Utc::now() + TimeDelta::hours(1);
        clock.at_least(future);
        assert!(clock.now() >= future - TimeDelta::microseconds(1));
    }
}
