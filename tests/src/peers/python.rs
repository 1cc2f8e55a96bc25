//! The Python that has the packages of `tests/peers/python/requirements.txt`.

use std::path::PathBuf;

use crate::skip::skip;

/// The interpreter of the peers' environment, or `None` once the test called `name` is recorded as
/// skipped.
#[must_use]
pub fn python(name: &str) -> Option<PathBuf> {
    let folder = if cfg!(windows) { "python/Scripts/python.exe" } else { "python/bin/python" };
    let python = super::folder().map(|peers| peers.join(folder)).filter(|path| path.exists());
    if python.is_none() {
        skip(name, "no Python environment: `cargo xtask setup` makes it");
    }
    python
}
