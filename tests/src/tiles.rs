//! A log in a tlog-tiles folder, written from the ledger's tiles, paths and bundles and nothing else: what
//! others' tools say of the folder is said of those.

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
};

use keyward_ledger::{
    Checkpoint, Hash, Origin, SigningKey, Tile, TileEdge, TileId, TilePath, leaf_hash, proof,
    tile::{TILE_WIDTH, bundle},
};

/// Leaves that are taken into the tree at a time: no multiple of a tile, so that tiles grow in pieces.
const BATCH: usize = 1_000;

/// A growing log and its folder.
pub struct TilesFolder {
    path: PathBuf,
    edge: TileEdge,
    /// The leaves that aren't in the tree yet.
    leaves: Vec<Hash>,
    /// The last bundle, unless it is full.
    bundle: Vec<u8>,
}

impl TilesFolder {
    /// An empty log in a folder that exists.
    #[must_use]
    pub fn new(path: &Path) -> Self {
        let (leaves, bundle) = (Vec::new(), Vec::new());
        Self { path: path.into(), edge: TileEdge::new(), leaves, bundle }
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The number of entries.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.edge.size() + self.leaves.len() as u64
    }

    /// Appends an entry.
    ///
    /// # Panics
    /// For an entry that is too long, and where the disk refuses; the latter below too.
    pub fn append(&mut self, body: &str) {
        bundle::push(&mut self.bundle, body.as_bytes()).expect("an entry fits into a bundle");
        self.leaves.push(leaf_hash(body.as_bytes()));
        if self.size().is_multiple_of(TILE_WIDTH as u64) {
            let bundle = std::mem::take(&mut self.bundle);
            let index = self.size() / TILE_WIDTH as u64 - 1;
            self.write(&TilePath::entries(index, TILE_WIDTH).to_string(), &bundle);
        }
        if self.leaves.len() == BATCH {
            self.grow();
        }
    }

    /// Writes the unfinished tiles and bundle and a signed checkpoint, which it gives with its note.
    pub fn publish(&mut self, origin: &Origin, key: &SigningKey) -> (Checkpoint, String) {
        self.grow();
        self.edge.tiles().iter().for_each(|tile| self.write_tile(tile));
        let size = self.size();
        let (index, width) = (size / TILE_WIDTH as u64, size as usize % TILE_WIDTH);
        if width > 0 {
            self.write(&TilePath::entries(index, width).to_string(), &self.bundle);
        }
        let checkpoint = Checkpoint { origin: origin.clone(), size, root: self.edge.root() };
        let note = checkpoint.sign(key);
        self.write("checkpoint", note.as_bytes());
        (checkpoint, note)
    }

    /// The inclusion proof of an entry, from the tiles in the folder as it was last published.
    ///
    /// # Panics
    /// For an index that isn't in the log, and where a tile isn't there.
    #[must_use]
    pub fn inclusion(&self, index: u64) -> Vec<Hash> {
        let size = self.edge.size();
        let tiles = self.read(&proof::inclusion_tiles(index, size).expect("it is in the log"));
        proof::inclusion_from_tiles(index, size, |tile| tiles.get(&tile).map(Vec::as_slice))
            .expect("the tiles are whole")
    }

    /// The consistency proof from an earlier size, as [`inclusion`](Self::inclusion).
    ///
    /// # Panics
    /// For a size that the log didn't have, and where a tile isn't there.
    #[must_use]
    pub fn consistency(&self, earlier: u64) -> Vec<Hash> {
        let size = self.edge.size();
        let tiles = self.read(&proof::consistency_tiles(earlier, size).expect("it had the size"));
        proof::consistency_from_tiles(earlier, size, |tile| tiles.get(&tile).map(Vec::as_slice))
            .expect("the tiles are whole")
    }

    fn read(&self, tiles: &[TileId]) -> HashMap<TileId, Vec<u8>> {
        let read = |tile: &TileId| {
            let path = TilePath::hashes(*tile, tile.width(self.edge.size()));
            (*tile, fs::read(self.path.join(path.to_string())).expect("the tile is there"))
        };
        tiles.iter().map(read).collect()
    }

    /// Takes the waiting leaves into the tree and writes the tiles that are full now.
    fn grow(&mut self) {
        let leaves = std::mem::take(&mut self.leaves);
        let grown = self.edge.extend(&leaves);
        grown.iter().filter(|growth| growth.tile.is_full()).for_each(|growth| {
            self.write_tile(&growth.tile);
        });
    }

    fn write_tile(&self, tile: &Tile) {
        let width = tile.hashes.len() / Hash::LENGTH;
        self.write(&TilePath::hashes(tile.id, width).to_string(), &tile.hashes);
    }

    fn write(&self, path: &str, content: &[u8]) {
        let path = self.path.join(path);
        let folder = path.parent().expect("it is below the log's folder");
        fs::create_dir_all(folder).expect("the folder is made");
        fs::write(path, content).expect("the file is written");
    }
}
