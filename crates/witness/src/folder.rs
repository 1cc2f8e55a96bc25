//! A folder as a place: one file for each log, `ORIGIN.checkpoint`, replaced whole.
//!
//! It serves as well for a folder on another machine as for the account's own state folder. What keeps
//! an attacker from it is who may write there.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use keyward_ledger::Origin;

use crate::{Kept, Place, WitnessError, file};

/// The folder.
#[derive(Clone, Debug)]
pub struct FolderPlace {
    folder: PathBuf,
    ours: bool,
}

impl FolderPlace {
    /// A folder that somebody named. It must be there: one that isn't may not be mounted.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), ours: false }
    }

    /// A folder of the account's own, made when it is first written to.
    #[must_use]
    pub fn own(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), ours: true }
    }

    /// The folder's path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.folder
    }
}

impl Place for FolderPlace {
    fn name(&self) -> String {
        format!("folder `{}`", self.folder.display())
    }

    fn load(&self, origin: &Origin) -> Result<Option<Kept>, WitnessError> {
        if self.ours && !self.folder.exists() {
            return Ok(None);
        }
        let read = file::read(&file::path(&self.folder, origin, "checkpoint"))?;
        Ok(read.map(|(note, at)| Kept { note, at }))
    }

    fn swap(
        &self,
        origin: &Origin,
        expected: Option<&str>,
        note: &str,
        _: DateTime<Utc>,
    ) -> Result<bool, WitnessError> {
        if self.ours {
            std::fs::create_dir_all(&self.folder)
                .map_err(WitnessError::io("make", &self.folder))?;
        }
        let path = file::path(&self.folder, origin, "checkpoint");
        let _lock = file::lock(&file::path(&self.folder, origin, "lock"))?;
        let there = file::read(&path)?.map(|(note, _)| note);
        if there.as_deref() != expected {
            return Ok(false);
        }
        file::replace(&path, note)?;
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_one_note_a_log_and_swaps_only_what_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let place = FolderPlace::own(folder.path().join("deep/er"));
        let (a, b): (Origin, Origin) = ("log/a".parse().unwrap(), "log/b".parse().unwrap());
        assert_eq!(place.load(&a).unwrap(), None);
        assert!(place.swap(&a, None, "one", Utc::now()).unwrap());
        assert!(!place.swap(&a, None, "two", Utc::now()).unwrap());
        assert!(!place.swap(&a, Some("other"), "two", Utc::now()).unwrap());
        assert!(place.swap(&a, Some("one"), "two", Utc::now()).unwrap());
        let kept = place.load(&a).unwrap().unwrap();
        assert_eq!(kept.note, "two");
        assert!((Utc::now() - kept.at.unwrap()).num_seconds() < 60);
        assert_eq!(place.load(&b).unwrap(), None);
    }

    #[test]
    fn a_named_folder_that_is_gone_is_unreachable_and_not_empty() {
        let folder = tempfile::tempdir().unwrap();
        let place = FolderPlace::new(folder.path().join("not-mounted"));
        let origin = "log/a".parse().unwrap();
        assert!(matches!(place.load(&origin), Err(WitnessError::Io { .. })));
        assert!(place.swap(&origin, None, "one", Utc::now()).is_err());
    }
}
