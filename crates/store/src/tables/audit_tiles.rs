//! The hashes of the audit log's tree as C2SP tlog-tiles: 256 hashes of 32 bytes in a full tile. Level 0
//! are the records' leaf hashes, each level above the roots of full tiles of the one below.

use crate::{
    Connection, StoreError,
    batch::{batches, placeholders},
    connection::{Row, built, sql, stored},
};

const TABLE: &str = "audit_tiles";

/// How many hashes a full tile has.
const WIDTH: u64 = 256;

/// The length of a hash.
const HASH: usize = 32;

/// A tile.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct AuditTile {
    /// 0 for leaf hashes.
    pub level: u8,
    /// Its place in the level, from 0.
    pub tile: u64,
    /// Its hashes, 32 bytes each, one after the other: 256 but in the last tile of a level.
    pub hashes: Vec<u8>,
}

/// Adds tiles, and makes those grow that are there already.
///
/// # Errors
/// [`StoreError::Refused`] where a tile doesn't begin with what is stored.
pub(super) async fn put(
    connection: &mut Connection,
    tiles: &[AuditTile],
) -> Result<(), StoreError> {
    for batch in batches(tiles) {
        let values = placeholders(batch.len(), 3);
        let mut insert = built(format!(
            "INSERT INTO audit_tiles (level, tile, hashes) VALUES {values}
             ON CONFLICT (level, tile) DO UPDATE SET hashes = excluded.hashes"
        ));
        for tile in batch {
            insert = insert
                .bind(i64::from(tile.level))
                .bind(stored(TABLE, "tile", tile.tile)?)
                .bind(tile.hashes.clone());
        }
        connection.run(TABLE, insert).await?;
    }
    Ok(())
}

/// These tiles (level and place), as many as are there, by level and place.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn get_many(
    connection: &mut Connection,
    ids: &[(u8, u64)],
) -> Result<Vec<AuditTile>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let values = placeholders(ids.len(), 2);
    let mut select = built(format!(
        "SELECT level, tile, hashes FROM audit_tiles WHERE (level, tile) IN (VALUES {values})
         ORDER BY level, tile"
    ));
    for (level, tile) in ids {
        select = select.bind(i64::from(*level)).bind(stored(TABLE, "tile", *tile)?);
    }
    connection.many(TABLE, select, read).await
}

/// Tiles of one level from one on, by their places.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn list(
    connection: &mut Connection,
    level: u8,
    from: u64,
    limit: u32,
) -> Result<Vec<AuditTile>, StoreError> {
    let text = "SELECT level, tile, hashes FROM audit_tiles WHERE level = $1 AND tile >= $2
        ORDER BY level, tile LIMIT $3";
    let select =
        sql(text).bind(i64::from(level)).bind(stored(TABLE, "tile", from)?).bind(i64::from(limit));
    connection.many(TABLE, select, read).await
}

/// The leaf hashes of `count` records from `first` on, 32 bytes each. For a hash that isn't stored there
/// are zeros, which are no record's.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn leaf_hashes(
    connection: &mut Connection,
    first: u64,
    count: usize,
) -> Result<Vec<u8>, StoreError> {
    let mut hashes = vec![0; count * HASH];
    if count == 0 {
        return Ok(hashes);
    }
    let (from, to) = (first / WIDTH, first.saturating_add(count as u64 - 1) / WIDTH);
    let text = "SELECT level, tile, hashes FROM audit_tiles
        WHERE level = 0 AND tile >= $1 AND tile <= $2 ORDER BY level, tile";
    let select = sql(text).bind(stored(TABLE, "tile", from)?).bind(stored(TABLE, "tile", to)?);
    for tile in connection.many(TABLE, select, read).await? {
        let places = (tile.tile * WIDTH..).zip(tile.hashes.chunks_exact(HASH));
        for (seq, hash) in places.filter(|(seq, _)| *seq >= first) {
            let at = (seq - first) as usize * HASH;
            if let Some(place) = hashes.get_mut(at..at + HASH) {
                place.copy_from_slice(hash);
            }
        }
    }
    Ok(hashes)
}

fn read(row: &Row) -> Result<AuditTile, StoreError> {
    let level = row.integer("level")?;
    Ok(AuditTile {
        level: u8::try_from(level).map_err(|_| row.corrupt("level", &level))?,
        tile: row.count("tile")?,
        hashes: row.blob("hashes")?,
    })
}
