//! Proofs from hash tiles: which tiles a proof needs, and the proof once they are read.
//!
//! However long the log is, a proof needs a few tiles a level, so whoever holds them can read all in one
//! query. A proof may be for any size up to the log's: tiles that have grown since serve as well. What
//! comes out is as right as the tiles are; whoever gets the proof checks it against a signed root.

use std::ops::Range;

use crate::{
    Hash, LedgerError, node_hash, root_of,
    tile::{TILE_HEIGHT, TILE_WIDTH, TileId},
};

use super::{consistency_ranges, inclusion_ranges};

/// The tiles that the inclusion proof of a record needs, sorted.
///
/// # Errors
/// As [`inclusion_ranges`].
pub fn inclusion_tiles(index: u64, size: u64) -> Result<Vec<TileId>, LedgerError> {
    Ok(tiles_of(inclusion_ranges(index, size)?))
}

/// The tiles that the consistency proof between two sizes needs, sorted.
///
/// # Errors
/// As [`consistency_ranges`].
pub fn consistency_tiles(size1: u64, size2: u64) -> Result<Vec<TileId>, LedgerError> {
    Ok(tiles_of(consistency_ranges(size1, size2)?))
}

/// The tiles that the root of a tree of this size needs, sorted.
#[must_use]
pub fn root_tiles(size: u64) -> Vec<TileId> {
    tiles_of(std::iter::once(0..size))
}

/// The inclusion proof of a record in the tree of a size, from the tiles that [`inclusion_tiles`] names.
///
/// # Errors
/// As [`inclusion_ranges`]; [`LedgerError::TileMissing`] or [`LedgerError::TileLength`].
pub fn inclusion_from_tiles<'t>(
    index: u64,
    size: u64,
    tiles: impl Fn(TileId) -> Option<&'t [u8]>,
) -> Result<Vec<Hash>, LedgerError> {
    inclusion_ranges(index, size)?.into_iter().map(|range| root_in(range, size, &tiles)).collect()
}

/// The consistency proof between two sizes, from the tiles that [`consistency_tiles`] names.
///
/// # Errors
/// As [`consistency_ranges`]; [`LedgerError::TileMissing`] or [`LedgerError::TileLength`].
pub fn consistency_from_tiles<'t>(
    size1: u64,
    size2: u64,
    tiles: impl Fn(TileId) -> Option<&'t [u8]>,
) -> Result<Vec<Hash>, LedgerError> {
    let ranges = consistency_ranges(size1, size2)?;
    ranges.into_iter().map(|range| root_in(range, size2, &tiles)).collect()
}

/// The root of the tree of a size, from the tiles that [`root_tiles`] names.
///
/// # Errors
/// [`LedgerError::TileMissing`] or [`LedgerError::TileLength`].
pub fn root_from_tiles<'t>(
    size: u64,
    tiles: impl Fn(TileId) -> Option<&'t [u8]>,
) -> Result<Hash, LedgerError> {
    root_in(0..size, size, &tiles)
}

/// A perfect subtree as hashes of one tile: `2^n` of them from a place on, `n` less than eight.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) tile: TileId,
    pub(super) places: Range<usize>,
}

fn tiles_of(ranges: impl IntoIterator<Item = Range<u64>>) -> Vec<TileId> {
    let mut tiles: Vec<_> = ranges.into_iter().flat_map(parts).map(|(_, part)| part.tile).collect();
    tiles.sort_unstable();
    tiles.dedup();
    tiles
}

/// The perfect subtrees that a node of the tree is made of, the greatest first, and their records.
pub(super) fn parts(node: Range<u64>) -> impl Iterator<Item = (Range<u64>, Part)> {
    let mut start = node.start;
    std::iter::from_fn(move || {
        // INVARIANT: a node starts at a multiple of the power of two that holds it, so its parts are
        // aligned too, and each lies in one tile.
        let height = (node.end - start).checked_ilog2()?;
        let level = height / TILE_HEIGHT;
        let (hash, width) = (start >> (TILE_HEIGHT * level), TILE_WIDTH as u64);
        let records = start..start + (1 << height);
        start = records.end;
        let first = (hash % width) as usize;
        let tile = TileId { level: level as u8, index: hash / width };
        let places = first..first + (1 << (height % TILE_HEIGHT));
        Some((records, Part { tile, places }))
    })
}

