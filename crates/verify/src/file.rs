//! Reading files that may be hostile: never more than such a file can have, and files only.

use std::{
    fs::{self, File},
    io::{ErrorKind, Read},
    path::Path,
};

use crate::VerifyError;

/// A file's bytes, at most `limit` of them; none where there is no such file.
pub fn read(path: &Path, limit: usize) -> Result<Option<Vec<u8>>, VerifyError> {
    let shown = || path.display().to_string();
    let io = |source| VerifyError::Io { path: shown(), source };
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        Err(error) => return Err(io(error)),
    };
    // Opening a pipe would wait for its writer for ever.
    if !metadata.is_file() {
        return Err(VerifyError::NotFile { path: shown() });
    }
    let expected = usize::try_from(metadata.len()).unwrap_or(usize::MAX);
    let mut bytes = Vec::with_capacity(expected.min(limit).saturating_add(1));
    // One byte more tells a file that is too long, whatever its length said before.
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    File::open(path).map_err(io)?.take(most).read_to_end(&mut bytes).map_err(io)?;
    if bytes.len() > limit {
        return Err(VerifyError::TooLong { path: shown(), limit });
    }
    Ok(Some(bytes))
}

/// A file that was named on the command line.
pub fn read_named(path: &Path, limit: usize) -> Result<Vec<u8>, VerifyError> {
    read(path, limit)?.ok_or_else(|| VerifyError::NotFound { path: path.display().to_string() })
}

/// The text that a file holds.
pub fn text(path: &Path, bytes: Vec<u8>) -> Result<String, VerifyError> {
    String::from_utf8(bytes).map_err(|error| VerifyError::NotText {
        path: path.display().to_string(),
        at: error.utf8_error().valid_up_to(),
    })
}
