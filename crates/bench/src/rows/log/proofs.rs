//! `log-proof`: the inclusion proof of a record anywhere in the log, beside reading as many tiles by key in
//! bare SQLite.

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
    let [mut ours, mut beside] = <[Samples; 2]>::default();
    for number in 0..bench.size(4000, 400) {
        let tiles = proof::inclusion_tiles(place(log, number), log.records)?;
        // Who comes first finds the pages cold: they take turns in that.
        if number % 2 == 1 {
            beside.time(|| read(&connection, &tiles))?;
        }
        prove(bench, log, number, &mut ours)?;
        if number % 2 == 0 {
            beside.time(|| read(&connection, &tiles))?;
        }
    }
    let costs = [ours.median() * 1e6, beside.median() * 1e6];
    let row = Row::cost("log-proof", "µs", "bare SQLite, as many rows by key", costs);
    bench.row(row.at_least(0.5));
    let slowest = [ours.percentile(0.99) * 1e3, SLOWEST];
    bench.row(Row::cost("log-proof-p99", "ms", "what is allowed", slowest).at_least(1.0));
    Ok(())
}

/// Makes one proof.
pub fn prove(bench: &Bench, log: &Log, number: u64, times: &mut Samples) -> Result<(), BenchError> {
    let (seq, size) = (place(log, number), log.records);
    let proving = async {
        let ids = proof::inclusion_tiles(seq, size)?;
        let ids: Vec<_> = ids.into_iter().map(|id| (id.level, id.index)).collect();
        let tiles = audit_tiles::get_many(&mut *log.store.read().await?, &ids).await?;
        let path = proof::inclusion_from_tiles(seq, size, |id| {
            let tile = tiles.iter().find(|tile| (tile.level, tile.tile) == (id.level, id.index));
            tile.map(|tile| tile.hashes.as_slice())
        })?;
        std::hint::black_box(path);
        Ok::<_, BenchError>(())
    };
    bench.runtime.block_on(times.wait(proving))
}

fn read(connection: &Connection, tiles: &[TileId]) -> Result<(), BenchError> {
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
