//! The `keyward` command as it was built.

use std::path::PathBuf;

use crate::skip::skip;

/// The command's file: `KEYWARD_BIN`, which `cargo xtask test` sets, or what lies in the target folder
/// this test was built in; `None` once the test called `name` is recorded as skipped.
#[must_use]
pub fn keyward(name: &str) -> Option<PathBuf> {
    let beside = || {
        // TARGET/debug/deps/TEST
        let test = std::env::current_exe().ok()?;
        Some(test.ancestors().nth(2)?.join(format!("keyward{}", std::env::consts::EXE_SUFFIX)))
    };
    let command = std::env::var_os("KEYWARD_BIN").map(PathBuf::from).or_else(beside);
    let command = command.filter(|path| path.is_file());
    if command.is_none() {
        skip(name, "no `keyward` command: `cargo build -p keyward-cli` makes it");
    }
    command
}
