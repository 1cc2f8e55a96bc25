//! How many audit records each hour has, by tenant, action and outcome: kept as the log grows, since
//! counting ten million records takes seconds.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use keyward_core::TenantId;

use super::{audit_days::AuditDay, audit_records::AuditColumns, audit_terms};
use crate::{
    Connection, StoreError,
    batch::{batches, placeholders},
    connection::{built, sql, stored},
    packed::packed,
};

const TABLE: &str = "audit_counts";

const HOUR: i64 = 3_600_000_000;

/// The tenant that the sums over all are under.
const ALL: i64 = -1;

/// Which records to count; all conditions hold together.
#[derive(Clone, Debug, Default)]
pub struct CountFilter {
    /// Of this tenant.
    pub tenant: Option<TenantId>,
    /// Of this action.
    pub action: Option<String>,
    /// With this outcome.
    pub outcome: Option<String>,
    /// From the hour on that this time is in.
    pub since: Option<DateTime<Utc>>,
    /// Before this time, and the hour that it is in where it doesn't begin one.
    pub until: Option<DateTime<Utc>>,
}

/// How long a time is counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Step {
    /// Each hour.
    Hour,
    /// Each UTC day.
    Day,
}

/// What is counted apart within a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Apart {
    /// Nothing.
    Nothing,
    /// Each tenant. The workspace's own records are none's.
    Tenant,
    /// Each action.
    Action,
    /// Each outcome.
    Outcome,
}

/// A count.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Count {
    /// When the time begins that was counted.
    pub start: DateTime<Utc>,
    /// The tenant, action or outcome that was counted apart.
    pub term: Option<String>,
    /// How many records.
    pub records: u64,
}

/// A stored count that isn't what the records say.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct WrongCount {
    /// When its hour begins.
    pub hour: DateTime<Utc>,
    /// The count as it is stored.
    pub stored: u64,
    /// What counting the records gives.
    pub counted: u64,
}

/// A count as it is stored, by the ids of [`audit_terms`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredCount {
    /// The tenant, 0 for none; no tenant for the sum over all.
    pub tenant: Option<i64>,
    /// Which hour since 1970.
    pub hour: i64,
    /// The action.
    pub action: i64,
    /// The outcome.
    pub outcome: i64,
    /// How many records.
    pub records: u64,
}

/// Counts in the records that are appended.
pub(super) async fn add(
    connection: &mut Connection,
    columns: &[AuditColumns],
) -> Result<(), StoreError> {
    let mut counts = BTreeMap::<_, i64>::new();
    for row in columns {
        let hour = row.time.div_euclid(HOUR);
        for tenant in [row.tenant, ALL] {
            *counts.entry((tenant, hour, row.action, row.outcome)).or_default() += 1;
        }
    }
    let counts: Vec<_> = counts.into_iter().collect();
    for batch in batches(&counts) {
        let values = placeholders(batch.len(), 5);
        let mut insert = built(format!(
            "INSERT INTO audit_counts (tenant, hour, action, outcome, records) VALUES {values}
             ON CONFLICT (tenant, hour, action, outcome)
             DO UPDATE SET records = audit_counts.records + excluded.records"
        ));
        for ((tenant, hour, action, outcome), records) in batch {
            insert = insert.bind(*tenant).bind(*hour).bind(*action).bind(*outcome).bind(*records);
        }
        connection.run(TABLE, insert).await?;
    }
    Ok(())
}

/// The counts of the records that pass the filter, by time; times without records are left out.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn counts(
    connection: &mut Connection,
    filter: &CountFilter,
    step: Step,
    apart: Apart,
) -> Result<Vec<Count>, StoreError> {
    let tenant = filter.tenant.as_ref().map(TenantId::as_str);
    let equal = [
        ("tenant", tenant),
        ("action", filter.action.as_deref()),
        ("outcome", filter.outcome.as_deref()),
    ];
    let wanted: Vec<(&str, &str)> =
        equal.into_iter().filter_map(|(column, text)| Some((column, text?))).collect();
    let texts: Vec<&str> = wanted.iter().map(|(_, text)| *text).collect();
    let mut conditions = String::new();
    let mut numbers = Vec::new();
    if filter.tenant.is_none() {
        // The sums over all tenants, or all tenants but the sums.
        conditions.push_str(if apart == Apart::Tenant { "tenant >= 0" } else { "tenant = -1" });
    }
    for ((column, _), id) in wanted.iter().zip(audit_terms::find(connection, &texts).await?) {
        let Some(id) = id else { return Ok(Vec::new()) };
        if !conditions.is_empty() {
            conditions.push_str(" AND ");
        }
        conditions.push_str(column);
        conditions.push_str(" = ?");
        numbers.push(id);
    }
    if let Some(since) = filter.since {
        conditions.push_str(" AND hour >= ?");
        numbers.push(since.timestamp_micros().div_euclid(HOUR));
    }
    if let Some(until) = filter.until {
        conditions.push_str(" AND hour < ?");
        numbers.push((until - TimeDelta::microseconds(1)).timestamp_micros().div_euclid(HOUR) + 1);
    }
    let hours = match step {
        Step::Hour => 1,
        Step::Day => 24,
    };
    let term = match apart {
        Apart::Nothing => "0",
        Apart::Tenant => "tenant",
        Apart::Action => "action",
        Apart::Outcome => "outcome",
    };
    // Times before 1970 aren't in any log.
    let mut select = built(format!(
        "SELECT counted.start, audit_terms.term, counted.records FROM (
             SELECT hour / {hours} * {hours} AS start, {term} AS apart, SUM(records) AS records
             FROM audit_counts WHERE {conditions} GROUP BY 1, 2) AS counted
         LEFT JOIN audit_terms ON audit_terms.id = counted.apart
         ORDER BY counted.start, audit_terms.term"
    ));
    for number in numbers {
        select = select.bind(number);
    }
    connection
        .many(TABLE, select, |row| {
            let hour = row.integer("start")?;
            Ok(Count {
                start: hour_start(hour).ok_or_else(|| row.corrupt("hour", &hour))?,
                term: row.optional_text("term")?,
                records: row.count("records")?,
            })
        })
        .await
}

