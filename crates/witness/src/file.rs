//! Files of checkpoints: read with a limit, replaced whole, named after a log.

use std::{
    fs::{self, File},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use chrono::{DateTime, Utc};
use keyward_ledger::{Origin, WitnessRequest};

use crate::WitnessError;

/// The file of a log in a folder: its origin with everything but letters, digits, `.`, `_` and `-`
/// written as `%XX`, so that no origin leaves the folder, and the extension.
pub(crate) fn path(folder: &Path, origin: &Origin, extension: &str) -> PathBuf {
    let mut name = String::new();
    for byte in origin.as_str().bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'_' | b'-' => name.push(byte as char),
            byte => name += &format!("%{byte:02X}"),
        }
    }
    folder.join(format!("{name}.{extension}"))
}

/// A file's text, and when it was written where that is known.
pub(crate) type Dated = (String, Option<DateTime<Utc>>);

/// What a file holds; `None` where there is no such file.
pub(crate) fn read(path: &Path) -> Result<Option<Dated>, WitnessError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            // A folder that isn't there may be one that isn't mounted: its files aren't missing.
            let folder = path.parent().unwrap_or(path);
            return match fs::metadata(folder) {
                Ok(_) => Ok(None),
                Err(error) => Err(WitnessError::io("read", folder)(error)),
            };
        }
        Err(error) => return Err(WitnessError::io("read", path)(error)),
    };
    let metadata = file.metadata().map_err(WitnessError::io("read", path))?;
    let mut text = String::new();
    let damaged = || WitnessError::Damaged { path: path.into() };
    if !metadata.is_file() || metadata.len() > WitnessRequest::MAX_LENGTH as u64 {
        return Err(damaged());
    }
    match file.take(WitnessRequest::MAX_LENGTH as u64).read_to_string(&mut text) {
        Ok(_) => Ok(Some((text, metadata.modified().ok().map(DateTime::from)))),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => Err(damaged()),
        Err(error) => Err(WitnessError::io("read", path)(error)),
    }
}

/// Puts a text in a file's place: a crash leaves the old file or the new one, whole and durable.
pub(crate) fn replace(path: &Path, text: &str) -> Result<(), WitnessError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let write = || -> io::Result<()> {
        let mut file = tempfile::Builder::new().prefix(".kept-").tempfile_in(folder)?;
        file.write_all(text.as_bytes())?;
        // For others to read: checkpoints are public, and a witness may run under another account.
        #[cfg(unix)]
        file.as_file().set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644))?;
        file.as_file().sync_all()?;
        // Crash here: the old file stands.
        file.persist(path).map_err(|error| error.error)?;
        #[cfg(unix)]
        File::open(folder)?.sync_all()?;
        Ok(())
    };
    write().map_err(WitnessError::io("write", path))
}

/// A lock that one process holds at a time, until it is dropped.
pub(crate) fn lock(path: &Path) -> Result<File, WitnessError> {
    let open = || {
        let file = File::options().create(true).truncate(false).write(true).open(path)?;
        file.lock()?;
        Ok(file)
    };
    open().map_err(WitnessError::io("lock", path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_origin_leaves_its_folder() {
        let named = |origin: &str| path(Path::new("/f"), &origin.parse().unwrap(), "checkpoint");
        assert_eq!(named("keyward/9f86"), Path::new("/f/keyward%2F9f86.checkpoint"));
        assert_eq!(named("../x"), Path::new("/f/..%2Fx.checkpoint"));
        assert_eq!(named("a%2Fb"), Path::new("/f/a%252Fb.checkpoint"));
        assert_eq!(named(".."), Path::new("/f/...checkpoint"));
    }
}
