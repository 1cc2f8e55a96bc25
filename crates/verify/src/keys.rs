//! The keys that a checkpoint is checked with, and where they came from.

use std::path::Path;

use chrono::{DateTime, Utc};
use keyward_ledger::{Checkpoint, LedgerError, Note, VerifierKey, WitnessKey, cosignatures};

use crate::VerifyError;

/// Verifier keys of logs and witnesses.
#[derive(Clone, Debug, Default)]
pub struct Keys {
    /// Keys that may have signed for the log: one of them must have.
    pub logs: Vec<VerifierKey>,
    /// Keys of witnesses: given ones must all have cosigned.
    pub witnesses: Vec<WitnessKey>,
}

/// A witness's word on a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Cosigned {
    /// The witness's verifier key.
    pub witness: WitnessKey,
    /// When it cosigned.
    pub time: DateTime<Utc>,
    /// Whether its key came with what it is to vouch for.
    pub key_from_folder: bool,
}

impl Keys {
    /// The longest `keys` file, in bytes.
    pub(crate) const MAX_LENGTH: usize = 1 << 20;

    /// Reads a `keys` file: one key a line, `#` comments and empty lines between.
    pub(crate) fn parse(path: &Path, text: &str) -> Result<Self, VerifyError> {
        let mut keys = Self::default();
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if let Ok(key) = line.parse() {
                keys.logs.push(key);
            } else if let Ok(key) = line.parse() {
                keys.witnesses.push(key);
            } else {
                let path = path.display().to_string();
                return Err(VerifyError::InvalidKeys { path, line: number });
            }
        }
        Ok(keys)
    }

    /// The checkpoint in a note that one of the log's keys signed, and which.
    pub(crate) fn checkpoint(
        &self,
        note: &Note,
    ) -> Result<(Checkpoint, &VerifierKey), VerifyError> {
        let mut refused = None;
        for key in &self.logs {
            match Checkpoint::verify_note(note, key) {
                Ok(checkpoint) => return Ok((checkpoint, key)),
                // A wrong signature says more than that another key's is absent.
                Err(error @ LedgerError::WrongSignature { .. }) => refused = Some(error),
                Err(error) => refused = refused.or(Some(error)),
            }
        }
        Err(refused.map_or(VerifyError::NoKey, VerifyError::Ledger))
    }

    /// The cosignatures of these witnesses, who all must have given one, and of those that the folder
    /// lists, who may have.
    pub(crate) fn cosigned(
        &self,
        note: &Note,
        listed: &[WitnessKey],
    ) -> Result<Vec<Cosigned>, VerifyError> {
        let mut cosigned = Vec::new();
        for witness in &self.witnesses {
            let time = witness.cosigned(note)?;
            cosigned.push(Cosigned { witness: witness.clone(), time, key_from_folder: false });
        }
        for (witness, time) in cosignatures(note, listed)? {
            if !self.witnesses.contains(witness) {
                let witness = witness.clone();
                cosigned.push(Cosigned { witness, time, key_from_folder: true });
            }
        }
        Ok(cosigned)
    }
}