/// All counts as they are stored, for whoever has counted the records while reading them.
///
/// # Errors
/// [`StoreError`] of the database; [`StoreError::Corrupt`] where a count isn't of the form of any.
pub async fn list(connection: &mut Connection) -> Result<Vec<StoredCount>, StoreError> {
    let text =
        "SELECT string_agg(concat_ws(' ', tenant, hour, action, outcome, records), ',') AS packed
        FROM audit_counts";
    packed(connection, TABLE, sql(text), |row| {
        let tenant = row.parse("tenant")?;
        Ok(StoredCount {
            tenant: (tenant != ALL).then_some(tenant),
            hour: row.parse("hour")?,
            action: row.parse("action")?,
            outcome: row.parse("outcome")?,
            records: row.parse("records")?,
        })
    })
    .await
}

/// Counts a day's records again, whose rows must be here, and gives the first stored count that differs.
/// What is counted has its days' and hours' borders where the records' times say; verify those first.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn first_wrong(
    connection: &mut Connection,
    day: &AuditDay,
) -> Result<Option<WrongCount>, StoreError> {
    let start = day.day.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_micros() / HOUR;
    let text = "
        WITH counted AS (
            SELECT tenant, time / 3600000000 AS hour, action, outcome, COUNT(*) AS records
            FROM audit_records WHERE seq >= $1 AND seq < $2 GROUP BY 1, 2, 3, 4
        ), both AS (
            SELECT tenant, hour, action, outcome, records AS counted, 0 AS stored FROM counted
            UNION ALL
            SELECT -1, hour, action, outcome, records, 0 FROM counted
            UNION ALL
            SELECT tenant, hour, action, outcome, 0, records FROM audit_counts
            WHERE tenant IN (SELECT 0 UNION ALL SELECT -1 UNION ALL SELECT id FROM audit_terms)
                AND hour >= $3 AND hour < $4
        )
        SELECT hour, SUM(stored) AS stored, SUM(counted) AS counted FROM both
        GROUP BY tenant, hour, action, outcome HAVING SUM(stored) <> SUM(counted)
        ORDER BY hour, tenant, action, outcome LIMIT 1";
    let select = sql(text)
        .bind(stored(TABLE, "first", day.first)?)
        .bind(stored(TABLE, "records", day.first.saturating_add(day.records))?)
        .bind(start)
        .bind(start + 24);
    let row = connection.one(TABLE, select).await?;
    row.map(|row| {
        let hour = row.integer("hour")?;
        Ok(WrongCount {
            hour: hour_start(hour).ok_or_else(|| row.corrupt("hour", &hour))?,
            stored: row.count("stored")?,
            counted: row.count("counted")?,
        })
    })
    .transpose()
}

/// How many records all counts together say that there are: by tenant, and in the sums over all. Both
/// are the log's size, unless a count of a time without records was added.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn totals(connection: &mut Connection) -> Result<(u64, u64), StoreError> {
    let text = "SELECT COALESCE(SUM(CASE WHEN tenant >= 0 THEN records END), 0) AS each,
            COALESCE(SUM(CASE WHEN tenant < 0 THEN records END), 0) AS together
        FROM audit_counts";
    match connection.one(TABLE, sql(text)).await? {
        Some(row) => Ok((row.count("each")?, row.count("together")?)),
        None => Ok((0, 0)),
    }
}

fn hour_start(hour: i64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(hour.checked_mul(3600)?, 0)
}
