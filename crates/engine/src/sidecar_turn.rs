//! Whose turn it is to write sidecars.
//!
//! One at a time, of all processes: whoever comes later reads its rows later, so that no older file takes
//! a newer one's place. Not the database's write lock, since others would wait for a disk or a bucket.

use std::{
    fs::File,
    path::{Path, PathBuf},
    sync::Arc,
};

use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::EngineError;

/// Lies beside the database, empty.
const LOCK_FILE: &str = ".sidecar.lock";

/// The turns, in the order in which they were asked for within this process.
pub(crate) struct SidecarTurns {
    lock: PathBuf,
    queue: Arc<Mutex<()>>,
}

/// A turn: ends when it is dropped, or with its process.
pub(crate) struct Turn {
    _file: File,
    // After the file: the next of this process finds it unlocked.
    _queue: OwnedMutexGuard<()>,
}

impl SidecarTurns {
    /// The turns of those who share a database.
    pub(crate) fn beside(database: &Path) -> Self {
        Self { lock: database.with_file_name(LOCK_FILE), queue: Arc::default() }
    }

    /// Waits for a turn.
    pub(crate) async fn next(&self) -> Result<Turn, EngineError> {
        let queue = Arc::clone(&self.queue).lock_owned().await;
        let path = self.lock.clone();
        let locked = tokio::task::spawn_blocking(move || {
            let mut options = File::options();
            let file = options.create(true).truncate(false).write(true).open(path)?;
            file.lock()?;
            Ok(file)
        });
        let locked = locked.await.unwrap_or_else(|stopped| Err(std::io::Error::other(stopped)));
        let file = locked.map_err(|source| EngineError::Io {
            what: format!("the lock `{}`", self.lock.display()),
            source,
        })?;
        Ok(Turn { _file: file, _queue: queue })
    }
}
