//! `log-*`: the audit log's tables beside the same rows in bare SQLite.

mod bare;
mod growth;
mod pages;
mod proofs;
mod records;
mod verify;

use std::path::Path;

use keyward_core::SecretKey;
use keyward_ledger::{Checkpoint, Origin, SigningKey, TileEdge, leaf_hash, proof::ProofCache};
use keyward_store::{
    Store,
    tables::{
        audit_head::{self, AuditHead},
        audit_records::{self, AuditRecord},
        audit_tiles::AuditTile,
    },
};
use tempfile::TempDir;

use self::bare::{Bare, Index};
use crate::{
    bench::{Bench, Row},
    error::BenchError,
    samples::Samples,
};

/// Records a transaction, on both sides.
const BATCH: u64 = 1000;

/// Measures what is wanted.
pub fn rows(bench: &mut Bench) -> Result<(), BenchError> {
    if bench.wants_group("log-verify") {
        verify::rows(bench)?;
    }
    let grown = ["log-page", "log-proof", "log-growth"].map(|name| bench.wants_group(name));
    let filled = ["log-append", "log-size", "log-read"].map(|name| bench.wants_group(name));
    if ![grown, filled].as_flattened().contains(&true) {
        return Ok(());
    }
    // On the disk, as a workspace is.
    let folder = TempDir::with_prefix("keyward-bench-")?;
    let records = bench.size(100_000, 10_000);
    let mut log = append(bench, folder.path(), records)?;
    if bench.wants_group("log-read") {
        read(bench, &log)?;
    }
    if grown.contains(&true) {
        let mut growth = growth::Growth::default();
        growth.measure(bench, &mut log)?;
        for times in [10, 100] {
            grow(bench, &mut log, records * times)?;
            growth.measure(bench, &mut log)?;
        }
        growth.report(bench);
        warm(log.store.path())?;
        proofs::rows(bench, &log)?;
        pages::rows(bench, &log)?;
    }
    Ok(())
}

/// A log that was filled while measuring that.
struct Log {
    store: Store,
    appender: Appender,
    proofs: ProofCache,
    bodies: u64,
    records: u64,
}

/// A log's end, as the engine keeps it.
struct Appender {
    store: Store,
    edge: TileEdge,
    origin: Origin,
    key: SigningKey,
}

impl Appender {
    /// Appends records as the engine does: hashed, in tiles, under a signed checkpoint, durably.
    async fn append(&mut self, rows: &[AuditRecord]) -> Result<(), BenchError> {
        let mut write = self.store.write().await?;
        let from = audit_head::get(&mut write).await?;
        let leaves: Vec<_> = rows.iter().map(|row| leaf_hash(row.body.as_bytes())).collect();
        let grown = self.edge.extend(&leaves).into_iter().map(|grown| grown.tile);
        let tiles: Vec<_> = grown
            .map(|tile| AuditTile {
                level: tile.id.level,
                tile: tile.id.index,
                hashes: tile.hashes,
            })
            .collect();
        let (size, root) = (self.edge.size(), self.edge.root());
        let checkpoint = Checkpoint { origin: self.origin.clone(), size, root };
        let to = AuditHead {
            size,
            time: rows.last().map_or(from.time, |row| row.time),
            frontier: self.edge.frontier().to_bytes(),
            checkpoint: checkpoint.sign(&self.key),
        };
        audit_records::append(&mut write, &from, rows, &tiles, &to).await?;
        Ok(write.commit().await?)
    }
}