/// The root of a node in the tree of a size.
fn root_in<'t>(
    node: Range<u64>,
    size: u64,
    tiles: &impl Fn(TileId) -> Option<&'t [u8]>,
) -> Result<Hash, LedgerError> {
    let mut roots = Vec::new();
    for (_, Part { tile, places }) in parts(node) {
        let stored = tiles(tile).ok_or(LedgerError::TileMissing { tile })?;
        // INVARIANT: a perfect subtree of the tree has all its hashes in the tree's tile.
        let hashes = tile.hashes_in(size, stored)?.get(places).unwrap_or_default();
        roots.push(root_of(hashes.iter().copied().map(Hash)));
    }
    let mut smallest_first = roots.into_iter().rev();
    let Some(smallest) = smallest_first.next() else { return Ok(Hash::EMPTY_TREE) };
    Ok(smallest_first.fold(smallest, |right, left| node_hash(&left, &right)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        proof::{consistency, inclusion, verify_consistency, verify_inclusion},
        tile::edge::tests::{Store, tiles_over},
        tree::tests::{leaves, naive_root},
    };
    use proptest::prelude::*;

    /// Only the tiles that were named, as one query gives them.
    fn read(tiles: &Store, named: Vec<TileId>) -> Store {
        named.into_iter().map(|id| (id, tiles[&id].clone())).collect()
    }

    fn inclusion_of(tiles: &Store, index: u64, size: u64) -> Vec<Hash> {
        let read = read(tiles, inclusion_tiles(index, size).unwrap());
        inclusion_from_tiles(index, size, |id| read.get(&id).map(Vec::as_slice)).unwrap()
    }

    fn consistency_of(tiles: &Store, size1: u64, size2: u64) -> Vec<Hash> {
        let read = read(tiles, consistency_tiles(size1, size2).unwrap());
        consistency_from_tiles(size1, size2, |id| read.get(&id).map(Vec::as_slice)).unwrap()
    }

    fn root(tiles: &Store, size: u64) -> Hash {
        let read = read(tiles, root_tiles(size));
        root_from_tiles(size, |id| read.get(&id).map(Vec::as_slice)).unwrap()
    }

    /// All sizes up to 1100, each against tiles of its own and those of a log that has grown since.
    #[test]
    fn equal_the_proofs_from_leaves_at_every_small_size() {
        let all = leaves(1100);
        let grown = tiles_over(&all);
        for size in 0..=1100_usize {
            let leaves = &all[..size];
            let own = tiles_over(leaves);
            let expected = naive_root(leaves);
            assert_eq!((root(&own, size as u64), root(&grown, size as u64)), (expected, expected));
            let step = if size < 40 { 1 } else { 389 };
            for index in (size % 7..size).step_by(step).chain(size.checked_sub(1)) {
                let expected = inclusion(leaves, index as u64).unwrap();
                assert_eq!(inclusion_of(&own, index as u64, size as u64), expected);
                assert_eq!(inclusion_of(&grown, index as u64, size as u64), expected);
                let expected = consistency(leaves, index as u64 + 1).unwrap();
                assert_eq!(consistency_of(&own, index as u64 + 1, size as u64), expected);
                assert_eq!(consistency_of(&grown, index as u64 + 1, size as u64), expected);
            }
        }
    }

    #[test]
    fn few_tiles_are_needed_however_long_the_log_is() {
        for size in [1_u64, 256, 257, 65_536, 10_000_000, 10_000_001, (1 << 53) - 1] {
            let levels = crate::tile::levels_of(size).len();
            for index in [0, size / 3, size - 1] {
                assert!(inclusion_tiles(index, size).unwrap().len() <= 2 * levels);
                assert!(consistency_tiles(index + 1, size).unwrap().len() <= 2 * levels);
            }
            assert!(root_tiles(size).len() <= levels);
        }
        assert!(inclusion_tiles(3, 3).is_err());
        assert!(consistency_tiles(0, 3).is_err());
        assert!(inclusion_tiles(u64::MAX - 1, u64::MAX).is_ok());
        assert!(consistency_tiles(u64::MAX - 1, u64::MAX).is_ok());
    }

    #[test]
    fn what_is_missing_or_cut_is_named() {
        let tiles = tiles_over(&leaves(70_000));
        for tile in inclusion_tiles(5, 70_000).unwrap() {
            let prove = |tiles: &Store| {
                inclusion_from_tiles(5, 70_000, |id| tiles.get(&id).map(Vec::as_slice))
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
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn hold_in_long_logs(
            grown in 1_usize..200_000, size in any::<prop::sample::Index>(), index in any::<prop::sample::Index>(),
        ) {
            let leaves = leaves(grown);
            let tiles = tiles_over(&leaves);
            let size = size.index(grown) + 1;
            let index = index.index(size);
            let leaves = &leaves[..size];
            let (root, at, size) = (root_of(leaves.iter().copied()), index as u64, size as u64);
            let path = inclusion_of(&tiles, at, size);
            prop_assert_eq!(verify_inclusion(at, size, &leaves[index], &path, root), Ok(()));
            prop_assert_eq!(path, inclusion(leaves, at).unwrap());
            let path = consistency_of(&tiles, at + 1, size);
            let earlier = root_of(leaves[..=index].iter().copied());
            prop_assert_eq!(verify_consistency(at + 1, size, earlier, root, &path), Ok(()));
            prop_assert_eq!(path, consistency(leaves, at + 1).unwrap());
        }
    }
}
