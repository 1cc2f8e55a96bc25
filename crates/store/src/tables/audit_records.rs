//! The audit log's records. They are only ever added: triggers refuse the rest.

use chrono::{DateTime, Utc};
use keyward_core::TenantId;

use super::audit_head::{self, AuditHead};
use crate::{
    Connection, StoreError,
    batch::{batches, values},
    connection::{Row, built, sql, stored, time_text},
};

const TABLE: &str = "audit_records";

/// A record, and the parts of it that queries filter on.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct AuditRecord {
    /// Its leaf's index in the tree, from 0.
    pub seq: u64,
    /// The record itself, canonical JSON.
    pub body: String,
    /// Its leaf's hash.
    pub leaf: [u8; 32],
    /// When.
    pub time: DateTime<Utc>,
    /// Who.
    pub actor: String,
    /// The tenant concerned; `None` for the workspace's own.
    pub tenant: Option<String>,
    /// The key concerned, as text (`dk:acme/invoices/3`).
    pub key: Option<String>,
    /// What.
    pub action: String,
    /// What came of it.
    pub outcome: String,
}

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
    /// Those after this sequence number, forwards.
    After(u64),
}

/// Appends records and moves the head on, in the caller's transaction. The records' sequence numbers
/// must run from the old head's size to the new one's.
///
/// # Errors
/// [`StoreError::ChangedMeanwhile`] where the head isn't where the records start, or they don't end
/// where it goes.
pub async fn append(
    connection: &mut Connection,
    rows: &[AuditRecord],
    head: &AuditHead,
) -> Result<(), StoreError> {
    let Some(first) = rows.first() else { return Ok(()) };
    let runs_on = (first.seq..).zip(rows).all(|(seq, row)| row.seq == seq)
        && rows.last().is_some_and(|last| last.seq.checked_add(1) == Some(head.size));
    if !runs_on {
        return Err(StoreError::ChangedMeanwhile { table: TABLE });
    }
    audit_head::advance(connection, first.seq, head).await?;
    for batch in batches(rows) {
        let values = values(1, batch.len(), 9);
        let mut insert = built(format!(
            "INSERT INTO audit_records
                 (seq, body, leaf, time, actor, tenant, key, action, outcome) VALUES {values}"
        ));
        for row in batch {
            insert = insert
                .bind(stored(TABLE, "seq", row.seq)?)
                .bind(row.body.clone())
                .bind(row.leaf.to_vec())
                .bind(time_text(row.time))
                .bind(row.actor.clone())
                .bind(row.tenant.clone())
                .bind(row.key.clone())
                .bind(row.action.clone())
                .bind(row.outcome.clone());
        }
        connection.run(TABLE, insert).await?;
    }
    Ok(())
}

/// One record.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn get(connection: &mut Connection, seq: u64) -> Result<Option<AuditRecord>, StoreError> {
    let select = sql("SELECT * FROM audit_records WHERE seq = $1").bind(stored(TABLE, "seq", seq)?);
    connection.one(TABLE, select).await?.as_ref().map(read).transpose()
}

/// A page of the records that pass the filter.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn page(
    connection: &mut Connection,
    filter: &Filter,
    page: Page,
    limit: u32,
) -> Result<Vec<AuditRecord>, StoreError> {
    let mut conditions = Vec::new();
    let mut texts = Vec::new();
    let equal = [
        ("tenant = ", filter.tenant.as_ref().map(TenantId::to_string)),
        ("key = ", filter.key.clone()),
        ("action = ", filter.action.clone()),
        ("outcome = ", filter.outcome.clone()),
        ("actor = ", filter.actor.clone()),
        ("time >= ", filter.since.map(time_text)),
        ("time < ", filter.until.map(time_text)),
    ];
    for (condition, value) in equal {
        if let Some(value) = value {
            texts.push(value);
            conditions.push(format!("{condition}${}", texts.len()));
        }
    }
    let (bound, order) = match page {
        Page::Newest => (None, "DESC"),
        Page::Before(seq) => (Some(("<", seq)), "DESC"),
        Page::Oldest => (None, "ASC"),
        Page::After(seq) => (Some((">", seq)), "ASC"),
    };
    let mut numbers = Vec::new();
    if let Some((comparison, seq)) = bound {
        numbers.push(stored(TABLE, "seq", seq)?);
        conditions.push(format!("seq {comparison} ${}", texts.len() + 1));
    }
    numbers.push(i64::from(limit));
    let filter = if conditions.is_empty() {
        String::new()
    } else {
        format!("WHERE {}", conditions.join(" AND "))
    };
    let last = texts.len() + numbers.len();
    let mut select =
        built(format!("SELECT * FROM audit_records {filter} ORDER BY seq {order} LIMIT ${last}"));
    for text in texts {
        select = select.bind(text);
    }
    for number in numbers {
        select = select.bind(number);
    }
    connection.many(TABLE, select, read).await
}

/// Records in sequence from one on, for verification and export: read a range, then the next, on one
/// [`snapshot`](crate::Store::snapshot).
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn read_range(
    connection: &mut Connection,
    from: u64,
    limit: u32,
) -> Result<Vec<AuditRecord>, StoreError> {
    let select = sql("SELECT * FROM audit_records WHERE seq >= $1 ORDER BY seq LIMIT $2")
        .bind(stored(TABLE, "seq", from)?)
        .bind(i64::from(limit));
    connection.many(TABLE, select, read).await
}

/// How many rows there are: counted, not taken from the head.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn count(connection: &mut Connection) -> Result<u64, StoreError> {
    let select = sql("SELECT COUNT(*) AS records FROM audit_records");
    connection.one(TABLE, select).await?.map_or(Ok(0), |row| row.count("records"))
}

fn read(row: &Row) -> Result<AuditRecord, StoreError> {
    let leaf = row.blob("leaf")?;
    Ok(AuditRecord {
        seq: row.count("seq")?,
        body: row.text("body")?,
        leaf: leaf
            .as_slice()
            .try_into()
            .map_err(|_| row.corrupt("leaf", &format!("{} bytes", leaf.len())))?,
        time: row.time("time")?,
        actor: row.text("actor")?,
        tenant: row.optional_text("tenant")?,
        key: row.optional_text("key")?,
        action: row.text("action")?,
        outcome: row.text("outcome")?,
    })
}
