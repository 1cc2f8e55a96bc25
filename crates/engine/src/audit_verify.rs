//! Verifies the audit log in the database: every record, every hash and everything that is kept beside
//! them, recomputed from the rows and trusting nothing but the log's key.
//!
//! Connections of their own read ahead while all cores verify, all at one moment of the log. What can't
//! be seen in the rows is a database that was put back as a whole, with its checkpoints: that takes a
//! checkpoint that was kept elsewhere, so the anchors are compared first, and those that somebody brings
//! ([`VerifyOptions::continues`]).

mod archivings;
mod checkpoints;
mod columns;
mod counts;
mod days;
mod fault;
mod read;
mod search;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use keyward_ledger::{
    Action, Checkpoint, ClockStep, LedgerError, StoredBody, Tile, TileEdge, TileId, Verifier,
    VerifierKey, tile::TILE_WIDTH,
};
use keyward_store::{
    Reader,
    tables::{
        audit_counts,
        audit_days::{self, AuditDay},
        audit_head::{self, AuditHead},
        audit_records::{self, StoredRow},
        audit_terms, audit_tiles,
    },
};

use crate::{Engine, EngineError, OperationContext, WitnessReport, log_tiles, operation::Entry};
use archivings::Archivings;
use checkpoints::{compare_kept, continues};
use columns::Terms;
use counts::Counts;
use days::{Days, is_here};
use read::{Pieces, Read};
use search::SearchCheck;

pub use fault::LogFault;

/// Records verified at once.
const CHUNK: u64 = 4096;

/// How often verifying starts again because a day was archived or fetched meanwhile.
const TRIES: usize = 5;

/// How to verify the log.
#[derive(Clone, Debug, Default)]
pub struct VerifyOptions {
    /// Whether to look at the search index as well, which takes several times as long.
    pub search_index: bool,
    /// Signed checkpoints that were kept outside this database: the log must continue each.
    pub continues: Vec<String>,
    /// Verify the records after this signed checkpoint only, which was kept outside this database and is
    /// trusted to speak of records that were verified then. The log must continue it.
    pub since: Option<String>,
}

/// What was verified.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Verified {
    /// How many records the log has.
    pub records: u64,
    /// The tree's root, base64 as in the checkpoint.
    pub root: String,
    /// The log's origin.
    pub origin: String,
    /// The newest checkpoint, which all of it agrees with, as a signed note.
    pub checkpoint: String,
    /// The first record that was verified: 0, unless only those since a checkpoint were.
    pub from: u64,
    /// When the last record was written.
    pub last_time: Option<DateTime<Utc>>,
    /// How often a record's time lies before the one before it: a clock was set back.
    pub clock_steps: u64,
    /// The first of those.
    pub first_clock_steps: Vec<ClockStep>,
    /// How many days the log has.
    pub days: u64,
    /// How many of them are archived, and not fetched.
    pub archived_days: u64,
    /// How many records lie in those: their hashes agree, and their bodies weren't read.
    pub archived: u64,
    /// How many kept checkpoints agree.
    pub checkpoints: u64,
    /// The sizes of the checkpoints from elsewhere that the log continues.
    pub continues: Vec<u64>,
    /// Whether the search index was looked at, and agrees.
    pub search_index: bool,
    /// What everything outside the database says of the log: none of it contradicts.
    pub kept: Option<WitnessReport>,
}

impl Engine {
    /// Verifies the whole log, and records that it was.
    ///
    /// `progress` is told the records verified so far, and how many there are.
    ///
    /// # Errors
    /// As [`audit_verify_with`](Self::audit_verify_with).
    pub async fn audit_verify(
        &self,
        context: &OperationContext,
        progress: &(dyn Fn(u64, u64) + Sync),
    ) -> Result<Verified, EngineError> {
        self.audit_verify_with(context, &VerifyOptions::default(), progress).await
    }

    /// As [`audit_verify`](Self::audit_verify), with options.
    ///
    /// # Errors
    /// [`EngineError::Ledger`] or [`EngineError::Log`], which name the record, tile, day or checkpoint and
    /// what to do.
    pub async fn audit_verify_with(
        &self,
        context: &OperationContext,
        options: &VerifyOptions,
        progress: &(dyn Fn(u64, u64) + Sync),
    ) -> Result<Verified, EngineError> {
        let entry = Entry::new(Action::AuditVerify);
        self.guard(context, entry.clone(), async {
            let kept = self.check_anchors().await?;
            let mut tries = TRIES;
            let verified = loop {
                tries -= 1;
                match self.verify_log(options, progress).await {
                    Err(EngineError::ChangedMeanwhile(_)) if tries > 0 => {}
                    verified => break verified?,
                }
            };
            let mut entry =
                entry.with("records", verified.records).with("root", verified.root.as_str());
            if verified.from > 0 {
                entry = entry.with("from", verified.from);
            }
            self.record(context, entry).await?;
            Ok(Verified { kept: Some(kept), ..verified })
        })
        .await
    }

