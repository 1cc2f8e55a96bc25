//! Honest logs and what can be done to them, by rows with hashes and by bodies with tiles.

use super::*;
use crate::{
    SigningKey,
    record::tests::sample,
    root_of,
    tile::edge::tests::{Store, tiles_over},
};
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

/// A record with the bytes that stand where its hash should, of any length: no tile holds such, and what
/// reads tiles cuts them into hashes.
#[derive(Clone, Copy)]
struct StoredRecord<'a> {
    seq: u64,
    body: &'a [u8],
    leaf_hash: &'a [u8],
}

impl Verifier {
    fn push(&mut self, record: StoredRecord<'_>) -> Result<(), LedgerError> {
        self.verify_chunk(&[record])
    }

    fn verify_chunk(&mut self, records: &[StoredRecord<'_>]) -> Result<(), LedgerError> {
        self.verify_chunk_with(records, |_, _| Ok(()))
    }

    fn verify_chunk_with<E: From<LedgerError> + Send>(
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
        ("change a record's hash", Box::new(|rows| rows[5].2[0] ^= 1), LeafHashDiffers { seq: 5 }),
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
        ("append a record", Box::new(|rows| rows.push(row(20))), Unsigned { size: 21, signed: 20 }),
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
    let other = Checkpoint { origin: "example.com/other".parse().unwrap(), ..checkpoint.clone() };
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
    let first = verify(&rows[..20], &checkpoint(&rows[..20]).sign(&key), &verifier_key).unwrap();
    let mut verifier = Verifier::resume(first.edge, first.last_time);
    let records: Vec<_> = rows[20..].iter().map(stored).collect();
    verifier.verify_chunk(&records).unwrap();
    let verified = verifier.finish(&checkpoint(&rows).sign(&key), &verifier_key).unwrap();
    assert_eq!(verified.checkpoint, checkpoint(&rows));
}

/// A log as it lies in a database or folder: bodies, and tiles of every level.
fn tiled(size: u64) -> (Vec<Row>, Store) {
    let rows = log(size);
    let leaves: Vec<_> = rows.iter().map(|row| leaf_hash(&row.1)).collect();
    (rows, tiles_over(&leaves))
}

/// Verifies bodies against tiles as a caller does, those in `archived` by their hashes alone.
fn verify_tiled(
    rows: &[Row],
    tiles: &Store,
    archived: std::ops::Range<usize>,
    note: &str,
) -> Result<Verified, LedgerError> {
    let hashes: Vec<u8> = tiles
        .iter()
        .filter(|(id, _)| id.level == 0)
        .flat_map(|(_, hashes)| hashes.clone())
        .collect();
    let stored = |id: TileId| tiles.get(&id).map(Vec::as_slice);
    let mut verifier = Verifier::new();
    let mut at = 0;
    while at < rows.len() {
        let is_archived = archived.contains(&at);
        let end = if is_archived { archived.end } else { rows.len().min(at + 100) };
        let end = if at < archived.start { end.min(archived.start) } else { end };
        let chunk = hashes.get(at * 32..hashes.len().min(end * 32)).unwrap_or_default();
        if is_archived {
            verifier.push_hashes(chunk)?;
        } else {
            let bodies: Vec<_> =
                rows[at..end].iter().map(|row| StoredBody { seq: row.0, body: &row.1 }).collect();
            verifier.verify_bodies(&bodies, chunk)?;
        }
        for tile in verifier.take_full_tiles() {
            tile.compare(stored(tile.id))?;
        }
        at = end;
    }
    for tile in verifier.edge_tiles() {
        tile.compare(stored(tile.id))?;
    }
    verifier.finish(note, &self::verifier("example.com/log", 1))
}

#[test]
fn bodies_and_archived_hashes_verify_against_tiles() {
    for size in [0, 1, 256, 600] {
        let (rows, tiles) = tiled(size);
        let note = checkpoint(&rows).sign(&key(1));
        for archived in [0..0, 0..rows.len(), rows.len() / 3..rows.len() / 2] {
            let verified = verify_tiled(&rows, &tiles, archived.clone(), &note).unwrap();
            assert_eq!(verified.archived, archived.len() as u64);
            assert_eq!(verified.edge.tiles().len(), TileEdge::tiles_of(size).count());
        }
    }
}

#[test]
fn tampering_with_tiles_is_found_and_named() {
    let (rows, tiles) = tiled(600);
    let note = checkpoint(&rows).sign(&key(1));
    let id = |level, index| TileId { level, index };
    let check = |archived, change: &dyn Fn(&mut Vec<Row>, &mut Store)| {
        let (mut rows, mut tiles) = (rows.clone(), tiles.clone());
        change(&mut rows, &mut tiles);
        verify_tiled(&rows, &tiles, archived, &note).unwrap_err()
    };
    let rewrite = |rows: &mut Vec<Row>, tiles: &mut Store| {
        rows[300].1 = String::from_utf8(rows[300].1.clone()).unwrap().replace("alice", "m").into();
        let hashes = tiles.get_mut(&id(0, 1)).unwrap();
        hashes[44 * 32..45 * 32].copy_from_slice(leaf_hash(&rows[300].1).as_ref());
    };
    assert_eq!(
        check(0..0, &|_, tiles| tiles.get_mut(&id(0, 1)).unwrap()[44 * 32] ^= 1),
        LedgerError::LeafHashDiffers { seq: 300 }
    );
    assert_eq!(
        check(0..0, &|_, tiles| tiles.get_mut(&id(0, 2)).unwrap().truncate(32)),
        LedgerError::HashMissing { seq: 513, tile: id(0, 2) }
    );
    // A record and its hash: the tile above, which was left, tells which 256 it is among.
    assert_eq!(
        check(0..0, &rewrite),
        LedgerError::TileDiffers { tile: id(1, 0), first: 256, end: 512 }
    );
    assert_eq!(
        check(200..400, &|_, tiles| tiles.get_mut(&id(0, 1)).unwrap()[0] ^= 1),
        LedgerError::TileDiffers { tile: id(1, 0), first: 256, end: 512 }
    );
    // And the tile above as well: the signed root.
    let all = |rows: &mut Vec<Row>, tiles: &mut Store| {
        rewrite(rows, tiles);
        let leaves: Vec<_> = rows.iter().map(|row| leaf_hash(&row.1)).collect();
        *tiles = tiles_over(&leaves);
    };
    assert_eq!(check(0..0, &all), LedgerError::RootDiffers { first: 0, size: 600 });
    assert_eq!(
        check(0..0, &|_, tiles| drop(tiles.remove(&id(1, 0)))),
        LedgerError::TileMissing { tile: id(1, 0) }
    );
    assert_eq!(
        check(0..0, &|_, tiles| tiles.get_mut(&id(1, 0)).unwrap().truncate(32)),
        LedgerError::TileLength { tile: id(1, 0), expected: 2, length: 32 }
    );
    // Two bodies exchanged: each says its own sequence.
    assert_eq!(
        check(0..0, &|rows, _| {
            let body = std::mem::take(&mut rows[7].1);
            rows[7].1 = std::mem::replace(&mut rows[9].1, body);
        }),
        LedgerError::Moved { seq: 7, own: 9 }
    );
    assert_eq!(
        check(0..0, &|rows, _| drop(rows.remove(599))),
        LedgerError::TailCut { size: 599, signed: 600 }
    );
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