/// Appends batch after batch, and bare SQLite beside it.
fn append(bench: &mut Bench, folder: &Path, records: u64) -> Result<Log, BenchError> {
    let store = bench.runtime.block_on(Store::create(&folder.join("keyward.db")))?;
    let mut ours = Appender {
        store: store.clone(),
        edge: TileEdge::new(),
        origin: Origin::new("keyward/bench")?,
        key: SigningKey::from_seed(&SecretKey::new([7; 32])),
    };
    let mut same = Bare::create(&folder.join("bare.db"), Index::Text)?;
    let mut usual = Bare::create(&folder.join("usual.db"), Index::Columns)?;
    let mut times = [Samples::default(), Samples::default(), Samples::default()];
    let mut bodies = 0;
    for batch in 0..records / BATCH {
        let batch = batch * BATCH..(batch + 1) * BATCH;
        let rows = batch.map(records::record).collect::<Result<Vec<_>, _>>()?;
        bodies += rows.iter().map(|row| row.body.len() as u64).sum::<u64>();
        let [our_times, same_times, usual_times] = &mut times;
        bench.runtime.block_on(our_times.wait(ours.append(&rows)))?;
        same_times.time(|| same.insert(&rows))?;
        usual_times.time(|| usual.insert(&rows))?;
    }
    let [ours_rate, same, usual] = times.map(|times| times.rate(BATCH as f64));
    let beside = "bare SQLite, same rows and index";
    let row = Row::rate("log-append-batch", "rows/s", beside, [ours_rate, same]);
    bench.row(row.at_least(0.7));
    let beside = "bare SQLite, an index a column";
    bench.row(Row::rate("log-append-batch-columns", "rows/s", beside, [ours_rate, usual]));
    let size = size_of(&folder.join("keyward.db"))? as f64 / records as f64;
    let json = bodies as f64 / records as f64;
    bench.row(Row::cost("log-size", "B/row", "the records' JSON", [size, json]).at_least(0.5));
    Ok(Log { store, appender: ours, proofs: ProofCache::default(), bodies, records })
}

/// Appends until the log has so many records.
fn grow(bench: &Bench, log: &mut Log, records: u64) -> Result<(), BenchError> {
    while log.records < records {
        let batch = log.records..records.min(log.records + 10 * BATCH);
        log.records = batch.end;
        let rows = batch.map(records::record).collect::<Result<Vec<_>, _>>()?;
        bench.runtime.block_on(log.appender.append(&rows))?;
    }
    Ok(())
}

/// How many bytes a database has, with what is in its write-ahead log taken in.
fn size_of(path: &Path) -> Result<u64, BenchError> {
    let connection = bare::open(path)?;
    connection.pragma_update_and_check(None, "wal_checkpoint", "TRUNCATE", |_| Ok(()))?;
    Ok(std::fs::metadata(path)?.len())
}

/// Reads the database's file once, so that the system has of it what it has room for: what it had let go
/// while the log grew would be read from the disk by whoever is measured first.
fn warm(path: &Path) -> Result<(), BenchError> {
    let mut file = std::fs::File::open(path)?;
    std::io::copy(&mut file, &mut std::io::sink())?;
    Ok(())
}

/// Reads all records in sequence, as verification does.
fn read(bench: &mut Bench, log: &Log) -> Result<(), BenchError> {
    let mut times = [Samples::default(), Samples::default()];
    let connection = bare::open(log.store.path())?;
    for _ in 0..bench.size(7, 3) {
        let [ours, beside] = &mut times;
        let reading = async {
            let (mut next, mut bytes) = (0, 0);
            let mut reader = log.store.snapshot().await?;
            loop {
                let chunk = audit_records::read_chunk(&mut reader, next, 4096).await?;
                let Some(last) = chunk.rows().next_back() else {
                    return Ok::<_, BenchError>(bytes);
                };
                next = last.seq + 1;
                bytes += chunk.rows().map(|row| row.body.len() as u64).sum::<u64>();
            }
        };
        let bytes = bench.runtime.block_on(ours.wait(reading))?;
        if bytes != log.bodies {
            return Err(BenchError::Unmeasured(format!("{bytes} bytes were read")));
        }
        beside.time(|| {
            let mut select =
                connection.prepare_cached("SELECT * FROM audit_records ORDER BY seq")?;
            let mut rows = select.query([])?;
            let mut bytes = 0;
            while let Some(row) = rows.next()? {
                for column in 1..7 {
                    std::hint::black_box(row.get::<_, i64>(column)?);
                }
                bytes += row.get_ref(7)?.as_bytes().map_or(0, <[u8]>::len);
            }
            std::hint::black_box(bytes);
            Ok::<_, BenchError>(())
        })?;
    }
    let costs = times.map(|times| times.median() * 1e6 / log.records as f64);
    let beside = "bare SQLite, row by row";
    bench.row(Row::cost("log-read", "µs/row", beside, costs));
    Ok(())
}
