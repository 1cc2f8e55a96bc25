//! Go, and the programs built from `tests/peers/go-NAME`.

use std::{
    path::PathBuf,
    process::{Command, Stdio},
};

use crate::skip::skip;

/// A program in `peers/PEER` (a folder) that `cargo xtask setup` built, or `None` once the test called
/// `test` is recorded as skipped.
#[must_use]
pub fn built(test: &str, peer: &str, program: &str) -> Option<PathBuf> {
    let found = find(peer, program);
    if found.is_none() {
        skip(test, &format!("no `{program}`: `cargo xtask setup` builds it where there is `go`"));
    }
    found
}

/// As [`built`], for what isn't a test.
#[must_use]
pub fn find(peer: &str, program: &str) -> Option<PathBuf> {
    let path = super::folder()?.join(peer).join(program);
    path.is_file().then_some(path)
}

/// Go from the path or from where its own installer puts it, or `None` once the test called `test` is
/// recorded as skipped.
#[must_use]
pub fn go(test: &str) -> Option<PathBuf> {
    let found = [PathBuf::from("go"), "/usr/local/go/bin/go".into()].into_iter().find(|go| {
        Command::new(go).arg("version").stdout(Stdio::null()).status().is_ok_and(|s| s.success())
    });
    if found.is_none() {
        skip(test, "no `go`");
    }
    found
}
