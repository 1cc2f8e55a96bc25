//! The checkpoints that the log keeps, and those that somebody else kept: all of one history.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use keyward_ledger::{
    Checkpoint, Hash, LedgerError, Note, TileId, VerifierKey, Witness,
    proof::{root_from_tiles, root_tiles},
};
use keyward_store::{
    Reader,
    tables::{audit_checkpoints, audit_days::AuditDay, audit_head::AuditHead},
};

use super::LogFault;
use crate::{
    EngineError,
    log_tiles::{self, Tiles},
};

/// Kept checkpoints that are read at once.
const PAGE: u32 = 1000;

/// Tiles that are held at most, to be used again by the next checkpoint.
const TILES: usize = 1024;

/// Compares every kept checkpoint with the tree, whose tiles have been verified, and gives their number.
/// Those that days were sealed on are there.
///
/// They are compared in their order, so that a rewritten record is narrowed down to those between the
/// last that agrees and the first that doesn't.
pub(super) async fn compare_kept(
    reader: &mut Reader,
    key: &VerifierKey,
    head: &AuditHead,
    days: &[AuditDay],
) -> Result<u64, EngineError> {
    let (mut count, mut agreed, mut from) = (0, 0, 0);
    // Each seal keeps the one that it speaks of.
    let seals = days.iter().filter_map(|day| Some((day.sealed.as_ref()?.checkpoint, day.day)));
    let mut seals: BTreeMap<u64, NaiveDate> = seals.collect();
    let mut roots = Roots::default();
    loop {
        let page = audit_checkpoints::list(reader, from, PAGE).await?;
        let Some(last) = page.last() else { break };
        from = last.size.saturating_add(1);
        for kept in &page {
            let size = kept.size;
            let checkpoint = Checkpoint::verify(&kept.note, key)
                .map_err(|cause| LogFault::Checkpoint { size, cause: Box::new(cause) })?;
            if checkpoint.size != size {
                return Err(
                    LogFault::CheckpointMoved { kept: size, signed: checkpoint.size }.into()
                );
            }
            if size > head.size {
                return Err(LedgerError::TailCut { size: head.size, signed: size }.into());
            }
            if roots.at(reader, size).await? != checkpoint.root {
                return Err(LedgerError::RootDiffers { first: agreed, size }.into());
            }
            (agreed, count) = (size, count + 1);
            seals.remove(&size);
        }
    }
    match seals.pop_first() {
        Some((size, day)) => Err(LogFault::CheckpointGone { size, day }.into()),
        None => Ok(count),
    }
}

/// That the log continues a checkpoint that was kept elsewhere, and what that says.
pub(super) async fn continues(
    reader: &mut Reader,
    key: &VerifierKey,
    head: &AuditHead,
    earlier: &str,
) -> Result<Checkpoint, EngineError> {
    let earlier = Checkpoint::verify(earlier, key)?;
    let mut witness = Witness::resume(key.clone(), earlier.clone())?;
    let note = Note::parse(&head.checkpoint)?;
    log_tiles::continued(reader, &mut witness, &note, head.size).await?;
    Ok(earlier)
}

/// The tree's roots at sizes that grow.
#[derive(Default)]
struct Roots {
    tiles: Tiles,
}

impl Roots {
    async fn at(&mut self, reader: &mut Reader, size: u64) -> Result<Hash, EngineError> {
        let wanted = root_tiles(size);
        if self.tiles.len() > TILES {
            self.tiles = HashMap::new();
        }
        let missing: Vec<TileId> =
            wanted.iter().copied().filter(|tile| !self.tiles.contains_key(tile)).collect();
        self.tiles.extend(log_tiles::read(reader, &missing).await?);
        Ok(root_from_tiles(size, |tile| self.tiles.get(&tile).map(Vec::as_slice))?)
    }
}
