//! The audit log's parts: each UTC day that has records. A past day is sealed, and may then be archived:
//! its rows go, its hashes stay.

use chrono::{DateTime, NaiveDate, Utc};

use super::{
    audit_head::AuditHead,
    audit_records::{self, AuditRecord},
    audit_text,
};
use crate::{
    Connection, StoreError,
    batch::{batches, placeholders},
    connection::{Row, built, sql, stored, time_text},
};

const TABLE: &str = "audit_days";

/// A day of the log.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct AuditDay {
    /// Which, in UTC.
    pub day: NaiveDate,
    /// Its first record.
    pub first: u64,
    /// How many records it has; so far, where it is the newest.
    pub records: u64,
    /// Where it is sealed: when, and how.
    pub sealed: Option<Seal>,
    /// Where it is archived: when, and how.
    pub archived: Option<Archived>,
}

/// How a day was sealed.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Seal {
    /// When.
    pub at: DateTime<Utc>,
    /// The size of the newest checkpoint then.
    pub checkpoint: u64,
}

/// How a day was archived.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Archived {
    /// When.
    pub at: DateTime<Utc>,
    /// Where its file is and what it is encrypted under: the archiver's own JSON.
    pub archive: String,
    /// Whether its rows are here as well.
    pub here: bool,
}

/// A day that begins with records that are appended.
pub(super) struct DayStart {
    day: NaiveDate,
    first: u64,
}

/// The days that begin with these records.
pub(super) fn starts(from: &AuditHead, rows: &[AuditRecord]) -> Vec<DayStart> {
    let mut latest = (from.size > 0).then(|| from.time.date_naive());
    let mut starts = Vec::new();
    for row in rows {
        let day = row.time.date_naive();
        if latest != Some(day) {
            latest = Some(day);
            starts.push(DayStart { day, first: row.seq });
        }
    }
    starts
}

/// Adds days that begin.
pub(super) async fn insert(
    connection: &mut Connection,
    starts: &[DayStart],
) -> Result<(), StoreError> {
    for batch in batches(starts) {
        let values = placeholders(batch.len(), 2);
        let mut insert = built(format!("INSERT INTO audit_days (day, first) VALUES {values}"));
        for start in batch {
            insert = insert.bind(start.day.to_string()).bind(stored(TABLE, "first", start.first)?);
        }
        connection.run(TABLE, insert).await?;
    }
    Ok(())
}

/// All days, oldest first.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn list(connection: &mut Connection) -> Result<Vec<AuditDay>, StoreError> {
    let text = format!("{SELECT} ORDER BY first");
    connection.many(TABLE, built(text), read).await
}

/// One day.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn get(
    connection: &mut Connection,
    day: NaiveDate,
) -> Result<Option<AuditDay>, StoreError> {
    let select = built(format!("{SELECT} WHERE day = $1")).bind(day.to_string());
    connection.one(TABLE, select).await?.as_ref().map(read).transpose()
}

/// The day that has the record, if there is one.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn of_record(
    connection: &mut Connection,
    seq: u64,
) -> Result<Option<AuditDay>, StoreError> {
    let select = built(format!("{SELECT} WHERE first <= $1 ORDER BY first DESC LIMIT 1"))
        .bind(stored(TABLE, "first", seq)?);
    let day = connection.one(TABLE, select).await?.as_ref().map(read).transpose()?;
    Ok(day.filter(|day| seq - day.first < day.records))
}

/// Seals a day: it takes no more records. In one transaction with the record of that, which must lie in
/// a later day.
///
/// # Errors
/// [`StoreError::ChangedMeanwhile`] where there is no such day or it is sealed already.
pub async fn seal(
    connection: &mut Connection,
    day: NaiveDate,
    seal: &Seal,
) -> Result<(), StoreError> {
    let text = "UPDATE audit_days SET sealed_at = $2, checkpoint = $3, records = COALESCE(
            (SELECT MIN(next.first) FROM audit_days AS next WHERE next.first > audit_days.first),
            (SELECT size FROM audit_head)) - first
        WHERE day = $1 AND sealed_at IS NULL";
    let update = sql(text).bind(day.to_string()).bind(time_text(seal.at)).bind(stored(
        TABLE,
        "checkpoint",
        seal.checkpoint,
    )?);
    changed(connection.run(TABLE, update).await?)
}

