//! The log's days: what a verification has to read, and which day a record must be of.

use std::ops::Range;

use chrono::{DateTime, NaiveDate, TimeDelta};
use keyward_store::tables::{audit_days::AuditDay, audit_head::AuditHead};

use super::LogFault;
use crate::EngineError;

/// A run of records that is read at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) records: Range<u64>,
    /// Whether their rows are in the database; else only their hashes are.
    pub(super) here: bool,
}

/// The days, found to follow each other from the first record to the last.
#[derive(Debug)]
pub(super) struct Days {
    days: Vec<Day>,
}

#[derive(Debug)]
struct Day {
    day: NaiveDate,
    records: Range<u64>,
    /// Microseconds since 1970.
    time: Range<i64>,
    here: bool,
}

/// Whether a day's rows are in the database.
pub(super) fn is_here(day: &AuditDay) -> bool {
    day.archived.as_ref().is_none_or(|archived| archived.here)
}

impl Days {
    pub(super) fn new(rows: &[AuditDay], head: &AuditHead) -> Result<Self, LogFault> {
        let (mut expected, mut before) = (0, None);
        let mut days = Vec::with_capacity(rows.len());
        for row in rows {
            let end = row.first.saturating_add(row.records);
            let seal = row.sealed.as_ref().map_or(end, |seal| seal.checkpoint);
            let follows = row.first == expected
                && row.records > 0
                && before.is_none_or(|before| before < row.day);
            if !follows {
                return Err(LogFault::DayDiffers {
                    day: row.day,
                    first: row.first,
                    last: end.saturating_sub(1),
                    expected,
                });
            }
            if !(end..=head.size.max(end)).contains(&seal) {
                let (day, size) = (row.day, head.size);
                return Err(LogFault::SealDiffers { day, end, checkpoint: seal, size });
            }
            (expected, before) = (end, Some(row.day));
            days.push(Day {
                day: row.day,
                records: row.first..end,
                time: times(row.day),
                here: is_here(row),
            });
        }
        if expected != head.size {
            return Err(LogFault::DaysDiffer { days: expected, size: head.size });
        }
        Ok(Self { days })
    }

    /// The pieces from a record on, of `most` records at most.
    pub(super) fn pieces(&self, from: u64, most: u64) -> Vec<Piece> {
        let mut pieces = Vec::new();
        for run in self.days.chunk_by(|a, b| a.here == b.here) {
            let (Some(first), Some(last)) = (run.first(), run.last()) else { continue };
            let (mut start, end) = (first.records.start.max(from), last.records.end);
            while start < end {
                let stop = end.min(start.saturating_add(most));
                pieces.push(Piece { records: start..stop, here: first.here });
                start = stop;
            }
        }
        pieces
    }

    /// That a record is of the day that it lies in.
    pub(super) fn check(&self, seq: u64, time: i64) -> Result<(), LogFault> {
        let place = self.days.partition_point(|day| day.records.end <= seq);
        match self.days.get(place) {
            Some(day) if !day.time.contains(&time) => {
                let time = DateTime::from_timestamp_micros(time).unwrap_or_default();
                Err(LogFault::OutsideItsDay { seq, day: day.day, time })
            }
            _ => Ok(()),
        }
    }

    /// The day that a record lies in.
    pub(super) fn of(&self, seq: u64) -> Option<NaiveDate> {
        let place = self.days.partition_point(|day| day.records.end <= seq);
        self.days.get(place).map(|day| day.day)
    }
}

/// A UTC day in microseconds since 1970.
fn times(day: NaiveDate) -> Range<i64> {
    let start = day.and_time(chrono::NaiveTime::MIN).and_utc();
    start.timestamp_micros()..(start + TimeDelta::days(1)).timestamp_micros()
}

impl From<LogFault> for EngineError {
    fn from(fault: LogFault) -> Self {
        Self::Log(Box::new(fault))
    }
}
