//! `failing-closed-*`: what the cache saves, and how long a key that its owner denied still serves.

use std::time::Duration;

use futures::{StreamExt, TryStreamExt};
use keyward_core::SecretKey;
use keyward_engine::{AuditFilter, AuditStart, ServingChange, Source, WatchSettings};
use keyward_kms::local::LocalKeyStore;

use crate::{
    bench::{Bench, Row},
    error::BenchError,
    samples::Samples,
    workspace::Workspace,
};

/// Readers of one object at once, none of them with its key in memory.
const READERS: u32 = 1_000;
/// Denials that are measured.
const DRILLS: u32 = 50;

/// Measures all of them.
pub fn rows(bench: &mut Bench) -> Result<(), BenchError> {
    let workspace = bench.runtime.block_on(Workspace::local(&std::env::temp_dir()))?;
    reads(bench, &workspace)?;
    flight(bench, &workspace)?;
    denials(bench, &workspace)
}

/// A read with its key in memory, beside one that asks the local key store.
fn reads(bench: &mut Bench, workspace: &Workspace) -> Result<(), BenchError> {
    let (each, rounds) = (bench.size(500_u32, 50), bench.size(7, 2));
    let (mut cached, mut uncached) = (Samples::default(), Samples::default());
    bench.runtime.block_on(async {
        workspace.put("read", Source::Bytes(vec![7; 1024].into())).await?;
        for _ in 0..rounds {
            for (lifetime, samples) in [(300, &mut cached), (0, &mut uncached)] {
                serve(workspace, lifetime).await?;
                workspace.get("read").await?;
                let reads = async {
                    for _ in 0..each {
                        workspace.get("read").await?;
                    }
                    Ok::<_, BenchError>(())
                };
                samples.wait(reads).await?;
            }
        }
        Ok::<_, BenchError>(())
    })?;
    let micros = |samples: &Samples| samples.median() * 1e6 / f64::from(each);
    let values = [micros(&cached), micros(&uncached)];
    bench.row(Row::cost("failing-closed-read", "µs", "the same read, uncached", values));
    Ok(())
}

/// How many calls many readers at once cause.
fn flight(bench: &mut Bench, workspace: &Workspace) -> Result<(), BenchError> {
    let calls = bench.runtime.block_on(async {
        workspace.put("flight", Source::Bytes(vec![7; 1024].into())).await?;
        // What is cached goes.
        serve(workspace, 300).await?;
        futures::stream::iter(0..READERS)
            .map(|_| workspace.get("flight"))
            .buffer_unordered(READERS as usize)
            .try_collect::<Vec<_>>()
            .await?;
        let filter = AuditFilter { action: Some("object.read".into()), ..AuditFilter::default() };
        let (engine, officer) = (&workspace.engine, workspace.officer()?);
        let page = engine.audit_query(&officer, &filter, AuditStart::Newest, READERS).await?;
        let asked = page.records.iter().filter(|record| record.details["key_cached"] == false);
        Ok::<_, BenchError>(asked.count())
    })?;
    let values = [calls as f64, f64::from(READERS)];
    let row = Row::cost("failing-closed-flight", "calls", "as many readers at once", values);
    bench.row(row.at_least(f64::from(READERS)));
    Ok(())
}

/// From when a key is disabled until a read is refused, with the watch as it is by default.
fn denials(bench: &mut Bench, workspace: &Workspace) -> Result<(), BenchError> {
    if !["p50", "worst"].iter().any(|what| bench.wants(&format!("failing-closed-refusal-{what}"))) {
        return Ok(());
    }
    let (drills, watch) = (bench.size(DRILLS, 4), WatchSettings::default());
    let interval = bench.size(watch.interval, Duration::from_secs(1));
    let watch = WatchSettings { interval };
    let keystore =
        LocalKeyStore::open(&workspace.path().join("keystore"), SecretKey::new([9; 32]))?;
    let mut refused = Samples::default();
    bench.runtime.block_on(async {
        serve(workspace, 300).await?;
        let drill = async |_| {
            let context = workspace.admin()?;
            let drilled =
                workspace.engine.drill(&context, &keystore, &workspace.tenant, watch).await?;
            Ok::<_, BenchError>(drilled.report.refused_after_ms())
        };
        let drilled: Vec<_> = futures::stream::iter(0..drills)
            .map(drill)
            .buffer_unordered(drills as usize)
            .try_collect()
            .await?;
        for milliseconds in drilled {
            refused.add(Duration::from_millis(u64::try_from(milliseconds).unwrap_or_default()));
        }
        Ok::<_, BenchError>(())
    })?;
    for (name, value) in [("p50", refused.median()), ("worst", refused.percentile(1.0))] {
        let name = format!("failing-closed-refusal-{name}");
        let row = Row::cost(&name, "s", "one probe interval", [value, interval.as_secs_f64()]);
        bench.row(row.at_least(0.9));
    }
    Ok(())
}

/// Sets how long keys serve from memory, which wipes those that are there.
async fn serve(workspace: &Workspace, seconds: u64) -> Result<(), BenchError> {
    let change = ServingChange {
        cache: Some(Some(Duration::from_secs(seconds))),
        ..ServingChange::default()
    };
    workspace.engine.set_serving(&workspace.admin()?, &workspace.tenant, change).await?;
    Ok(())
}
