//! Audit records, Merkle tree, checkpoints and offline verification. No I/O.
