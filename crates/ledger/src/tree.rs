//! The growing Merkle tree (RFC 6962, 2.1; RFC 9162, 2.1.1), kept as its frontier.
//!
//! A frontier holds the roots of the perfect subtrees that a tree of its size is made of: enough to
//! append and to give the root, in 64 hashes at most, however long the log is. It proves nothing about
//! single records; [`crate::proof`] does.

use std::ops::Range;

use rayon::prelude::*;

use crate::{
    Hash, LedgerError,
    canonical::MAX_INTEGER,
    node_hash,
    tile::{TILE_HEIGHT, TILE_WIDTH},
};

/// A tree's size and the roots of its perfect subtrees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    /// INVARIANT: one hash for each bit set in `size`, the greatest subtree first.
    hashes: Vec<Hash>,
}

/// The tiles that one thread hashes at a time at least: fewer aren't worth another thread.
const TILES_A_THREAD: usize = 4;

/// The root of the tree over these leaf hashes.
pub fn root_of(leaves: impl IntoIterator<Item = Hash>) -> Hash {
    let mut frontier = Frontier::new();
    for leaf in leaves {
        frontier.append(leaf);
    }
    frontier.root()
}

impl Frontier {
    /// The empty tree.
    #[must_use]
    pub fn new() -> Self {
        Self { size: 0, hashes: Vec::new() }
    }

    /// How many leaves the tree has.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The roots of the tree's perfect subtrees, the greatest first.
    #[must_use]
    pub fn hashes(&self) -> &[Hash] {
        &self.hashes
    }

    /// The root of the tree's perfect subtree over just these leaves, if they are one.
    #[must_use]
    pub fn subtree(&self, leaves: &Range<u64>) -> Option<Hash> {
        let length =
            leaves.end.checked_sub(leaves.start).filter(|length| length.is_power_of_two())?;
        // The greater ones come before it, and end where it starts.
        let greater = self.size & !(length - 1) & !length;
        let is_one = self.size & length != 0 && leaves.start == greater;
        is_one.then(|| self.hashes.get(greater.count_ones() as usize).copied())?
    }

    /// Appends one leaf, in one step on average and as many as the tree has levels at most.
    pub fn append(&mut self, leaf: Hash) {
        self.append_subtree(0, leaf, &mut |_, _| ());
    }

    /// Appends leaves in their order, hashing on all cores where they are many.
    pub fn extend(&mut self, leaves: &[Hash]) {
        self.extend_with(leaves, |_, _| ());
    }

    /// As [`Self::extend`], and gives the roots of full tiles, each with the level of tiles that it is a
    /// hash of (1 and above), in their order within each level.
    pub(crate) fn extend_with(&mut self, leaves: &[Hash], mut tile: impl FnMut(u8, Hash)) {
        let to_boundary = (self.size.next_multiple_of(TILE_WIDTH as u64) - self.size) as usize;
        let (head, rest) = leaves.split_at(to_boundary.min(leaves.len()));
        for leaf in head {
            self.append_subtree(0, *leaf, &mut tile);
        }
        let (full, tail) = rest.as_chunks::<TILE_WIDTH>();
        // INVARIANT: the size is a multiple of a tile's width here, or `rest` is empty.
        let roots: Vec<Hash> = full
            .par_iter()
            .with_min_len(TILES_A_THREAD)
            .map(|leaves| root_of(leaves.iter().copied()))
            .collect();
        for root in roots {
            self.append_subtree(TILE_HEIGHT, root, &mut tile);
        }
        for leaf in tail {
            self.append_subtree(0, *leaf, &mut tile);
        }
    }

    /// The root of the tree (RFC 9162, 2.1.1): the perfect subtrees joined from the smallest up.
    #[must_use]
    pub fn root(&self) -> Hash {
        let mut subtrees = self.hashes.iter().rev();
        let Some(smallest) = subtrees.next() else { return Hash::EMPTY_TREE };
        subtrees.fold(*smallest, |right, left| node_hash(left, &right))
    }

