//! The log archive: the records of a sealed day in one file of the object store.
//!
//! The records' bytes, each ended by a line feed, compressed by zstd, encrypted as a message like any
//! object's under a data key of the dataset that the workspace has named for this. The records' hashes
//! stay in the tree, so that nothing in the file is believed: each record is compared with its leaf hash
//! before it is used. `docs/formats.md` specifies the file.

mod open;
mod reader;
mod store;
mod writer;

use std::fmt;

use chrono::NaiveDate;
use keyward_core::{DataKeyId, EncryptionContext};
use keyward_store::{layout::StoredPath, tables::audit_days::AuditDay};

use crate::EngineError;

/// The least records that are worth a hop to a thread that computes: some hundred kilobytes.
const BATCH: usize = 1024;

/// What a day's row says of its archive.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArchiveFile {
    /// Where it lies in the object store.
    pub path: String,
    /// How long it is.
    pub bytes: u64,
    /// Its SHA-256, in hexadecimal digits.
    pub sha256: String,
    /// The data key that it is encrypted under: `dk:TENANT/DATASET/VERSION`.
    pub data_key: String,
    /// The root, base64, of the tree over the day's own leaves (RFC 6962, 2.1): what whoever holds the
    /// file alone compares with the log's record of it.
    pub root: String,
}

/// How an archive isn't what was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArchiveFault {
    /// There is no such file.
    Gone,
    /// From this record on it doesn't open: it was altered or cut, or is another one.
    Closed(u64),
    /// This record's bytes don't have its leaf hash.
    Record(u64),
    /// After its last record there is something else.
    GoesOn,
    /// All its records are right, and still it isn't the file that was written.
    OtherFile,
}

impl ArchiveFile {
    /// What a day's row says of its archive; `None` where it has none.
    pub(crate) fn of(day: &AuditDay) -> Result<Option<Self>, EngineError> {
        let Some(archived) = &day.archived else { return Ok(None) };
        let file = serde_json::from_str(&archived.archive).ok().filter(|file: &Self| {
            // Whatever else somebody has written here, it leads to no file but one of this day's.
            StoredPath::parse(&file.path).and_then(|path| path.archived_day()) == Some(day.day)
        });
        file.map(Some).ok_or_else(|| damaged(day.day))
    }

    /// The data key that opens it.
    pub(crate) fn data_key(&self, day: NaiveDate) -> Result<DataKeyId, EngineError> {
        self.data_key.parse().map_err(|_| damaged(day))
    }

    fn stored_path(&self, day: NaiveDate) -> Result<StoredPath, EngineError> {
        StoredPath::parse(&self.path).ok_or_else(|| damaged(day))
    }
}

impl fmt::Display for ArchiveFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gone => f.write_str("is gone"),
            Self::Closed(seq) => write!(
                f,
                "does not open from record {seq} on: it was altered or cut, or is another file"
            ),
            Self::Record(seq) => write!(f, "has a record {seq} that does not have its hash"),
            Self::GoesOn => f.write_str("goes on after its last record"),
            Self::OtherFile => f.write_str("is not the file that was written"),
        }
    }
}

/// What an archive's encryption is bound to.
fn context_of(key: &DataKeyId, origin: &str, day: &AuditDay) -> EncryptionContext {
    EncryptionContext::for_log_archive(
        &key.tenant,
        &key.dataset,
        origin,
        day.day,
        day.first,
        day.records,
    )
}

fn damaged(day: NaiveDate) -> EngineError {
    EngineError::StateCorrupt(format!("what the database says of the archive of {day}"))
}
