//! Chance that comes out the same each time: what the demonstration shows doesn't differ from run to run.

use std::sync::atomic::{AtomicU64, Ordering};

/// SplitMix64. For variety alone; keys and nonces come from the engine.
#[derive(Debug)]
pub struct Chance(AtomicU64);

impl Chance {
    /// The same sequence for the same seed.
    pub fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    /// A number below `bound`; 0 where that is 0.
    pub fn below(&self, bound: u64) -> u64 {
        const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
        let mut mixed = self.0.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)).checked_rem(bound).unwrap_or(0)
    }

    /// One of them.
    pub fn one_of<'a, T>(&self, things: &'a [T]) -> Option<&'a T> {
        things.get(self.below(things.len() as u64) as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_repeats_itself_and_stays_below() {
        let (one, two) = (Chance::new(7), Chance::new(7));
        for _ in 0..100 {
            let number = one.below(10);
            assert_eq!(number, two.below(10));
            assert!(number < 10);
        }
        assert_eq!(one.below(0), 0);
        assert_eq!(one.one_of::<u8>(&[]), None);
    }
}
