//! `rewrap-local`, `rewrap-wide`: a tenant's data keys rewrapped after a root key rotation, on the local key store,
//! beside the same rows updated in bare SQLite.
//!
//! Ours reads the stale rows, rewraps them, swaps them, writes records and checkpoints, and publishes
//! the sidecars; bare SQLite is given everything and only updates.

use std::path::Path;

use keyward_engine::{RewrapOptions, RewrapProgress, RootKeyRotation};
use rusqlite::{Connection, TransactionBehavior, params};

use crate::{
    bench::{Bench, Row},
    error::BenchError,
    samples::Samples,
    workspace::Workspace,
};

const AT_LEAST: f64 = 0.5;

/// Rows a transaction of bare SQLite.
const BATCH: usize = 1000;

/// Measures data keys in a hundred datasets.
pub fn local(bench: &mut Bench) -> Result<(), BenchError> {
    row(bench, "rewrap-local", 100, AT_LEAST)
}

/// Measures as many, spread over a hundred times as many datasets.
pub fn wide(bench: &mut Bench) -> Result<(), BenchError> {
    row(bench, "rewrap-wide", 10_000, 0.0)
}

fn row(
    bench: &mut Bench,
    name: &'static str,
    datasets: u32,
    at_least: f64,
) -> Result<(), BenchError> {
    let keys: u32 = bench.size(100_000, 10_000);
    let datasets = datasets.min(keys);
    let rounds = bench.size(5, 3);
    let times = bench.runtime.block_on(measure(datasets, keys / datasets, rounds))?;
    let rates = times.map(|times| times.rate(keys.into()));
    let beside = "bare SQLite, the same rows updated";
    bench.row(Row::rate(name, "keys/s", beside, rates).at_least(at_least));
    Ok(())
}

async fn measure(datasets: u32, keys_each: u32, rounds: u32) -> Result<[Samples; 2], BenchError> {
    // On the disk, as a workspace is.
    let workspace = Workspace::local(&std::env::temp_dir()).await?;
    workspace.add_data_keys(datasets, keys_each).await?;
    let mut bare = Bare::copy(&workspace.path().join("keyward.db"))?;
    let (mut ours, mut beside) = (Samples::default(), Samples::default());
    for _ in 0..rounds {
        let rewrapped = ours.wait(rotate_and_rewrap(&workspace)).await?;
        // The dataset that comes with the workspace has a data key too.
        if rewrapped != u64::from(datasets * keys_each) + 1 {
            return Err(BenchError::Unmeasured(format!("{rewrapped} data keys were rewrapped")));
        }
        beside.time(|| bare.update())?;
    }
    Ok([ours, beside])
}

/// Makes a new version of the root key, and has everything wrapped under it.
pub async fn rotate_and_rewrap(workspace: &Workspace) -> Result<u64, BenchError> {
    let (admin, tenant) = (workspace.admin()?, &workspace.tenant);
    workspace.engine.rotate_root_key(&admin, tenant, RootKeyRotation::NewVersion).await?;
    let options = RewrapOptions::default();
    let report =
        workspace.engine.rewrap(&admin, tenant, options, &RewrapProgress::unwatched).await?;
    if !report.remaining.is_empty() || !report.quarantine.is_empty() {
        return Err(BenchError::Unmeasured("not everything was rewrapped".into()));
    }
    Ok(report.progress.rewrapped)
}

/// A copy of the database, opened by SQLite alone, with the settings that Keyward has.
struct Bare {
    connection: Connection,
    ids: Vec<i64>,
    version: i64,
    wrapped: Vec<u8>,
}

impl Bare {
    fn copy(database: &Path) -> Result<Self, BenchError> {
        let source = Connection::open(database)?;
        source.pragma_update_and_check(None, "wal_checkpoint", "TRUNCATE", |_| Ok(()))?;
        let copy = database.with_file_name("bare.db");
        std::fs::copy(database, &copy)?;
        let connection = Connection::open(&copy)?;
        connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
        for (name, value) in
            [("synchronous", "FULL"), ("foreign_keys", "ON"), ("cache_size", "-16384")]
        {
            connection.pragma_update(None, name, value)?;
        }
        let (ids, wrapped) = {
            let mut all = connection.prepare("SELECT id FROM data_keys ORDER BY id")?;
            let ids = all.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
            let one = "SELECT wrapped FROM data_keys ORDER BY id DESC LIMIT 1";
            (ids, connection.query_row(one, [], |row| row.get(0))?)
        };
        Ok(Self { connection, ids, version: 1, wrapped })
    }

    /// Updates every row, a prepared statement each, a transaction for every batch.
    fn update(&mut self) -> Result<(), BenchError> {
        let (old, new) = (self.version, self.version + 1);
        self.version = new;
        for ids in self.ids.chunks(BATCH) {
            let behavior = TransactionBehavior::Immediate;
            let transaction = self.connection.transaction_with_behavior(behavior)?;
            {
                let mut update = transaction.prepare_cached(
                    "UPDATE data_keys SET root_key = ?1, root_key_version = ?2, wrapped = ?3
                     WHERE id = ?4 AND root_key = ?5 AND root_key_version = ?6",
                )?;
                for id in ids {
                    if update.execute(params![1, new, self.wrapped, id, 1, old])? != 1 {
                        return Err(BenchError::Unmeasured("a row was not updated".into()));
                    }
                }
            }
            transaction.commit()?;
        }
        Ok(())
    }
}
