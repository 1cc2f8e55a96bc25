//! What can be wrong with the log's tables beside its records and their tree.

use chrono::{DateTime, NaiveDate, Utc};
use keyward_ledger::{LedgerError, TileId};

/// Why the log's tables don't agree with its records. The records and the tree have
/// [`LedgerError`]'s words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LogFault {
    /// A row's columns don't say what its record says.
    #[error(
        "record {seq}: the columns that queries use differ from the record itself, which is as it was signed; restore the database from a copy"
    )]
    ColumnsDiffer {
        /// The record.
        seq: u64,
    },
    /// A record lies in another day than its own.
    #[error(
        "record {seq} is of {time} and lies in the day {day}: the log's days were altered; restore the database from a copy"
    )]
    OutsideItsDay {
        /// The record.
        seq: u64,
        /// The day that it lies in.
        day: NaiveDate,
        /// When it was written.
        time: DateTime<Utc>,
    },
    /// A day doesn't begin where the one before ends, or lies before that.
    #[error(
        "the day {day} has records {first} to {last}, where a later day than the one before and record {expected} were to come: the log's days were altered; restore the database from a copy"
    )]
    DayDiffers {
        /// The day.
        day: NaiveDate,
        /// Its first record as it is stored.
        first: u64,
        /// Its last record as it is stored.
        last: u64,
        /// What should have been its first.
        expected: u64,
    },
    /// A day's seal doesn't cover the day, or covers more than there is.
    #[error(
        "the day {day} ends before record {end} of {size}, and its seal names a checkpoint over {checkpoint}: the seal was altered, or the log cut; restore the database from a copy"
    )]
    SealDiffers {
        /// The day.
        day: NaiveDate,
        /// The record after its last.
        end: u64,
        /// The size of the checkpoint that its seal names.
        checkpoint: u64,
        /// The log's size.
        size: u64,
    },
    /// The days' records together aren't the log's.
    #[error(
        "the log's days have {days} records and the log has {size}: days were altered, added or taken away; restore the database from a copy"
    )]
    DaysDiffer {
        /// Of all days together.
        days: u64,
        /// Of the log.
        size: u64,
    },
    /// A day is marked as archived, and no record of the log says so, or not of that file.
    #[error(
        "the day {day} is marked as archived, and the log has no record of its archiving, or of another file: its records may have been deleted behind keyward's back; keep this log as evidence and restore one that has them"
    )]
    ArchiveNotRecorded {
        /// The day.
        day: NaiveDate,
    },
    /// A record is here that should be in the archive only.
    #[error(
        "record {seq} is in the database, and its day {day} is archived and not fetched: it was added behind keyward's back; keep this log as evidence and restore one that verifies"
    )]
    ArchivedIsHere {
        /// The record.
        seq: u64,
        /// Its day.
        day: NaiveDate,
    },
    /// There are rows that are no record of the log's.
    #[error(
        "the database has {found} rows of records where the log has {expected}: some were added under numbers that no record has; keep this log as evidence and restore one that verifies"
    )]
    StrayRows {
        /// How many there are.
        found: u64,
        /// How many there should be.
        expected: u64,
    },
    /// A tile lies beyond the tree.
    #[error(
        "the tile `{tile}` lies beyond the log's end: it was added behind keyward's back; restore the database from a copy"
    )]
    StrayTile {
        /// Which.
        tile: TileId,
    },
    /// A count isn't what counting the records gives.
    #[error(
        "the hour from {hour} has {counted} records of {of}, and {stored} are counted: the counts were altered; restore the database from a copy"
    )]
    CountsDiffer {
        /// When the hour begins.
        hour: DateTime<Utc>,
        /// The tenant, action and outcome.
        of: String,
        /// The count as it is stored.
        stored: u64,
        /// What counting the records gives.
        counted: u64,
    },
    /// The counts of an archived day don't add up to its records.
    #[error(
        "the archived day {day} has {records} records, and its hours are counted as {stored}: the counts were altered; restore the database from a copy"
    )]
    ArchivedCountsDiffer {
        /// The day.
        day: NaiveDate,
        /// What its hours add up to.
        stored: u64,
        /// How many records it has.
        records: u64,
    },
    /// The head doesn't say what the records give.
    #[error(
        "the log's head does not have the {what} that its records give: it was altered; restore the database from a copy"
    )]
    HeadDiffers {
        /// What of it.
        what: &'static str,
    },
    /// A kept checkpoint is stored under another size than its own.
    #[error(
        "the checkpoint that is kept for {kept} records was signed over {signed}: it was moved; restore the database from a copy"
    )]
    CheckpointMoved {
        /// Where it is stored.
        kept: u64,
        /// Its own size.
        signed: u64,
    },
    /// The checkpoint that a day was sealed on isn't kept any more.
    #[error(
        "the day {day} was sealed on the checkpoint over {size} records, and that is kept no more: it was deleted behind keyward's back; restore the database from a copy"
    )]
    CheckpointGone {
        /// Its size.
        size: u64,
        /// The day.
        day: NaiveDate,
    },
    /// A kept checkpoint isn't one, or isn't this log's.
    #[error("the checkpoint that is kept for {size} records: {cause}")]
    Checkpoint {
        /// The size under which it is stored.
        size: u64,
        /// What is wrong with it.
        cause: Box<LedgerError>,
    },
    /// Full text search doesn't find a record by just its words.
    #[error(
        "record {seq} is not found by just its words: the search index was altered; restore the database from a copy (the record itself is as it was signed)"
    )]
    SearchDiffers {
        /// The record.
        seq: u64,
    },
    /// The search index can't be read.
    #[error(
        "the search index can't be read: it was altered or damaged; restore the database from a copy (the records themselves are as they were signed)"
    )]
    SearchDamaged,
}

impl LogFault {
    /// The first record that the fault is about, where it is about one.
    #[must_use]
    pub fn seq(&self) -> Option<u64> {
        match self {
            Self::ColumnsDiffer { seq }
            | Self::OutsideItsDay { seq, .. }
            | Self::ArchivedIsHere { seq, .. }
            | Self::SearchDiffers { seq } => Some(*seq),
            Self::DayDiffers { first, expected, .. } => Some(*first.min(expected)),
            Self::Checkpoint { cause, .. } => cause.seq(),
            Self::StrayTile { tile } => Some(tile.records(0).start),
            Self::SearchDamaged
            | Self::DaysDiffer { .. }
            | Self::SealDiffers { .. }
            | Self::ArchiveNotRecorded { .. }
            | Self::CheckpointGone { .. }
            | Self::StrayRows { .. }
            | Self::CountsDiffer { .. }
            | Self::ArchivedCountsDiffer { .. }
            | Self::HeadDiffers { .. }
            | Self::CheckpointMoved { .. } => None,
        }
    }
}
