//! Times of the same work in several rounds.

use std::time::{Duration, Instant};

/// The times that one contestant took, a round each.
///
/// Contestants take turns within a round, so that whatever else the machine does slows all of them
/// alike, and the median leaves out the rounds that it slowed most.
#[derive(Clone, Debug, Default)]
pub struct Samples(Vec<Duration>);

impl Samples {
    /// Does the work once and keeps its time.
    pub fn time<T, E>(&mut self, work: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        let start = Instant::now();
        let done = work()?;
        self.0.push(start.elapsed());
        Ok(done)
    }

    /// As [`time`](Self::time), for work that waits.
    pub async fn wait<T, E>(&mut self, work: impl Future<Output = Result<T, E>>) -> Result<T, E> {
        let start = Instant::now();
        let done = work.await?;
        self.0.push(start.elapsed());
        Ok(done)
    }

    /// Keeps a time that was taken elsewhere.
    pub fn add(&mut self, time: Duration) {
        self.0.push(time);
    }

    /// The median, in seconds; of two in the middle the shorter. Zero where there is none.
    #[must_use]
    pub fn median(&self) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        sorted.get(sorted.len().saturating_sub(1) / 2).map_or(0.0, Duration::as_secs_f64)
    }

    /// What so large a part of the times, of 1, was within, in seconds. Zero where there is none.
    #[must_use]
    pub fn percentile(&self, part: f64) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let place = (sorted.len() as f64 * part).ceil() as usize;
        sorted.get(place.saturating_sub(1)).map_or(0.0, Duration::as_secs_f64)
    }

    /// How much was done a second, where each round did so much.
    #[must_use]
    pub fn rate(&self, amount: f64) -> f64 {
        amount / self.median()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_leaves_out_what_was_disturbed() {
        let mut samples = Samples::default();
        assert_eq!(samples.median(), 0.0);
        for milliseconds in [500, 10, 900, 12, 11] {
            samples.add(Duration::from_millis(milliseconds));
        }
        assert_eq!(samples.median(), 0.012);
        assert_eq!((samples.percentile(0.8), samples.percentile(0.99)), (0.5, 0.9));
        samples.add(Duration::from_millis(1));
        assert_eq!(samples.median(), 0.011);
    }
}
