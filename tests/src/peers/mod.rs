//! The servers and clients of others that tests run against, one file each.
//!
//! `cargo xtask test` makes them beforehand and names their folder in `KEYWARD_PEERS`. A test whose
//! peer isn't there is skipped by name ([`crate::skip`]).

pub mod aws;
pub mod azure;
pub mod azure_client;
pub mod boto;
pub mod esdk;
pub mod fsck;
pub mod go;
pub mod go_log;
pub mod litewitness;
pub mod node;
pub mod python;
pub mod softhsm;
pub mod tessera;

use std::path::PathBuf;

/// The folder of the peers: `KEYWARD_PEERS`, or `peers` in the target folder this test was built in.
#[must_use]
pub fn folder() -> Option<PathBuf> {
    if let Some(folder) = std::env::var_os("KEYWARD_PEERS") {
        return Some(folder.into());
    }
    // TARGET/debug/deps/TEST
    let test = std::env::current_exe().ok()?;
    Some(test.ancestors().nth(3)?.join("peers"))
}

/// The source of a peer: a path under `tests/peers`.
#[must_use]
pub fn source(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("peers").join(path)
}
