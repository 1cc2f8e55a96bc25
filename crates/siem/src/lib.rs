//! The audit log in the languages of others: what a SIEM, a data lake or a spreadsheet reads.
//!
//! [`ocsf`], [`cef`] and [`csv`] turn a [`LoggedRecord`] into a line of theirs; each says which record of
//! which log it came from, by sequence number and leaf hash, so that whoever doubts a line can ask for
//! the record's proof. They do no I/O and read no clock.
//!
//! [`forward`] sends lines to a syslog receiver and says how far the receiver has got: every record at
//! least once, in order. It reads the log and keeps its cursor through a small trait, [`forward::Trail`].
//!
//! Nothing here proves anything: a line is a copy, and the log is what an auditor verifies.
#![deny(missing_docs)]

pub mod cef;
pub mod csv;
mod error;
pub mod forward;
mod logged;
pub mod mapping;
pub mod ocsf;
pub mod syslog;

pub use error::SiemError;
pub use logged::{LoggedRecord, Source};

/// The product's name in every format.
pub const PRODUCT: &str = "Keyward";

/// The product's version in every format.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
