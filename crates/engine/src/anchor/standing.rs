//! How the database stands to a checkpoint of it that is kept elsewhere.

use chrono::{DateTime, SecondsFormat, Utc};
use keyward_ledger::{
    Checkpoint, Hash, LedgerError, Note, Origin, VerifierKey, WitnessRequest,
    proof::{consistency_from_tiles, consistency_tiles, root_from_tiles, root_tiles},
    tile::TileId,
};
use keyward_store::{
    Connection, Store,
    tables::{
        audit_head,
        audit_tiles::{self, AuditTile},
    },
};
use keyward_witness::{Kept, WitnessError};

use crate::EngineError;

/// What doesn't agree between the database and a place that keeps its checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Finding {
    /// The database is shorter.
    RolledBack {
        /// How many records the kept checkpoint has.
        kept: u64,
        /// When it was kept.
        at: Option<DateTime<Utc>>,
        /// How many the database has.
        here: u64,
    },
    /// The database has other records.
    Forked {
        /// How many records the kept checkpoint has.
        kept: u64,
        /// When it was kept.
        at: Option<DateTime<Utc>>,
        /// How many the database has.
        here: u64,
    },
    /// What is kept isn't a checkpoint of this log, by this log's key.
    Foreign {
        /// Why.
        cause: LedgerError,
    },
}

impl Finding {
    /// The word for programs.
    pub(crate) fn as_str(&self) -> &'static str {
        match self {
            Self::RolledBack { .. } => "rolled-back",
            Self::Forked { .. } => "forked",
            Self::Foreign { .. } => "foreign",
        }
    }

    /// The refusal.
    pub(crate) fn at(self, place: &str) -> EngineError {
        let place = place.to_owned();
        match self {
            Self::RolledBack { kept, at, here } => {
                EngineError::LogRolledBack { place, kept, at: kept_at(at), here }
            }
            Self::Forked { kept, at, here } => {
                EngineError::LogForked { place, kept, at: kept_at(at), here }
            }
            Self::Foreign { cause } => EngineError::AnchorForeign { place, cause },
        }
    }
}

/// The log's end, as its newest checkpoint says.
#[derive(Clone, Debug)]
pub(crate) struct Head {
    pub(crate) checkpoint: Checkpoint,
    /// The signed note; empty where the log is.
    pub(crate) note: String,
}

/// The head, once its signature has been checked.
pub(crate) async fn head(
    connection: &mut Connection,
    key: &VerifierKey,
) -> Result<Head, EngineError> {
    let head = audit_head::get(connection).await?;
    if head.size == 0 && head.checkpoint.is_empty() {
        let checkpoint = Checkpoint { origin: key.name().clone(), size: 0, root: Hash::EMPTY_TREE };
        return Ok(Head { checkpoint, note: String::new() });
    }
    let checkpoint = Checkpoint::verify(&head.checkpoint, key)?;
    if checkpoint.size != head.size {
        return Err(EngineError::StateCorrupt("the audit log's head".into()));
    }
    Ok(Head { checkpoint, note: head.checkpoint })
}

/// Compares what is kept with the database. Read the head after what is kept: a checkpoint is kept after
/// it is durable, so an honest database never has less.
pub(crate) async fn compare(
    connection: &mut Connection,
    key: &VerifierKey,
    head: &Head,
    kept: &Kept,
) -> Result<Result<Checkpoint, Finding>, EngineError> {
    match Checkpoint::verify(&kept.note, key) {
        Ok(checkpoint) => Ok(compare_checkpoint(connection, head, &checkpoint, kept.at)
            .await?
            .map(|()| checkpoint)),
        Err(cause) => Ok(Err(Finding::Foreign { cause })),
    }
}

/// As [`compare`], of a checkpoint whose signature has been checked.
pub(crate) async fn compare_checkpoint(
    connection: &mut Connection,
    head: &Head,
    kept: &Checkpoint,
    at: Option<DateTime<Utc>>,
) -> Result<Result<(), Finding>, EngineError> {
    let (size, here) = (kept.size, head.checkpoint.size);
    if size > here {
        return Ok(Err(Finding::RolledBack { kept: size, at, here }));
    }
    let root = if size == here { head.checkpoint.root } else { root_at(connection, size).await? };
    if root == kept.root { Ok(Ok(())) } else { Ok(Err(Finding::Forked { kept: size, at, here })) }
}

/// The consistency proof between two sizes of this log; none from zero or to the same size.
pub(crate) async fn consistency(
    connection: &mut Connection,
    old: u64,
    new: u64,
) -> Result<Vec<Hash>, EngineError> {
    if old == 0 || old >= new {
        return Ok(Vec::new());
    }
    let tiles = read(connection, consistency_tiles(old, new)?).await?;
    Ok(consistency_from_tiles(old, new, |id| find(&tiles, id))?)
}

/// What a copy of a database has to show a witness: its newest checkpoint and the proof since a size that
/// the witness tells for the log. Nothing of it is checked here: that is what the witness is for.
///
/// # Errors
/// The store's, the witness's, and [`EngineError::Ledger`] where there is no checkpoint or tiles are
/// missing.
pub async fn unjudged_request(
    store: &Store,
    seen: impl FnOnce(&Origin) -> Result<u64, WitnessError>,
) -> Result<WitnessRequest, EngineError> {
    let mut reader = store.snapshot().await?;
    let checkpoint = Note::parse(&audit_head::get(&mut reader).await?.checkpoint)?;
    let offered = Checkpoint::parse(checkpoint.text())?;
    let old = seen(&offered.origin)?;
    let path = consistency(&mut reader, old, offered.size).await?;
    Ok(WitnessRequest { old, path, checkpoint })
}

/// The note's text with the log's own signature alone.
pub(crate) fn bare(note: &Note, key: &VerifierKey) -> Result<Note, EngineError> {
    let lines: String = note
        .signatures()
        .iter()
        .filter(|line| line.name == *key.name() && line.id == key.id())
        .map(ToString::to_string)
        .collect();
    Ok(Note::parse(&format!("{}\n{lines}", note.text()))?)
}

async fn root_at(connection: &mut Connection, size: u64) -> Result<Hash, EngineError> {
    let tiles = read(connection, root_tiles(size)).await?;
    Ok(root_from_tiles(size, |id| find(&tiles, id))?)
}

async fn read(
    connection: &mut Connection,
    tiles: Vec<TileId>,
) -> Result<Vec<AuditTile>, EngineError> {
    let ids: Vec<_> = tiles.into_iter().map(|tile| (tile.level, tile.index)).collect();
    Ok(audit_tiles::get_many(connection, &ids).await?)
}

fn find(tiles: &[AuditTile], id: TileId) -> Option<&[u8]> {
    let tile = tiles.iter().find(|tile| (tile.level, tile.tile) == (id.level, id.index));
    tile.map(|tile| tile.hashes.as_slice())
}

fn kept_at(at: Option<DateTime<Utc>>) -> String {
    at.map(|at| format!(" from {}", at.to_rfc3339_opts(SecondsFormat::Secs, true)))
        .unwrap_or_default()
}
