//! Inclusion and consistency proofs (RFC 9162, 2.1.3 and 2.1.4).
//!
//! Verification takes a proof as it came from outside. Generation says which subtrees a proof is made
//! of ([`inclusion_ranges`], [`consistency_ranges`]); [`inclusion_from_tiles`] and
//! [`consistency_from_tiles`] read them from a handful of tiles, a [`ProofCache`] from one, and
//! [`inclusion`] and [`consistency`] compute them from all leaves, which is simple and slow.

mod cache;
mod tiles;

use std::ops::Range;

use crate::{Hash, LedgerError, ProofFault, node_hash, root_of};

pub use cache::{PartialProof, ProofCache};
pub use tiles::{
    consistency_from_tiles, consistency_tiles, inclusion_from_tiles, inclusion_tiles,
    root_from_tiles, root_tiles,
};

/// Checks that the leaf is at `index` in the tree of `size` leaves with this root (RFC 9162, 2.1.3.2).
///
/// The root is taken as bytes from outside: any that aren't 32 are another root.
///
/// # Errors
/// [`LedgerError::ProofRejected`].
pub fn verify_inclusion(
    index: u64,
    size: u64,
    leaf: &Hash,
    path: &[Hash],
    root: impl AsRef<[u8]>,
) -> Result<(), LedgerError> {
    let steps = inclusion_steps(index, size, leaf, path)?;
    let computed = steps.last().map_or(leaf, |step| &step.node);
    equal(computed, root.as_ref(), ProofFault::Root)
}

/// One step of an inclusion proof: a node and its sibling become their parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InclusionStep {
    /// The sibling, as the proof has it.
    pub sibling: Hash,
    /// Whether the sibling lies to the left of the node.
    pub left: bool,
    /// The parent of both, computed.
    pub node: Hash,
}

/// The way from a leaf to the root that a proof leads to, as whoever draws it needs it (RFC 9162,
/// 2.1.3.2, steps 1 to 4). Whether that root is the tree's is for [`verify_inclusion`] to say.
///
/// # Errors
/// [`LedgerError::ProofRejected`] where the proof isn't as long as the place in the tree asks for.
pub fn inclusion_steps(
    index: u64,
    size: u64,
    leaf: &Hash,
    path: &[Hash],
) -> Result<Vec<InclusionStep>, LedgerError> {
    if index >= size {
        return Err(LedgerError::ProofRejected(ProofFault::Outside));
    }
    let (mut fn_, mut sn) = (index, size - 1);
    let mut node = *leaf;
    // No more than there are levels: a path from outside may be of any length.
    let mut steps = Vec::with_capacity(path.len().min(64));
    for sibling in path {
        if sn == 0 {
            return Err(LedgerError::ProofRejected(ProofFault::Length));
        }
        let left = fn_ & 1 == 1 || fn_ == sn;
        if left {
            node = node_hash(sibling, &node);
            // A last leaf without a right sibling rises until it has a left one.
            while fn_ & 1 == 0 && fn_ != 0 {
                fn_ >>= 1;
                sn >>= 1;
            }
        } else {
            node = node_hash(&node, sibling);
        }
        steps.push(InclusionStep { sibling: *sibling, left, node });
        fn_ >>= 1;
        sn >>= 1;
    }
    if sn != 0 {
        return Err(LedgerError::ProofRejected(ProofFault::Length));
    }
    Ok(steps)
}

