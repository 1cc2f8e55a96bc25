//! New files that are there whole or not at all.

use std::{io, path::Path};

use keyward_core::Code;
use tempfile::NamedTempFile;

use crate::failure::Failure;

/// A new file beside a path, readable to its owner alone, which is gone again unless it is
/// [`persist`]ed.
pub fn hold(path: &Path) -> Result<NamedTempFile, Failure> {
    if std::fs::symlink_metadata(path).is_ok() {
        return Err(exists(path));
    }
    let beside = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    tempfile::Builder::new()
        .prefix(".keyward-")
        .tempfile_in(beside)
        .map_err(|error| Failure::io("write", path.display(), &error))
}

/// Moves a written file to its place once it is durable.
pub fn persist(held: NamedTempFile, path: &Path) -> Result<(), Failure> {
    held.as_file().sync_all().map_err(|error| Failure::io("write", path.display(), &error))?;
    held.persist_noclobber(path).map(drop).map_err(|error| match error.error.kind() {
        io::ErrorKind::AlreadyExists => exists(path),
        _ => Failure::io("write", path.display(), &error.error),
    })
}

fn exists(path: &Path) -> Failure {
    let path = path.display();
    Failure::new(Code::AlreadyExists, format_args!("`{path}` exists already; choose another name"))
}