    /// One run, over the log as it is at its start: what is appended meanwhile belongs to the next.
    async fn verify_log(
        &self,
        options: &VerifyOptions,
        progress: &(dyn Fn(u64, u64) + Sync),
    ) -> Result<Verified, EngineError> {
        let key = self.verifier_key();
        let mut reader = self.store.snapshot().await?;
        let head = audit_head::get(&mut reader).await?;
        let rows = audit_days::list(&mut reader).await?;
        let days = Arc::new(Days::new(&rows, &head)?);
        let terms = Arc::new(Terms::new(audit_terms::all(&mut reader).await?));
        let (verifier, mut continued) = self.start(&mut reader, &key, &head, options).await?;
        let from = verifier.size();
        let pieces = days.pieces(from, CHUNK);
        let mut state = State {
            verifier,
            counts: Counts::default(),
            archivings: Archivings::new(&terms),
            search: options.search_index.then(SearchCheck::default),
            days,
            terms,
        };
        let mut read = Pieces::read(&self.store, &rows, &pieces).await?;
        while let Some(piece) = read.next().await {
            let (piece, size) = (piece?, head.size);
            state = tokio::task::spawn_blocking(move || state.take(piece, size))
                .await
                .map_err(|_| EngineError::StateCorrupt("the audit log".into()))??;
            progress(state.verifier.size(), head.size);
        }
        let State { verifier, counts, archivings, search, terms, .. } = state;
        edge_agrees(&mut reader, &verifier.edge_tiles()).await?;
        let checkpoints = compare_kept(&mut reader, &key, &head, &rows).await?;
        let verified = verifier.finish(&head.checkpoint, &key)?;
        stray_rows(&mut reader, &rows, &head).await?;
        // With the leaf hashes' last tile, which may have been added to.
        edge_agrees(&mut reader, &verified.edge.tiles()).await?;
        stray_tiles(&mut reader, head.size).await?;
        head_agrees(&head, &verified, pieces.last().is_some_and(|piece| piece.here))?;
        if let Some(day) = rows.iter().find(|day| is_begun(day, from) && is_here(day)) {
            first_wrong(&mut reader, day).await?;
        }
        archivings.compare(&rows, from)?;
        counts.compare(&audit_counts::list(&mut reader).await?, &rows, from, &terms)?;
        if let Some(search) = search {
            search.compare(&mut reader).await?;
        }
        for earlier in &options.continues {
            continued.push(continues(&mut reader, &key, &head, earlier).await?);
        }
        let archived: Vec<&AuditDay> = rows.iter().filter(|day| !is_here(day)).collect();
        Ok(Verified {
            records: verified.checkpoint.size,
            root: verified.checkpoint.root.to_string(),
            origin: verified.checkpoint.origin.to_string(),
            checkpoint: log_tiles::newest_note(&mut reader, &head).await?.to_string(),
            from,
            last_time: verified.last_time,
            clock_steps: verified.clock_steps_in_all,
            first_clock_steps: verified.clock_steps,
            days: rows.len() as u64,
            archived_days: archived.len() as u64,
            archived: archived.iter().map(|day| day.records).sum(),
            checkpoints,
            continues: continued.iter().map(|checkpoint| checkpoint.size).collect(),
            search_index: options.search_index,
            kept: None,
        })
    }

    /// Where to begin: at the first record, or after a trusted checkpoint, with the edge that its root
    /// proves.
    async fn start(
        &self,
        reader: &mut Reader,
        key: &VerifierKey,
        head: &AuditHead,
        options: &VerifyOptions,
    ) -> Result<(Verifier, Vec<Checkpoint>), EngineError> {
        let Some(since) = &options.since else { return Ok((Verifier::new(), Vec::new())) };
        if options.search_index {
            let why = "the search index can't be verified in part; verify the whole log with it";
            return Err(EngineError::InvalidInput(why.into()));
        }
        let since = continues(reader, key, head, since).await?;
        let edges: Vec<TileId> = TileEdge::tiles_of(since.size).map(|(tile, _)| tile).collect();
        let tiles = log_tiles::read(reader, &edges).await?;
        let edge = TileEdge::restore(since.size, |tile| tiles.get(&tile).map(Vec::as_slice))?;
        if edge.root() != since.root {
            return Err(LedgerError::RootDiffers { first: 0, size: since.size }.into());
        }
        // What was before isn't known: the first record after may have any time.
        Ok((Verifier::resume(edge, None), vec![since]))
    }
}

