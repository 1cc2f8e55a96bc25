//! The console's pages: their packages, their build, their checks.

use std::{fs, path::PathBuf, process::Command};

use crate::{
    error::Error,
    process::{self, capture, on_path, program},
    project::Project,
};

/// The oldest Node that the pages' tools run on.
const OLDEST_NODE: [u32; 2] = [20, 19];

/// Installs the packages that the lock file names, where they aren't there or aren't those.
pub fn install(project: &Project) -> Result<(), Error> {
    node()?;
    let (lock, installed) = (project.ui().join("package-lock.json"), installed(project));
    let wanted = fs::read(&lock).map_err(|source| Error::File { path: lock, source })?;
    let is_there = project.ui().join("node_modules").is_dir();
    if is_there && fs::read(&installed).is_ok_and(|text| text == wanted) {
        return Ok(());
    }
    process::run(npm(project, "ci").args(["--no-audit", "--no-fund"]))?;
    // Last: what was interrupted is begun again.
    fs::write(&installed, wanted).map_err(|source| Error::File { path: installed, source })
}

/// Builds the pages, which the desktop console takes in when it is built.
pub fn build(project: &Project) -> Result<(), Error> {
    install(project)?;
    process::run(npm(project, "run").arg("build"))
}

/// Passes what the pages' own tools check: form, lints, tests. Types are checked by the build.
pub fn test(project: &Project) -> Result<(), Error> {
    install(project)?;
    for script in ["format:check", "lint", "test"] {
        process::run(npm(project, "run").arg(script))?;
    }
    Ok(())
}

/// `npm SUBCOMMAND` in the pages' folder.
pub fn npm(project: &Project, subcommand: &str) -> Command {
    let mut command = program(if cfg!(windows) { "npm.cmd" } else { "npm" });
    command.arg(subcommand).current_dir(project.ui());
    command
}

/// The lock file whose packages are installed, kept with them.
fn installed(project: &Project) -> PathBuf {
    project.ui().join("node_modules/.keyward-lock.json")
}

fn node() -> Result<(), Error> {
    let (succeeded, text) = capture(program("node").arg("--version"));
    let found = succeeded.then(|| text.trim().to_owned());
    let npm = cfg!(windows) || on_path("npm").is_some();
    match found.as_deref().and_then(version) {
        Some(version) if version >= OLDEST_NODE && npm => Ok(()),
        _ => Err(Error::Node { found }),
    }
}

/// The first two numbers of `v20.20.2`.
fn version(text: &str) -> Option<[u32; 2]> {
    let mut numbers = text.strip_prefix('v')?.split('.').map(|number| number.parse().ok());
    Some([numbers.next()??, numbers.next()??])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_node_are_compared_as_numbers() {
        assert_eq!(version("v20.20.2"), Some([20, 20]));
        assert!(version("v20.9.0").unwrap() < OLDEST_NODE);
        assert!(version("v100.0.0").unwrap() > OLDEST_NODE);
        assert_eq!(version("node: not found"), None);
    }
}
