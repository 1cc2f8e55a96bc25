//! The files that the tour runs on: given, or found where it is started.

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

use keyward_core::ObjectName;
use sha2::{Digest, Sha256};

use crate::{commands::put::walk, failure::Failure};

/// What is looked for in the current folder.
const USUAL: [&str; 8] =
    ["README.md", "README", "README.rst", "README.txt", "docs", "src", "crates", "lib"];

/// The files of a tour.
pub struct Found {
    /// Where they are, for people.
    pub place: String,
    /// The files.
    pub files: Vec<TourFile>,
    /// How many things could not be objects: links, other kinds of files, no permission.
    pub left_out: u64,
}

/// One file.
#[derive(Clone)]
pub struct TourFile {
    /// Where it is.
    pub path: PathBuf,
    /// Its object's name.
    pub name: ObjectName,
    /// Its length.
    pub size: u64,
    /// SHA-256 of what it holds.
    pub digest: [u8; 32],
}

/// The files of a folder; without one those of the current folder, or else this program itself.
///
/// # Errors
/// [`Failure`] where there is no file to be had.
pub fn find(folder: Option<&Path>) -> Result<Found, Failure> {
    if let Some(folder) = folder {
        let mut found = Found::new(folder.display().to_string());
        found.add(folder, "");
        return found.not_empty();
    }
    let mut found = Found::new("the current folder".into());
    for name in USUAL {
        let path = Path::new(name);
        if path.exists() {
            found.add(path, if path.is_dir() { name } else { "" });
        }
    }
    if found.files.is_empty() {
        let program =
            std::env::current_exe().map_err(|error| Failure::io("find", "this program", &error))?;
        found = Found::new("this program".into());
        found.add(&program, "");
    }
    found.not_empty()
}

impl Found {
    fn new(place: String) -> Self {
        Self { place, files: Vec::new(), left_out: 0 }
    }

    fn add(&mut self, path: &Path, prefix: &str) {
        for outcome in walk::walk(path, false) {
            let Ok(found) = outcome else {
                self.left_out += 1;
                continue;
            };
            let name =
                if prefix.is_empty() { found.name } else { format!("{prefix}/{}", found.name) };
            let Ok(name) = name.parse::<ObjectName>() else {
                self.left_out += 1;
                continue;
            };
            let Ok((size, digest)) = digest(&found.path) else {
                self.left_out += 1;
                continue;
            };
            self.files.push(TourFile { path: found.path, name, size, digest });
        }
    }

    fn not_empty(self) -> Result<Self, Failure> {
        if self.files.is_empty() {
            return Err(Failure::usage(format_args!("there are no files in `{}`", self.place)));
        }
        Ok(self)
    }
}

fn digest(path: &Path) -> io::Result<(u64, [u8; 32])> {
    let mut file = File::open(path)?;
    let (mut hash, mut size) = (Sha256::new(), 0);
    let mut buffer = vec![0; 1 << 20];
    loop {
        let length = file.read(&mut buffer)?;
        let Some(bytes) = buffer.get(..length).filter(|bytes| !bytes.is_empty()) else { break };
        hash.update(bytes);
        size += bytes.len() as u64;
    }
    Ok((size, hash.finalize().into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_s_files_are_found_with_what_they_hold() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a"), "abc").unwrap();
        let found = find(Some(folder.path())).unwrap();
        let [file] = found.files.as_slice() else { panic!("one file") };
        assert_eq!((file.name.as_str(), file.size), ("a", 3));
        assert_eq!(file.digest, <[u8; 32]>::from(Sha256::digest("abc")));
    }

    #[test]
    fn an_empty_folder_is_no_place_for_a_tour() {
        assert!(find(Some(tempfile::tempdir().unwrap().path())).is_err());
    }
}