    /// The frontier as bytes: the size as 8 bytes, big-endian, and the hashes, the greatest subtree's
    /// first.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(8 + self.hashes.len() * Hash::LENGTH);
        bytes.extend(self.size.to_be_bytes());
        for hash in &self.hashes {
            bytes.extend(hash.0);
        }
        bytes
    }

    /// The frontier that [`Self::to_bytes`] wrote. Only its form is checked: whether it is that of the
    /// log is told by the root.
    ///
    /// # Errors
    /// [`LedgerError::InvalidFrontier`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, LedgerError> {
        let parse = || {
            let (size, hashes) = bytes.split_first_chunk::<8>()?;
            let size = u64::from_be_bytes(*size);
            let (hashes, rest) = hashes.as_chunks::<{ Hash::LENGTH }>();
            // A log ends where sequences do; a greater size could overflow in appending.
            let fits = size <= MAX_INTEGER
                && rest.is_empty()
                && hashes.len() == size.count_ones() as usize;
            fits.then(|| Self { size, hashes: hashes.iter().copied().map(Hash).collect() })
        };
        parse().ok_or(LedgerError::InvalidFrontier { length: bytes.len() })
    }

    /// The frontier of a tree of this size, whose perfect subtrees have these roots, the greatest first.
    pub(crate) fn from_subtrees(size: u64, hashes: Vec<Hash>) -> Self {
        debug_assert_eq!(hashes.len(), size.count_ones() as usize);
        Self { size, hashes }
    }

    /// Appends a perfect subtree of `2^height` leaves. The size must be a multiple of that.
    fn append_subtree(&mut self, height: u32, root: Hash, tile: &mut impl FnMut(u8, Hash)) {
        debug_assert_eq!(self.size % (1 << height), 0);
        let mut joined = root;
        let mut give = |height: u32, hash: Hash| {
            if height > 0 && height.is_multiple_of(TILE_HEIGHT) {
                // INVARIANT: a height is less than 64.
                tile((height / TILE_HEIGHT) as u8, hash);
            }
        };
        give(height, joined);
        // As in adding one to a binary number: each bit that carries joins two subtrees.
        let carries = (self.size >> height).trailing_ones();
        for carry in 1..=carries {
            // INVARIANT: a set bit of the size has its hash.
            let Some(left) = self.hashes.pop() else { break };
            joined = node_hash(&left, &joined);
            give(height + carry, joined);
        }
        self.hashes.push(joined);
        self.size += 1 << height;
    }
}

impl Default for Frontier {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::leaf_hash;
    use proptest::prelude::*;

    /// RFC 9162, 2.1.1, word for word: MTH(D_n) = H(0x01 || MTH(D[0:k]) || MTH(D[k:n])).
    pub(crate) fn naive_root(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => Hash::EMPTY_TREE,
            [leaf] => *leaf,
            _ => {
                let k = leaves.len().next_power_of_two() / 2;
                node_hash(&naive_root(&leaves[..k]), &naive_root(&leaves[k..]))
            }
        }
    }

    pub(crate) fn leaves(count: usize) -> Vec<Hash> {
        (0..count).map(|index| leaf_hash(&index.to_be_bytes())).collect()
    }

    /// The test tree of Certificate Transparency: eight leaves and the roots after each.
    #[test]
    fn has_the_published_roots() {
        let inputs: [&[u8]; 8] = [
            b"",
            b"\x00",
            b"\x10",
            b"\x20\x21",
            b"\x30\x31",
            b"\x40\x41\x42\x43",
            b"\x50\x51\x52\x53\x54\x55\x56\x57",
            b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
        ];
        let root = root_of(inputs.into_iter().map(leaf_hash));
        assert_eq!(root.to_string(), "XcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=");
    }

    #[test]
    fn every_size_has_the_root_of_the_definition() {
        let leaves = leaves(300);
        let mut frontier = Frontier::new();
        for (size, leaf) in leaves.iter().enumerate() {
            assert_eq!(frontier.root(), naive_root(&leaves[..size]), "{size}");
            frontier.append(*leaf);
        }
    }

    #[test]
    fn refuses_bytes_that_are_no_frontier() {
        let mut frontier = Frontier::new();
        frontier.extend(&leaves(5));
        let bytes = frontier.to_bytes();
        assert_eq!(Frontier::from_bytes(&bytes), Ok(frontier));
        for bad in
            [&bytes[..bytes.len() - 1], &bytes[..7], &[], &[bytes.as_slice(), &[0; 32]].concat()]
        {
            assert!(Frontier::from_bytes(bad).is_err());
        }
        let endless = [vec![0xff; 8], vec![0; 64 * Hash::LENGTH]].concat();
        assert!(Frontier::from_bytes(&endless).is_err());
    }

    proptest! {
        #[test]
        fn batches_grow_the_tree_of_single_appends(first in 0_usize..3000, second in 0_usize..5000) {
            let leaves = leaves(first + second);
            let mut batches = Frontier::new();
            batches.extend(&leaves[..first]);
            batches.extend(&leaves[first..]);
            let mut single = Frontier::new();
            leaves.iter().for_each(|leaf| single.append(*leaf));
            prop_assert_eq!(&batches, &single);
            prop_assert_eq!(batches.root(), naive_root(&leaves));
            prop_assert_eq!(Frontier::from_bytes(&batches.to_bytes()), Ok(batches));
        }
    }
}
