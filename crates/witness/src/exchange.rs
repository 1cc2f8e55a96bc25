//! A witness that is met in a folder: the log puts requests there, the witness cosigned checkpoints.
//!
//! For witnesses that serve no HTTP: a tenant's or an officer's, on a share that both sides reach. The
//! files are `ORIGIN.WITNESS.request` (the body of C2SP tlog-witness's `add-checkpoint`) and
//! `ORIGIN.WITNESS.cosigned` (a checkpoint with the witness's signature line).

use std::path::{Path, PathBuf};

use keyward_ledger::{Note, Origin, WitnessRequest};

use crate::{WitnessError, file};

/// One witness's files in a folder.
#[derive(Clone, Debug)]
pub struct Exchange {
    folder: PathBuf,
    witness: Origin,
}

impl Exchange {
    /// The files of the witness of this name.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>, witness: Origin) -> Self {
        Self { folder: folder.into(), witness }
    }

    /// The log's side: asks.
    ///
    /// # Errors
    /// [`WitnessError::Io`].
    pub fn ask(&self, origin: &Origin, request: &WitnessRequest) -> Result<(), WitnessError> {
        file::replace(&self.path(origin, "request"), &request.to_string())
    }

    /// The log's side: the newest checkpoint that the witness has cosigned, as it says; `None` where it
    /// has cosigned none.
    ///
    /// # Errors
    /// [`WitnessError::Io`], or what is no note.
    pub fn answer(&self, origin: &Origin) -> Result<Option<Note>, WitnessError> {
        let Some((text, _)) = file::read(&self.path(origin, "cosigned"))? else { return Ok(None) };
        Ok(Some(Note::parse(&text)?))
    }

    /// The witness's side: what it is asked.
    ///
    /// # Errors
    /// [`WitnessError::Io`], or what is no request.
    pub fn requests(&self) -> Result<Vec<WitnessRequest>, WitnessError> {
        let suffix = file_name(&self.path(&self.witness, "request"));
        let own = file_name(&file::path(Path::new(""), &self.witness, ""));
        // `.WITNESS.request`, whatever the log.
        let suffix = suffix.get(own.len() - 1..).unwrap_or_default().to_owned();
        let mut requests = Vec::new();
        let entries =
            std::fs::read_dir(&self.folder).map_err(WitnessError::io("read", &self.folder))?;
        for entry in entries {
            let path = entry.map_err(WitnessError::io("read", &self.folder))?.path();
            if !file_name(&path).ends_with(&suffix) {
                continue;
            }
            if let Some((text, _)) = file::read(&path)? {
                requests.push(text.parse()?);
            }
        }
        Ok(requests)
    }

    /// The witness's side: hands a cosigned checkpoint over.
    ///
    /// # Errors
    /// [`WitnessError::Io`].
    pub fn hand_over(&self, origin: &Origin, cosigned: &Note) -> Result<(), WitnessError> {
        file::replace(&self.path(origin, "cosigned"), &cosigned.to_string())
    }

    fn path(&self, origin: &Origin, what: &str) -> PathBuf {
        let witness = file_name(&file::path(Path::new(""), &self.witness, what));
        file::path(&self.folder, origin, &witness)
    }
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use keyward_core::SecretKey;
    use keyward_ledger::{Checkpoint, Hash, SigningKey};

    use super::*;

    #[test]
    fn two_witnesses_share_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        let origin: Origin = "keyward/log".parse().unwrap();
        let key = SigningKey::from_seed(&SecretKey::new([1; 32]));
        let note =
            Checkpoint { origin: origin.clone(), size: 0, root: Hash::EMPTY_TREE }.sign(&key);
        let checkpoint = Note::parse(&note).unwrap();
        let request = WitnessRequest { old: 0, path: Vec::new(), checkpoint: checkpoint.clone() };
        let [one, two] =
            ["a.example/w1", "w1"].map(|name| Exchange::new(folder.path(), name.parse().unwrap()));
        one.ask(&origin, &request).unwrap();
        assert_eq!(one.requests().unwrap(), [request]);
        assert!(two.requests().unwrap().is_empty());
        assert!(one.answer(&origin).unwrap().is_none());
        one.hand_over(&origin, &checkpoint).unwrap();
        assert_eq!(one.answer(&origin).unwrap(), Some(checkpoint));
        assert!(two.answer(&origin).unwrap().is_none());
    }
}