/// What has been verified so far.
struct State {
    verifier: Verifier,
    counts: Counts,
    archivings: Archivings,
    search: Option<SearchCheck>,
    days: Arc<Days>,
    terms: Arc<Terms>,
}

impl State {
    /// Verifies the next piece of a log that was signed over `size` records.
    fn take(mut self, read: Read, size: u64) -> Result<Self, EngineError> {
        let Read { piece, chunk, hashes, tiles, counts } = read;
        let rows: Vec<StoredRow<'_>> = chunk.rows().collect();
        if piece.here {
            let bodies: Vec<_> =
                rows.iter().map(|row| StoredBody { seq: row.seq, body: row.body }).collect();
            let (terms, days) = (&self.terms, &self.days);
            self.verifier.verify_bodies_with(&bodies, &hashes, |place, record| {
                // INVARIANT: a row for each body.
                rows.get(place).map_or(Ok(()), |row| {
                    days.check(row.seq, row.columns.time)?;
                    Ok::<_, EngineError>(terms.check(row, record)?)
                })
            })?;
            if self.verifier.size() < piece.records.end {
                let size_here = self.verifier.size();
                return Err(LedgerError::TailCut { size: size_here, signed: size }.into());
            }
            self.archivings.add(&chunk)?;
            if let Some(search) = &mut self.search {
                search.add(&chunk)?;
            }
        } else {
            if let Some(row) = rows.first().filter(|row| piece.records.contains(&row.seq)) {
                let day = self.days.of(row.seq).unwrap_or_default();
                return Err(LogFault::ArchivedIsHere { seq: row.seq, day }.into());
            }
            self.verifier.push_hashes(&hashes)?;
        }
        for tile in self.verifier.take_full_tiles() {
            tile.compare(tiles.get(&tile.id).map(Vec::as_slice))?;
        }
        self.counts.add(counts);
        Ok(self)
    }
}

/// Whether a day begins before a record and ends after it.
fn is_begun(day: &AuditDay, seq: u64) -> bool {
    day.first < seq && seq - day.first < day.records
}

/// That there are no rows but the log's.
async fn stray_rows(
    reader: &mut Reader,
    days: &[AuditDay],
    head: &AuditHead,
) -> Result<(), EngineError> {
    let beyond = audit_records::read_chunk(reader, head.size, CHUNK as u32).await?;
    if let Some(last) = beyond.rows().next_back() {
        let size = last.seq.saturating_add(1);
        return Err(LedgerError::Unsigned { size, signed: head.size }.into());
    }
    let expected = days.iter().filter(|day| is_here(day)).map(|day| day.records).sum();
    let found = audit_records::count(reader).await?;
    if found == expected { Ok(()) } else { Err(LogFault::StrayRows { found, expected }.into()) }
}

/// That the last tiles of each level are as the records give them.
async fn edge_agrees(reader: &mut Reader, computed: &[Tile]) -> Result<(), EngineError> {
    let ids: Vec<TileId> = computed.iter().map(|tile| tile.id).collect();
    let stored = log_tiles::read(reader, &ids).await?;
    for tile in computed {
        tile.compare(stored.get(&tile.id).map(Vec::as_slice))?;
    }
    Ok(())
}

/// That no tile lies beyond the tree.
async fn stray_tiles(reader: &mut Reader, size: u64) -> Result<(), EngineError> {
    for level in 0..=TileId::MAX_LEVEL {
        let hashes = size.checked_shr(8 * u32::from(level)).unwrap_or_default();
        let end = hashes.div_ceil(TILE_WIDTH as u64);
        if let Some(stray) = audit_tiles::list(reader, level, end, 1).await?.first() {
            return Err(LogFault::StrayTile { tile: log_tiles::id(stray) }.into());
        }
    }
    Ok(())
}

/// That the head says what the records give.
fn head_agrees(
    head: &AuditHead,
    verified: &keyward_ledger::Verified,
    last_is_here: bool,
) -> Result<(), LogFault> {
    if head.frontier != verified.edge.frontier().to_bytes() {
        return Err(LogFault::HeadDiffers { what: "edge" });
    }
    // Of an archived day the last record's time isn't known.
    if last_is_here && verified.last_time != Some(head.time) {
        return Err(LogFault::HeadDiffers { what: "time" });
    }
    Ok(())
}

/// Counts the records again of a day that was verified in part.
async fn first_wrong(reader: &mut Reader, day: &AuditDay) -> Result<(), EngineError> {
    match audit_counts::first_wrong(reader, day).await? {
        Some(wrong) => Err(LogFault::CountsDiffer {
            hour: wrong.hour,
            of: "one kind".into(),
            stored: wrong.stored,
            counted: wrong.counted,
        }
        .into()),
        None => Ok(()),
    }
}
