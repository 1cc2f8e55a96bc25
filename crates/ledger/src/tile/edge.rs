//! The growing edge of a tiled tree: the tiles that aren't full, and which tiles an append changes.

use crate::{Frontier, Hash, LedgerError, canonical::MAX_INTEGER};

use super::{TILE_WIDTH, Tile, TileId, hashes_at, levels_of};

const TILE_LENGTH: usize = TILE_WIDTH * Hash::LENGTH;

/// A tree's frontier and the tiles at its right edge that aren't full: all that appending needs, in
/// 8 KiB a level at most however long the log is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TileEdge {
    frontier: Frontier,
    /// INVARIANT: the hashes of each level's last tile, less than a full tile; no level above the last.
    levels: Vec<Vec<u8>>,
}

/// A tile that grew, with all its hashes as they are now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TileGrowth {
    /// The tile as it is now.
    pub tile: Tile,
    /// How many of its hashes were there before; with none the tile is new.
    pub before: usize,
}

impl TileGrowth {
    /// The hashes that are new: what a stored tile is appended with.
    #[must_use]
    pub fn appended(&self) -> &[u8] {
        self.tile.hashes.get(self.before * Hash::LENGTH..).unwrap_or_default()
    }
}

impl TileEdge {
    /// The edge of the empty tree.
    #[must_use]
    pub fn new() -> Self {
        Self { frontier: Frontier::new(), levels: Vec::new() }
    }

    /// The tiles at the edge of a tree of this size, and how many hashes each has: one a level at most,
    /// none where a level's last tile is full. What [`Self::restore`] wants to be read.
    pub fn tiles_of(size: u64) -> impl Iterator<Item = (TileId, usize)> {
        levels_of(size).filter_map(move |level| {
            let id = TileId { level, index: hashes_at(level, size) / TILE_WIDTH as u64 };
            Some((id, id.width(size))).filter(|(_, width)| *width > 0)
        })
    }

    /// The edge of a tree of this size from its stored tiles, those of [`Self::tiles_of`]. A tile that has
    /// grown since serves as well. Whether it is the edge of the log is told by the root.
    ///
    /// # Errors
    /// [`LedgerError::TileMissing`], [`LedgerError::TileLength`], or [`LedgerError::InvalidFrontier`] for
    /// a size that no log has.
    pub fn restore<'t>(
        size: u64,
        tiles: impl Fn(TileId) -> Option<&'t [u8]>,
    ) -> Result<Self, LedgerError> {
        if size > MAX_INTEGER {
            return Err(LedgerError::InvalidFrontier { length: 0 });
        }
        let mut levels = vec![Vec::new(); levels_of(size).len()];
        for (tile, _) in Self::tiles_of(size) {
            let stored = tiles(tile).ok_or(LedgerError::TileMissing { tile })?;
            let hashes = tile.hashes_in(size, stored)?;
            if let Some(level) = levels.get_mut(usize::from(tile.level)) {
                *level = hashes.as_flattened().to_vec();
            }
        }
        // A perfect subtree of the tree is one of its edge's tiles, from the highest level down.
        let mut subtrees = Vec::new();
        for level in levels.iter().rev() {
            let mut hashes = level.as_chunks::<{ Hash::LENGTH }>().0;
            while let Some(log) = hashes.len().checked_ilog2() {
                let (subtree, rest) = hashes.split_at(1 << log);
                subtrees.push(crate::root_of(subtree.iter().copied().map(Hash)));
                hashes = rest;
            }
        }
        Ok(Self { frontier: Frontier::from_subtrees(size, subtrees), levels })
    }

    /// How many leaves the tree has.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.frontier.size()
    }

    /// The root of the tree.
    #[must_use]
    pub fn root(&self) -> Hash {
        self.frontier.root()
    }

    /// The tree's frontier.
    #[must_use]
    pub fn frontier(&self) -> &Frontier {
        &self.frontier
    }

    /// The tiles at the edge as they are now.
    #[must_use]
    pub fn tiles(&self) -> Vec<Tile> {
        Self::tiles_of(self.size())
            .filter_map(|(id, _)| {
                let hashes = self.levels.get(usize::from(id.level))?.clone();
                Some(Tile { id, hashes })
            })
            .collect()
    }

    /// Appends leaves in their order and gives the tiles that changed, by level and index: those that
    /// became full and the new partial ones. Hashes about once a leaf, on all cores where they are many,
    /// and copies of the old tiles only the last of each level that changed.
    pub fn extend(&mut self, leaves: &[Hash]) -> Vec<TileGrowth> {
        let size = self.size();
        let mut grown: Vec<Vec<u8>> = Vec::with_capacity(self.levels.len() + 1);
        grown.push(leaves.iter().flat_map(|leaf| leaf.0).collect());
        self.frontier.extend_with(leaves, |level, hash| {
            let level = usize::from(level);
            if grown.len() <= level {
                grown.resize(level + 1, Vec::new());
            }
            if let Some(hashes) = grown.get_mut(level) {
                hashes.extend(hash.0);
            }
        });
        self.levels.resize(self.levels.len().max(levels_of(self.size()).len()), Vec::new());
        let mut changed = Vec::new();
        for ((level, edge), new) in (0_u8..).zip(&mut self.levels).zip(&grown) {
            let first = hashes_at(level, size) / TILE_WIDTH as u64;
            grow(edge, new, TileId { level, index: first }, &mut changed);
        }
        changed
    }
}

impl Default for TileEdge {
    fn default() -> Self {
        Self::new()
    }
}

