//! Inclusion proofs that read and hash little: the nodes over upper tiles are kept, and the nodes at the
//! tree's right edge are its frontier's.
//!
//! A perfect subtree's root never changes once it is there, however the log grows. So a cache of nodes is
//! right as long as the tiles were that they came from, and what it holds of a tile that has grown since
//! is right as well. Whoever makes a proof verifies it, and empties the cache where one doesn't hold:
//! it can't hide what is wrong with a tile, but it could remember a tile that has been put right.

use std::{
    collections::HashMap,
    ops::Range,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::{
    Frontier, Hash, LedgerError, TileId, node_hash,
    tile::{TILE_HEIGHT, TILE_WIDTH},
};

use super::{
    inclusion_ranges,
    tiles::{Part, parts},
};

/// How many tiles' nodes are kept at most, of 16 KiB each. They are enough for a log of 16 million records.
const MOST: usize = 256;

/// The nodes over upper tiles, shared by all who make proofs from one log.
#[derive(Debug, Default)]
pub struct ProofCache(Mutex<HashMap<TileId, Arc<TileNodes>>>);

/// An inclusion proof of which some nodes are known.
#[derive(Debug)]
pub struct PartialProof {
    /// INVARIANT: the nodes in the proof's order, each as its perfect subtrees, the greatest first.
    nodes: Vec<Vec<(Part, Option<Hash>)>>,
    size: u64,
}

/// A tile's hashes and all complete nodes over them.
#[derive(Debug)]
struct TileNodes {
    tile: TileId,
    /// By height: the tile's hashes, then the nodes over two of them each, and so on.
    heights: Vec<Vec<Hash>>,
}

impl ProofCache {
    /// Begins the inclusion proof of a record in the tree of a size, with what is known: the nodes that
    /// are kept, and those of the frontier where it is that tree's.
    ///
    /// # Errors
    /// As [`inclusion_ranges`].
    pub fn begin(
        &self,
        index: u64,
        size: u64,
        frontier: Option<&Frontier>,
    ) -> Result<PartialProof, LedgerError> {
        let ranges = inclusion_ranges(index, size)?;
        let frontier = frontier.filter(|frontier| frontier.size() == size);
        let nodes = ranges.into_iter().map(|range| {
            let edge = |part: &Range<u64>| frontier.and_then(|frontier| frontier.subtree(part));
            parts(range).map(|(records, part)| (part, edge(&records))).collect()
        });
        let mut proof = PartialProof { nodes: nodes.collect(), size };
        let kept = self.kept();
        for tile in proof.missing() {
            if let Some(nodes) = kept.get(&tile) {
                proof.take(nodes);
            }
        }
        Ok(proof)
    }

    /// Ends a proof with the tiles that it was [missing](PartialProof::missing), as they are stored, and
    /// keeps the nodes over those that aren't leaf hashes.
    ///
    /// # Errors
    /// [`LedgerError::TileMissing`] or [`LedgerError::TileLength`].
    pub fn finish<'t>(
        &self,
        mut proof: PartialProof,
        tiles: impl Fn(TileId) -> Option<&'t [u8]>,
    ) -> Result<Vec<Hash>, LedgerError> {
        for tile in proof.missing() {
            let stored = tiles(tile).ok_or(LedgerError::TileMissing { tile })?;
            let nodes = TileNodes::over(tile, tile.hashes_in(proof.size, stored)?);
            proof.take(&nodes);
            if tile.level > 0 {
                self.keep(nodes);
            }
        }
        proof.path()
    }

    /// Forgets everything.
    pub fn clear(&self) {
        self.kept().clear();
    }

    fn keep(&self, nodes: TileNodes) {
        let mut kept = self.kept();
        // Those in use come back with the next proofs.
        if kept.len() >= MOST {
            kept.clear();
        }
        kept.insert(nodes.tile, Arc::new(nodes));
    }

    fn kept(&self) -> MutexGuard<'_, HashMap<TileId, Arc<TileNodes>>> {
        // Nothing that holds it can panic half-way through a change.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PartialProof {
    /// The tiles that are still to be read, sorted.
    #[must_use]
    pub fn missing(&self) -> Vec<TileId> {
        let missing = self.nodes.iter().flatten().filter(|(_, hash)| hash.is_none());
        let mut tiles: Vec<_> = missing.map(|(part, _)| part.tile).collect();
        tiles.sort_unstable();
        tiles.dedup();
        tiles
    }

    fn take(&mut self, nodes: &TileNodes) {
        for (part, hash) in self.nodes.iter_mut().flatten() {
            if part.tile == nodes.tile && hash.is_none() {
                *hash = nodes.get(&part.places);
            }
        }
    }

    fn path(self) -> Result<Vec<Hash>, LedgerError> {
        let root = |parts: Vec<(Part, Option<Hash>)>| {
            let mut joined = None;
            for (Part { tile, .. }, hash) in parts.into_iter().rev() {
                // INVARIANT: a perfect subtree of the tree is a node over its tile, which was taken.
                let hash = hash.ok_or(LedgerError::TileMissing { tile })?;
                joined = Some(joined.map_or(hash, |right| node_hash(&hash, &right)));
            }
            Ok(joined.unwrap_or(Hash::EMPTY_TREE))
        };
        self.nodes.into_iter().map(root).collect()
    }
}

