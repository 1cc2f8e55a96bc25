//! Fetches an archived day's records back into the database, and lets them go again.

use chrono::NaiveDate;
use keyward_ledger::{Action, LedgerError, Record};
use keyward_store::tables::{audit_days, audit_records::AuditRecord};

use crate::{
    ArchiveFile, Engine, EngineError, OperationContext, audit_archive::of_day, log::row,
    operation::Entry,
};

/// A day of the log whose records came back or went again.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct FetchedDay {
    /// Which.
    pub day: NaiveDate,
    /// Its first record.
    pub first: u64,
    /// How many records it has.
    pub records: u64,
    /// Whether its records are in the database now.
    pub here: bool,
    /// Whether that was so before.
    pub unchanged: bool,
}

impl Engine {
    /// Brings an archived day's records back, for queries and exports to find: every one of them, as its
    /// hash in the tree says, or none. The archive stays. Leaves no record where they are here already.
    ///
    /// `progress` is told the records that are back so far, and how many there are.
    ///
    /// # Errors
    /// [`EngineError::LogDayNotFound`]; [`EngineError::ArchiveDiffers`], which names the first record that
    /// the file doesn't have as it should; failures of its key and of the object store.
    pub async fn audit_fetch(
        &self,
        context: &OperationContext,
        day: NaiveDate,
        progress: &(dyn Fn(u64, u64) + Sync),
    ) -> Result<FetchedDay, EngineError> {
        let entry = Entry::new(Action::AuditFetch).with("day", day.to_string());
        self.guard(context, entry, async {
            let row = self.log_day(day).await?;
            let mut fetched = FetchedDay {
                day,
                first: row.first,
                records: row.records,
                here: true,
                unchanged: true,
            };
            let Some(file) = ArchiveFile::of(&row)? else { return Ok(fetched) };
            if row.archived.as_ref().is_some_and(|archived| archived.here) {
                return Ok(fetched);
            }
            let mut archive = self.open_archive(context, &row, &file).await?;
            // One transaction: nobody ever sees part of a day, nor does a process that dies leave one.
            let mut change = self.begin().await?;
            let mut restoring = audit_days::restore(&mut change, day).await?;
            let mut done = 0;
            while let Some(bodies) = archive.next(&mut change).await? {
                let rows = (row.first + done..).zip(bodies).map(|(seq, body)| row_of(seq, body));
                let rows: Vec<_> = rows.collect::<Result<_, _>>()?;
                restoring.add(&mut change, &rows).await?;
                done += rows.len() as u64;
                progress(done, row.records);
            }
            restoring.finish()?;
            let entry = of_day(Action::AuditFetch, &row).with("path", file.path.as_str());
            self.commit(change, context, vec![entry]).await?;
            fetched.unchanged = false;
            Ok(fetched)
        })
        .await
    }

    /// Lets the records of an archived day go again that were fetched back, once its file has proven to
    /// hold them all. Leaves no record where they aren't here.
    ///
    /// # Errors
    /// [`EngineError::LogDayNotFound`]; [`EngineError::NotFinished`] where the day isn't archived; and as
    /// [`audit_fetch`](Self::audit_fetch).
    pub async fn audit_release(
        &self,
        context: &OperationContext,
        day: NaiveDate,
    ) -> Result<FetchedDay, EngineError> {
        let entry = Entry::new(Action::AuditRelease).with("day", day.to_string());
        self.guard(context, entry, async {
            let row = self.log_day(day).await?;
            let file = ArchiveFile::of(&row)?;
            let (Some(file), Some(archived)) = (file, &row.archived) else {
                return Err(EngineError::NotFinished(format!(
                    "the day {day} is not archived: its records are nowhere else; `keyward audit archive` archives it"
                )));
            };
            let unchanged = !archived.here;
            if !unchanged {
                let entry = of_day(Action::AuditRelease, &row);
                self.release_day(context, &row, &file, entry).await?;
            }
            Ok(FetchedDay {
                day,
                first: row.first,
                records: row.records,
                here: false,
                unchanged,
            })
        })
        .await
    }
}

/// A record as it was appended.
fn row_of(seq: u64, body: String) -> Result<AuditRecord, LedgerError> {
    // It has its hash: then somebody has rewritten the tile as well.
    let altered = |cause| LedgerError::Altered { seq, cause: Box::new(cause) };
    let record = Record::parse(&body).map_err(altered)?;
    Ok(row(&record, body))
}
