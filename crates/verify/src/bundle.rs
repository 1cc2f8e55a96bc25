//! Verifying a whole exported folder, in memory that doesn't grow with it.
//!
//! One thread reads tiles and bundles ahead while all cores hash what was read before. The order is that
//! of the log, so the first wrong record is the one that is named.

use std::{
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread,
};

use chrono::{DateTime, Utc};
use keyward_ledger::{
    Checkpoint, ClockStep, Hash, Note, StoredBody, Tile, TileId, TilePath, Verifier, VerifierKey,
    tile::{TILE_WIDTH, bundle::entries},
};

use crate::{Cosigned, Folder, Keys, VerifyError, checkpoints::continues};

/// How to verify a folder.
#[derive(Clone, Debug, Default)]
pub struct BundleOptions {
    /// Keys that came from elsewhere than the folder. Without a log's key the folder's own is taken.
    pub keys: Keys,
    /// An older checkpoint of the log, which the folder's must continue.
    pub earlier: Option<Note>,
    /// Whether every record must be there, and not only its hash.
    pub complete: bool,
}

/// What a verified folder holds.
#[derive(Clone, Debug, serde::Serialize)]
pub struct BundleReport {
    /// The checkpoint that everything agrees with.
    pub checkpoint: Checkpoint,
    /// The key that signed it.
    pub key: VerifierKey,
    /// Whether that key came with the folder, so that it proves nothing until it was compared with one
    /// from elsewhere.
    pub key_from_folder: bool,
    /// The witnesses that cosigned it.
    pub cosigned: Vec<Cosigned>,
    /// How many records were there and verified.
    pub records: u64,
    /// How many records were not there, archived elsewhere: their hashes agree with the checkpoint.
    pub archived: u64,
    /// The first record that was not there.
    pub first_archived: Option<u64>,
    /// How many hash tiles were verified.
    pub tiles: u64,
    /// When the last record was written that was there.
    pub last_time: Option<DateTime<Utc>>,
    /// Where time ran backwards, the first thousand of them.
    pub clock_steps: Vec<ClockStep>,
    /// How often it did in all.
    pub clock_steps_in_all: u64,
    /// The older checkpoint that this one continues, where one was given.
    pub continues: Option<Checkpoint>,
}

/// Tiles that are read at once at most, and about as many bytes: a bundle may be 16 MiB long.
const BATCH_TILES: usize = 16;
const BATCH_LENGTH: usize = 8 << 20;

/// A leaf tile with its records, as the folder has them.
struct Leaves {
    index: u64,
    width: usize,
    hashes: Vec<u8>,
    bundle: Option<(TilePath, Vec<u8>)>,
}

type Batch = Result<Vec<Leaves>, VerifyError>;

