//! The audit log's newest checkpoint outside its database.
//!
//! Whoever can write a database can put an older copy in its place, and no hash in it shows that. What
//! shows it lies elsewhere: a [`Place`] keeps the newest checkpoint (the OS keyring, a folder), and a
//! witness cosigns it and never cosigns an older one or another history. [`HttpWitness`] asks a witness
//! over HTTP (C2SP tlog-witness), [`Exchange`] through a folder, and an [`OwnWitness`] is one: what a
//! tenant or a security officer keeps on a machine of their own.
//!
//! This crate keeps and carries; who may go on after a finding is for the engine to decide.
#![deny(missing_docs)]

mod error;
mod exchange;
mod file;
mod folder;
mod http;
mod keyring;
mod own;
mod place;

pub use error::WitnessError;
pub use exchange::Exchange;
pub use folder::FolderPlace;
pub use http::{Answer, HttpWitness};
pub use keyring::KeyringPlace;
pub use own::{Cosigned, NewWitness, OwnWitness, Watched};
pub use place::{Kept, Place};
