//! `log-proof`: the inclusion proof of a record anywhere in the log, beside reading the tiles that its nodes
//! are from one by one by key, and beside the same in bare SQLite. Of those it reads one itself: what is
//! over the others is kept from earlier proofs.

use keyward_ledger::{TileId, proof};
use keyward_store::tables::audit_tiles;
use rusqlite::{Connection, params};

use super::{Log, bare, records};
use crate::{
    bench::{Bench, Row},
    error::BenchError,
    samples::Samples,
};

/// What a proof may take at most, in milliseconds.
const SLOWEST: f64 = 1.0;

/// Measures it.
pub fn rows(bench: &mut Bench, log: &Log) -> Result<(), BenchError> {
    if !bench.wants_group("log-proof") {
        return Ok(());
    }
    let connection = bare::open(log.store.path())?;
    let [mut ours, mut rows, mut beside] = <[Samples; 3]>::default();
    for number in 0..bench.size(4000, 400) {
        let tiles = proof::inclusion_tiles(place(log, number), log.records)?;
        // Who comes first finds the pages cold: they take turns in that.
        for turn in number..number + 3 {
            match turn % 3 {
                0 => prove(bench, log, number, &mut ours)?,
                1 => bench.runtime.block_on(rows.wait(read_rows(log, &tiles)))?,
                _ => beside.time(|| read_bare(&connection, &tiles))?,
            }
        }
    }
    let [ours_us, rows_us, bare_us] = [&ours, &rows, &beside].map(|times| times.median() * 1e6);
    let row = Row::cost("log-proof", "µs", "reading as many rows by key", [ours_us, rows_us]);
    bench.row(row.at_least(0.5));
    let row = Row::cost("log-proof-bare", "µs", "the same in bare SQLite", [ours_us, bare_us]);
    bench.row(row);
    let slowest = [ours.percentile(0.99) * 1e3, SLOWEST];
    bench.row(Row::cost("log-proof-p99", "ms", "what is allowed", slowest).at_least(1.0));
    Ok(())
}

/// Reads tiles one after the other, as proofs read them together.
async fn read_rows(log: &Log, tiles: &[TileId]) -> Result<(), BenchError> {
    for tile in tiles {
        let mut reader = log.store.read().await?;
        std::hint::black_box(
            audit_tiles::get_many(&mut reader, &[(tile.level, tile.index)]).await?,
        );
    }
    Ok(())
}

/// Makes one proof.
pub fn prove(bench: &Bench, log: &Log, number: u64, times: &mut Samples) -> Result<(), BenchError> {
    let (seq, size) = (place(log, number), log.records);
    let proving = async {
        // As the engine does, which has the frontier with the checkpoint.
        let proof = log.proofs.begin(seq, size, Some(log.appender.edge.frontier()))?;
        let ids: Vec<_> = proof.missing().iter().map(|id| (id.level, id.index)).collect();
        let tiles = audit_tiles::get_many(&mut *log.store.read().await?, &ids).await?;
        let path = log.proofs.finish(proof, |id| {
            let tile = tiles.iter().find(|tile| (tile.level, tile.tile) == (id.level, id.index));
            tile.map(|tile| tile.hashes.as_slice())
        })?;
        std::hint::black_box(path);
        Ok::<_, BenchError>(())
    };
    bench.runtime.block_on(times.wait(proving))
}

fn read_bare(connection: &Connection, tiles: &[TileId]) -> Result<(), BenchError> {
    let mut select =
        connection.prepare_cached("SELECT hashes FROM audit_tiles WHERE level = ? AND tile = ?")?;
    for tile in tiles {
        let hashes: Vec<u8> =
            select.query_row(params![tile.level, tile.index as i64], |row| row.get(0))?;
        std::hint::black_box(hashes);
    }
    Ok(())
}

fn place(log: &Log, number: u64) -> u64 {
    records::mixed(number ^ 0x3333) % log.records
}
