//! Verifying that two checkpoints are of one history.

use std::path::{Path, PathBuf};

use keyward_ledger::{
    Checkpoint, Hash, LedgerError, Note, VerifierKey, Witness, WitnessRequest,
    proof::{consistency_from_tiles, consistency_tiles},
};

use crate::{Cosigned, Folder, Keys, VerifyError, file};

/// What links two checkpoints.
#[derive(Clone, Debug)]
pub enum Link {
    /// A file with the consistency proof, as a witness is sent it (C2SP tlog-witness, `add-checkpoint`).
    Proof(PathBuf),
    /// An exported folder, at least as long as the newer checkpoint.
    Bundle(PathBuf),
}

/// Two checkpoints of one history.
#[derive(Clone, Debug, serde::Serialize)]
pub struct CheckpointsReport {
    /// The older one.
    pub old: Checkpoint,
    /// The newer one, or the same.
    pub new: Checkpoint,
    /// The key that signed both.
    pub key: VerifierKey,
    /// The witnesses that cosigned the newer one.
    pub cosigned: Vec<Cosigned>,
}

/// Verifies that the newer checkpoint continues the older one, both signed by a key of the log.
///
/// # Errors
/// [`VerifyError`]; [`LedgerError::RolledBack`], [`LedgerError::Forked`] and
/// [`LedgerError::NotContinued`] where it doesn't.
pub fn verify_checkpoints(
    old: &Path,
    new: &Path,
    keys: &Keys,
    link: &Link,
) -> Result<CheckpointsReport, VerifyError> {
    let (old, new) = (read_note(old)?, read_note(new)?);
    let pair = Pair::new(keys, &old, &new)?;
    let path = match link {
        Link::Bundle(folder) => pair.path_in(&Folder::open(folder)?)?,
        Link::Proof(file) => pair.path_of(file)?,
    };
    pair.verify(&path)?;
    let cosigned = keys.cosigned(&new, &[])?;
    Ok(CheckpointsReport { old: pair.old, new: pair.new, key: pair.key.clone(), cosigned })
}

/// Verifies that a folder's checkpoint continues an older one, which is given.
pub(crate) fn continues(
    folder: &Folder,
    keys: &Keys,
    old: &Note,
) -> Result<Checkpoint, VerifyError> {
    let pair = Pair::new(keys, old, folder.checkpoint())?;
    pair.verify(&pair.path_in(folder)?)?;
    Ok(pair.old)
}

/// A file with a checkpoint.
///
/// # Errors
/// [`VerifyError::NotFound`], or why it isn't one.
pub fn read_note(path: &Path) -> Result<Note, VerifyError> {
    let text = file::text(path, file::read_named(path, Note::MAX_LENGTH)?)?;
    Note::parse(&text).map_err(|cause| in_file(path, cause))
}

/// Two checkpoints whose signatures are right.
struct Pair<'a> {
    old: Checkpoint,
    new: Checkpoint,
    note: &'a Note,
    key: &'a VerifierKey,
}

impl<'a> Pair<'a> {
    fn new(keys: &'a Keys, old: &Note, note: &'a Note) -> Result<Self, VerifyError> {
        let (old, _) = keys.checkpoint(old)?;
        let (new, key) = keys.checkpoint(note)?;
        Ok(Self { old, new, note, key })
    }

    /// Whether a proof is needed: between sizes that differ and aren't in the wrong order.
    fn needs_proof(&self) -> bool {
        (1..self.new.size).contains(&self.old.size)
    }

    /// The consistency proof from a folder's tiles.
    fn path_in(&self, folder: &Folder) -> Result<Vec<Hash>, VerifyError> {
        if !self.needs_proof() {
            return Ok(Vec::new());
        }
        let (old, new) = (self.old.size, self.new.size);
        let tiles = folder.tiles(consistency_tiles(old, new)?, new)?;
        Ok(consistency_from_tiles(old, new, |tile| tiles.get(&tile).map(Vec::as_slice))?)
    }

    /// The consistency proof in a file.
    fn path_of(&self, path: &Path) -> Result<Vec<Hash>, VerifyError> {
        let text = file::text(path, file::read_named(path, WitnessRequest::MAX_LENGTH)?)?;
        let request: WitnessRequest = text.parse().map_err(|cause| in_file(path, cause))?;
        if self.needs_proof() && request.old != self.old.size {
            return Err(VerifyError::OtherStart { expected: self.old.size, found: request.old });
        }
        Ok(request.path)
    }

    /// Judges the newer checkpoint as a witness does that has seen the older one.
    fn verify(&self, path: &[Hash]) -> Result<(), VerifyError> {
        let mut witness = Witness::resume(self.key.clone(), self.old.clone())?;
        witness.observe(&self.note.to_string(), path)?;
        Ok(())
    }
}

fn in_file(path: &Path, cause: LedgerError) -> VerifyError {
    VerifyError::In { path: path.display().to_string(), cause }
}
