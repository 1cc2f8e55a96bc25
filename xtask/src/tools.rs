//! Cargo's own tools: the one on `PATH` where it is new enough, else one of the target folder's own.

use std::path::PathBuf;

use crate::{
    error::Error,
    process::{capture, on_path, program, run},
    project::Project,
};

/// A tool that cargo installs.
pub struct Tool {
    /// The crate and the program.
    name: &'static str,
    /// What is installed.
    version: &'static str,
    /// The oldest that will do where one is there already.
    oldest: [u32; 3],
    /// Further arguments to install it.
    arguments: &'static [&'static str],
}

/// Runs tests, each in a process of its own.
pub const NEXTEST: Tool = Tool {
    name: "cargo-nextest",
    version: "0.9.151",
    oldest: [0, 9, 100],
    // Without the self-update, which would bring a second TLS stack to build.
    arguments: &["--no-default-features", "--features", "default-no-update"],
};

/// Checks licenses, bans and sources of all dependencies.
pub const DENY: Tool =
    Tool { name: "cargo-deny", version: "0.20.2", oldest: [0, 18, 0], arguments: &[] };

/// Builds and runs fuzz targets.
pub const FUZZ: Tool =
    Tool { name: "cargo-fuzz", version: "0.13.2", oldest: [0, 12, 0], arguments: &[] };

/// Drives the desktop console's window.
pub const TAURI_DRIVER: Tool =
    Tool { name: "tauri-driver", version: "2.1.0", oldest: [2, 0, 0], arguments: &[] };

/// The tool's program, installed first if need be.
pub fn ensure(project: &Project, tool: &Tool) -> Result<PathBuf, Error> {
    let found = found(project, tool);
    if is_new_enough(&found, tool) {
        return Ok(found);
    }
    let mut install = program(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    install.args(["install", "--quiet", "--locked", "--force", "--version", tool.version]);
    install.arg("--root").arg(project.tools()).args(tool.arguments).arg(tool.name);
    // Apart from our own builds, which other settings would make stale.
    install.env("CARGO_TARGET_DIR", project.tools().join("build"));
    install.current_dir(&project.root);
    eprintln!("installing {} {}: a few minutes, once", tool.name, tool.version);
    run(&mut install)?;
    Ok(own(project, tool))
}

/// Where the tool is that [`ensure`] gives, or would be once it is installed.
pub fn found(project: &Project, tool: &Tool) -> PathBuf {
    let own = own(project, tool);
    if is_new_enough(&own, tool) {
        return own;
    }
    on_path(tool.name).filter(|program| is_new_enough(program, tool)).unwrap_or(own)
}

fn own(project: &Project, tool: &Tool) -> PathBuf {
    project.tools().join("bin").join(tool.name)
}

/// Removes what installing tools left behind in the target folder.
pub fn forget_builds(project: &Project) {
    // Only space is at stake: what can't be removed stays until the next time.
    let _ = std::fs::remove_dir_all(project.tools().join("build"));
}

fn is_new_enough(program_file: &PathBuf, tool: &Tool) -> bool {
    if tool.name == TAURI_DRIVER.name {
        // It doesn't tell its version. The first had no host to name.
        let (succeeded, text) = capture(program(program_file).arg("--help"));
        return succeeded && text.contains("--native-host");
    }
    let mut command = program(program_file);
    if tool.name == "cargo-nextest" {
        command.arg("nextest");
    }
    let (succeeded, text) = capture(command.arg("--version"));
    succeeded && version(&text).is_some_and(|version| version >= tool.oldest)
}

/// The version in the first line of what a tool says of itself: `cargo-deny 0.20.2`.
fn version(text: &str) -> Option<[u32; 3]> {
    let word = text.lines().next()?.split_whitespace().nth(1)?;
    let mut numbers = word.split(['.', '-', '+']).map(|number| number.parse().ok());
    Some([numbers.next()??, numbers.next()??, numbers.next()??])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_and_compared_as_numbers() {
        assert_eq!(version("cargo-nextest 0.9.151 (6b3f99457 2026-11-02)\nx"), Some([0, 9, 151]));
        assert_eq!(version("cargo-deny 0.20.2"), Some([0, 20, 2]));
        assert!(version("cargo-nextest 0.9.99").unwrap() < NEXTEST.oldest);
        assert_eq!(version("error: no such command"), None);
        assert_eq!(version(""), None);
    }

    #[test]
    fn what_is_installed_is_new_enough() {
        for tool in [&NEXTEST, &DENY, &FUZZ, &TAURI_DRIVER] {
            let installed = version(&format!("{} {}", tool.name, tool.version)).unwrap();
            assert!(installed >= tool.oldest, "{}", tool.name);
        }
    }
}
