//! The Node that has the packages of `tests/peers/node/package.json`.

use std::path::PathBuf;

use crate::skip::skip;

/// The folder of the Node peers, their programs and `node_modules` in it, or `None` once the test
/// called `name` is recorded as skipped.
#[must_use]
pub fn node(name: &str) -> Option<PathBuf> {
    let folder = super::folder().map(|peers| peers.join("node"));
    let folder = folder.filter(|folder| folder.join("node_modules/@aws-crypto").is_dir());
    if folder.is_none() {
        skip(name, "no Node packages: `cargo xtask setup` installs them");
    }
    folder
}
