//! A circuit breaker: an endpoint that doesn't answer is asked by one caller now and then, and not by all.
//!
//! What is open fails as unreachable, so that nobody waits a time limit out to learn what is known. Any
//! answer closes it, a refusal included: it came from somebody.

use std::time::{Duration, Instant};

use crate::Reason;

/// So many failures in a row open it.
const FAILURES: u32 = 5;
/// For how long at first; twice as long each time that nobody answered.
const FIRST: Duration = Duration::from_secs(1);
/// The longest: what is restored is found out within this.
const LONGEST: Duration = Duration::from_secs(15);

/// One endpoint's.
#[derive(Debug, Default)]
pub(super) struct Breaker {
    failures: u32,
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    until: Instant,
    pause: Duration,
    reason: Reason,
    /// One caller tries whether anybody answers again.
    tried: bool,
}

impl Breaker {
    /// Whether a call may be made; the reason of the last failure where it may not.
    pub(super) fn enter(&mut self, now: Instant) -> Result<(), Reason> {
        match &mut self.open {
            None => Ok(()),
            Some(open) if open.tried || now < open.until => Err(open.reason),
            Some(open) => {
                open.tried = true;
                Ok(())
            }
        }
    }

    /// How a call that was made has ended; `None`: somebody answered.
    pub(super) fn leave(&mut self, failure: Option<Reason>, now: Instant) {
        let Some(reason) = failure else {
            *self = Self::default();
            return;
        };
        self.failures = self.failures.saturating_add(1);
        let pause = match &self.open {
            // Those that were under way when it opened have nothing to add.
            Some(open) if !open.tried => return,
            Some(open) => (open.pause * 2).min(LONGEST),
            None if self.failures < FAILURES => return,
            None => FIRST,
        };
        self.open = Some(Open { until: now + pause, pause, reason, tried: false });
    }

    /// The caller went away before it had an answer: the next one tries.
    pub(super) fn abandon(&mut self) {
        if let Some(open) = &mut self.open {
            open.tried = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_opens_after_failures_in_a_row_and_lets_one_try() {
        let now = Instant::now();
        let mut breaker = Breaker::default();
        for _ in 0..FAILURES - 1 {
            breaker.enter(now).unwrap();
            breaker.leave(Some(Reason::TimedOut), now);
        }
        breaker.leave(None, now);
        for _ in 0..FAILURES {
            breaker.enter(now).unwrap();
            breaker.leave(Some(Reason::TimedOut), now);
        }
        assert_eq!(breaker.enter(now), Err(Reason::TimedOut));
        let later = now + FIRST;
        breaker.enter(later).unwrap();
        assert_eq!(breaker.enter(later), Err(Reason::TimedOut), "one, not all");
        breaker.abandon();
        breaker.enter(later).unwrap();
        breaker.leave(Some(Reason::NoConnection), later);
        assert_eq!(breaker.enter(later + FIRST), Err(Reason::NoConnection), "twice as long");
        breaker.enter(later + FIRST * 2).unwrap();
        breaker.leave(None, later + FIRST * 2);
        breaker.enter(later + FIRST * 2).unwrap();
    }

    #[test]
    fn it_is_never_open_for_longer_than_a_quarter_of_a_minute() {
        let mut now = Instant::now();
        let mut breaker = Breaker::default();
        for _ in 0..20 {
            while breaker.enter(now).is_ok() {
                breaker.leave(Some(Reason::ProviderFault), now);
            }
            now += LONGEST;
            breaker.enter(now).unwrap();
            breaker.leave(Some(Reason::ProviderFault), now);
        }
    }
}
