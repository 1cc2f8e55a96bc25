//! `log-verify`: the whole log verified from the database, on all cores, beside SHA-256 of as many bytes on
//! all cores plus reading the rows. As many bytes are each record's and, since a tree has as many nodes as
//! leaves, 65 more.

use chrono::TimeDelta;
use keyward_ledger::{Origin, SigningKey, TileEdge};
use keyward_store::tables::{audit_head, audit_tiles};
use rayon::prelude::*;
use sha2::{Digest, Sha256};

use keyward_core::SecretKey;

use super::{Appender, BATCH, bare, records};
use crate::{
    bench::{Bench, Row},
    error::BenchError,
    samples::Samples,
    workspace::Workspace,
};

const AT_LEAST: f64 = 0.6;

/// Bytes that a node's hash is of: two hashes after a byte.
const NODE: usize = 65;

/// Measures it.
pub fn rows(bench: &mut Bench) -> Result<(), BenchError> {
    let workspace = bench.runtime.block_on(Workspace::local(&std::env::temp_dir()))?;
    bench.runtime.block_on(fill(&workspace, bench.size(1_000_000, 20_000)))?;
    let connection = bare::open(workspace.store.path())?;
    let [mut ours, mut reading, mut hashing] = <[Samples; 3]>::default();
    let mut count = 0;
    for _ in 0..bench.size(5, 3) {
        let officer = workspace.officer()?;
        let verifying = workspace.engine.audit_verify(&officer, &|_, _| {});
        count = bench.runtime.block_on(ours.wait(verifying))?.records;
        let mut bodies: Vec<Vec<u8>> = Vec::with_capacity(count as usize);
        reading.time(|| {
            let mut select =
                connection.prepare_cached("SELECT * FROM audit_records ORDER BY seq")?;
            let mut rows = select.query([])?;
            while let Some(row) = rows.next()? {
                for column in 0..7 {
                    std::hint::black_box(row.get::<_, i64>(column)?);
                }
                bodies.push(row.get_ref(7)?.as_bytes().unwrap_or_default().to_vec());
            }
            Ok::<_, BenchError>(())
        })?;
        hashing.time(|| {
            bodies.par_iter().with_min_len(1024).for_each(|body| {
                std::hint::black_box((Sha256::digest(body), Sha256::digest([1; NODE])));
            });
            Ok::<_, BenchError>(())
        })?;
    }
    let rates =
        [count as f64 / ours.median(), count as f64 / (reading.median() + hashing.median())];
    let beside = "SHA-256 on all cores, and reading";
    bench.row(Row::rate("log-verify", "rows/s", beside, rates).at_least(AT_LEAST));
    Ok(())
}

/// Adds records to a workspace's log, as its engine would have.
async fn fill(workspace: &Workspace, count: u64) -> Result<(), BenchError> {
    let head = audit_head::get(&mut *workspace.store.read().await?).await?;
    let ids: Vec<_> = TileEdge::tiles_of(head.size).map(|(id, _)| (id.level, id.index)).collect();
    let tiles = audit_tiles::get_many(&mut *workspace.store.read().await?, &ids).await?;
    let edge = TileEdge::restore(head.size, |id| {
        let tile = tiles.iter().find(|tile| (tile.level, tile.tile) == (id.level, id.index));
        tile.map(|tile| tile.hashes.as_slice())
    })?;
    let mut appender = Appender {
        store: workspace.store.clone(),
        edge,
        origin: Origin::new(&workspace.engine.verifier_key().name().to_string())?,
        key: SigningKey::from_seed(&SecretKey::new(Workspace::SIGNING_SEED)),
    };
    let mut next = head.size;
    let end = head.size + count;
    while next < end {
        let batch = next..end.min(next + 10 * BATCH);
        next = batch.end;
        let rows = batch
            .map(|seq| {
                // Close together: all of it is over by now, or soon.
                let after = TimeDelta::microseconds((seq - head.size) as i64);
                records::record_at(seq, head.time + after)
            })
            .collect::<Result<Vec<_>, _>>()?;
        appender.append(&rows).await?;
    }
    Ok(())
}