/// Marks a sealed day as archived and takes its rows away. Its bodies must lie in their file, durably.
///
/// # Errors
/// [`StoreError::ChangedMeanwhile`] where there is no such day, it isn't sealed or is archived already.
pub async fn archive(
    connection: &mut Connection,
    day: NaiveDate,
    at: DateTime<Utc>,
    archive: &str,
) -> Result<(), StoreError> {
    let text = "UPDATE audit_days SET archived_at = $2, archive = $3, here = 0
        WHERE day = $1 AND sealed_at IS NOT NULL AND archived_at IS NULL";
    let update = sql(text).bind(day.to_string()).bind(time_text(at)).bind(archive.to_owned());
    changed(connection.run(TABLE, update).await?)?;
    delete_rows(connection, day).await
}

/// An archived day's rows on their way back, within one transaction.
#[must_use = "unless it finishes, the rows may not be all"]
pub struct Restoring {
    next: u64,
    end: u64,
}

/// Starts to put an archived day's rows back: all of them, in their order, each verified by the caller
/// against its hash.
///
/// # Errors
/// [`StoreError::ChangedMeanwhile`] where the day isn't archived or its rows are here.
pub async fn restore(connection: &mut Connection, day: NaiveDate) -> Result<Restoring, StoreError> {
    set_here(connection, day, true).await?;
    let day = get(connection, day).await?;
    let day = day.ok_or(StoreError::ChangedMeanwhile { table: TABLE })?;
    Ok(Restoring { next: day.first, end: day.first.saturating_add(day.records) })
}

impl Restoring {
    /// Puts the next rows back.
    ///
    /// # Errors
    /// [`StoreError::ChangedMeanwhile`] where these aren't the day's next records.
    pub async fn add(
        &mut self,
        connection: &mut Connection,
        rows: &[AuditRecord],
    ) -> Result<(), StoreError> {
        let ours = rows.iter().zip(self.next..self.end).filter(|(row, seq)| row.seq == *seq);
        if ours.count() != rows.len() {
            return Err(StoreError::ChangedMeanwhile { table: TABLE });
        }
        self.next += rows.len() as u64;
        audit_records::restore(connection, rows).await
    }

    /// Says that these were all; only then may the transaction be committed.
    ///
    /// # Errors
    /// [`StoreError::ChangedMeanwhile`] where some are missing.
    pub fn finish(self) -> Result<(), StoreError> {
        changed(u64::from(self.next == self.end))
    }
}

/// Takes the rows of an archived day away again that were put back.
///
/// # Errors
/// [`StoreError::ChangedMeanwhile`] where the day isn't archived or its rows aren't here.
pub async fn release(connection: &mut Connection, day: NaiveDate) -> Result<(), StoreError> {
    set_here(connection, day, false).await?;
    delete_rows(connection, day).await
}

const SELECT: &str = "SELECT day, first, sealed_at, checkpoint, archived_at, archive, here,
        COALESCE(records,
            (SELECT MIN(next.first) FROM audit_days AS next WHERE next.first > audit_days.first)
                - first,
            (SELECT size FROM audit_head) - first) AS records
    FROM audit_days";

async fn set_here(
    connection: &mut Connection,
    day: NaiveDate,
    here: bool,
) -> Result<(), StoreError> {
    let text = "UPDATE audit_days SET here = $2
        WHERE day = $1 AND archived_at IS NOT NULL AND here <> $2";
    let update = sql(text).bind(day.to_string()).bind(i64::from(here));
    changed(connection.run(TABLE, update).await?)
}

async fn delete_rows(connection: &mut Connection, day: NaiveDate) -> Result<(), StoreError> {
    let Some(day) = get(connection, day).await? else { return Ok(()) };
    let end = stored(TABLE, "records", day.first.saturating_add(day.records))?;
    let first = stored(TABLE, "first", day.first)?;
    let delete = sql("DELETE FROM audit_records WHERE seq >= $1 AND seq < $2");
    connection.run(TABLE, delete.bind(first).bind(end)).await?;
    audit_text::delete(connection, first, end).await
}

fn changed(rows: u64) -> Result<(), StoreError> {
    if rows == 1 { Ok(()) } else { Err(StoreError::ChangedMeanwhile { table: TABLE }) }
}

fn read(row: &Row) -> Result<AuditDay, StoreError> {
    let sealed = row.optional_time("sealed_at")?;
    let archived = row.optional_time("archived_at")?;
    Ok(AuditDay {
        day: row.parse("day")?,
        first: row.count("first")?,
        records: row.count("records")?,
        sealed: match sealed {
            Some(at) => Some(Seal { at, checkpoint: row.count("checkpoint")? }),
            None => None,
        },
        archived: match archived {
            Some(at) => {
                Some(Archived { at, archive: row.text("archive")?, here: row.flag("here")? })
            }
            None => None,
        },
    })
}
