//! The console's pages: their packages, their build, their checks.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::SystemTime,
};

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

/// What the pages are made from, in their folder.
const SOURCES: &[&str] =
    &["src", "index.html", "package.json", "package-lock.json", "tsconfig.json", "vite.config.ts"];

/// Builds the pages, which the desktop console takes in when it is built, unless they are as their
/// sources are: pages that are built anew have the console built anew.
pub fn build(project: &Project) -> Result<(), Error> {
    install(project)?;
    let folder = project.ui();
    if is_built(&folder) { Ok(()) } else { process::run(npm(project, "run").arg("build")) }
}

/// Whether what was built is newer than each of its sources.
fn is_built(folder: &Path) -> bool {
    // The page that stands in for pages never built has no assets.
    let built = fs::metadata(folder.join("dist/assets"))
        .and_then(|_| fs::metadata(folder.join("dist/index.html"))?.modified());
    let newest = SOURCES.iter().filter_map(|name| newest(&folder.join(name))).max();
    built.is_ok_and(|built| newest.is_none_or(|newest| newest < built))
}

/// When something in a folder was changed last. A folder's own time tells of what was taken out.
fn newest(path: &Path) -> Option<SystemTime> {
    let own = fs::metadata(path).and_then(|about| about.modified()).ok();
    let entries = fs::read_dir(path).into_iter().flatten().flatten();
    entries.filter_map(|entry| newest(&entry.path())).chain(own).max()
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
    fn pages_are_built_anew_after_a_change() {
        let folder = std::env::temp_dir().join(format!("keyward-pages-{}", std::process::id()));
        let write = |name: &str, minutes: u64| {
            let path = folder.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, name).unwrap();
            let time = SystemTime::now() + std::time::Duration::from_secs(minutes * 60);
            fs::File::options().append(true).open(&path).unwrap().set_modified(time).unwrap();
        };
        write("src/pages/a.ts", 1);
        write("dist/index.html", 2);
        assert!(!is_built(&folder), "only the page that stands in");
        write("dist/assets/a.js", 2);
        assert!(is_built(&folder));
        write("src/pages/b.ts", 3);
        assert!(!is_built(&folder));
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn versions_of_node_are_compared_as_numbers() {
        assert_eq!(version("v20.20.2"), Some([20, 20]));
        assert!(version("v20.9.0").unwrap() < OLDEST_NODE);
        assert!(version("v100.0.0").unwrap() > OLDEST_NODE);
        assert_eq!(version("node: not found"), None);
    }
}
