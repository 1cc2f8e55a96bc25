//! A log for tests: records that differ in all that queries filter on, over several days.

use chrono::{DateTime, TimeDelta, Utc};
use keyward_store::{
    Connection, Store, StoreError,
    tables::{
        audit_head::{self, AuditHead},
        audit_records::{self, AuditRecord},
        audit_tiles::{self, AuditTile},
    },
};

/// Record `seq` of a log that has one each `step` seconds.
pub fn record(seq: u64, step: i64) -> AuditRecord {
    AuditRecord {
        seq,
        time: at(seq as i64 * step),
        actor: if seq.is_multiple_of(2) { "ana" } else { "ben" }.into(),
        tenant: (!seq.is_multiple_of(5)).then(|| format!("acme-{}", seq % 3)),
        key: seq.is_multiple_of(7).then(|| "dk:acme-1/invoices/1".into()),
        action: if seq.is_multiple_of(3) { "object.read" } else { "object.write" }.into(),
        outcome: if seq.is_multiple_of(11) { "denied" } else { "ok" }.into(),
        body: format!("{{\"seq\":{seq},\"text\":\"Straße\"}}"),
        words: format!("Region eu-{} Größe/{}.pdf", seq % 4, seq % 13),
    }
}

/// A moment, `seconds` after the log's first.
pub fn at(seconds: i64) -> DateTime<Utc> {
    let start: DateTime<Utc> = "2026-11-21T22:30:00.000001Z".parse().unwrap();
    start + TimeDelta::seconds(seconds)
}

/// The hash that stands for record `seq`'s.
pub fn hash(seq: u64) -> [u8; 32] {
    let mut hash = [0xa5; 32];
    hash[..8].copy_from_slice(&seq.to_be_bytes());
    hash
}

/// The head behind these records.
pub fn head_after(rows: &[AuditRecord]) -> AuditHead {
    let last = rows.last().unwrap();
    let size = last.seq + 1;
    AuditHead {
        size,
        time: last.time,
        frontier: vec![size as u8; 32],
        checkpoint: format!("at {size}"),
    }
}

/// Appends records to the log, with their tiles.
pub async fn append(connection: &mut Connection, rows: &[AuditRecord]) -> Result<(), StoreError> {
    let from = audit_head::get(connection).await?;
    let tiles = tiles(connection, from.size, rows.len() as u64).await;
    audit_records::append(connection, &from, rows, &tiles, &head_after(rows)).await
}

/// Appends `count` records in batches, in transactions of their own.
pub async fn fill(store: &Store, count: u64, step: i64, batch: usize) -> Vec<AuditRecord> {
    let rows: Vec<_> = (0..count).map(|seq| record(seq, step)).collect();
    for rows in rows.chunks(batch) {
        let mut write = store.write().await.unwrap();
        append(&mut write, rows).await.unwrap();
        write.commit().await.unwrap();
    }
    rows
}

async fn tiles(connection: &mut Connection, size: u64, more: u64) -> Vec<AuditTile> {
    let mut tiles = Vec::new();
    for tile in size / 256..=(size + more - 1) / 256 {
        let old = audit_tiles::get_many(connection, &[(0, tile)]).await.unwrap().pop();
        let mut hashes = old.map(|tile| tile.hashes).unwrap_or_default();
        let first = (tile * 256).max(size);
        let end = (tile * 256 + 256).min(size + more);
        hashes.extend((first..end).flat_map(hash));
        tiles.push(AuditTile { level: 0, tile, hashes });
    }
    tiles
}
