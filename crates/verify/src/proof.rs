//! Verifying one record's proof file (C2SP tlog-proof).

use std::path::Path;

use chrono::{DateTime, Utc};
use keyward_ledger::{Checkpoint, ProofFile, VerifierKey};

use crate::{Cosigned, Keys, VerifyError, file};

/// A record that is in a log.
#[derive(Clone, Debug, serde::Serialize)]
pub struct ProofReport {
    /// The checkpoint of the log that it is in.
    pub checkpoint: Checkpoint,
    /// The key that signed it.
    pub key: VerifierKey,
    /// The witnesses that cosigned it.
    pub cosigned: Vec<Cosigned>,
    /// The record's sequence.
    pub index: u64,
    /// When it was recorded.
    pub time: DateTime<Utc>,
    /// The record as it is in the log: canonical JSON.
    pub record: String,
}

/// Verifies a record's proof file. The record is what is in `record`, or else in the proof file itself.
///
/// # Errors
/// [`VerifyError`]: the first thing that isn't as it must be.
pub fn verify_proof(
    path: &Path,
    keys: &Keys,
    record: Option<&Path>,
) -> Result<ProofReport, VerifyError> {
    let shown = || path.display().to_string();
    let text = file::text(path, file::read_named(path, ProofFile::MAX_LENGTH)?)?;
    let proof: ProofFile =
        text.parse().map_err(|cause| VerifyError::In { path: shown(), cause })?;
    let body = match record {
        Some(record) => {
            let mut body = file::read_named(record, keyward_ledger::MAX_RECORD_LENGTH + 1)?;
            // Editors end files with a newline; a record never does.
            body.pop_if(|last| *last == b'\n');
            body
        }
        None => proof.extra.clone().ok_or_else(|| VerifyError::NoRecord { path: shown() })?,
    };
    let (_, key) = keys.checkpoint(&proof.checkpoint)?;
    let (checkpoint, view) = proof.verify_record(&body, key)?;
    let time = view.time;
    let cosigned = keys.cosigned(&proof.checkpoint, &[])?;
    // A record that was verified is UTF-8.
    let record = String::from_utf8_lossy(&body).into_owned();
    Ok(ProofReport { checkpoint, key: key.clone(), cosigned, index: proof.index, time, record })
}
