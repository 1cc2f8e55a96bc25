//! What others wrote and the tests run against: Python, Node, Go and Rust programs, made in the target
//! folder.
//!
//! A peer whose language isn't on this machine is left out, and the tests that need it skip themselves
//! by name. A peer is made anew when the file that pins its versions changes.

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
};

use crate::{
    error::Error,
    process::{on_path, program, run},
    project::{Project, no_skip},
};

/// Makes every peer that this machine can have.
///
/// # Errors
/// Only where `KEYWARD_NO_SKIP` allows no skip; else what can't be made is said, and left out.
pub fn ensure(project: &Project) -> Result<(), Error> {
    settle("the Python peers", python(project))?;
    settle("the Node peers", node(project))?;
    for source in go_sources(project) {
        let name = source.file_name().unwrap_or(OsStr::new("go")).to_string_lossy();
        settle(&format!("the peer `{name}`"), go(project, &source))?;
    }
    Ok(())
}

/// Makes the Python peers, the AWS server among them.
pub fn ensure_python(project: &Project) -> Result<(), Error> {
    settle("the Python peers", python(project))
}

/// Why a peer isn't there.
enum Left {
    /// Its language isn't here.
    NoProgram(&'static str),
    /// Making it failed.
    Failed(Error),
}

impl From<Error> for Left {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

fn settle(what: &str, outcome: Result<(), Left>) -> Result<(), Error> {
    let reason = match outcome {
        Ok(()) => return Ok(()),
        Err(Left::NoProgram(name)) => format!("no `{name}` here"),
        Err(Left::Failed(error)) => error.to_string(),
    };
    if no_skip() {
        return Err(Error::NotReady { what: what.into(), reason });
    }
    eprintln!("left out: {what} ({reason})");
    Ok(())
}

/// A virtual environment in `peers/python`, as `tests/peers/python/requirements.txt` says.
fn python(project: &Project) -> Result<(), Left> {
    let requirements = project.peer_sources().join("python/requirements.txt");
    let folder = project.peers().join("python");
    if !requirements.is_file() {
        return Ok(());
    }
    made_from(&[&requirements], &folder, || {
        let python = on_path("python3").ok_or(Left::NoProgram("python3"))?;
        run(program(python).args(["-m", "venv", "--clear"]).arg(&folder))?;
        let mut pip = program(folder.join("bin/python"));
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"]);
        Ok(run(pip.arg(&requirements))?)
    })
}

/// `tests/peers/node` copied to `peers/node`, with the packages that its lock file names.
fn node(project: &Project) -> Result<(), Left> {
    let source = project.peer_sources().join("node");
    let folder = project.peers().join("node");
    if !source.is_dir() {
        return Ok(());
    }
    if on_path("node").is_none() {
        return Err(Left::NoProgram("node"));
    }
    let npm = on_path("npm").ok_or(Left::NoProgram("npm"))?;
    // Modules are looked for beside the program that asks for them, so the programs come along.
    copy_files(&source, &folder)?;
    let manifest = source.join("package.json");
    let lock = source.join("package-lock.json");
    made_from(&[&manifest, &lock], &folder, || {
        let mut install = program(npm);
        install.args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
        Ok(run(install.current_dir(&folder))?)
    })
}

/// `tests/peers/go-NAME` built to the program `peers/go-NAME`; or, where its `go.mod` names published
/// commands as tools, to a folder `peers/go-NAME` with those and with its own program. Go itself sees
/// what has changed.
fn go(project: &Project, source: &Path) -> Result<(), Left> {
    let go = on_path("go").ok_or(Left::NoProgram("go"))?;
    let built = project.peers().join(source.file_name().unwrap_or(OsStr::new("go")));
    make_folder(&project.peers())?;
    let mut build = program(go);
    build.env("CGO_ENABLED", "0").arg("build").arg("-o");
    let manifest = source.join("go.mod");
    let manifest = fs::read_to_string(&manifest).map_err(|source| file_error(&manifest, source))?;
    if has_tools(&manifest) {
        make_folder(&built)?;
        build.arg(built).arg("tool");
    } else {
        build.arg(built);
    }
    if source.join("main.go").is_file() {
        build.arg(".");
    }
    Ok(run(build.current_dir(source))?)
}

/// Whether a `go.mod` has a `tool` directive, of one line or of a block.
fn has_tools(manifest: &str) -> bool {
    manifest.lines().any(|line| line.starts_with("tool ") || line.starts_with("tool("))
}

fn go_sources(project: &Project) -> Vec<PathBuf> {
    let mut sources: Vec<PathBuf> = fs::read_dir(project.peer_sources())
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| {
            path.file_name().and_then(OsStr::to_str).is_some_and(|name| name.starts_with("go-"))
        })
        .collect();
    sources.sort();
    sources
}

/// Calls `make` unless `folder` was made from the very same files. The stamp is written last, so that
/// what was stopped halfway is made again.
fn made_from(
    files: &[&Path],
    folder: &Path,
    make: impl FnOnce() -> Result<(), Left>,
) -> Result<(), Left> {
    let mut wanted = Vec::new();
    for file in files {
        wanted.extend(fs::read(file).map_err(|source| file_error(file, source))?);
        // Where one file ends counts too.
        wanted.push(0);
    }
    let stamp = folder.join(".made-from");
    if fs::read(&stamp).is_ok_and(|found| found == wanted) {
        return Ok(());
    }
    make_folder(folder)?;
    make()?;
    Ok(fs::write(&stamp, wanted).map_err(|source| file_error(&stamp, source))?)
}

fn copy_files(from: &Path, to: &Path) -> Result<(), Error> {
    make_folder(to)?;
    let entries = fs::read_dir(from).map_err(|source| file_error(from, source))?;
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_file() {
            fs::copy(&path, to.join(entry.file_name()))
                .map_err(|source| file_error(&path, source))?;
        }
    }
    Ok(())
}

fn make_folder(folder: &Path) -> Result<(), Error> {
    fs::create_dir_all(folder).map_err(|source| file_error(folder, source))
}

fn file_error(path: &Path, source: std::io::Error) -> Error {
    Error::File { path: path.to_path_buf(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_commands_are_told_from_other_requirements() {
        assert!(has_tools("module m\n\ntool example.com/cmd/x\n"));
        assert!(has_tools("module m\n\ntool (\n\texample.com/cmd/x\n)\n"));
        assert!(!has_tools("module m\n\nrequire example.com/tool v1.0.0\n\ntoolchain go1.26.0\n"));
    }

    #[test]
    fn a_peer_is_made_once_for_each_state_of_its_files() {
        let folder = std::env::temp_dir().join(format!("keyward-xtask-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let pins = folder.join("pins.txt");
        let peer = folder.join("peer");
        let mut made = 0;
        let mut ensure = |fails: bool| {
            let outcome = made_from(&[&pins], &peer, || {
                made += 1;
                if fails { Err(Left::NoProgram("python3")) } else { Ok(()) }
            });
            (outcome.is_ok(), made)
        };
        fs::write(&pins, "a==1").unwrap();
        assert_eq!(ensure(true), (false, 1));
        assert_eq!(ensure(false), (true, 2), "a failure leaves no stamp");
        assert_eq!(ensure(false), (true, 2));
        fs::write(&pins, "a==2").unwrap();
        assert_eq!(ensure(false), (true, 3));
        fs::remove_dir_all(&folder).unwrap();
    }
}
