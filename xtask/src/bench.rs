//! `cargo xtask bench`: the measurements, beside their peers in one run.

use crate::{
    desktop,
    error::Error,
    packages::{self, Need},
    peers,
    process::{self, cargo},
    project::Project,
    setup,
};

/// The rows that open the console's window.
const DESKTOP: &str = "desktop";

/// Sets up the peers that can be had, then runs the bench with the same arguments.
pub fn run(project: &Project, arguments: &[String]) -> Result<(), Error> {
    packages::ensure(Need::Bench)?;
    peers::ensure(project)?;
    let mut bench = cargo(project, "run");
    bench.args(["--release", "--package", "keyward-bench", "--"]).args(arguments);
    bench.env("KEYWARD_PEERS", project.peers());
    if wants_desktop(arguments) {
        let driver = setup::for_window(project)?;
        desktop::build_release(project)?;
        bench.env("KEYWARD_DESKTOP_BIN", project.released("keyward-desktop"));
        bench.env("KEYWARD_DEMONSTRATION_BIN", project.released("keyward-demonstration"));
        bench.env("KEYWARD_TAURI_DRIVER", driver);
    }
    process::run(&mut bench)
}

/// Whether a run of the rows whose name starts with the first argument, if that is no option, opens the window.
fn wants_desktop(arguments: &[String]) -> bool {
    match arguments.first().filter(|first| !first.starts_with('-')) {
        None => true,
        Some(name) => name.starts_with(DESKTOP) || DESKTOP.starts_with(name.as_str()),
    }
}

#[cfg(test)]
mod tests {
    use super::wants_desktop;

    #[test]
    fn the_console_is_built_for_its_own_rows_and_for_all() {
        let wants = |line: &str| {
            wants_desktop(&line.split_whitespace().map(String::from).collect::<Vec<_>>())
        };
        assert!(wants("") && wants("--quick") && wants("desk") && wants("desktop-map --quick"));
        assert!(!wants("log") && !wants("rewrap-local --json f"));
    }
}
