//! Offline verification of what Keyward exports: a log's folder, one record's proof, two checkpoints.
//!
//! For whoever trusts neither the operator nor us: no database, no network, nothing but files and a
//! verifier key that came from elsewhere. Every file is taken for hostile: none is read beyond the length
//! that it can have, and whatever is wrong is named with its record, tile or checkpoint. The rules are
//! [`keyward_ledger`]'s; this reads the files and tells what was found.
//!
//! A folder is a C2SP tlog-tiles log: `checkpoint`, `tile/...` and `tile/entries/...`, and beside them
//! `keys`, with one verifier key a line: the log's first, then those of witnesses.
#![deny(missing_docs)]

mod bundle;
mod checkpoints;
mod error;
mod file;
mod folder;
mod keys;
mod proof;

pub use bundle::{BundleOptions, BundleReport, verify_bundle};
pub use checkpoints::{CheckpointsReport, Link, read_note, verify_checkpoints};
pub use error::VerifyError;
pub use folder::Folder;
pub use keys::{Cosigned, Keys};
pub use proof::{ProofReport, verify_proof};