impl TileNodes {
    fn over(tile: TileId, hashes: &[[u8; Hash::LENGTH]]) -> Self {
        let mut heights = Vec::with_capacity(TILE_HEIGHT as usize);
        let mut below: Vec<Hash> = hashes.iter().copied().map(Hash).collect();
        // A full tile's root is a hash of the level above.
        while !below.is_empty() && heights.len() < TILE_HEIGHT as usize {
            let above = below.as_chunks().0.iter().map(|[left, right]| node_hash(left, right));
            let above = above.collect();
            heights.push(std::mem::replace(&mut below, above));
        }
        Self { tile, heights }
    }

    fn get(&self, places: &Range<usize>) -> Option<Hash> {
        debug_assert!(places.end <= TILE_WIDTH && places.len().is_power_of_two());
        let height = places.len().checked_ilog2()?;
        self.heights.get(height as usize)?.get(places.start >> height).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        proof::inclusion,
        tile::edge::tests::{Store, tiles_over},
        tree::tests::leaves,
    };
    use proptest::prelude::*;

    /// Makes a proof with the tiles that it asks for alone, and tells which those were.
    fn prove(
        cache: &ProofCache,
        tiles: &Store,
        (index, size): (u64, u64),
        frontier: Option<&Frontier>,
    ) -> (Vec<Hash>, Vec<TileId>) {
        let proof = cache.begin(index, size, frontier).unwrap();
        let missing = proof.missing();
        let read: Store = missing.iter().map(|id| (*id, tiles[id].clone())).collect();
        let path = cache.finish(proof, |id| read.get(&id).map(Vec::as_slice)).unwrap();
        (path, missing)
    }

    fn frontier_of(leaves: &[Hash]) -> Frontier {
        let mut frontier = Frontier::new();
        frontier.extend(leaves);
        frontier
    }

    #[test]
    fn equal_the_proofs_from_leaves_at_every_small_size() {
        let all = leaves(1100);
        let tiles = tiles_over(&all);
        // One cache for all sizes: it is right about tiles that have grown since.
        let cache = ProofCache::default();
        for size in 1..=1100_usize {
            let leaves = &all[..size];
            let frontier = frontier_of(leaves);
            let own = tiles_over(leaves);
            let step = if size < 40 { 1 } else { 389 };
            for index in (size % 7..size).step_by(step).chain([size - 1]) {
                let at = (index as u64, size as u64);
                let expected = inclusion(leaves, at.0).unwrap();
                for tiles in [&own, &tiles] {
                    assert_eq!(prove(&cache, tiles, at, Some(&frontier)).0, expected);
                    assert_eq!(prove(&cache, tiles, at, None).0, expected);
                }
            }
        }
        assert!(cache.begin(5, 5, None).is_err());
    }

    #[test]
    fn a_second_proof_reads_one_tile() {
        let all = leaves(150_000);
        let (tiles, frontier) = (tiles_over(&all), frontier_of(&all));
        let cache = ProofCache::default();
        let first = prove(&cache, &tiles, (77_000, 150_000), Some(&frontier)).1;
        assert!(first.len() > 1);
        let own = TileId { level: 0, index: 77_100 / 256 };
        assert_eq!(prove(&cache, &tiles, (77_100, 150_000), Some(&frontier)).1, [own]);
        cache.clear();
        assert_eq!(prove(&cache, &tiles, (77_000, 150_000), Some(&frontier)).1, first);
        // Another tree's frontier says nothing about this one.
        let other = frontier_of(&all[..140_000]);
        let at = (77_000, 150_000);
        assert_eq!(prove(&cache, &tiles, at, Some(&other)).0, inclusion(&all, 77_000).unwrap());
    }

    #[test]
    fn what_is_missing_or_cut_is_named() {
        let tiles = tiles_over(&leaves(70_000));
        for tile in ProofCache::default().begin(5, 70_000, None).unwrap().missing() {
            let prove = |tiles: &Store| {
                let cache = ProofCache::default();
                let proof = cache.begin(5, 70_000, None).unwrap();
                cache.finish(proof, |id| tiles.get(&id).map(Vec::as_slice))
            };
            let mut bad = tiles.clone();
            bad.get_mut(&tile).unwrap().pop();
            assert!(
                matches!(prove(&bad), Err(LedgerError::TileLength { tile: named, .. }) if named == tile)
            );
            bad.remove(&tile);
            assert_eq!(prove(&bad), Err(LedgerError::TileMissing { tile }));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(8))]
        #[test]
        fn hold_in_logs_that_grow(
            mut sizes in proptest::collection::vec(1_usize..150_000, 4),
            index in any::<prop::sample::Index>(),
        ) {
            sizes.sort_unstable();
            let all = leaves(sizes[3]);
            let cache = ProofCache::default();
            for size in sizes {
                let leaves = &all[..size];
                let at = (index.index(size) as u64, size as u64);
                let expected = inclusion(leaves, at.0).unwrap();
                let (tiles, frontier) = (tiles_over(leaves), frontier_of(leaves));
                prop_assert_eq!(prove(&cache, &tiles, at, Some(&frontier)).0, expected.clone());
                prop_assert_eq!(prove(&cache, &tiles, at, None).0, expected);
            }
        }
    }
}
