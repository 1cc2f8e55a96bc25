//! The log's tiles, read for proofs and checks.

use std::collections::HashMap;

use keyward_ledger::{
    Frontier, Hash, LedgerError, Note, TileId, Witness,
    proof::{self, ProofCache},
};
use keyward_store::{
    Connection,
    tables::{
        audit_checkpoints,
        audit_head::AuditHead,
        audit_tiles::{self, AuditTile},
    },
};

use crate::EngineError;

/// Tiles as they are stored.
pub(crate) type Tiles = HashMap<TileId, Vec<u8>>;

/// These tiles, as many as are there, in one query.
pub(crate) async fn read(
    connection: &mut Connection,
    tiles: &[TileId],
) -> Result<Tiles, EngineError> {
    let ids: Vec<_> = tiles.iter().map(|tile| (tile.level, tile.index)).collect();
    let rows = audit_tiles::get_many(connection, &ids).await?;
    Ok(rows.into_iter().map(|row| (id(&row), row.hashes)).collect())
}

/// A stored tile's id.
pub(crate) fn id(tile: &AuditTile) -> TileId {
    TileId { level: tile.level, index: tile.tile }
}

/// The inclusion proof of a record in the tree of a size, by the head as it was read with the tiles. What
/// is known of the tree is taken from the cache; whoever finds that the proof doesn't hold clears it.
pub(crate) async fn inclusion(
    connection: &mut Connection,
    cache: &ProofCache,
    seq: u64,
    size: u64,
    head: &AuditHead,
) -> Result<Vec<Hash>, EngineError> {
    let frontier = Frontier::from_bytes(&head.frontier)?;
    let proof = cache.begin(seq, size, Some(&frontier))?;
    let tiles = read(connection, &proof.missing()).await?;
    Ok(cache.finish(proof, |tile| tiles.get(&tile).map(Vec::as_slice))?)
}

/// The leaf hash that is stored for a record.
pub(crate) async fn leaf(connection: &mut Connection, seq: u64) -> Result<Hash, EngineError> {
    let (tile, place) = TileId::of_record(seq);
    let tiles = read(connection, &[tile]).await?;
    let hashes = tiles.get(&tile).ok_or(LedgerError::TileMissing { tile })?;
    let hash = hashes.as_chunks::<{ Hash::LENGTH }>().0.get(place);
    Ok(Hash(*hash.ok_or(LedgerError::HashMissing { seq, tile })?))
}

/// The consistency proof from an earlier size: none where there is none, from nothing and to the same.
pub(crate) async fn consistency(
    connection: &mut Connection,
    earlier: u64,
    size: u64,
) -> Result<Vec<Hash>, EngineError> {
    if earlier == 0 || earlier >= size {
        return Ok(Vec::new());
    }
    let tiles = read(connection, &proof::consistency_tiles(earlier, size)?).await?;
    let tile = |tile: TileId| tiles.get(&tile).map(Vec::as_slice);
    Ok(proof::consistency_from_tiles(earlier, size, tile)?)
}

/// That the head's checkpoint continues what a witness has seen last, and the proof of that.
///
/// # Errors
/// As [`Witness::observe`]: what it says of two checkpoints of which one doesn't continue the other.
pub(crate) async fn continued(
    connection: &mut Connection,
    witness: &mut Witness,
    note: &Note,
    size: u64,
) -> Result<Vec<Hash>, EngineError> {
    let path = consistency(connection, witness.size(), size).await?;
    witness.observe(&note.to_string(), &path)?;
    Ok(path)
}

/// The head's checkpoint, with the cosignatures that it has got.
pub(crate) async fn newest_note(
    connection: &mut Connection,
    head: &AuditHead,
) -> Result<Note, EngineError> {
    let mut note = Note::parse(&head.checkpoint)?;
    if let Some(kept) = audit_checkpoints::get(connection, head.size).await? {
        let kept = Note::parse(&kept.note)?;
        if kept.text() == note.text() {
            for signature in kept.signatures() {
                note.add(signature.clone())?;
            }
        }
    }
    Ok(note)
}
