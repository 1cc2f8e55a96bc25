//! Pages of audit records by filters that combine, newest or oldest first.
//!
//! A page walks one index from where the last one ended: that of the rarest term that is asked for, or
//! the words of a search. All other conditions are asked of each record that it comes by.

use std::ops::Range;

use chrono::{DateTime, Utc};
use keyward_core::TenantId;

use super::{audit_records::Body, audit_terms, audit_text};
use crate::{
    Connection, StoreError, bodies,
    connection::{built, stored},
};

const TABLE: &str = "audit_records";

/// How many records of a term are looked through to tell how rare it is.
const LOOK: u32 = 1000;

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
    let Some(terms) = terms(connection, filter).await? else { return Ok(Vec::new()) };
    let Some(range) = range(connection, filter, page).await? else { return Ok(Vec::new()) };
    let backwards = matches!(page, Page::Newest | Page::Before(_));
    let statement = match &filter.search {
        Some(search) => {
            let mut asked = audit_text::asked(search);
            if asked.is_empty() {
                return Ok(Vec::new());
            }
            // The terms' own words narrow the search before a row is read.
            let also = [filter.tenant.as_ref().map(TenantId::as_str), filter.key.as_deref()];
            let also = also.into_iter().flatten().chain(filter.actor.as_deref());
            asked.extend(also.flat_map(audit_text::asked));
            let words = audit_text::matching(connection, asked).await?;
            searching(&terms, Some(words), backwards)
        }
        None => {
            let tenant_outcome = ["tenant", "outcome"];
            let columns = terms.iter().map(|term| term.column);
            let walked = if columns.eq(tenant_outcome) {
                // They have an index of their own.
                0..2
            } else if terms.len() < 2 {
                0..terms.len()
            } else {
                let place = rarest(connection, &terms, range, backwards).await?;
                place..place + 1
            };
            walking(&terms, &walked, backwards)
        }
    };
    let mut select = bodies::packed(&statement.text, built);
    if let Some(words) = statement.words {
        select = select.bind(words);
    }
    for term in &terms {
        select = select.bind(term.id);
    }
    let micros = |time: Option<DateTime<Utc>>, none| time.map_or(none, |t| t.timestamp_micros());
    select = select
        .bind(range.0)
        .bind(range.1)
        .bind(micros(filter.since, i64::MIN))
        .bind(micros(filter.until, i64::MAX))
        .bind(i64::from(limit));
    bodies::read(connection, TABLE, select).await
}

/// An equality that is asked for.
struct Term {
    column: &'static str,
    id: i64,
}

/// A statement's text, and the words that it asks for first.
struct Text {
    text: String,
    words: Option<String>,
}

impl Term {
    /// The condition by which an index is walked.
    fn walked(&self) -> String {
        match self.column {
            // Their indexes leave out the records that have none.
            "tenant" | "key" => format!("r.{0} = ? AND r.{0} > 0", self.column),
            column => format!("r.{column} = ?"),
        }
    }

    /// The condition asked of each record: the `+` keeps its index out of the plan.
    fn asked(&self) -> String {
        format!("+r.{} = ?", self.column)
    }
}

/// The equalities; `None` where no record can have one of them.
async fn terms(
    connection: &mut Connection,
    filter: &Filter,
) -> Result<Option<Vec<Term>>, StoreError> {
    let wanted: Vec<(&'static str, &str)> = [
        ("tenant", filter.tenant.as_ref().map(TenantId::as_str)),
        ("key", filter.key.as_deref()),
        ("action", filter.action.as_deref()),
        ("outcome", filter.outcome.as_deref()),
        ("actor", filter.actor.as_deref()),
    ]
    .into_iter()
    .filter_map(|(column, text)| Some((column, text?)))
    .collect();
    let texts: Vec<&str> = wanted.iter().map(|(_, text)| *text).collect();
    let ids = audit_terms::find(connection, &texts).await?;
    let terms = wanted.iter().zip(ids).map(|((column, _), id)| Some(Term { column, id: id? }));
    Ok(terms.collect())
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

/// Which of several terms is the rarest here: that whose next thousand records reach farthest.
async fn rarest(
    connection: &mut Connection,
    terms: &[Term],
    range: (i64, i64),
    backwards: bool,
) -> Result<usize, StoreError> {
    let order = order(backwards);
    let reaches: Vec<String> = terms
        .iter()
        .enumerate()
        .map(|(place, term)| {
            let walked = term.walked();
            format!(
                "SELECT {place} AS place, (SELECT seq FROM audit_records AS r
                 WHERE {walked} AND r.seq >= ? AND r.seq < ? ORDER BY r.seq {order}
                 LIMIT 1 OFFSET {LOOK}) AS reach"
            )
        })
        .collect();
    // A term with no thousand records has no such one: it comes first both ways.
    let order = if backwards { "ASC NULLS FIRST" } else { "DESC NULLS FIRST" };
    let mut select = built(format!(
        "SELECT place FROM ({}) ORDER BY reach {order} LIMIT 1",
        reaches.join(" UNION ALL ")
    ));
    for term in terms {
        select = select.bind(term.id).bind(range.0).bind(range.1);
    }
    let place = connection.one(TABLE, select).await?.map_or(Ok(0), |row| row.count("place"))?;
    Ok(usize::try_from(place).unwrap_or_default())
}

/// The statement that walks the index of these terms, or all records where they are none.
fn walking(terms: &[Term], walked: &Range<usize>, backwards: bool) -> Text {
    let mut conditions = String::new();
    for (place, term) in terms.iter().enumerate() {
        conditions.push_str(&if walked.contains(&place) { term.walked() } else { term.asked() });
        conditions.push_str(" AND ");
    }
    let order = order(backwards);
    // SQLite takes the narrower index for as good. (PostgreSQL doesn't, and has no such word.)
    let index = if walked.len() == 2 { "INDEXED BY audit_records_tenant_outcome" } else { "" };
    let text = format!(
        "SELECT r.seq, r.body FROM audit_records AS r {index}
         WHERE {conditions}r.seq >= ? AND r.seq < ? AND r.time >= ? AND r.time < ?
         ORDER BY r.seq {order} LIMIT ?"
    );
    Text { text, words: None }
}

/// The statement that walks the records that have words.
fn searching(terms: &[Term], words: Option<String>, backwards: bool) -> Text {
    let conditions: String = terms.iter().map(|term| term.asked() + " AND ").collect();
    let order = order(backwards);
    // A cross join is one that SQLite doesn't turn round.
    let text = format!(
        "SELECT r.seq, r.body FROM audit_text AS t CROSS JOIN audit_records AS r ON r.seq = t.rowid
         WHERE t.audit_text MATCH ? AND {conditions}t.rowid >= ? AND t.rowid < ?
             AND r.time >= ? AND r.time < ?
         ORDER BY t.rowid {order} LIMIT ?"
    );
    Text { text, words }
}

fn order(backwards: bool) -> &'static str {
    if backwards { "DESC" } else { "ASC" }
}
