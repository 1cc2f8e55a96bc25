//! Verification of a whole log, record by record, against its signed checkpoint.
//!
//! The verifier recomputes everything that the log claims and trusts only the verifier key. It is fed
//! in order, records with the hashes of their tiles, and holds the tree's edge, so a log of any length
//! is verified in constant memory. It gives the tiles above the leaf hashes as it computes them
//! ([`Verifier::take_full_tiles`], [`Verifier::edge_tiles`]), to compare with the stored ones. What it can't
//! see is a log cut back together with its checkpoint: that takes an older, anchored checkpoint and
//! [`crate::proof::verify_consistency`].

use chrono::{DateTime, TimeDelta, Utc};
use rayon::prelude::*;

use crate::{
    Checkpoint, Hash, LedgerError, RecordView, Tile, TileEdge, TileId, VerifierKey, leaf_hash,
};

/// How far time may run backwards between two records without being noted: clocks are adjusted, and
/// two processes that append to one log read theirs at slightly different moments.
pub const CLOCK_TOLERANCE: TimeDelta = TimeDelta::seconds(2);

/// A record's body as it is stored; its leaf hash lies in a tile.
#[derive(Clone, Copy, Debug)]
pub struct StoredBody<'a> {
    /// Where it is stored: the row's sequence.
    pub seq: u64,
    /// The stored bytes.
    pub body: &'a [u8],
}

/// A place where time ran backwards. It doesn't break the log: clocks do jump. It is for people to see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct ClockStep {
    /// The record whose time lies before its predecessor's.
    pub seq: u64,
    /// The predecessor's time.
    pub before: DateTime<Utc>,
    /// The record's own time.
    pub time: DateTime<Utc>,
}

/// What a verified log is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The checkpoint that every record agrees with.
    pub checkpoint: Checkpoint,
    /// The tree's edge, to go on from with [`Verifier::resume`].
    pub edge: TileEdge,
    /// Of how many records only the hashes were there.
    pub archived: u64,
    /// When the last record was written; none in an empty log.
    pub last_time: Option<DateTime<Utc>>,
    /// Where time ran backwards; the first [`Verifier::MAX_CLOCK_STEPS`] of them.
    pub clock_steps: Vec<ClockStep>,
    /// How often it did in all.
    pub clock_steps_in_all: u64,
}

/// Verifies a log, fed with its records in order. After an error it is of no further use: the log has
/// been found wrong from that record on.
#[derive(Debug)]
pub struct Verifier {
    edge: TileEdge,
    /// The tiles above the leaf hashes that became full and that nobody took yet.
    full_tiles: Vec<Tile>,
    archived: u64,
    /// The size of the last checkpoint that agreed: every record before it is proven.
    agreed: u64,
    last_time: Option<DateTime<Utc>>,
    tolerance: TimeDelta,
    clock_steps: Vec<ClockStep>,
    clock_steps_in_all: u64,
}

impl Verifier {
    /// How many clock steps are kept, so that a hostile log can't fill the memory.
    pub const MAX_CLOCK_STEPS: usize = 1000;

    /// Starts at the log's first record.
    #[must_use]
    pub fn new() -> Self {
        Self::resume(TileEdge::new(), None)
    }

    /// Goes on after records that were verified before: pass what [`Verified`] gave. The edge must
    /// come from a place that whoever might edit the log can't write.
    #[must_use]
    pub fn resume(edge: TileEdge, last_time: Option<DateTime<Utc>>) -> Self {
        Self {
            agreed: edge.size(),
            edge,
            full_tiles: Vec::new(),
            archived: 0,
            last_time,
            tolerance: CLOCK_TOLERANCE,
            clock_steps: Vec::new(),
            clock_steps_in_all: 0,
        }
    }

    /// The same with another tolerance for clocks than [`CLOCK_TOLERANCE`].
    #[must_use]
    pub fn with_tolerance(self, tolerance: TimeDelta) -> Self {
        Self { tolerance, ..self }
    }

