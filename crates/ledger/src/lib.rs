//! The audit log as mathematics: records, their Merkle tree, checkpoints and offline verification.
//!
//! A [`Record`] is one line of canonical JSON (RFC 8785) and one leaf of a tree (RFC 6962). A
//! [`Frontier`] grows the tree, [`proof`] proves and checks single records and growth, and a
//! [`Checkpoint`] signs size and root as a C2SP signed note. A [`Verifier`] recomputes all of it from
//! the stored rows, trusting nothing but the signer's public key.
//!
//! ```
//! use keyward_core::{Actor, RequestId, Role, SecretKey};
//! use keyward_ledger::*;
//!
//! let record = Record {
//!     seq: 0,
//!     time: "2026-11-24T10:23:01.123456Z".parse()?,
//!     actor: Actor("alice".into()),
//!     role: Role::Administrator,
//!     tenant: Some("acme".parse()?),
//!     key: None,
//!     key_version: None,
//!     action: Action::TenantRegister,
//!     outcome: Outcome::Ok,
//!     code: None,
//!     region: "eu-central-1".parse()?,
//!     request: RequestId::from_bytes([0; 16]),
//!     details: serde_json::Map::new(),
//! };
//! let body = record.to_canonical()?;
//! let leaf = leaf_hash(body.as_bytes());
//!
//! let mut tree = Frontier::new();
//! tree.append(leaf);
//! let origin = Origin::new("keyward.example/log")?;
//! let key = SigningKey::from_seed(&SecretKey::new([7; 32]));
//! let checkpoint = Checkpoint { origin: origin.clone(), size: tree.size(), root: tree.root() };
//! let note = checkpoint.sign(&key);
//!
//! // Whoever holds the rows, the note and the verifier key checks them without us.
//! let mut verifier = Verifier::new();
//! verifier.verify_bodies(&[StoredBody { seq: 0, body: body.as_bytes() }], leaf.as_ref())?;
//! assert_eq!(verifier.finish(&note, &key.verifier(&origin))?.checkpoint, checkpoint);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Nothing here does I/O, reads a clock or makes randomness: bytes, times and seeds are parameters.
//! The tree is kept in hash tiles (C2SP tlog-tiles, [`tile`]), which a [`TileEdge`] grows; a [`Witness`]
//! cosigns checkpoints that continue the ones it saw, and a [`ProofFile`] proves one record to anybody.
#![deny(missing_docs)]

mod action;
pub mod canonical;
mod checkpoint;
mod cosignature;
mod error;
mod hash;
mod key;
mod note;
mod origin;
pub mod proof;
mod proof_file;
mod record;
pub mod tile;
mod time;
mod tree;
mod verify;
mod witness;

pub use action::{Action, Outcome};
pub use checkpoint::Checkpoint;
pub use cosignature::{WitnessKey, cosignatures};
pub use error::{
    BundleFault, CanonicalFault, LedgerError, NoteFault, ProofFault, ProofFileFault, RequestFault,
};
pub use hash::{Hash, leaf_hash, node_hash};
pub use key::{SigningKey, VerifierKey};
pub use note::{Note, NoteSignature};
pub use origin::Origin;
pub use proof_file::ProofFile;
pub use record::{FORMAT_VERSION, KeyId, MAX_RECORD_LENGTH, Record, RecordView};
pub use tile::{Tile, TileEdge, TileGrowth, TileId, TilePath, TileResource};
pub use tree::{Frontier, root_of};
pub use verify::{CLOCK_TOLERANCE, ClockStep, StoredBody, Verified, Verifier};
pub use witness::{Continued, Witness, WitnessRequest};
