//! Whether the days that are marked as archived were: each archiving is a record of the log, and that has
//! the file's hash.
//!
//! Else a day's records could be deleted, and the day said to be archived.

use std::collections::HashMap;

use chrono::NaiveDate;
use keyward_ledger::{Action, Record};
use keyward_store::tables::{
    audit_days::AuditDay,
    audit_records::{AuditChunk, StoredRow},
};
use serde_json::Value;

use super::{LogFault, columns::Terms, days::is_here};
use crate::{ArchiveFile, EngineError};

/// What the log's records say of its archives.
#[derive(Debug, Default)]
pub(super) struct Archivings {
    /// The term that the records have as their action, where there are any.
    action: Option<i64>,
    told: HashMap<NaiveDate, ArchiveFile>,
}

impl Archivings {
    pub(super) fn new(terms: &Terms) -> Self {
        Self { action: terms.id(Action::AuditArchive.as_str()), told: HashMap::new() }
    }

    /// Takes note of the archivings among the records of a chunk that was verified.
    pub(super) fn add(&mut self, chunk: &AuditChunk) -> Result<(), EngineError> {
        let Some(action) = self.action else { return Ok(()) };
        let is_one = |row: &StoredRow<'_>| row.columns.action == action;
        for row in chunk.rows().filter(is_one) {
            let record = Record::parse(&String::from_utf8_lossy(row.body))?;
            // Refusals name no file, and neither does a day whose rows go once more.
            self.told.extend(file_of(&record));
        }
        Ok(())
    }

    /// Compares with the days, once the records from `from` on have been read. An archiving may itself lie
    /// in a later day that is archived; then only fetching that tells.
    pub(super) fn compare(&self, days: &[AuditDay], from: u64) -> Result<(), LogFault> {
        let mut unread = from > 0;
        for day in days.iter().rev() {
            if day.archived.is_some() {
                let stored = ArchiveFile::of(day).ok().flatten();
                let recorded = match self.told.get(&day.day) {
                    Some(told) => stored.as_ref() == Some(told),
                    None => unread && stored.is_some(),
                };
                if !recorded {
                    return Err(LogFault::ArchiveNotRecorded { day: day.day });
                }
            }
            unread |= !is_here(day);
        }
        Ok(())
    }
}

/// The day that a record says was archived, and the file.
fn file_of(record: &Record) -> Option<(NaiveDate, ArchiveFile)> {
    let text = |name| record.details.get(name).and_then(Value::as_str).map(String::from);
    let file = ArchiveFile {
        path: text("path")?,
        bytes: record.details.get("bytes")?.as_u64()?,
        sha256: text("sha256")?,
        data_key: record.key.as_ref()?.to_string(),
        root: text("root")?,
    };
    Some((text("day")?.parse().ok()?, file))
}
