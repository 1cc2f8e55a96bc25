//! Pages of audit records by filters that combine, newest or oldest first.
//!
//! A page walks the records that have all marks and words that are asked for, from where the last one
//! ended; or all records where none are.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use keyward_core::TenantId;

use super::{audit_marks, audit_records::Body, audit_text};
use crate::{
    Connection, StoreError, bodies,
    connection::{built, stored},
};

const TABLE: &str = "audit_records";

/// Which records; all conditions hold together.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Of this tenant.
    pub tenant: Option<TenantId>,
    /// About this key.
    pub key: Option<String>,
    /// Of this action.
    pub action: Option<String>,
    /// With this outcome.
    pub outcome: Option<String>,
    /// By this actor.
    pub actor: Option<String>,
    /// At this time or later.
    pub since: Option<DateTime<Utc>>,
    /// Before this time.
    pub until: Option<DateTime<Utc>>,
    /// With all of these words; the last letters of one may be left open with `*`.
    pub search: Option<String>,
}

/// Where a page starts, and which way it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// The newest, backwards.
    Newest,
    /// Those before this sequence number, backwards.
    Before(u64),
    /// The oldest, forwards.
    Oldest,
    /// Those after this sequence number, forwards: to follow the log, call again with the last.
    After(u64),
}

/// A page of the records that pass the filter, in the page's order. A search without any word in it finds
/// nothing.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn page(
    connection: &mut Connection,
    filter: &Filter,
    page: Page,
    limit: u32,
) -> Result<Vec<Body>, StoreError> {
    let mut asked = filter.search.as_deref().map_or_else(BTreeSet::new, audit_text::asked);
    if filter.search.is_some() && asked.is_empty() {
        return Ok(Vec::new());
    }
    asked.extend(audit_marks::asked(filter).into_iter().map(|mark| format!("\"{mark}\"")));
    let Some(range) = range(connection, filter, page).await? else { return Ok(Vec::new()) };
    let order = if matches!(page, Page::Newest | Page::Before(_)) { "DESC" } else { "ASC" };
    let mut select = if asked.is_empty() {
        bodies::packed(&walking(order), built)
    } else {
        let words = audit_text::matching(connection, asked).await?;
        bodies::packed(&searching(order), built).bind(words)
    };
    let micros = |time: Option<DateTime<Utc>>, none| time.map_or(none, |t| t.timestamp_micros());
    select = select
        .bind(range.0)
        .bind(range.1)
        .bind(micros(filter.since, i64::MIN))
        .bind(micros(filter.until, i64::MAX))
        .bind(i64::from(limit));
    bodies::read(connection, TABLE, select).await
}

/// The first sequence number that can pass and the first after those; `None` where none can.
async fn range(
    connection: &mut Connection,
    filter: &Filter,
    page: Page,
) -> Result<Option<(i64, i64)>, StoreError> {
    let (mut first, mut end) = match page {
        Page::Newest | Page::Oldest => (0, i64::MAX),
        Page::Before(seq) => (0, stored(TABLE, "seq", seq)?),
        Page::After(seq) => (stored(TABLE, "seq", seq)?.saturating_add(1), i64::MAX),
    };
    if filter.since.is_some() || filter.until.is_some() {
        let [since, until] = first_at(connection, [filter.since, filter.until]).await?;
        first = first.max(since.unwrap_or(first));
        end = end.min(until.unwrap_or(end));
    }
    Ok((first < end).then_some((first, end)))
}

/// Where a search for a time looks next, between `low` and `high`: in turns where the time lies between
/// those at the ends, and in the middle.
const GUESS: &str = "low + CASE turn % 2
    WHEN 0 THEN CAST((high - 1 - low) * MAX(0.0, MIN(1.0, COALESCE(
        1.0 * (asked - low_time) / (high_time - low_time), 0.0))) AS INTEGER)
    ELSE (high - low) / 2 END";

/// The sequence numbers from which on all records are of these times or later.
///
/// Records' times never go back, so that a search narrows what lies between `low` and `high`. Each step
/// reads a record from anywhere in the file: guessing by time takes a few where records come evenly, and
/// halving in between keeps it at twice what halving takes where they don't.
async fn first_at(
    connection: &mut Connection,
    times: [Option<DateTime<Utc>>; 2],
) -> Result<[Option<i64>; 2], StoreError> {
    // INVARIANT: records before `low` are earlier than asked, those from `high` on aren't. Where the rows
    // of a day are archived, the next row tells as well, since it is no earlier.
    let text = format!(
        "WITH RECURSIVE search (asked, low, high, low_time, high_time, turn) AS (
            SELECT times.asked, oldest.seq, newest.seq + 1, oldest.time, newest.time, 0
            FROM (SELECT $1 AS asked UNION SELECT $2) AS times,
                (SELECT seq, time FROM audit_records ORDER BY seq LIMIT 1) AS oldest,
                (SELECT seq, time FROM audit_records ORDER BY seq DESC LIMIT 1) AS newest
            WHERE times.asked IS NOT NULL
            UNION ALL
            SELECT asked,
                CASE WHEN r.time < asked THEN r.seq + 1 ELSE low END,
                CASE WHEN r.time < asked THEN high ELSE {GUESS} END,
                CASE WHEN r.time < asked THEN r.time ELSE low_time END,
                CASE WHEN r.time < asked THEN high_time ELSE r.time END,
                turn + 1
            FROM search CROSS JOIN audit_records AS r
            WHERE low < high AND r.seq =
                (SELECT seq FROM audit_records WHERE seq >= {GUESS} ORDER BY seq LIMIT 1)
        )
        SELECT asked, low FROM search WHERE low >= high"
    );
    let times = times.map(|time| time.map(|time| time.timestamp_micros()));
    let select = times.into_iter().fold(built(text), |select, time| select.bind(time));
    let found = connection
        .many(TABLE, select, |row| Ok((row.integer("asked")?, row.integer("low")?)))
        .await?;
    // In a log without rows there is nothing to find, from anywhere on.
    let place = |time| found.iter().find(|(asked, _)| *asked == time).map_or(0, |(_, low)| *low);
    Ok(times.map(|time| time.map(place)))
}

/// The statement that walks all records.
fn walking(order: &str) -> String {
    format!(
        "SELECT r.seq, r.body FROM audit_records AS r
         WHERE r.seq >= ? AND r.seq < ? AND r.time >= ? AND r.time < ?
         ORDER BY r.seq {order} LIMIT ?"
    )
}

/// The statement that walks the records that have words.
fn searching(order: &str) -> String {
    // A cross join is one that SQLite doesn't turn round.
    format!(
        "SELECT r.seq, r.body FROM audit_text AS t CROSS JOIN audit_records AS r ON r.seq = t.rowid
         WHERE t.audit_text MATCH ? AND t.rowid >= ? AND t.rowid < ?
             AND r.time >= ? AND r.time < ?
         ORDER BY t.rowid {order} LIMIT ?"
    )
}
