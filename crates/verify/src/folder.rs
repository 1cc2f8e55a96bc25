//! An exported log's folder (C2SP tlog-tiles): finding and reading its files. It judges nothing but that
//! a file has the length that its name says.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use keyward_ledger::{
    Checkpoint, Hash, LedgerError, Note, TileId, TilePath,
    tile::{TILE_WIDTH, bundle},
};

use crate::{Keys, VerifyError, file};

/// A folder with a log.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    note: Note,
    /// Of how many records its checkpoint speaks. Nobody's word yet: it is for finding files.
    size: u64,
}

impl Folder {
    /// Opens a folder and reads its checkpoint, whoever signed that.
    ///
    /// # Errors
    /// [`VerifyError::NotFound`], [`VerifyError::Missing`], or what is wrong with `checkpoint`.
    pub fn open(path: &Path) -> Result<Self, VerifyError> {
        if !path.is_dir() {
            return Err(VerifyError::NotFound { path: path.display().to_string() });
        }
        let text = read_text(path, "checkpoint", Note::MAX_LENGTH)?
            .ok_or_else(|| VerifyError::Missing { path: "checkpoint".into() })?;
        let note = Note::parse(&text).map_err(|cause| in_file("checkpoint", cause))?;
        let size =
            Checkpoint::parse(note.text()).map_err(|cause| in_file("checkpoint", cause))?.size;
        Ok(Self { path: path.into(), note, size })
    }

    /// The folder's checkpoint.
    #[must_use]
    pub fn checkpoint(&self) -> &Note {
        &self.note
    }

    /// The keys that the folder brings; none where it has no `keys`.
    ///
    /// # Errors
    /// [`VerifyError::InvalidKeys`], or why the file can't be read.
    pub fn keys(&self) -> Result<Keys, VerifyError> {
        let text = read_text(&self.path, "keys", Keys::MAX_LENGTH)?.unwrap_or_default();
        Keys::parse(Path::new("keys"), &text)
    }

    /// The first `width` hashes of a tile, from the file of just that width, or from that of the folder's
    /// own size, or from the full tile: a log may have grown, and deletes partial tiles then.
    ///
    /// # Errors
    /// [`VerifyError::Missing`], [`LedgerError::TileLength`], or why the file can't be read.
    pub fn tile(&self, tile: TileId, width: usize) -> Result<Vec<u8>, VerifyError> {
        for found in [width, tile.width(self.size), TILE_WIDTH] {
            if found < width || found == 0 {
                continue;
            }
            let name = TilePath::hashes(tile, found).to_string();
            let Some(mut bytes) = file::read(&self.path.join(&name), TILE_WIDTH * Hash::LENGTH)?
            else {
                continue;
            };
            if bytes.len() != found * Hash::LENGTH {
                let length = bytes.len();
                return Err(in_file(
                    &name,
                    LedgerError::TileLength { tile, expected: found, length },
                ));
            }
            bytes.truncate(width * Hash::LENGTH);
            return Ok(bytes);
        }
        Err(VerifyError::Missing { path: TilePath::hashes(tile, width).to_string() })
    }

    /// The bytes of the entry bundle with this index and their file's path, or none where the folder
    /// doesn't have it.
    ///
    /// # Errors
    /// Why the file can't be read.
    pub fn bundle(
        &self,
        index: u64,
        width: usize,
    ) -> Result<Option<(TilePath, Vec<u8>)>, VerifyError> {
        for found in [width, TILE_WIDTH] {
            let path = TilePath::entries(index, found);
            if let Some(bytes) = file::read(&self.path.join(path.to_string()), bundle::MAX_LENGTH)?
            {
                return Ok(Some((path, bytes)));
            }
        }
        Ok(None)
    }

    /// These tiles as they are in the tree of a size.
    pub(crate) fn tiles(
        &self,
        tiles: Vec<TileId>,
        size: u64,
    ) -> Result<BTreeMap<TileId, Vec<u8>>, VerifyError> {
        tiles.into_iter().map(|tile| Ok((tile, self.tile(tile, tile.width(size))?))).collect()
    }
}

fn read_text(folder: &Path, name: &str, limit: usize) -> Result<Option<String>, VerifyError> {
    let path = folder.join(name);
    file::read(&path, limit)?.map(|bytes| file::text(&path, bytes)).transpose()
}

fn in_file(name: &str, cause: LedgerError) -> VerifyError {
    VerifyError::In { path: name.into(), cause }
}
