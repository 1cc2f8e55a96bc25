//! The rows, a file for each group.

mod bare;
mod commit;
pub mod desktop;
mod failing_closed;
mod files;
mod growth;
mod log;
mod memory;
pub mod resident;
mod rewrap_aws;
mod rewrap_local;
mod small;

use keyward_core::{EncryptionContext, SecretKey};
use keyward_envelope::{EnvelopeError, RawAesKeyring};

use crate::{bench::Bench, error::BenchError};

/// Measures one group of rows.
type Group = fn(&mut Bench) -> Result<(), BenchError>;

/// The groups, by the start of their rows' names.
const GROUPS: &[(&str, Group)] = &[
    ("stream-memory", memory::rows),
    ("file", files::rows),
    ("resident", resident::rows),
    ("small", small::rows),
    ("rewrap-local", rewrap_local::local),
    ("rewrap-wide", rewrap_local::wide),
    ("rewrap-aws", rewrap_aws::rows),
    ("growth", growth::rows),
    ("log", log::rows),
    ("commit", commit::rows),
    ("failing-closed", failing_closed::rows),
    ("desktop", desktop::rows),
];

/// Runs what is wanted.
pub fn run(bench: &mut Bench) -> Result<(), BenchError> {
    let mut ran = false;
    for (name, rows) in GROUPS {
        if bench.wants_group(name) {
            eprintln!("measuring {name}");
            rows(bench)?;
            ran = true;
        }
    }
    match bench.wanted() {
        Some(name) if !ran => {
            let there: Vec<_> = GROUPS.iter().map(|(name, _)| *name).collect();
            Err(BenchError::NoSuchRow { name: name.into(), there: there.join(", ") })
        }
        _ => Ok(()),
    }
}

/// The data key that wraps object keys, for the rows that measure the message format alone.
fn keyring() -> Result<RawAesKeyring, EnvelopeError> {
    RawAesKeyring::new("keyward:acme", "invoices/1", &SecretKey::new([9; 32]))
}

/// An encryption context like an object's.
fn context() -> EncryptionContext {
    EncryptionContext::from_pairs(
        [
            ("keyward:tenant", "acme"),
            ("keyward:dataset", "invoices"),
            ("keyward:object", "0123456789abcdef0123456789abcdef"),
            ("keyward:name", "2026/11/24/0001.pdf"),
        ]
        .map(|(key, value)| (key.to_owned(), value.to_owned())),
    )
}
