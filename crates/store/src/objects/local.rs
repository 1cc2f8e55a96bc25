//! The folder's side of it: staging, syncing and renaming.

use std::{
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
    time::SystemTime,
};

use tokio::fs::File;

use super::ObjectsError;

/// Files being written lie here, below the objects' folder: no tenant's id starts with a full stop.
const STAGING: &str = ".staging";

/// The folder that a place names; `None` for a bucket's URL.
pub(super) fn folder(place: &str) -> Result<Option<PathBuf>, ObjectsError> {
    if !place.contains("://") {
        return Ok(Some(PathBuf::from(place)));
    }
    if !place.starts_with("file://") {
        return Ok(None);
    }
    let invalid = |why: &str| ObjectsError::InvalidPlace { place: shown(place), why: why.into() };
    let url = url::Url::parse(place).map_err(|error| invalid(&error.to_string()))?;
    let path = url.to_file_path();
    path.map(Some)
        .map_err(|()| invalid("a `file` URL names a folder of this machine: `file:///...`"))
}

/// A place as it may be shown: a URL without what follows a `?` or lies before an `@`.
pub(super) fn shown(place: &str) -> String {
    let (before, _) = place.split_once('?').unwrap_or((place, ""));
    match (before.split_once("://"), before.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, after))) => format!("{scheme}://{after}"),
        _ => before.to_owned(),
    }
}

/// The name of a file being written; the file goes when this is dropped.
#[derive(Debug)]
pub(super) struct Staged(Option<PathBuf>);

impl Staged {
    /// A name that no other file has, in this process or another.
    pub(super) async fn new(folder: &Path) -> Result<Self, ObjectsError> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let staging = folder.join(STAGING);
        // The folder itself must be there: see `Objects::open`.
        match tokio::fs::create_dir(&staging).await {
            Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
                return Err(ObjectsError::of_file(&staging, error));
            }
            _ => {}
        }
        let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let nanoseconds = since_epoch.map_or(0, |time| time.as_nanos());
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("{}-{nanoseconds}-{count}", std::process::id());
        Ok(Self(Some(staging.join(name))))
    }

    pub(super) fn path(&self) -> &Path {
        self.0.as_deref().unwrap_or(Path::new(""))
    }

    /// Leaves the file to the caller.
    pub(super) fn keep(mut self) -> PathBuf {
        self.0.take().unwrap_or_default()
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        if let Some(path) = &self.0 {
            // If this fails, the sweep finds it.
            let _ = std::fs::remove_file(path);
        }
    }
}

/// Makes a written file the one at `target`.
///
/// Dying before the rename leaves a staged file for the sweep; after it, the file is whole under its
/// name, since its bytes were synced before, and nothing refers to it until its row is committed.
pub(super) async fn publish(file: File, staged: &Path, target: &Path) -> Result<(), ObjectsError> {
    file.sync_all().await.map_err(|error| ObjectsError::of_file(staged, error))?;
    drop(file);
    let parent = target.parent().unwrap_or(target);
    create_folders(parent).await?;
    tokio::fs::rename(staged, target)
        .await
        .map_err(|error| ObjectsError::of_file(target, error))?;
    sync_folder(parent).await
}

/// Makes a folder and those above it, each durably.
pub(super) async fn create_folders(folder: &Path) -> Result<(), ObjectsError> {
    let mut missing = Vec::new();
    let mut next = folder;
    while !next.as_os_str().is_empty() && !tokio::fs::try_exists(next).await.unwrap_or(false) {
        missing.push(next);
        let Some(parent) = next.parent() else { break };
        next = parent;
    }
    for folder in missing.into_iter().rev() {
        match tokio::fs::create_dir(folder).await {
            // Somebody else was faster.
            Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
                return Err(ObjectsError::of_file(folder, error));
            }
            _ => {}
        }
        let above = folder.parent().filter(|above| !above.as_os_str().is_empty());
        sync_folder(above.unwrap_or(Path::new("."))).await?;
    }
    Ok(())
}

/// Removes staged files last written before `limit`.
pub(super) async fn sweep(folder: &Path, limit: SystemTime) -> Result<u64, ObjectsError> {
    let staging = folder.join(STAGING);
    let failed = |error| ObjectsError::of_file(&staging, error);
    let mut entries = match tokio::fs::read_dir(&staging).await {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(0),
        entries => entries.map_err(failed)?,
    };
    let mut removed = 0;
    while let Some(entry) = entries.next_entry().await.map_err(failed)? {
        // One that is gone or unreadable by now is another process's.
        let Ok(meta) = entry.metadata().await else { continue };
        let old = meta.modified().is_ok_and(|modified| modified < limit);
        if old && meta.is_file() && tokio::fs::remove_file(entry.path()).await.is_ok() {
            removed += 1;
        }
    }
    Ok(removed)
}

/// Makes a rename or a new file in the folder durable.
async fn sync_folder(folder: &Path) -> Result<(), ObjectsError> {
    // Other systems can't open a folder to sync it, and don't need to.
    if !cfg!(unix) {
        return Ok(());
    }
    let synced = async { File::open(folder).await?.sync_all().await };
    synced.await.map_err(|error| ObjectsError::of_file(folder, error))
}
