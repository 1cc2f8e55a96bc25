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
    connection::{built, sql, stored},
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
            let Some(words) = audit_text::matching(search) else { return Ok(Vec::new()) };
            // The terms' own words narrow the search before a row is read.
            let also = [filter.tenant.as_ref().map(TenantId::as_str), filter.key.as_deref()];
            let also = also.into_iter().flatten().chain(filter.actor.as_deref());
            let words = also
                .filter_map(audit_text::matching)
                .fold(words, |all, more| format!("{all} {more}"));
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
    if let Some(since) = filter.since {
        first = first.max(first_at(connection, since).await?);
    }
    if let Some(until) = filter.until {
        end = end.min(first_at(connection, until).await?);
    }
    Ok((first < end).then_some((first, end)))
}

/// The sequence number from which on all records are of a time or later. Records' times never go back, so
/// it is found in steps that halve.
async fn first_at(connection: &mut Connection, time: DateTime<Utc>) -> Result<i64, StoreError> {
    // No log has more than 2^41 records. Where rows are archived, the next one tells as well.
    let text = "
        WITH RECURSIVE steps (first, step) AS (
            VALUES (0, 1099511627776)
            UNION ALL
            SELECT first + step * COALESCE((SELECT time < $1 FROM audit_records
                    WHERE seq >= first + step - 1 ORDER BY seq LIMIT 1), 0),
                step / 2
            FROM steps WHERE step > 0
        )
        SELECT MAX(first) AS first FROM steps";
    let select = sql(text).bind(time.timestamp_micros());
    connection.one(TABLE, select).await?.map_or(Ok(0), |row| row.integer("first"))
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
