//! What every source file keeps to: an opening comment, documented public items, a length that one
//! reads in a sitting, and tests that run.

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
};

use crate::{error::Error, project::Project};

const LONGEST: usize = 800;
/// How a module comment begins the sentence that gives the reason for a longer file.
const LONG_BECAUSE: &str = "//! Long because";

/// The workspace's own Rust files.
pub struct Sources {
    files: Vec<Source>,
}

struct Source {
    /// Relative to the work tree, with `/`.
    path: String,
    text: String,
}

impl Sources {
    /// Reads every Rust file of the workspace's crates.
    pub fn read(project: &Project) -> Result<Self, Error> {
        let mut paths = Vec::new();
        for folder in ["crates", "src-tauri", "tests", "xtask"] {
            collect(&project.root.join(folder), &mut paths)?;
        }
        paths.sort();
        let files = paths.into_iter().map(|path| {
            let text = fs::read_to_string(&path)
                .map_err(|source| Error::File { path: path.clone(), source })?;
            let relative = path.strip_prefix(&project.root).unwrap_or(&path);
            Ok(Source { path: relative.to_string_lossy().replace('\\', "/"), text })
        });
        Ok(Self { files: files.collect::<Result<_, Error>>()? })
    }

    /// Files that don't open with `//!`.
    pub fn without_module_comment(&self) -> Vec<String> {
        let lacking = |source: &&Source| !source.text.starts_with("//! ");
        self.findings(lacking, "open it with a `//!` comment: what lives here, what it promises")
    }

    /// Library crates that don't deny undocumented public items.
    pub fn without_missing_docs(&self) -> Vec<String> {
        let lacking = |source: &&Source| {
            source.path.starts_with("crates/")
                && source.path.ends_with("/src/lib.rs")
                && !source.text.lines().any(|line| line.trim() == "#![deny(missing_docs)]")
        };
        self.findings(lacking, "add `#![deny(missing_docs)]`")
    }

    /// Files that are too long without saying why.
    pub fn too_long(&self) -> Vec<String> {
        let too_long = |source: &&Source| {
            let reasoned = source
                .text
                .lines()
                .take_while(|line| line.starts_with("//!"))
                .any(|line| line.starts_with(LONG_BECAUSE));
            source.text.lines().count() > LONGEST && !reasoned
        };
        self.findings(
            too_long,
            "over 800 lines: part it, or begin a line of its comment with `//! Long because`",
        )
    }

    /// Files with tests that don't run.
    pub fn with_ignored_tests(&self) -> Vec<String> {
        let ignored = |source: &&Source| {
            source.text.lines().any(|line| line.trim_start().starts_with("#[ignore"))
        };
        self.findings(ignored, "an ignored test: let it run, or skip itself by name where it can't")
    }

    fn findings(&self, wrong: impl Fn(&&Source) -> bool, what: &str) -> Vec<String> {
        self.files.iter().filter(wrong).map(|source| format!("{}: {what}", source.path)).collect()
    }
}

/// Rust files under a folder. Generated and fetched ones lie in folders that are passed over.
fn collect(folder: &Path, paths: &mut Vec<PathBuf>) -> Result<(), Error> {
    let Ok(entries) = fs::read_dir(folder) else { return Ok(()) };
    for entry in entries {
        let entry = entry.map_err(|source| Error::File { path: folder.to_path_buf(), source })?;
        let path = entry.path();
        let name = entry.file_name();
        if path.is_dir() {
            if !matches!(name.to_str(), Some("target" | "node_modules" | "gen" | "corpus")) {
                collect(&path, paths)?;
            }
        } else if path.extension() == Some(OsStr::new("rs")) {
            paths.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources(path: &str, text: &str) -> Sources {
        Sources { files: vec![Source { path: path.into(), text: text.into() }] }
    }

    #[test]
    fn a_file_opens_with_its_comment() {
        let good = "//! What lives here.\n";
        assert!(sources("a.rs", good).without_module_comment().is_empty());
        let findings =
            sources("crates/a/src/b.rs", "use std::fs;\n//! Too late.\n").without_module_comment();
        assert!(findings[0].starts_with("crates/a/src/b.rs: "));
    }

    #[test]
    fn only_libraries_need_the_lint() {
        assert_eq!(sources("crates/a/src/lib.rs", "//! A.\n").without_missing_docs().len(), 1);
        let good = "//! A.\n#![deny(missing_docs)]\n";
        assert!(sources("crates/a/src/lib.rs", good).without_missing_docs().is_empty());
        assert!(sources("crates/a/src/main.rs", "//! A.\n").without_missing_docs().is_empty());
    }

    #[test]
    fn a_long_file_gives_its_reason() {
        let body = "\n".repeat(LONGEST + 1);
        assert_eq!(sources("a.rs", &format!("//! A.\n{body}")).too_long().len(), 1);
        let reasoned = format!("//! A.\n//!\n//! Long because it is one table.\n{body}");
        assert!(sources("a.rs", &reasoned).too_long().is_empty());
    }

    #[test]
    fn ignored_tests_are_found() {
        let text = "//! A.\n    #[ignore = \"slow\"]\n";
        assert_eq!(sources("a.rs", text).with_ignored_tests().len(), 1);
    }
}
