//! Folders that are written whole and then moved to their place.

use std::{fs::File, io, path::Path};

use crate::EngineError;

/// A new folder that only its owner enters, whatever the process's mask.
pub(crate) fn private_folder(beside: &Path) -> io::Result<tempfile::TempDir> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".keyward-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    builder.tempdir_in(beside)
}

/// Makes the names in a folder durable, where the system knows that.
pub(crate) fn sync_folder(folder: &Path) -> Result<(), EngineError> {
    if cfg!(unix) {
        let sync = || File::open(folder)?.sync_all();
        sync().map_err(EngineError::io(folder.display().to_string()))?;
    }
    Ok(())
}
