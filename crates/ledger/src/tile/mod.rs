//! Hash tiles (C2SP tlog-tiles, "Merkle Tree"): the tree as runs of up to 256 hashes, every eighth level.
//!
//! A full tile never changes; the last one of each level grows at its end until it is full. A
//! [`TileEdge`] grows a tree and says which tiles changed, [`crate::proof`] reads proofs from tiles, and
//! a [`TilePath`] is a tile's place in an exported folder. [`bundle`] holds the records themselves.

pub mod bundle;
pub(crate) mod edge;
mod path;

use std::{fmt, ops::Range};

use crate::{Hash, LedgerError};

pub use edge::{TileEdge, TileGrowth};
pub use path::{TilePath, TileResource};

/// How many hashes a full tile has.
pub const TILE_WIDTH: usize = 256;

/// How many levels of the tree a tile spans: the hashes of a level stand for 256 of the one below.
pub(crate) const TILE_HEIGHT: u32 = 8;

/// Which tile: its level, leaf hashes being level 0, and its index within that. Prints as the path of
/// the full tile, and sorts by level and then index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TileId {
    /// 0 to 63; no log that Keyward can write has more than 7 levels.
    pub level: u8,
    /// From 0, left to right.
    pub index: u64,
}

/// A tile with its hashes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tile {
    /// Which.
    pub id: TileId,
    /// Its hashes, 32 bytes each, one after the other.
    pub hashes: Vec<u8>,
}

impl TileId {
    /// The highest level that can be written ("a decimal ASCII integer between 0 and 63").
    pub const MAX_LEVEL: u8 = 63;

    /// The tile that holds a record's leaf hash, and where in it.
    #[must_use]
    pub fn of_record(seq: u64) -> (Self, usize) {
        let width = TILE_WIDTH as u64;
        (Self { level: 0, index: seq / width }, (seq % width) as usize)
    }

    /// How many hashes the tile has in a tree of this size: 256 where it is full, 0 where there is none.
    #[must_use]
    pub fn width(self, size: u64) -> usize {
        let before = self.index.saturating_mul(TILE_WIDTH as u64);
        // INVARIANT: at most 256.
        hashes_at(self.level, size).saturating_sub(before).min(TILE_WIDTH as u64) as usize
    }

    /// The tile's hashes in a tree of this size, from what is stored: a tile that has grown since is
    /// longer, and begins with them.
    ///
    /// # Errors
    /// [`LedgerError::TileLength`] where the bytes are too few, too many or no whole hashes.
    pub fn hashes_in(self, size: u64, stored: &[u8]) -> Result<&[[u8; 32]], LedgerError> {
        let width = self.width(size);
        let (hashes, rest) = stored.as_chunks::<{ Hash::LENGTH }>();
        hashes
            .get(..width)
            .filter(|_| rest.is_empty() && hashes.len() <= TILE_WIDTH)
            .ok_or(LedgerError::TileLength { tile: self, expected: width, length: stored.len() })
    }

    /// The records that the tile's hash at this place stands for.
    #[must_use]
    pub fn records(self, place: usize) -> Range<u64> {
        let first = self.index.saturating_mul(TILE_WIDTH as u64).saturating_add(place as u64);
        let scale = |hashes: u64| {
            1_u64
                .checked_shl(TILE_HEIGHT * u32::from(self.level))
                .map_or(u64::MAX, |records| hashes.saturating_mul(records))
        };
        scale(first)..scale(first.saturating_add(1))
    }
}

impl Tile {
    /// Whether it has all the hashes that a tile can have.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.hashes.len() == TILE_WIDTH * Hash::LENGTH
    }

    /// Compares the tile, as computed from the records or from the level below, with what is stored.
    ///
    /// # Errors
    /// [`LedgerError::TileMissing`], [`LedgerError::TileLength`], or [`LedgerError::TileDiffers`] with the
    /// records that its first other hash stands for.
    pub fn compare(&self, stored: Option<&[u8]>) -> Result<(), LedgerError> {
        let tile = self.id;
        let stored = stored.ok_or(LedgerError::TileMissing { tile })?;
        if stored == self.hashes {
            return Ok(());
        }
        if stored.len() != self.hashes.len() {
            let expected = self.hashes.len() / Hash::LENGTH;
            return Err(LedgerError::TileLength { tile, expected, length: stored.len() });
        }
        let hashes = |bytes: &[u8]| bytes.as_chunks::<{ Hash::LENGTH }>().0.to_vec();
        let (ours, theirs) = (hashes(&self.hashes), hashes(stored));
        let place = ours.iter().zip(&theirs).position(|(a, b)| a != b).unwrap_or_default();
        let records = tile.records(place);
        Err(LedgerError::TileDiffers { tile, first: records.start, end: records.end })
    }
}

