//! A log in a tlog-tiles folder, written here in the plainest way, entry by entry, from nothing but the
//! ledger's hashes: what others' tools say of it is said of those hashes.

use std::{
    fs,
    path::{Path, PathBuf},
};

use keyward_ledger::{Checkpoint, Frontier, Hash, Origin, SigningKey, leaf_hash};

/// Hashes in a full tile and entries in a full bundle.
const WIDTH: u64 = 256;

/// A growing log and its folder.
pub struct TilesFolder {
    path: PathBuf,
    tree: Frontier,
    /// The unfinished tile of each level.
    edge: Vec<Vec<Hash>>,
    /// The unfinished bundle.
    bundle: Vec<u8>,
}

impl TilesFolder {
    /// An empty log in a folder that exists.
    #[must_use]
    pub fn new(path: &Path) -> Self {
        Self { path: path.into(), tree: Frontier::new(), edge: Vec::new(), bundle: Vec::new() }
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The number of entries.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.tree.size()
    }

    /// Appends an entry. Tiles and bundles are written as they become full.
    ///
    /// # Panics
    /// For entries over 65,535 bytes, and where the disk refuses; the latter below too.
    pub fn append(&mut self, body: &str) {
        let length = u16::try_from(body.len()).expect("an entry of at most 65,535 bytes");
        // C2SP tlog-tiles, "Log Entries": each entry has a big-endian uint16 length before it.
        self.bundle.extend(length.to_be_bytes());
        self.bundle.extend(body.as_bytes());
        let leaf = leaf_hash(body.as_bytes());
        let index = self.tree.size();
        self.tree.append(leaf);
        self.push(0, index, leaf);
        if self.tree.size().is_multiple_of(WIDTH) {
            let bundle = std::mem::take(&mut self.bundle);
            self.write(&bundle_path(index / WIDTH, WIDTH), &bundle);
        }
    }

    /// Writes the unfinished tiles and bundle and a signed checkpoint, which it gives with its note.
    pub fn publish(&self, origin: &Origin, key: &SigningKey) -> (Checkpoint, String) {
        let size = self.tree.size();
        for (level, hashes) in self.edge.iter().enumerate() {
            let index = size >> (8 * (level + 1));
            if !hashes.is_empty() {
                self.write(&tile_path(level, index, hashes.len() as u64), &bytes(hashes));
            }
        }
        if !self.bundle.is_empty() {
            self.write(&bundle_path(size / WIDTH, size % WIDTH), &self.bundle);
        }
        let checkpoint = Checkpoint { origin: origin.clone(), size, root: self.tree.root() };
        let note = checkpoint.sign(key);
        self.write("checkpoint", note.as_bytes());
        (checkpoint, note)
    }

    /// Takes the hash at `index` of a level into its tile, and a full tile's root into the level above.
    fn push(&mut self, level: usize, index: u64, hash: Hash) {
        if self.edge.len() == level {
            self.edge.push(Vec::new());
        }
        self.edge[level].push(hash);
        if (index + 1).is_multiple_of(WIDTH) {
            let full = std::mem::take(&mut self.edge[level]);
            self.write(&tile_path(level, index / WIDTH, WIDTH), &bytes(&full));
            self.push(level + 1, index / WIDTH, keyward_ledger::root_of(full));
        }
    }

    fn write(&self, path: &str, content: &[u8]) {
        let path = self.path.join(path);
        let folder = path.parent().expect("it is below the log's folder");
        fs::create_dir_all(folder).expect("the folder is made");
        fs::write(path, content).expect("the file is written");
    }
}

/// The path of a tile with so many hashes (C2SP tlog-tiles, "Merkle Tree").
#[must_use]
pub fn tile_path(level: usize, index: u64, width: u64) -> String {
    format!("tile/{level}/{}", numbered(index, width))
}

/// The path of a bundle with so many entries (C2SP tlog-tiles, "Log Entries").
#[must_use]
pub fn bundle_path(index: u64, width: u64) -> String {
    format!("tile/entries/{}", numbered(index, width))
}

/// Three digits a folder, all but the last with an `x` before them: 1234067 is `x001/x234/067`.
fn numbered(index: u64, width: u64) -> String {
    let mut path = format!("{:03}", index % 1_000);
    let mut rest = index / 1_000;
    while rest > 0 {
        path = format!("x{:03}/{path}", rest % 1_000);
        rest /= 1_000;
    }
    if width < WIDTH { format!("{path}.p/{width}") } else { path }
}

fn bytes(hashes: &[Hash]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| hash.0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_those_of_the_specification() {
        assert_eq!(tile_path(0, 1_234_067, 256), "tile/0/x001/x234/067");
        assert_eq!(tile_path(1, 273, 112), "tile/1/273.p/112");
        assert_eq!(bundle_path(5, 1), "tile/entries/005.p/1");
    }
}
