//! Finds the files below a path, each with its name relative to it. Nothing is left out silently: what
//! can't be an object comes as a failure.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use keyward_core::Code;

use crate::failure::Failure;

/// A file to store.
#[derive(Debug)]
pub struct Found {
    /// Where it is.
    pub path: PathBuf,
    /// Its name, with `/` between segments on every system.
    pub name: String,
    /// Whether it can only be read from beginning to end.
    pub stream: bool,
}

/// What comes of one path.
pub type Outcome = Result<Found, (PathBuf, Failure)>;

/// Everything at and below a path, in the order of names. A path that is given is followed where it is
/// a symbolic link; one that is found only where `follow` says so.
pub fn walk(path: &Path, follow: bool) -> Vec<Outcome> {
    let mut found = Vec::new();
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => {
            Walk { follow, above: Vec::new(), found: &mut found }.folder(path, "");
        }
        Ok(metadata) => {
            // Named by hand, so that a pipe is meant too.
            let name = path.file_name().and_then(|name| name.to_str());
            found.push(match name {
                Some(name) => {
                    let stream = !metadata.is_file();
                    Ok(Found { path: path.into(), name: name.into(), stream })
                }
                None => Err(refused(path, "has a name that is not UTF-8; give one with `--name`")),
            });
        }
        Err(error) => found.push(Err(unreadable(path, &error))),
    }
    found
}

struct Walk<'a> {
    follow: bool,
    /// The folders that we are in, as the system knows them: a link back to one would never end.
    above: Vec<PathBuf>,
    found: &'a mut Vec<Outcome>,
}

impl Walk<'_> {
    fn folder(&mut self, folder: &Path, prefix: &str) {
        let entries = fs::canonicalize(folder).and_then(|real| {
            let entries: io::Result<Vec<_>> = fs::read_dir(folder)?.collect();
            Ok((real, entries?))
        });
        let (real, mut entries) = match entries {
            Ok(read) => read,
            Err(error) => return self.found.push(Err(unreadable(folder, &error))),
        };
        if self.above.contains(&real) {
            return self.found.push(Err(refused(folder, "is a link to a folder that it is in")));
        }
        self.above.push(real);
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            self.entry(&entry, prefix);
        }
        self.above.pop();
    }

    fn entry(&mut self, entry: &fs::DirEntry, prefix: &str) {
        let path = entry.path();
        let Ok(name) = entry.file_name().into_string() else {
            return self.found.push(Err(refused(&path, "has a name that is not UTF-8; rename it")));
        };
        let name = if prefix.is_empty() { name } else { format!("{prefix}/{name}") };
        let kind = match entry.file_type() {
            Ok(kind) if kind.is_symlink() && self.follow => {
                fs::metadata(&path).map(|metadata| metadata.file_type())
            }
            other => other,
        };
        match kind {
            Ok(kind) if kind.is_dir() => self.folder(&path, &name),
            Ok(kind) if kind.is_file() => {
                self.found.push(Ok(Found { path, name, stream: false }));
            }
            Ok(kind) if kind.is_symlink() => {
                let why = "is a symbolic link; store what it points to with `--follow`";
                self.found.push(Err(refused(&path, why)));
            }
            Ok(_) => self.found.push(Err(refused(&path, "is neither a file nor a folder"))),
            Err(error) => self.found.push(Err(unreadable(&path, &error))),
        }
    }
}

fn refused(path: &Path, why: &str) -> (PathBuf, Failure) {
    let message = format!("`{}` {why}", path.display());
    (path.into(), Failure::new(Code::InvalidInput, message))
}

fn unreadable(path: &Path, error: &io::Error) -> (PathBuf, Failure) {
    (path.into(), Failure::io("read", path.display(), error))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::{ffi::OsStrExt, fs::symlink};

    fn names(outcomes: &[Outcome]) -> Vec<&str> {
        outcomes.iter().flatten().map(|found| found.name.as_str()).collect()
    }

    #[test]
    fn nothing_is_left_out_silently() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("sub")).unwrap();
        for name in ["b", "a", "sub/c"] {
            fs::write(at(name), name).unwrap();
        }
        symlink(at("a"), at("link")).unwrap();
        symlink(folder.path(), at("sub/up")).unwrap();
        let strange = folder.path().join(std::ffi::OsStr::from_bytes(b"\xff"));
        fs::write(strange, "x").unwrap();

        let found = walk(folder.path(), false);
        assert_eq!(names(&found), ["a", "b", "sub/c"]);
        assert_eq!(found.iter().filter(|outcome| outcome.is_err()).count(), 3);

        let found = walk(folder.path(), true);
        assert_eq!(names(&found), ["a", "b", "link", "sub/c"]);
        assert_eq!(found.iter().filter(|outcome| outcome.is_err()).count(), 2);
    }

    #[test]
    fn a_single_file_has_its_own_name_and_a_missing_one_fails() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.txt");
        fs::write(&file, "x").unwrap();
        assert_eq!(names(&walk(&file, false)), ["a.txt"]);
        assert!(walk(&folder.path().join("none"), false)[0].is_err());
    }
}
