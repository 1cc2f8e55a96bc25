//! A token bucket that hands out turns: how long to wait for so many calls, in the order of asking.
//!
//! It is told the time, and waits for nothing itself.

use std::time::{Duration, Instant};

/// So many calls a second, and no more than a tenth of a second's at once.
#[derive(Debug)]
pub(super) struct Bucket {
    /// Between two calls.
    step: Duration,
    /// By how much calls may come early after a pause.
    slack: Duration,
    /// When the next call is due.
    next: Option<Instant>,
}

impl Bucket {
    pub(super) fn new(per_second: u32) -> Self {
        let step = Duration::from_secs(1) / per_second.max(1);
        Self { step, slack: Duration::from_millis(100).max(step) - step, next: None }
    }

    /// Takes a turn of so many calls, and gives how long it is until it comes; nothing is taken where that
    /// is longer than `patience`.
    pub(super) fn take(
        &mut self,
        calls: u32,
        now: Instant,
        patience: Option<Duration>,
    ) -> Result<Duration, Duration> {
        let due = self.next.map_or(now, |next| next.max(now));
        let wait = due.saturating_duration_since(now + self.slack);
        if patience.is_some_and(|patience| wait > patience) {
            return Err(wait);
        }
        self.next = Some(due + self.step * calls);
        Ok(wait)
    }

    /// The provider asks for a pause: no turn comes before it is over.
    pub(super) fn pause(&mut self, until: Instant) {
        let until = until + self.slack;
        self.next = Some(self.next.map_or(until, |next| next.max(until)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_than_the_rate_and_a_tenth_of_a_second_at_once() {
        let now = Instant::now();
        let mut bucket = Bucket::new(100);
        let waits: Vec<_> = (0..200).map(|_| bucket.take(1, now, None).unwrap()).collect();
        assert_eq!(
            waits.iter().filter(|wait| wait.is_zero()).count(),
            10,
            "the tenth of a second's"
        );
        assert_eq!(waits[199], Duration::from_millis(1_900), "the last of 200 at 100 a second");
        assert!(waits.is_sorted(), "in the order of asking");
        let later = now + Duration::from_secs(60);
        let waits: Vec<_> = (0..20).map(|_| bucket.take(1, later, None).unwrap()).collect();
        assert_eq!(
            waits.iter().filter(|wait| wait.is_zero()).count(),
            10,
            "a pause saves up no more"
        );
    }

    #[test]
    fn patience_takes_nothing_where_it_is_too_short() {
        let now = Instant::now();
        let mut bucket = Bucket::new(10);
        bucket.take(20, now, None).unwrap();
        let second = Some(Duration::from_secs(1));
        let wait = bucket.take(1, now, second).unwrap_err();
        assert_eq!(bucket.take(1, now, None), Ok(wait), "the one before took no turn");
    }

    #[test]
    fn a_pause_holds_everybody() {
        let now = Instant::now();
        let mut bucket = Bucket::new(1_000);
        bucket.pause(now + Duration::from_secs(2));
        assert_eq!(bucket.take(1, now, None), Ok(Duration::from_secs(2)));
    }
}
