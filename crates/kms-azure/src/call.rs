//! One call with its attempts: how long each may take, which failures are tried again, and when.

use std::{sync::Arc, time::Duration};

use keyward_core::reference::AzureKey;
use keyward_kms::{KmsError, Reason};
use tokio::time::{Instant, sleep, timeout};

use crate::{
    client::{AzureKms, Store},
    errors::{failure, is_token_refused, of},
};

/// How often a call is tried in all.
const ATTEMPTS: u32 = 3;
/// The pause before the second attempt, of which each gets a random part; it doubles from one to the next.
const FIRST_PAUSE: Duration = Duration::from_millis(200);

/// Whether a call may be tried again once it may have got through.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// It changes nothing, or nothing more the second time.
    Freely,
    /// It does its work anew each time.
    Never,
}

impl AzureKms {
    /// Calls the key's store. Dropping the future ends the call.
    pub(crate) async fn call<T, F>(
        &self,
        key: &AzureKey,
        repeat: Repeat,
        work: impl Fn(Arc<Store>) -> F + Send + Sync,
    ) -> Result<T, KmsError>
    where
        F: Future<Output = azure_core::Result<T>> + Send,
        T: Send,
    {
        let deadline = Instant::now() + self.settings.call_timeout;
        let mut renewed = false;
        let mut attempt = 1;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let limit = left.min(self.settings.attempt_timeout);
            let store = self.store(key)?;
            let error = match timeout(limit, work(store)).await {
                Ok(Ok(value)) => return Ok(value),
                // The credential keeps a token until it expires, also where the store takes it no more.
                // Nothing was done, so that trying again is safe whatever the work.
                Ok(Err(error)) if is_token_refused(&error) && !renewed => {
                    self.forget_tokens();
                    renewed = true;
                    continue;
                }
                Ok(Err(error)) => failure(key, &error),
                Err(_) => of(key, Reason::TimedOut),
            };
            if attempt == ATTEMPTS || repeat == Repeat::Never || !is_passing(error.reason) {
                return Err(error);
            }
            let pause = pause(attempt, error.reason);
            if Instant::now() + pause >= deadline {
                return Err(error);
            }
            tracing::debug!(key = error.key, %error, attempt, "tried again");
            sleep(pause).await;
            attempt += 1;
        }
    }
}

/// Whether the next attempt may well succeed.
fn is_passing(reason: Reason) -> bool {
    matches!(
        reason,
        Reason::Throttled { .. } | Reason::TimedOut | Reason::NoConnection | Reason::ProviderFault
    )
}

/// At least what the provider asks for; else a random part of a time that doubles, so that many callers
/// don't come back at once.
fn pause(attempt: u32, reason: Reason) -> Duration {
    let longest = FIRST_PAUSE.saturating_mul(1 << (attempt - 1).min(10));
    let pause = longest.mul_f64(0.5 + 0.5 * fraction());
    match reason {
        Reason::Throttled { retry_after: Some(hint) } => hint.max(pause),
        _ => pause,
    }
}

/// From 0 to 1. Without the system's randomness callers merely come back together.
fn fraction() -> f64 {
    getrandom::u32().map_or(1.0, |random| f64::from(random) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_keep_to_the_hint() {
        for attempt in 1..=3 {
            let longest = FIRST_PAUSE * (1 << (attempt - 1));
            for _ in 0..100 {
                let pause = pause(attempt, Reason::NoConnection);
                assert!((longest / 2..=longest).contains(&pause), "{attempt}: {pause:?}");
            }
        }
        let hint = Duration::from_secs(4);
        assert_eq!(pause(1, Reason::Throttled { retry_after: Some(hint) }), hint);
        let soon = Some(Duration::ZERO);
        assert!(pause(1, Reason::Throttled { retry_after: soon }) >= FIRST_PAUSE / 2);
    }
}