/// Checks that the tree of `size1` leaves is the beginning of the tree of `size2` (RFC 9162, 2.1.4.2).
///
/// Equal sizes need equal roots and no proof. From the empty tree there is no proof: every log
/// continues it, so a caller that asks has lost what it meant to compare.
///
/// # Errors
/// [`LedgerError::ProofRejected`].
pub fn verify_consistency(
    size1: u64,
    size2: u64,
    root1: impl AsRef<[u8]>,
    root2: impl AsRef<[u8]>,
    path: &[Hash],
) -> Result<(), LedgerError> {
    let (root1, root2) = (root1.as_ref(), root2.as_ref());
    let rejected = |fault| Err(LedgerError::ProofRejected(fault));
    if size2 < size1 {
        return rejected(ProofFault::Shrank);
    }
    if size1 == size2 {
        return match (path.is_empty(), root1 == root2) {
            (false, _) => rejected(ProofFault::Length),
            (true, false) => rejected(ProofFault::EarlierRoot),
            (true, true) => Ok(()),
        };
    }
    if size1 == 0 {
        return rejected(ProofFault::Empty);
    }
    // Step 1: a first tree that is perfect is itself the first node of the path.
    let own = if size1.is_power_of_two() { Hash::from_slice(root1) } else { None };
    if size1.is_power_of_two() && own.is_none() {
        return rejected(ProofFault::EarlierRoot);
    }
    let mut path = own.iter().chain(path);
    let Some(seed) = path.next() else { return rejected(ProofFault::Length) };
    // Steps 2 and 3: go up while the first tree's last leaf is a right child.
    let shift = (size1 - 1).trailing_ones();
    let (mut fn_, mut sn) = ((size1 - 1) >> shift, (size2 - 1) >> shift);
    let (mut earlier, mut later) = (*seed, *seed);
    for sibling in path {
        if sn == 0 {
            return rejected(ProofFault::Length);
        }
        if fn_ & 1 == 1 || fn_ == sn {
            earlier = node_hash(sibling, &earlier);
            later = node_hash(sibling, &later);
            while fn_ & 1 == 0 && fn_ != 0 {
                fn_ >>= 1;
                sn >>= 1;
            }
        } else {
            later = node_hash(&later, sibling);
        }
        fn_ >>= 1;
        sn >>= 1;
    }
    if sn != 0 {
        return rejected(ProofFault::Length);
    }
    equal(&earlier, root1, ProofFault::EarlierRoot)?;
    equal(&later, root2, ProofFault::Root)
}

/// The subtrees, as ranges of leaves, whose hashes are the inclusion proof of a leaf, in its order
/// (RFC 9162, 2.1.3.1). Each range lies in the tree as one node; all but those at the tree's right edge
/// are perfect.
///
/// # Errors
/// [`LedgerError::NoSuchProof`] where the leaf isn't in the tree.
pub fn inclusion_ranges(index: u64, size: u64) -> Result<Vec<Range<u64>>, LedgerError> {
    if index >= size {
        return Err(LedgerError::NoSuchProof { index, size });
    }
    let mut ranges = Vec::new();
    let mut node = 0..size;
    while node.end - node.start > 1 {
        let middle = node.start + split(node.end - node.start);
        if index < middle {
            ranges.push(middle..node.end);
            node.end = middle;
        } else {
            ranges.push(node.start..middle);
            node.start = middle;
        }
    }
    ranges.reverse();
    Ok(ranges)
}

/// The subtrees whose hashes are the consistency proof between two sizes, in its order (RFC 9162,
/// 2.1.4.1). None for equal sizes.
///
/// # Errors
/// [`LedgerError::NoSuchProof`] where the first size is zero or greater than the second.
pub fn consistency_ranges(size1: u64, size2: u64) -> Result<Vec<Range<u64>>, LedgerError> {
    if size1 == 0 || size1 > size2 {
        return Err(LedgerError::NoSuchProof { index: size1, size: size2 });
    }
    let mut ranges = Vec::new();
    let mut node = 0..size2;
    while node.end != size1 {
        let middle = node.start + split(node.end - node.start);
        if size1 <= middle {
            ranges.push(middle..node.end);
            node.end = middle;
        } else {
            ranges.push(node.start..middle);
            node.start = middle;
        }
    }
    // SUBPROOF(m, D_m, true) is empty: the verifier holds the whole first tree's root already.
    if node.start != 0 {
        ranges.push(node);
    }
    ranges.reverse();
    Ok(ranges)
}

/// The inclusion proof of a leaf, from all leaf hashes.
///
/// # Errors
/// As [`inclusion_ranges`].
pub fn inclusion(leaves: &[Hash], index: u64) -> Result<Vec<Hash>, LedgerError> {
    Ok(hashes_of(leaves, inclusion_ranges(index, leaves.len() as u64)?))
}

