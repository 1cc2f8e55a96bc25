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

/// A record as it is stored with its hash beside it.
#[derive(Clone, Copy, Debug)]
pub struct StoredRecord<'a> {
    /// Where it is stored: the row's sequence.
    pub seq: u64,
    /// The stored bytes.
    pub body: &'a [u8],
    /// The stored leaf hash, as the bytes that are there.
    pub leaf_hash: &'a [u8],
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

    /// Verifies the next record.
    ///
    /// # Errors
    /// As [`Self::verify_bodies`].
    pub fn push(&mut self, record: StoredRecord<'_>) -> Result<(), LedgerError> {
        self.verify_chunk(&[record])
    }

    /// As [`Self::verify_bodies`], of records with their hashes beside them.
    ///
    /// # Errors
    /// As [`Self::verify_bodies`].
    pub fn verify_chunk(&mut self, records: &[StoredRecord<'_>]) -> Result<(), LedgerError> {
        self.verify_chunk_with(records, |_, _| Ok(()))
    }

    /// As [`Self::verify_bodies_with`], of records with their hashes beside them.
    ///
    /// # Errors
    /// As [`Self::verify_bodies_with`].
    pub fn verify_chunk_with<E: From<LedgerError> + Send>(
        &mut self,
        records: &[StoredRecord<'_>],
        check: impl Fn(usize, &RecordView<'_>) -> Result<(), E> + Sync,
    ) -> Result<(), E> {
        let record = |place: usize| {
            let StoredRecord { seq, body, leaf_hash } = *records.get(place)?;
            Some((StoredBody { seq, body }, leaf_hash))
        };
        self.verify_places(records.len(), record, check)
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
                Some((record.seq, examined))
            })
            .collect();
        let mut leaves = Vec::with_capacity(count);
        for (expected, (seq, examined)) in (self.size()..).zip(examined) {
            self.in_order(expected, seq)?;
            let (leaf, time) = examined?;
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
mod tests {
    use super::*;
    use crate::{SigningKey, record::tests::sample, root_of};
    use keyward_core::SecretKey;

    type Row = (u64, Vec<u8>, Vec<u8>);

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_seed(&SecretKey::new([seed; 32]))
    }

    fn verifier(name: &str, seed: u8) -> VerifierKey {
        key(seed).verifier(&name.parse().unwrap())
    }

    fn row(seq: u64) -> Row {
        let body = sample(seq).to_canonical().unwrap().into_bytes();
        let leaf = leaf_hash(&body).0.to_vec();
        (seq, body, leaf)
    }

    fn log(size: u64) -> Vec<Row> {
        (0..size).map(row).collect()
    }

    fn checkpoint(rows: &[Row]) -> Checkpoint {
        Checkpoint {
            origin: "example.com/log".parse().unwrap(),
            size: rows.len() as u64,
            root: root_of(rows.iter().map(|row| leaf_hash(&row.1))),
        }
    }

    fn stored(row: &Row) -> StoredRecord<'_> {
        StoredRecord { seq: row.0, body: &row.1, leaf_hash: &row.2 }
    }

    /// Verifies one record at a time and in chunks: both find the same.
    fn verify(rows: &[Row], note: &str, key: &VerifierKey) -> Result<Verified, LedgerError> {
        let mut single = Verifier::new();
        let one_by_one = rows
            .iter()
            .try_for_each(|row| single.push(stored(row)))
            .and_then(|()| single.finish(note, key));
        let records: Vec<_> = rows.iter().map(stored).collect();
        let mut chunked = Verifier::new();
        let in_chunks = records
            .chunks(7)
            .try_for_each(|chunk| chunked.verify_chunk(chunk))
            .and_then(|()| chunked.finish(note, key));
        assert_eq!(one_by_one, in_chunks);
        in_chunks
    }

    #[test]
    fn an_honest_log_verifies() {
        let (key, verifier_key) = (key(1), verifier("example.com/log", 1));
        for size in [0, 1, 2, 7, 8, 100] {
            let rows = log(size);
            let expected = checkpoint(&rows);
            let verified = verify(&rows, &expected.sign(&key), &verifier_key).unwrap();
            assert_eq!(verified.checkpoint, expected);
            assert_eq!(verified.edge.size(), size);
            assert!(verified.clock_steps.is_empty());
        }
    }

    /// What can be done to the rows behind our back, and what is found.
    #[test]
    fn attacks_are_found_and_named() {
        use LedgerError::{
            LeafHashDiffers, Missing, Moved, OutOfOrder, RootDiffers, TailCut, Unsigned,
        };
        let changed = |row: &mut Row, from: &str, to: &str| {
            row.1 = String::from_utf8(row.1.clone()).unwrap().replace(from, to).into_bytes();
        };
        let rehashed = |row: &mut Row| row.2 = leaf_hash(&row.1).0.to_vec();
        type Attack<'a> = Box<dyn Fn(&mut Vec<Row>) + 'a>;
        let table: Vec<(&str, Attack<'_>, LedgerError)> = vec![
            (
                "change a record",
                Box::new(|rows| changed(&mut rows[5], "alice", "mallory")),
                LeafHashDiffers { seq: 5 },
            ),
            (
                "change a record's hash",
                Box::new(|rows| rows[5].2[0] ^= 1),
                LeafHashDiffers { seq: 5 },
            ),
            (
                "cut a record's hash",
                Box::new(|rows| rows[5].2.truncate(31)),
                LeafHashDiffers { seq: 5 },
            ),
            (
                "change a record and its hash",
                Box::new(|rows| {
                    changed(&mut rows[5], "alice", "mallory");
                    rehashed(&mut rows[5]);
                }),
                RootDiffers { first: 0, size: 20 },
            ),
            (
                "write a record otherwise, with its hash",
                Box::new(|rows| {
                    changed(&mut rows[5], "\"seq\":5", "\"seq\": 5");
                    rehashed(&mut rows[5]);
                }),
                LedgerError::Altered {
                    seq: 5,
                    cause: Box::new(LedgerError::NotCanonical {
                        at: String::from_utf8(row(5).1).unwrap().find("5,\"tenant").unwrap(),
                        fault: crate::CanonicalFault::Unexpected,
                    }),
                },
            ),
            (
                "put bytes in a record that are no text",
                Box::new(|rows| rows[5].1[0] = 0xff),
                LedgerError::Altered { seq: 5, cause: Box::new(LedgerError::NotUtf8 { at: 0 }) },
            ),
            (
                "remove a record",
                Box::new(|rows| drop(rows.remove(5))),
                Missing { expected: 5, found: 6 },
            ),
            (
                "remove the first record",
                Box::new(|rows| drop(rows.remove(0))),
                Missing { expected: 0, found: 1 },
            ),
            (
                "remove a record and close the gap",
                Box::new(|rows| {
                    rows.remove(5);
                    rows.iter_mut().zip(0..).for_each(|(row, seq)| row.0 = seq);
                }),
                Moved { seq: 5, own: 6 },
            ),
            (
                "reorder two records",
                Box::new(|rows| rows.swap(5, 6)),
                Missing { expected: 5, found: 6 },
            ),
            (
                "reorder two records with their rows' sequence",
                Box::new(|rows| {
                    rows.swap(5, 6);
                    (rows[5].0, rows[6].0) = (5, 6);
                }),
                Moved { seq: 5, own: 6 },
            ),
            (
                "insert a record",
                Box::new(|rows| {
                    rows.insert(5, row(5));
                    rows.iter_mut().zip(0..).for_each(|(row, seq)| row.0 = seq);
                }),
                Moved { seq: 6, own: 5 },
            ),
            (
                "insert a record, renumber all above it and hash them anew",
                Box::new(|rows| {
                    *rows = log(21);
                    changed(&mut rows[5], "alice", "mallory");
                    rehashed(&mut rows[5]);
                }),
                Unsigned { size: 21, signed: 20 },
            ),
            (
                "duplicate a record",
                Box::new(|rows| rows.insert(5, row(4))),
                OutOfOrder { expected: 5, found: 4 },
            ),
            ("cut the tail", Box::new(|rows| rows.truncate(17)), TailCut { size: 17, signed: 20 }),
            ("cut everything", Box::new(Vec::clear), TailCut { size: 0, signed: 20 }),
            (
                "append a record",
                Box::new(|rows| rows.push(row(20))),
                Unsigned { size: 21, signed: 20 },
            ),
        ];
        let (key, verifier_key) = (key(1), verifier("example.com/log", 1));
        let rows = log(20);
        let note = checkpoint(&rows).sign(&key);
        for (name, attack, expected) in table {
            let mut rows = rows.clone();
            attack(&mut rows);
            let found = verify(&rows, &note, &verifier_key).unwrap_err();
            assert_eq!(found, expected, "{name}");
            assert_eq!(found.code(), keyward_core::Code::LogNotVerified, "{name}");
            assert!(found.seq().is_some(), "{name}");
        }
    }

    #[test]
    fn a_log_signed_by_somebody_else_is_not_ours() {
        let verifier_key = verifier("example.com/log", 1);
        let rows = log(3);
        let checkpoint = checkpoint(&rows);
        assert!(matches!(
            verify(&rows, &checkpoint.sign(&key(2)), &verifier_key),
            Err(LedgerError::NotSigned { .. })
        ));
        let other =
            Checkpoint { origin: "example.com/other".parse().unwrap(), ..checkpoint.clone() };
        assert!(matches!(
            verify(&rows, &other.sign(&key(1)), &verifier_key),
            Err(LedgerError::OtherOrigin { .. })
        ));
    }

    #[test]
    fn checkpoints_on_the_way_narrow_a_rewrite_down() {
        let honest = log(30);
        let mut rows = honest.clone();
        rows[14].1 = String::from_utf8(rows[14].1.clone()).unwrap().replace("alice", "m").into();
        rows[14].2 = leaf_hash(&rows[14].1).0.to_vec();
        let mut verifier = Verifier::new();
        let mut found = Ok(());
        for row in &rows {
            verifier.push(stored(row)).unwrap();
            let size = verifier.size() as usize;
            if size.is_multiple_of(10) && found.is_ok() {
                found = verifier.compare(&checkpoint(&honest[..size]));
            }
        }
        assert_eq!(found, Err(LedgerError::RootDiffers { first: 10, size: 20 }));
    }

    #[test]
    fn goes_on_from_what_was_verified() {
        let (key, verifier_key) = (key(1), verifier("example.com/log", 1));
        let rows = log(50);
        let first =
            verify(&rows[..20], &checkpoint(&rows[..20]).sign(&key), &verifier_key).unwrap();
        let mut verifier = Verifier::resume(first.edge, first.last_time);
        let records: Vec<_> = rows[20..].iter().map(stored).collect();
        verifier.verify_chunk(&records).unwrap();
        let verified = verifier.finish(&checkpoint(&rows).sign(&key), &verifier_key).unwrap();
        assert_eq!(verified.checkpoint, checkpoint(&rows));
    }

    #[test]
    fn a_caller_s_check_fails_the_record_it_is_about() {
        let rows = log(20);
        let records: Vec<_> = rows.iter().map(stored).collect();
        let check = |place: usize, view: &RecordView<'_>| {
            assert_eq!(place as u64, view.seq);
            let moved = LedgerError::Moved { seq: view.seq, own: 0 };
            if view.seq >= 11 { Err(moved) } else { Ok(()) }
        };
        assert_eq!(
            Verifier::new().verify_chunk_with(&records, check),
            Err(LedgerError::Moved { seq: 11, own: 0 })
        );
    }

    #[test]
    fn a_clock_that_jumps_back_is_noted_and_no_failure() {
        let (key, verifier_key) = (key(1), verifier("example.com/log", 1));
        let mut rows = log(10);
        let mut set = |seq: u64, seconds: i64| {
            let mut record = sample(seq);
            record.time += TimeDelta::seconds(seconds);
            let body = record.to_canonical().unwrap().into_bytes();
            rows[seq as usize] = (seq, body.clone(), leaf_hash(&body).0.to_vec());
        };
        set(3, 1);
        set(6, 3600);
        let verified = verify(&rows, &checkpoint(&rows).sign(&key), &verifier_key).unwrap();
        assert_eq!(verified.clock_steps_in_all, 1);
        assert_eq!(verified.clock_steps[0].seq, 7);
        assert_eq!(verified.clock_steps[0].time, sample(7).time);
    }
}
