//! The log's folder (C2SP tlog-tiles): tiles and entry bundles, a few at a time.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::{self, Write},
    ops::Range,
    path::{Path, PathBuf},
};

use keyward_ledger::{
    LedgerError, TileId, TilePath,
    tile::{TILE_WIDTH, bundle},
};
use keyward_store::{
    Reader,
    tables::{
        audit_days::{self, AuditDay},
        audit_head::AuditHead,
        audit_records,
        audit_tiles::{self, AuditTile},
    },
};

use crate::{EngineError, log_tiles, new_folder::sync_folder};

/// Tiles that are read and written at once: some megabytes with their records.
const TILES: u32 = 16;

/// What the folder holds.
pub(super) struct Written {
    /// How many records.
    pub(super) bodies: u64,
    /// The days that are archived and not fetched.
    pub(super) archived: Vec<AuditDay>,
    /// The records that are left out, in runs.
    pub(super) left_out: Vec<Range<u64>>,
}

/// Writes the log as it is at the head into an empty folder, with the bundles that have a record of the
/// wanted ones in them and none that is archived.
pub(super) async fn write(
    reader: &mut Reader,
    place: &Path,
    head: &AuditHead,
    wanted: &Range<u64>,
) -> Result<Written, EngineError> {
    let archived: Vec<AuditDay> = audit_days::list(reader)
        .await?
        .into_iter()
        .filter(|day| day.archived.as_ref().is_some_and(|archived| !archived.here))
        .collect();
    let mut written = Written { bodies: 0, archived, left_out: Vec::new() };
    for level in 0..=TileId::MAX_LEVEL {
        let (mut next, id) = (0, |index| TileId { level, index });
        while id(next).width(head.size) > 0 {
            let tiles = audit_tiles::list(reader, level, next, TILES).await?;
            let mut files = Vec::with_capacity(2 * tiles.len());
            for (index, tile) in (next..).zip(&tiles) {
                let width = id(index).width(head.size);
                if width == 0 {
                    break;
                }
                files.push(hashes(place, tile, index, width, head.size)?);
                if level == 0 {
                    files.extend(entries(reader, place, index, width, wanted, &mut written).await?);
                }
            }
            let stored = tiles.len() as u64;
            if stored == 0 {
                return Err(LedgerError::TileMissing { tile: id(next) }.into());
            }
            write_all(files).await?;
            next += stored;
        }
        if next == 0 {
            break;
        }
    }
    write_file(
        &place.join("checkpoint"),
        log_tiles::newest_note(reader, head).await?.to_string().as_bytes(),
    )?;
    let folders = place.to_path_buf();
    blocking(move || sync_below(&folders)).await?;
    Ok(written)
}

/// Writes one new file, durably.
pub(super) fn write_file(path: &Path, bytes: &[u8]) -> Result<(), EngineError> {
    let write = || {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut file = File::create_new(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    write().map_err(EngineError::io(path.display().to_string()))
}

/// A tile's file: the hashes that it has at the head.
fn hashes(
    place: &Path,
    tile: &AuditTile,
    index: u64,
    width: usize,
    size: u64,
) -> Result<(PathBuf, Vec<u8>), EngineError> {
    let id = TileId { level: tile.level, index };
    if tile.tile != index {
        return Err(LedgerError::TileMissing { tile: id }.into());
    }
    let hashes = id.hashes_in(size, &tile.hashes)?.as_flattened().to_vec();
    Ok((place.join(TilePath::hashes(id, width).to_string()), hashes))
}

/// A tile's bundle of records, or none where it is left out.
async fn entries(
    reader: &mut Reader,
    place: &Path,
    index: u64,
    width: usize,
    wanted: &Range<u64>,
    written: &mut Written,
) -> Result<Option<(PathBuf, Vec<u8>)>, EngineError> {
    let first = index.saturating_mul(TILE_WIDTH as u64);
    let records = first..first.saturating_add(width as u64);
    let overlaps = |other: &Range<u64>| other.start < records.end && records.start < other.end;
    let archived =
        written.archived.iter().any(|day| overlaps(&(day.first..day.first + day.records)));
    if archived || !overlaps(wanted) {
        match written.left_out.last_mut().filter(|last| last.end == records.start) {
            Some(last) => last.end = records.end,
            None => written.left_out.push(records),
        }
        return Ok(None);
    }
    let chunk = audit_records::read_chunk(reader, first, width as u32).await?;
    let mut bundle = Vec::new();
    let mut rows = chunk.rows();
    for expected in records {
        match rows.next() {
            Some(row) if row.seq == expected => bundle::push(&mut bundle, row.body)?,
            row => {
                let found = row.map_or(expected.saturating_add(1), |row| row.seq);
                return Err(LedgerError::Missing { expected, found }.into());
            }
        }
    }
    written.bodies += width as u64;
    Ok(Some((place.join(TilePath::entries(index, width).to_string()), bundle)))
}

async fn write_all(files: Vec<(PathBuf, Vec<u8>)>) -> Result<(), EngineError> {
    blocking(move || files.iter().try_for_each(|(path, bytes)| write_file(path, bytes))).await
}

/// Makes the names in a folder and in all folders below it durable.
fn sync_below(folder: &Path) -> Result<(), EngineError> {
    let io = |source: io::Error| EngineError::Io { what: folder.display().to_string(), source };
    let mut below = BTreeSet::new();
    for entry in fs::read_dir(folder).map_err(io)? {
        let entry = entry.map_err(io)?;
        if entry.file_type().map_err(io)?.is_dir() {
            below.insert(entry.path());
        }
    }
    below.iter().try_for_each(|folder| sync_below(folder))?;
    sync_folder(folder)
}

async fn blocking(
    work: impl FnOnce() -> Result<(), EngineError> + Send + 'static,
) -> Result<(), EngineError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| EngineError::io("the export")(io::Error::other(error)))?
}