impl fmt::Display for TileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        TilePath { resource: TileResource::Hashes(*self), width: TILE_WIDTH }.fmt(f)
    }
}

impl serde::Serialize for TileId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// All tiles of a tree of this size, level by level, and how many hashes each has.
pub fn tiles_of(size: u64) -> impl Iterator<Item = (TileId, usize)> {
    levels_of(size).flat_map(move |level| {
        let tiles = hashes_at(level, size).div_ceil(TILE_WIDTH as u64);
        (0..tiles).map(move |index| {
            let id = TileId { level, index };
            (id, id.width(size))
        })
    })
}

/// The levels that a tree of this size has hashes on.
pub(crate) fn levels_of(size: u64) -> Range<u8> {
    // INVARIANT: at most 8.
    let levels = size.checked_ilog2().map_or(0, |log| log / TILE_HEIGHT + 1) as u8;
    0..levels
}

/// How many hashes a level has: "Each hash in a tile is the Merkle Tree Hash of a full tile at the level
/// below".
pub(crate) fn hashes_at(level: u8, size: u64) -> u64 {
    size.checked_shr(TILE_HEIGHT * u32::from(level)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// "A tree of size 70,000 will be represented by 273 full level 0 tiles, one partial level 0 tile of
    /// width 112, one full level 1 tile, one partial level 1 tile of width 17, and one partial level 2
    /// tile of width 1."
    #[test]
    fn has_the_tiles_of_the_specification_s_examples() {
        let tiles: Vec<_> = tiles_of(70_000).collect();
        assert_eq!(tiles.len(), 277);
        assert!(tiles[..273].iter().all(|(id, width)| id.level == 0 && *width == 256));
        let rest = [(0, 273, 112), (1, 0, 256), (1, 1, 17), (2, 0, 1)];
        for ((id, width), expected) in tiles[273..].iter().zip(rest) {
            assert_eq!((id.level, id.index, *width), expected);
        }
        let tiles: Vec<_> = tiles_of(256).map(|(id, width)| (id.level, width)).collect();
        assert_eq!(tiles, [(0, 256), (1, 1)]);
        assert_eq!(tiles_of(0).count(), 0);
    }

    #[test]
    fn no_coordinate_overflows() {
        let far = TileId { level: 63, index: u64::MAX };
        assert_eq!(far.width(u64::MAX), 0);
        assert_eq!(far.records(255), u64::MAX..u64::MAX);
        assert_eq!(TileId { level: 7, index: 0 }.width(u64::MAX), 255);
        assert_eq!(TileId { level: 1, index: 2 }.records(3), 131_840..132_096);
        assert!(far.hashes_in(u64::MAX, &[]).unwrap().is_empty());
    }

    #[test]
    fn a_stored_tile_has_whole_hashes_and_enough_of_them() {
        let id = TileId { level: 0, index: 1 };
        assert_eq!(id.hashes_in(259, &[7; 96]).unwrap().len(), 3);
        assert_eq!(id.hashes_in(259, &[7; 8192]).unwrap().len(), 3);
        for bad in [0, 64, 95, 97, 8191, 8224] {
            assert!(matches!(
                id.hashes_in(259, &vec![7; bad]),
                Err(LedgerError::TileLength { expected: 3, length, .. }) if length == bad
            ));
        }
    }

    #[test]
    fn another_hash_is_found_with_the_records_below_it() {
        let tile = Tile { id: TileId { level: 1, index: 0 }, hashes: vec![7; 96] };
        assert_eq!(tile.compare(Some(&[7; 96])), Ok(()));
        assert!(matches!(tile.compare(None), Err(LedgerError::TileMissing { .. })));
        assert!(matches!(tile.compare(Some(&[7; 64])), Err(LedgerError::TileLength { .. })));
        let mut other = vec![7; 96];
        other[70] = 8;
        assert!(matches!(
            tile.compare(Some(&other)),
            Err(LedgerError::TileDiffers { first: 512, end: 768, .. })
        ));
    }
}
