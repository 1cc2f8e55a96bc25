//! `growth-*`: what an operation costs with ten and a hundred times as much there as at first.
//!
//! The workspaces lie in memory: the time of a disk's fsync is the same at any size, and would hide
//! what grows. The three sizes take turns within each round.

use std::time::Duration;

use keyward_engine::Source;

use super::rewrap_local::rotate_and_rewrap;
use crate::{
    bench::{Bench, Row, memory_folder},
    error::BenchError,
    samples::Samples,
    workspace::Workspace,
};

/// A cost may grow by 1.3.
const AT_LEAST: f64 = 1.0 / 1.3;

/// Data keys a dataset.
const KEYS_EACH: u32 = 100;

/// A workspace of one size, and what its operations take.
struct Scale {
    workspace: Workspace,
    /// How much of what grows is there.
    there: u32,
    times: [Samples; 2],
}

/// Measures what is wanted.
pub fn rows(bench: &mut Bench) -> Result<(), BenchError> {
    if bench.wants_group("growth-objects") {
        objects(bench)?;
    }
    if bench.wants_group("growth-data-keys") {
        data_keys(bench)?;
    }
    if bench.wants_group("growth-records") {
        records(bench)?;
    }
    Ok(())
}

/// Writes new objects, and reads some of those that are there, in datasets of growing size.
fn objects(bench: &mut Bench) -> Result<(), BenchError> {
    let (first, at_once, rounds) = (bench.size(500, 20), bench.size(200, 10), bench.size(9, 3));
    let scales = bench.runtime.block_on(async {
        let mut scales = scales(first).await?;
        for scale in &scales {
            for number in 0..scale.there {
                scale.workspace.put(&format!("objects/{number}"), small()).await?;
            }
        }
        for round in 0..rounds {
            for Scale { workspace, there, times: [writes, reads] } in &mut scales {
                let writing = async {
                    for number in 0..at_once {
                        workspace.put(&format!("new/{round}/{number}"), small()).await?;
                    }
                    Ok::<_, BenchError>(())
                };
                writes.wait(writing).await?;
                let reading = async {
                    for number in 0..at_once {
                        // From all over: steps of a number that no size divides.
                        let number =
                            (u64::from(round * at_once + number) * 7919) % u64::from(*there);
                        workspace.get(&format!("objects/{number}")).await?;
                    }
                    Ok::<_, BenchError>(())
                };
                reads.wait(reading).await?;
            }
        }
        Ok::<_, BenchError>(scales)
    })?;
    report(bench, &scales, 0, "growth-objects-write", "objects", |_| at_once);
    report(bench, &scales, 1, "growth-objects-read", "objects", |_| at_once);
    Ok(())
}

/// Rewraps all data keys of tenants that have more and more of them.
fn data_keys(bench: &mut Bench) -> Result<(), BenchError> {
    let (first, rounds) = (bench.size(1000, 200), bench.size(5, 3));
    let scales = bench.runtime.block_on(async {
        let mut scales = scales(first).await?;
        for scale in &scales {
            scale.workspace.add_data_keys(scale.there / KEYS_EACH, KEYS_EACH).await?;
        }
        for _ in 0..rounds {
            for Scale { workspace, times: [rewraps, _], .. } in &mut scales {
                rewraps.wait(rotate_and_rewrap(workspace)).await?;
            }
        }
        Ok::<_, BenchError>(scales)
    })?;
    report(bench, &scales, 0, "growth-data-keys", "data keys", |scale| scale.there);
    Ok(())
}

/// Appends records to logs of growing size, and verifies the logs whole. A record is that of a read:
/// the operation that changes nothing else.
fn records(bench: &mut Bench) -> Result<(), BenchError> {
    let (first, at_once, rounds) = (bench.size(1000, 50), bench.size(200, 20), bench.size(9, 3));
    let scales = bench.runtime.block_on(async {
        let mut scales = scales(first).await?;
        for scale in &scales {
            scale.workspace.put("object", small()).await?;
            append(&scale.workspace, scale.there).await?;
        }
        for _ in 0..rounds {
            for Scale { workspace, there, times: [appends, verifications] } in &mut scales {
                appends.wait(append(workspace, at_once)).await?;
                let officer = workspace.officer()?;
                let start = std::time::Instant::now();
                let verified = workspace.engine.audit_verify(&officer, &|_, _| {}).await?;
                // Of the records that are there by now, so much as those of its size would have taken.
                let share = f64::from(*there) / verified.records as f64;
                verifications.add(start.elapsed().mul_f64(share).max(Duration::from_nanos(1)));
            }
        }
        Ok::<_, BenchError>(scales)
    })?;
    report(bench, &scales, 0, "growth-records", "records", |_| at_once);
    report(bench, &scales, 1, "growth-records-verify", "records", |scale| scale.there);
    Ok(())
}

async fn append(workspace: &Workspace, records: u32) -> Result<(), BenchError> {
    for _ in 0..records {
        workspace.get("object").await?;
    }
    Ok(())
}

fn small() -> Source {
    Source::Bytes(vec![7; 100].into())
}

async fn scales(first: u32) -> Result<Vec<Scale>, BenchError> {
    let mut scales = Vec::new();
    for times in [1, 10, 100] {
        let workspace = Workspace::local(&memory_folder()).await?;
        scales.push(Scale { workspace, there: first * times, times: Default::default() });
    }
    Ok(scales)
}

/// Two rows: the cost at ten and at a hundred times, beside that at first.
fn report(
    bench: &mut Bench,
    scales: &[Scale],
    which: usize,
    name: &str,
    what: &str,
    operations: impl Fn(&Scale) -> u32,
) {
    let cost =
        |scale: &Scale| scale.times[which].median() * 1e6 / f64::from(operations(scale).max(1));
    let [first, larger @ ..] = scales else { return };
    for scale in larger {
        let name = format!("{name}-{}x", scale.there / first.there);
        let beside = format!("the same with {} {what}, not {}", first.there, scale.there);
        let row = Row::cost(&name, "µs", &beside, [cost(scale), cost(first)]);
        bench.row(row.at_least(AT_LEAST));
    }
}
