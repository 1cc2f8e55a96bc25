//! The hourly counts, counted anew from the columns of the rows that are read.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, NaiveDate};
use keyward_store::tables::{
    audit_counts::StoredCount,
    audit_days::AuditDay,
    audit_records::{AuditChunk, AuditColumns},
};
use rustc_hash::FxHashMap;

use super::{LogFault, columns::Terms, days::is_here};

const HOUR: i64 = 3_600_000_000;
const HOURS: i64 = 24;

/// What is counted together: hour, tenant (none for the sum over all), action, outcome.
type Kind = (i64, Option<i64>, i64, i64);

/// How many records there are of each kind.
#[derive(Debug, Default)]
pub(super) struct Counts {
    // A hash that can be made to collide: whoever edits the database so makes this slow, and no worse.
    counted: FxHashMap<Kind, u64>,
}

impl Counts {
    /// Counts the records of a chunk.
    pub(super) fn of(chunk: &AuditChunk) -> Self {
        let mut counts = Self::default();
        // Neighbours are mostly of one kind, or of the few that the last hour has.
        for row in chunk.rows() {
            let AuditColumns { time, tenant, action, outcome, .. } = row.columns;
            let kind = (time.div_euclid(HOUR), Some(tenant), action, outcome);
            *counts.counted.entry(kind).or_default() += 1;
        }
        counts
    }

    /// Takes in what was counted elsewhere.
    pub(super) fn add(&mut self, other: Self) {
        for (kind, records) in other.counted {
            *self.counted.entry(kind).or_default() += records;
        }
    }

    /// Compares with what is stored, in the days whose rows were read from their first on. Of archived
    /// days only the sum is known.
    pub(super) fn compare(
        self,
        stored: &[StoredCount],
        days: &[AuditDay],
        from: u64,
        terms: &Terms,
    ) -> Result<(), LogFault> {
        let days: HashMap<NaiveDate, &AuditDay> = days.iter().map(|day| (day.day, day)).collect();
        // Stored and counted, in the order of the hours, so that the first is the one that is named.
        let mut both = BTreeMap::<Kind, (u64, u64)>::new();
        for ((hour, tenant, action, outcome), records) in self.counted {
            for tenant in [tenant, None] {
                both.entry((hour, tenant, action, outcome)).or_default().1 += records;
            }
        }
        let mut archived = BTreeMap::<NaiveDate, (u64, u64)>::new();
        for count in stored {
            let day = day_of(count.hour);
            match day.and_then(|day| days.get(&day)) {
                Some(day) if !is_here(day) => {
                    let (each, together) = archived.entry(day.day).or_default();
                    *if count.tenant.is_some() { each } else { together } += count.records;
                }
                // Read in part: counted by whoever began there.
                Some(day) if day.first < from => {}
                _ => {
                    let kind = (count.hour, count.tenant, count.action, count.outcome);
                    both.entry(kind).or_default().0 += count.records;
                }
            }
        }
        both.retain(|(hour, ..), _| {
            day_of(*hour).and_then(|day| days.get(&day)).is_none_or(|day| day.first >= from)
        });
        if let Some((kind, (stored, counted))) = both.into_iter().find(|(_, (a, b))| a != b) {
            let hour = DateTime::from_timestamp(kind.0.saturating_mul(3600), 0).unwrap_or_default();
            return Err(LogFault::CountsDiffer { hour, of: words(kind, terms), stored, counted });
        }
        for day in days.values().filter(|day| !is_here(day)) {
            let (each, together) = archived.get(&day.day).copied().unwrap_or_default();
            for stored in [each, together] {
                if stored != day.records {
                    let (day, records) = (day.day, day.records);
                    return Err(LogFault::ArchivedCountsDiffer { day, stored, records });
                }
            }
        }
        Ok(())
    }
}

fn day_of(hour: i64) -> Option<NaiveDate> {
    let midnight = hour.div_euclid(HOURS).checked_mul(HOURS * 3600)?;
    DateTime::from_timestamp(midnight, 0).map(|midnight| midnight.date_naive())
}

/// What is counted, as people read it.
fn words((_, tenant, action, outcome): Kind, terms: &Terms) -> String {
    let term = |id| match terms.get(id) {
        Some(term) => format!("`{term}`"),
        None => format!("the unknown term {id}"),
    };
    let tenant = match tenant {
        None => "all tenants".into(),
        Some(0) => "no tenant".into(),
        Some(id) => term(id),
    };
    format!("{tenant}, {}, {}", term(action), term(outcome))
}