    /// How many records have been verified, those before [`Self::resume`] among them.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.edge.size()
    }

    /// Verifies the next records on all cores, some thousand at a time: that each is well in itself, has
    /// its sequence, and the hash that its tile holds for it. `hashes` are those of the level 0 tiles
    /// from [`Self::size`] on, one after the other; any beyond the records are left for the next call.
    /// The first wrong record in order is the one that is named.
    ///
    /// # Errors
    /// [`LedgerError::Missing`], [`LedgerError::OutOfOrder`], [`LedgerError::Altered`],
    /// [`LedgerError::HashMissing`], [`LedgerError::LeafHashDiffers`] or [`LedgerError::Moved`], with the
    /// record's sequence.
    pub fn verify_bodies(
        &mut self,
        records: &[StoredBody<'_>],
        hashes: &[u8],
    ) -> Result<(), LedgerError> {
        self.verify_bodies_with(records, hashes, |_, _| Ok(()))
    }

    /// As [`Self::verify_bodies`], with a check of the caller's own on each record (its place in the
    /// chunk, and what it says) while it is at hand: that the columns beside it agree, say. The check runs
    /// on all cores and only on records that are well in themselves.
    ///
    /// # Errors
    /// As [`Self::verify_bodies`], and the check's own.
    pub fn verify_bodies_with<E: From<LedgerError> + Send>(
        &mut self,
        records: &[StoredBody<'_>],
        hashes: &[u8],
        check: impl Fn(usize, &RecordView<'_>) -> Result<(), E> + Sync,
    ) -> Result<(), E> {
        let (hashes, _) = hashes.as_chunks::<{ Hash::LENGTH }>();
        let record = |place: usize| {
            let hash = hashes.get(place).map_or(&[][..], |hash| hash);
            Some((*records.get(place)?, hash))
        };
        self.verify_places(records.len(), record, check)
    }

    /// Takes the hashes of the next records, whose bodies are archived elsewhere: they can't be read here,
    /// and the tree's root still tells whether they are the ones that were signed.
    ///
    /// # Errors
    /// [`LedgerError::HashMissing`] where the bytes end inside a hash.
    pub fn push_hashes(&mut self, hashes: &[u8]) -> Result<(), LedgerError> {
        let (hashes, rest) = hashes.as_chunks::<{ Hash::LENGTH }>();
        let leaves: Vec<_> = hashes.iter().copied().map(Hash).collect();
        self.extend(&leaves);
        self.archived += leaves.len() as u64;
        if rest.is_empty() { Ok(()) } else { Err(hash_missing(self.size())) }
    }

    /// The tiles above the leaf hashes that have become full since this was last called, to be compared
    /// with the stored ones ([`Tile::compare`]). That names the tile that was altered, and narrows a
    /// record that was rewritten with its hash down to 256 where the tile above was left as it was.
    #[must_use]
    pub fn take_full_tiles(&mut self) -> Vec<Tile> {
        std::mem::take(&mut self.full_tiles)
    }

    /// The last tiles above the leaf hashes, which aren't full, as they are now: to be compared at the end.
    #[must_use]
    pub fn edge_tiles(&self) -> Vec<Tile> {
        self.edge.tiles().into_iter().filter(|tile| tile.id.level > 0).collect()
    }

    /// Compares the records so far with a checkpoint of just this size. With every checkpoint that the
    /// log has kept compared on the way, a rewritten record is narrowed down to the records between two
    /// of them.
    ///
    /// # Errors
    /// [`LedgerError::TailCut`], [`LedgerError::Unsigned`] or [`LedgerError::RootDiffers`].
    pub fn compare(&mut self, checkpoint: &Checkpoint) -> Result<(), LedgerError> {
        let (size, signed) = (self.size(), checkpoint.size);
        if size < signed {
            return Err(LedgerError::TailCut { size, signed });
        }
        if size > signed {
            return Err(LedgerError::Unsigned { size, signed });
        }
        if self.edge.root() != checkpoint.root {
            // With nothing new since the last agreement, the two checkpoints themselves disagree.
            return Err(LedgerError::RootDiffers { first: self.agreed, size });
        }
        self.agreed = size;
        Ok(())
    }

    /// Ends at the log's newest checkpoint, a signed note, and verifies that with the key first.
    ///
    /// # Errors
    /// As [`Checkpoint::verify`] and [`Self::compare`].
    pub fn finish(mut self, note: &str, key: &VerifierKey) -> Result<Verified, LedgerError> {
        let checkpoint = Checkpoint::verify(note, key)?;
        self.compare(&checkpoint)?;
        Ok(Verified {
            checkpoint,
            edge: self.edge,
            archived: self.archived,
            last_time: self.last_time,
            clock_steps: self.clock_steps,
            clock_steps_in_all: self.clock_steps_in_all,
        })
    }

    /// Verifies as many records, each with the hash that is stored for it, empty where there is none.
    fn verify_places<'a, E: From<LedgerError> + Send>(
        &mut self,
        count: usize,
        record: impl Fn(usize) -> Option<(StoredBody<'a>, &'a [u8])> + Sync,
        check: impl Fn(usize, &RecordView<'_>) -> Result<(), E> + Sync,
    ) -> Result<(), E> {
        let examined: Vec<_> = (0..count)
            .into_par_iter()
            .with_min_len(64)
            .filter_map(|place| {
                let (record, hash) = record(place)?;
                let examined = examine(&record, hash).map_err(E::from).and_then(|(leaf, view)| {
                    check(place, &view)?;
                    Ok((leaf, view.time))
                });
                // Boxed: there is a place for each record here, and errors are large and rare.
                Some((record.seq, examined.map_err(Box::new)))
            })
            .collect();
        let mut leaves = Vec::with_capacity(count);
        for (expected, (seq, examined)) in (self.size()..).zip(examined) {
            self.in_order(expected, seq)?;
            let (leaf, time) = examined.map_err(|error| *error)?;
            self.note_time(seq, time);
            leaves.push(leaf);
        }
        self.extend(&leaves);
        Ok(())
    }

    fn extend(&mut self, leaves: &[Hash]) {
        let tiles = self.edge.extend(leaves).into_iter().map(|growth| growth.tile);
        self.full_tiles.extend(tiles.filter(Tile::is_full).filter(|tile| tile.id.level > 0));
    }

    fn in_order(&self, expected: u64, found: u64) -> Result<(), LedgerError> {
        match found {
            _ if found > expected => Err(LedgerError::Missing { expected, found }),
            _ if found < expected => Err(LedgerError::OutOfOrder { expected, found }),
            _ => Ok(()),
        }
    }

    fn note_time(&mut self, seq: u64, time: DateTime<Utc>) {
        if let Some(before) = self.last_time
            && before.signed_duration_since(time) > self.tolerance
        {
            self.clock_steps_in_all += 1;
            if self.clock_steps.len() < Self::MAX_CLOCK_STEPS {
                self.clock_steps.push(ClockStep { seq, before, time });
            }
        }
        self.last_time = Some(time);
    }
}

impl Default for Verifier {
    fn default() -> Self {
        Self::new()
    }
}

/// All that can be said of a record alone: its leaf hash, which is the stored one, and what it says.
fn examine<'a>(
    record: &StoredBody<'a>,
    stored_hash: &[u8],
) -> Result<(Hash, RecordView<'a>), LedgerError> {
    let seq = record.seq;
    let altered = |cause| LedgerError::Altered { seq, cause: Box::new(cause) };
    let text = std::str::from_utf8(record.body)
        .map_err(|error| altered(LedgerError::NotUtf8 { at: error.valid_up_to() }))?;
    let view = RecordView::parse(text).map_err(altered)?;
    let leaf = leaf_hash(record.body);
    if leaf.as_ref() != stored_hash {
        // A record in another's place has neither that one's hash nor its sequence.
        return Err(match stored_hash {
            [] => hash_missing(seq),
            _ if view.seq != seq => LedgerError::Moved { seq, own: view.seq },
            _ => LedgerError::LeafHashDiffers { seq },
        });
    }
    if view.seq != seq {
        return Err(LedgerError::Moved { seq, own: view.seq });
    }
    Ok((leaf, view))
}

fn hash_missing(seq: u64) -> LedgerError {
    LedgerError::HashMissing { seq, tile: TileId::of_record(seq).0 }
}

#[cfg(test)]
mod tests;