/// The consistency proof between the first `size1` leaves and all of them.
///
/// # Errors
/// As [`consistency_ranges`].
pub fn consistency(leaves: &[Hash], size1: u64) -> Result<Vec<Hash>, LedgerError> {
    Ok(hashes_of(leaves, consistency_ranges(size1, leaves.len() as u64)?))
}

fn hashes_of(leaves: &[Hash], ranges: Vec<Range<u64>>) -> Vec<Hash> {
    let leaves_in = |range: Range<u64>| {
        // INVARIANT: the ranges lie within the leaves, whose number is a `usize`.
        leaves.get(range.start as usize..range.end as usize).unwrap_or_default()
    };
    ranges.into_iter().map(|range| root_of(leaves_in(range).iter().copied())).collect()
}

/// The greatest power of two below `size`, which is 2 or more: where a node's children meet.
fn split(size: u64) -> u64 {
    1 << (size - 1).ilog2()
}

fn equal(computed: &Hash, given: &[u8], fault: ProofFault) -> Result<(), LedgerError> {
    if computed.as_ref() == given { Ok(()) } else { Err(LedgerError::ProofRejected(fault)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::tests::{leaves, naive_root};
    use proptest::prelude::*;

    #[test]
    fn every_leaf_of_every_small_tree_is_proven() {
        for size in 1..=70_u64 {
            let leaves = leaves(size as usize);
            let root = naive_root(&leaves);
            for index in 0..size {
                let leaf = &leaves[index as usize];
                let path = inclusion(&leaves, index).unwrap();
                verify_inclusion(index, size, leaf, &path, root).unwrap();
                for (other_index, other_size) in [(index + 1, size), (index, size * 2 + 1)] {
                    assert!(verify_inclusion(other_index, other_size, leaf, &path, root).is_err());
                }
            }
        }
    }

    #[test]
    fn growth_between_all_small_sizes_is_proven() {
        for size2 in 1..=70_u64 {
            let leaves = leaves(size2 as usize);
            let root2 = naive_root(&leaves);
            for size1 in 1..=size2 {
                let root1 = naive_root(&leaves[..size1 as usize]);
                let path = consistency(&leaves, size1).unwrap();
                verify_consistency(size1, size2, root1, root2, &path).unwrap();
                let other = Hash([7; 32]);
                assert!(verify_consistency(size1, size2, other, root2, &path).is_err());
                assert!(verify_consistency(size1, size2, root1, other, &path).is_err());
            }
        }
    }

    #[test]
    fn there_is_no_proof_outside_the_tree() {
        assert!(inclusion(&leaves(3), 3).is_err());
        assert!(inclusion(&[], 0).is_err());
        assert!(consistency(&leaves(3), 0).is_err());
        assert!(consistency(&leaves(3), 4).is_err());
    }

    #[test]
    fn sizes_at_the_limit_do_not_overflow() {
        let root = Hash([1; 32]);
        assert!(verify_inclusion(u64::MAX - 1, u64::MAX, &root, &[root; 64], root).is_err());
        assert!(verify_inclusion(0, u64::MAX, &root, &[root; 65], root).is_err());
        assert!(verify_consistency(u64::MAX - 1, u64::MAX, root, root, &[root; 70]).is_err());
        assert!(verify_consistency(1 << 63, u64::MAX, root, root, &[root; 70]).is_err());
        assert_eq!(inclusion_ranges(0, u64::MAX).unwrap().len(), 64);
    }

    proptest! {
        #[test]
        fn a_changed_proof_proves_nothing(
            size in 2_u64..600, at in any::<prop::sample::Index>(), hash in any::<prop::sample::Index>(), bit in 0_usize..256,
        ) {
            let leaves = leaves(size as usize);
            let root = naive_root(&leaves);
            let index = at.index(size as usize);
            let mut path = inclusion(&leaves, index as u64).unwrap();
            verify_inclusion(index as u64, size, &leaves[index], &path, root).unwrap();
            let hash = hash.index(path.len());
            path[hash].0[bit / 8] ^= 1 << (bit % 8);
            prop_assert!(verify_inclusion(index as u64, size, &leaves[index], &path, root).is_err());
            path.remove(hash);
            prop_assert!(verify_inclusion(index as u64, size, &leaves[index], &path, root).is_err());
        }
    }
}
