//! `log-growth-*`: what appending, a proof and a page cost in a log of ten and a hundred times as many
//! records.

use super::{BATCH, Log, grow, pages, proofs, warm};
use crate::{
    bench::{Bench, Row},
    error::BenchError,
    samples::Samples,
};

/// A cost may grow by 1.3.
const AT_LEAST: f64 = 1.0 / 1.3;

/// What is measured, and in which unit of so many to the second.
const KINDS: [(&str, &str, f64); 3] =
    [("append", "µs/row", 1e6 / BATCH as f64), ("proof", "µs", 1e6), ("page", "µs", 1e6)];

/// Medians by kind, for each size.
#[derive(Default)]
pub struct Growth(Vec<[f64; 3]>);

impl Growth {
    /// Measures the log as long as it is.
    pub fn measure(&mut self, bench: &Bench, log: &mut Log) -> Result<(), BenchError> {
        if !bench.wants_group("log-growth") {
            return Ok(());
        }
        warm(log.store.path())?;
        let mut appends = Samples::default();
        for _ in 0..bench.size(60, 5) {
            let size = log.records + BATCH;
            appends.time(|| grow(bench, log, size))?;
        }
        let (mut made, mut asked) = (Samples::default(), Samples::default());
        for number in 0..bench.size(2000, 200) {
            // The same number of records each time, the newest: what an older page costs more is the
            // disk's, and `log-page` measures it.
            proofs::prove(bench, log, number, &mut made)?;
            pages::newest(bench, log, number, &mut asked)?;
        }
        self.0.push([appends.median(), made.median(), asked.median()]);
        Ok(())
    }

    /// The rows: ten and a hundred times beside once.
    pub fn report(&self, bench: &mut Bench) {
        let [first, larger @ ..] = self.0.as_slice() else { return };
        for (kind, (name, unit, scale)) in KINDS.into_iter().enumerate() {
            for (times, medians) in ["10x", "100x"].into_iter().zip(larger) {
                let costs =
                    [medians, first].map(|medians| medians.get(kind).unwrap_or(&0.0) * scale);
                let name = format!("log-growth-{name}-{times}");
                let row = Row::cost(&name, unit, "the same in the shortest log", costs);
                bench.row(row.at_least(AT_LEAST));
            }
        }
    }
}
