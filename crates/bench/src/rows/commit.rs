//! `commit-*`: many callers at a time, each waiting until its own record is durable.
//!
//! Appending alone is a refusal: the gate says no, and only the record of it is left to do. On the disk,
//! as a workspace is, since the disk's answer is what callers share.

use std::{io::Write as _, path::Path, time::Duration};

use futures::{StreamExt, TryStreamExt};
use keyward_engine::{AuditFilter, AuditStart, EngineError, Source};
use keyward_tests::peers::tessera::{Rate, Tessera};
use tempfile::TempDir;

use crate::{
    bench::{Bench, Row},
    error::BenchError,
    samples::Samples,
    workspace::Workspace,
};

/// Callers at a time.
const CALLERS: usize = 64;

/// Times Tessera's log.
const OF_TESSERA: f64 = 3.0;

/// Of appending alone.
const OF_APPENDING: f64 = 0.5;

/// How long Tessera appends in one round.
const ROUND: Duration = Duration::from_secs(2);

/// Measures all of them in the same rounds.
pub fn rows(bench: &mut Bench) -> Result<(), BenchError> {
    let (each, rounds) = (bench.size(20_000, 1_000), bench.size(5, 2));
    let workspace = bench.runtime.block_on(Workspace::local(&std::env::temp_dir()))?;
    let objects: u32 = bench.size(1_000, 100);
    bench.runtime.block_on(async {
        for number in 0..objects {
            workspace.put(&object(number), Source::Bytes(vec![7; 1024].into())).await?;
        }
        // Each once, so that every data key is in the cache.
        read(&workspace, objects, objects).await?;
        append(&workspace, 1_000).await
    })?;
    let tessera = Tessera::find();
    let mut peer = match &tessera {
        Some(tessera) => Some(Peer::prepare(bench, &workspace, tessera)?),
        None => {
            bench.skip("commit-append-tessera", "no Go: `cargo xtask setup` builds the peer");
            None
        }
    };
    let (mut appends, mut reads) = (Samples::default(), Samples::default());
    for _ in 0..rounds {
        bench.runtime.block_on(async {
            appends.wait(append(&workspace, each)).await?;
            reads.wait(read(&workspace, each, objects)).await
        })?;
        if let Some(peer) = &mut peer {
            peer.round()?;
        }
    }
    let (appended, read) = (appends.rate(each.into()), reads.rate(each.into()));
    if let Some(peer) = &peer {
        let [default, best] = peer.rates();
        let what = "Tessera's POSIX log, its defaults, 64 callers";
        let row = Row::rate("commit-append-tessera", "records/s", what, [appended, default]);
        bench.row(row.at_least(OF_TESSERA));
        let what = "the same in its best setting for 64 callers";
        bench.row(Row::rate("commit-append-tessera-best", "records/s", what, [appended, best]));
    }
    let what = "64 callers, the record alone";
    let row = Row::rate("commit-read", "reads/s", what, [read, appended]);
    bench.row(row.at_least(OF_APPENDING));
    Ok(())
}

/// Has so many operations refused, 64 at a time.
async fn append(workspace: &Workspace, records: u32) -> Result<(), BenchError> {
    let officer = workspace.officer()?;
    futures::stream::iter(0..records)
        .map(|_| async {
            match workspace.engine.suspend(&officer, &workspace.tenant, "no reason").await {
                Err(EngineError::NotAuthorised { .. }) => Ok(()),
                Err(error) => Err(error.into()),
                Ok(_) => Err(BenchError::Unmeasured("an officer could suspend a tenant".into())),
            }
        })
        .buffer_unordered(CALLERS)
        .try_collect()
        .await
}

/// Reads so many objects of 1 KiB, 64 at a time.
async fn read(workspace: &Workspace, reads: u32, objects: u32) -> Result<(), BenchError> {
    futures::stream::iter(0..reads)
        .map(|number| {
            let name = object(number.wrapping_mul(7919) % objects);
            async move { workspace.get(&name).await }
        })
        .buffer_unordered(CALLERS)
        .try_collect()
        .await
}

fn object(number: u32) -> String {
    format!("2026/11/{number:05}.pdf")
}

/// Tessera, given the same records.
struct Peer<'t> {
    tessera: &'t Tessera,
    folder: TempDir,
    best: Rate,
    default: Rate,
    rounds: u32,
    rates: [Vec<f64>; 2],
}

impl<'t> Peer<'t> {
    /// Writes the records of a log out, and finds Tessera's best setting.
    fn prepare(
        bench: &Bench,
        workspace: &Workspace,
        tessera: &'t Tessera,
    ) -> Result<Self, BenchError> {
        let folder = TempDir::with_prefix_in("keyward-bench-", std::env::temp_dir())?;
        let entries = folder.path().join("entries");
        bench.runtime.block_on(write_records(workspace, &entries))?;
        let place = folder.path().join("settings");
        let rates =
            tessera.append(&entries, &place, CALLERS, ROUND).map_err(BenchError::Unmeasured)?;
        let missing = || BenchError::Unmeasured("Tessera gave no figures".into());
        let best = rates.best().ok_or_else(missing)?.clone();
        let default = rates.runs.iter().find(|run| run.default).ok_or_else(missing)?.clone();
        Ok(Self { tessera, folder, best, default, rounds: 0, rates: Default::default() })
    }

    fn round(&mut self) -> Result<(), BenchError> {
        self.rounds += 1;
        for (index, setting) in [&self.default, &self.best].into_iter().enumerate() {
            let place = self.folder.path().join(format!("round-{}-{index}", self.rounds));
            let entries = self.folder.path().join("entries");
            let rates = self
                .tessera
                .append_as(setting, &entries, &place, CALLERS, ROUND)
                .map_err(BenchError::Unmeasured)?;
            if let Some(rates_of) = self.rates.get_mut(index) {
                rates_of.push(rates.entries_per_second);
            }
            std::fs::remove_dir_all(&place)?;
        }
        Ok(())
    }

    /// The medians: its default, its best setting.
    fn rates(&self) -> [f64; 2] {
        self.rates.each_ref().map(|rates| {
            let mut sorted = rates.clone();
            sorted.sort_unstable_by(f64::total_cmp);
            sorted.get(sorted.len() / 2).copied().unwrap_or(0.0)
        })
    }
}

/// The records that are there, a line each and again and again, as many as Tessera can take in a round.
async fn write_records(workspace: &Workspace, file: &Path) -> Result<(), BenchError> {
    const LINES: usize = 400_000;
    let filter = AuditFilter::default();
    let mut lines = Vec::new();
    let mut start = AuditStart::Newest;
    loop {
        let page =
            workspace.engine.audit_query(&workspace.officer()?, &filter, start, 1000).await?;
        for record in &page.records {
            lines.push(record.to_canonical().map_err(EngineError::from)?);
        }
        match page.next {
            Some(seq) => start = AuditStart::Before(seq),
            None => break,
        }
    }
    let mut file = std::io::BufWriter::new(std::fs::File::create(file)?);
    for line in lines.iter().cycle().take(LINES) {
        writeln!(file, "{line}")?;
    }
    file.into_inner().map_err(std::io::IntoInnerError::into_error)?;
    Ok(())
}
