//! Lists the log's days: which are sealed, which are archived, and which of those are here as well.

use chrono::{DateTime, NaiveDate, Utc};
use keyward_ledger::Action;
use keyward_store::tables::audit_days::{self, AuditDay, Seal};

use crate::{ArchiveFile, Engine, EngineError, OperationContext, operation::Entry};

/// A day of the log.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct LogDay {
    /// Which, in UTC.
    pub day: NaiveDate,
    /// Its first record.
    pub first: u64,
    /// How many records it has; so far, where it isn't over.
    pub records: u64,
    /// Where it is sealed: when, and the size of the newest checkpoint then.
    pub sealed: Option<Seal>,
    /// Where it is archived: when, and in which file.
    pub archived: Option<LogArchive>,
    /// Whether its records are in the database, for queries to find.
    pub here: bool,
}

/// A day's archive.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct LogArchive {
    /// When.
    pub at: DateTime<Utc>,
    /// The file.
    #[serde(flatten)]
    pub file: ArchiveFile,
}

impl Engine {
    /// The log's days, oldest first. Leaves no record but a refusal's.
    ///
    /// # Errors
    /// [`EngineError::NotAuthorised`]; [`EngineError::StateCorrupt`] where a day's row isn't what was
    /// written.
    pub async fn audit_days(&self, context: &OperationContext) -> Result<Vec<LogDay>, EngineError> {
        self.guard(context, Entry::new(Action::AuditQuery), async {
            let days = audit_days::list(&mut *self.store.read().await?).await?;
            days.into_iter().map(LogDay::try_from).collect()
        })
        .await
    }

    /// One day of the log.
    pub(crate) async fn log_day(&self, day: NaiveDate) -> Result<AuditDay, EngineError> {
        let row = audit_days::get(&mut *self.store.read().await?, day).await?;
        row.ok_or(EngineError::LogDayNotFound(day))
    }
}

impl TryFrom<AuditDay> for LogDay {
    type Error = EngineError;

    fn try_from(row: AuditDay) -> Result<Self, EngineError> {
        let file = ArchiveFile::of(&row)?;
        let here = row.archived.as_ref().is_none_or(|archived| archived.here);
        let archived = row.archived.zip(file);
        Ok(Self {
            day: row.day,
            first: row.first,
            records: row.records,
            sealed: row.sealed,
            archived: archived.map(|(archived, file)| LogArchive { at: archived.at, file }),
            here,
        })
    }
}