/// Appends new hashes to a level whose last tile, `id`, has those of the edge.
fn grow(edge: &mut Vec<u8>, new: &[u8], mut id: TileId, changed: &mut Vec<TileGrowth>) {
    let mut rest = new;
    while !rest.is_empty() {
        let before = edge.len() / Hash::LENGTH;
        let (taken, after) = rest.split_at(rest.len().min(TILE_LENGTH - edge.len()));
        edge.extend(taken);
        rest = after;
        let full = edge.len() == TILE_LENGTH;
        let hashes = if full { std::mem::take(edge) } else { edge.clone() };
        changed.push(TileGrowth { tile: Tile { id, hashes }, before });
        id.index += 1;
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::tile::tiles_of;
    use crate::tree::tests::{leaves, naive_root};
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    pub(crate) type Store = BTreeMap<TileId, Vec<u8>>;

    /// Writes what grew, as a log does: an old tile is only ever appended to.
    pub(crate) fn store(tiles: &mut Store, growth: Vec<TileGrowth>) {
        for growth in growth {
            let stored = tiles.entry(growth.tile.id).or_default();
            assert_eq!(stored.len(), growth.before * Hash::LENGTH);
            assert!(!growth.appended().is_empty());
            stored.extend(growth.appended());
            assert_eq!(*stored, growth.tile.hashes);
        }
    }

    pub(crate) fn tiles_over(leaves: &[Hash]) -> Store {
        let mut tiles = Store::new();
        store(&mut tiles, TileEdge::new().extend(leaves));
        tiles
    }

    /// The definition: `MTH(D[(n * 256 + i) * 256**l : (n * 256 + i + 1) * 256**l])`.
    fn check_all(tiles: &Store, leaves: &[Hash]) {
        let mut level_hashes = leaves.to_vec();
        let expected: Vec<_> = tiles_of(leaves.len() as u64).collect();
        assert_eq!(expected.len(), tiles.len());
        let mut level = 0;
        for (id, width) in expected {
            if id.level > level {
                level = id.level;
                level_hashes = level_hashes.chunks_exact(256).map(naive_root).collect();
            }
            let first = id.index as usize * 256;
            let hashes: Vec<u8> =
                level_hashes[first..first + width].iter().flat_map(|hash| hash.0).collect();
            assert_eq!(tiles[&id], hashes, "{id}");
        }
    }

    #[test]
    fn one_leaf_at_a_time_changes_few_tiles() {
        let leaves = leaves(66_000);
        let (mut edge, mut tiles) = (TileEdge::new(), Store::new());
        for leaf in &leaves {
            let growth = edge.extend(std::slice::from_ref(leaf));
            assert!(growth.len() <= levels_of(edge.size()).len());
            assert!(growth.is_sorted_by_key(|growth| growth.tile.id));
            store(&mut tiles, growth);
        }
        check_all(&tiles, &leaves);
        assert_eq!(edge.root(), naive_root(&leaves));
        assert!(edge.extend(&[]).is_empty());
    }

    #[test]
    fn the_edge_of_every_size_is_restored() {
        let leaves = leaves(1100);
        let (mut edge, mut tiles) = (TileEdge::new(), Store::new());
        for size in 0..=leaves.len() {
            let restored =
                TileEdge::restore(size as u64, |id| tiles.get(&id).map(Vec::as_slice)).unwrap();
            assert_eq!(restored, edge, "{size}");
            assert_eq!(restored.root(), naive_root(&leaves[..size]));
            let named: Vec<_> = TileEdge::tiles_of(size as u64).map(|(id, _)| id).collect();
            assert_eq!(named, edge.tiles().iter().map(|tile| tile.id).collect::<Vec<_>>());
            if let Some(leaf) = leaves.get(size) {
                store(&mut tiles, edge.extend(&[*leaf]));
            }
        }
        // From tiles that have grown since, as long as a tile was not full then.
        for size in 1025..1100_u64 {
            let restored = TileEdge::restore(size, |id| tiles.get(&id).map(Vec::as_slice)).unwrap();
            assert_eq!(restored.root(), naive_root(&leaves[..size as usize]));
        }
    }

    #[test]
    fn an_edge_needs_its_tiles_whole() {
        let tiles = tiles_over(&leaves(300));
        let id = TileId { level: 0, index: 1 };
        let restore = |change: &dyn Fn(&mut Store)| {
            let mut tiles = tiles.clone();
            change(&mut tiles);
            TileEdge::restore(300, |id| tiles.get(&id).map(Vec::as_slice))
        };
        assert!(restore(&|_| ()).is_ok());
        assert_eq!(
            restore(&|tiles| drop(tiles.remove(&id))),
            Err(LedgerError::TileMissing { tile: id })
        );
        assert_eq!(
            restore(&|tiles| tiles.get_mut(&id).unwrap().truncate(1407)),
            Err(LedgerError::TileLength { tile: id, expected: 44, length: 1407 })
        );
        assert!(TileEdge::restore(u64::MAX, |_| None).is_err());
    }

    proptest! {
        #[test]
        fn batches_of_any_size_give_the_tiles_of_the_definition(
            batches in prop::collection::vec(prop_oneof![0_usize..4, 250_usize..260, 0_usize..3000], 1..12),
        ) {
            let leaves = leaves(batches.iter().sum());
            let (mut edge, mut tiles) = (TileEdge::new(), Store::new());
            let mut rest = leaves.as_slice();
            for batch in batches {
                let (now, after) = rest.split_at(batch);
                store(&mut tiles, edge.extend(now));
                rest = after;
            }
            check_all(&tiles, &leaves);
            prop_assert_eq!(edge.root(), naive_root(&leaves));
        }
    }
}