/// Verifies a folder: its checkpoint's signature, every record, every tile, and the root.
///
/// `progress` is told the records done so far and how many there are.
///
/// # Errors
/// [`VerifyError`]: the first thing that isn't as it must be.
pub fn verify_bundle(
    folder: &Folder,
    options: &BundleOptions,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<BundleReport, VerifyError> {
    let note = folder.checkpoint();
    let listed = folder.keys()?;
    let key_from_folder = options.keys.logs.is_empty();
    let signers = if key_from_folder { &listed } else { &options.keys };
    let (checkpoint, key) = signers.checkpoint(note)?;
    let cosigned = options.keys.cosigned(note, &listed.witnesses)?;
    let mut state = State { folder, verifier: Verifier::new(), tiles: 0, first_archived: None };
    thread::scope(|scope| {
        let (sender, batches) = sync_channel(1);
        scope.spawn(|| read(folder, checkpoint.size, sender));
        state.take(&batches, checkpoint.size, progress)
    })?;
    state.compare(state.verifier.edge_tiles())?;
    let State { verifier, tiles, first_archived, .. } = state;
    let verified = verifier.finish(&note.to_string(), key)?;
    if let (true, Some(first)) = (options.complete, first_archived) {
        return Err(VerifyError::Incomplete { records: verified.archived, first });
    }
    let continues = match &options.earlier {
        Some(earlier) => Some(continues(folder, signers, earlier)?),
        None => None,
    };
    Ok(BundleReport {
        records: checkpoint.size - verified.archived,
        archived: verified.archived,
        first_archived,
        checkpoint: verified.checkpoint,
        key: key.clone(),
        key_from_folder,
        cosigned,
        tiles,
        last_time: verified.last_time,
        clock_steps: verified.clock_steps,
        clock_steps_in_all: verified.clock_steps_in_all,
        continues,
    })
}

/// Reads a folder's leaf tiles and bundles in order, until all are read, one can't be, or nobody wants
/// more.
// The sender is dropped with the thread, which ends the batches.
#[allow(clippy::needless_pass_by_value)]
fn read(folder: &Folder, size: u64, batches: SyncSender<Batch>) {
    let mut next = 0;
    loop {
        let batch = read_batch(folder, size, &mut next);
        let ends = batch.as_ref().map_or(true, Vec::is_empty);
        if batches.send(batch).is_err() || ends {
            return;
        }
    }
}

fn read_batch(folder: &Folder, size: u64, next: &mut u64) -> Batch {
    let (mut batch, mut length) = (Vec::new(), 0);
    while batch.len() < BATCH_TILES && length < BATCH_LENGTH {
        let (index, tile) = (*next, TileId { level: 0, index: *next });
        let width = tile.width(size);
        if width == 0 {
            break;
        }
        let hashes = folder.tile(tile, width)?;
        let bundle = folder.bundle(index, width)?;
        length += bundle.as_ref().map_or(0, |(_, bytes)| bytes.len());
        batch.push(Leaves { index, width, hashes, bundle });
        *next += 1;
    }
    Ok(batch)
}

/// What has been verified so far.
struct State<'f> {
    folder: &'f Folder,
    verifier: Verifier,
    tiles: u64,
    first_archived: Option<u64>,
}

impl State<'_> {
    fn take(
        &mut self,
        batches: &Receiver<Batch>,
        size: u64,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<(), VerifyError> {
        for batch in batches {
            let batch = batch?;
            // Bundles that follow each other are hashed together, so that all cores have work.
            for run in batch.chunk_by(|a, b| a.bundle.is_some() == b.bundle.is_some()) {
                self.verify(run)?;
            }
            let full = self.verifier.take_full_tiles();
            self.compare(full)?;
            progress(self.verifier.size(), size);
        }
        Ok(())
    }

    /// Verifies leaf tiles that follow each other, all with their bundles or all without.
    fn verify(&mut self, run: &[Leaves]) -> Result<(), VerifyError> {
        self.tiles += run.len() as u64;
        let hashes: Vec<u8> = run.iter().flat_map(|leaves| &leaves.hashes).copied().collect();
        let mut bodies = Vec::with_capacity(run.len() * TILE_WIDTH);
        for leaves in run {
            let first = leaves.index.saturating_mul(TILE_WIDTH as u64);
            let Some((path, bundle)) = &leaves.bundle else {
                self.first_archived.get_or_insert(first);
                continue;
            };
            let entries = entries(leaves.index, bundle)?;
            // The bundle of a log that has grown since begins with the records that we want.
            if entries.len() < leaves.width || entries.len() > path.width {
                return Err(VerifyError::BundleLength {
                    path: path.to_string(),
                    first: first + entries.len().min(leaves.width) as u64,
                    expected: path.width,
                    found: entries.len(),
                });
            }
            let entries = entries.into_iter().take(leaves.width);
            bodies.extend((first..).zip(entries).map(|(seq, body)| StoredBody { seq, body }));
        }
        if bodies.is_empty() {
            self.verifier.push_hashes(&hashes)?;
        } else {
            self.verifier.verify_bodies(&bodies, &hashes)?;
        }
        Ok(())
    }

    /// Compares tiles above the leaves, as the level below gives them, with the folder's.
    fn compare(&mut self, computed: Vec<Tile>) -> Result<(), VerifyError> {
        for tile in computed {
            let stored = self.folder.tile(tile.id, tile.hashes.len() / Hash::LENGTH)?;
            tile.compare(Some(&stored))?;
            self.tiles += 1;
        }
        Ok(())
    }
}
