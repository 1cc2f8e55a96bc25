//! The audit log's records. They are only ever added: triggers refuse the rest.
//!
//! [`append`] writes all that goes with them in the same transaction: terms, words, tiles, days, counts
//! and the head. [`audit_pages`](super::audit_pages) finds records again; here they are read in sequence.

use chrono::{DateTime, Utc};

use super::{
    audit_counts, audit_days,
    audit_head::{self, AuditHead},
    audit_terms::{self, NONE},
    audit_text,
    audit_tiles::{self, AuditTile},
};
use crate::{
    Connection, StoreError,
    batch::{batches, placeholders},
    bodies::{self, Lines},
    connection::{built, sql, stored},
};

pub use crate::bodies::Body;

const TABLE: &str = "audit_records";

/// A record to append, with the parts of it that queries filter on.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct AuditRecord {
    /// Its leaf's index in the tree, from 0.
    pub seq: u64,
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
    /// The record itself, canonical JSON.
    pub body: String,
    /// What full text search finds it by, besides the texts above, which it finds it by in any case.
    pub words: String,
}

/// A record's columns by the ids of [`audit_terms`], 0 for none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AuditColumns {
    /// Microseconds since 1970.
    pub time: i64,
    /// Who.
    pub actor: i64,
    /// The tenant concerned.
    pub tenant: i64,
    /// The key concerned.
    pub key: i64,
    /// What.
    pub action: i64,
    /// What came of it.
    pub outcome: i64,
}

/// Records as they are stored, in one piece of memory.
#[derive(Debug)]
pub struct AuditChunk {
    packed: Vec<u8>,
    places: Vec<(u64, AuditColumns, std::ops::Range<usize>)>,
}

/// A record as it is stored.
#[derive(Clone, Copy, Debug)]
pub struct StoredRow<'c> {
    /// Where it is stored.
    pub seq: u64,
    /// What queries filter on.
    pub columns: AuditColumns,
    /// The bytes of its body.
    pub body: &'c [u8],
}

/// Appends records, and tiles as they are with them, to the log as it was read within the caller's
/// transaction, and moves the head on. The records' sequence numbers run from the old head's size to the
/// new one's, and their times from the old head's to the new one's.
///
/// # Errors
/// [`StoreError::ChangedMeanwhile`] where that isn't so, or the head has moved since it was read;
/// [`StoreError::Refused`] where a tile doesn't begin as the stored one, or the day is sealed.
pub async fn append(
    connection: &mut Connection,
    from: &AuditHead,
    rows: &[AuditRecord],
    tiles: &[AuditTile],
    to: &AuditHead,
) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    let times = std::iter::once(from.time).chain(rows.iter().map(|row| row.time));
    let runs_on = (from.size..).zip(rows).all(|(seq, row)| row.seq == seq)
        && rows.last().is_some_and(|last| last.seq.checked_add(1) == Some(to.size))
        && times.chain([to.time]).is_sorted();
    if !runs_on {
        return Err(StoreError::ChangedMeanwhile { table: TABLE });
    }
    let columns = columns(connection, rows).await?;
    let starts = audit_days::starts(from, rows);
    if !starts.is_empty() {
        audit_days::insert(connection, &starts).await?;
    }
    match insert(connection, rows, &columns).await {
        // Where they should go there are others already.
        Err(StoreError::Refused { .. } | StoreError::AlreadyExists { .. })
            if audit_head::get(connection).await?.size != from.size =>
        {
            return Err(StoreError::ChangedMeanwhile { table: TABLE });
        }
        done => done?,
    }
    audit_tiles::put(connection, tiles).await?;
    audit_counts::add(connection, &columns).await?;
    audit_head::advance(connection, from.size, to).await
}

/// Puts the records of an archived day back. See [`audit_days::restore`].
pub(super) async fn restore(
    connection: &mut Connection,
    rows: &[AuditRecord],
) -> Result<(), StoreError> {
    let columns = columns(connection, rows).await?;
    insert(connection, rows, &columns).await
}

/// One record.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn get(connection: &mut Connection, seq: u64) -> Result<Option<Body>, StoreError> {
    let select = "SELECT seq, body FROM audit_records WHERE seq = $1 LIMIT 1";
    let select = bodies::packed(select, built).bind(stored(TABLE, "seq", seq)?);
    Ok(bodies::read(connection, TABLE, select).await?.pop())
}

/// At most `limit` records in sequence from one on, as they are stored, for verification and export:
/// read a chunk, then the next, on one [`snapshot`](crate::Store::snapshot). Those of archived days are
/// not there.
///
/// # Errors
/// [`StoreError`] of the database; [`StoreError::Corrupt`] where a row isn't of the form of any.
pub async fn read_chunk(
    connection: &mut Connection,
    from: u64,
    limit: u32,
) -> Result<AuditChunk, StoreError> {
    // One value for all rows, since handing over a row costs more than reading it.
    let text =
        "SELECT CAST(string_agg(concat_ws(' ', seq, time, actor, tenant, key, action, outcome,
            octet_length(body), body), '\n') AS BLOB) AS packed
        FROM (SELECT * FROM audit_records WHERE seq >= $1 ORDER BY seq LIMIT $2)";
    let select = sql(text).bind(stored(TABLE, "seq", from)?).bind(i64::from(limit));
    let packed = bodies::packed_value(connection, TABLE, select).await?;
    let mut lines = Lines::new(TABLE, &packed);
    let mut places = Vec::with_capacity(packed.len() / 300);
    while lines.next()? {
        let seq = lines.number("seq")?;
        let mut column = |name| lines.number(name);
        let columns = AuditColumns {
            time: column("time")?,
            actor: column("actor")?,
            tenant: column("tenant")?,
            key: column("key")?,
            action: column("action")?,
            outcome: column("outcome")?,
        };
        let seq = u64::try_from(seq).map_err(|_| lines.corrupt("seq"))?;
        places.push((seq, columns, lines.body()?));
    }
    Ok(AuditChunk { packed, places })
}

/// How many rows there are: counted, not taken from the head.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn count(connection: &mut Connection) -> Result<u64, StoreError> {
    let select = sql("SELECT COUNT(*) AS records FROM audit_records");
    connection.one(TABLE, select).await?.map_or(Ok(0), |row| row.count("records"))
}

impl AuditChunk {
    /// How many records.
    #[must_use]
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// The records, by their sequence numbers.
    pub fn rows(&self) -> impl DoubleEndedIterator<Item = StoredRow<'_>> + ExactSizeIterator {
        self.places.iter().map(|(seq, columns, body)| StoredRow {
            seq: *seq,
            columns: *columns,
            body: self.packed.get(body.clone()).unwrap_or_default(),
        })
    }
}

async fn columns(
    connection: &mut Connection,
    rows: &[AuditRecord],
) -> Result<Vec<AuditColumns>, StoreError> {
    let mut texts = Vec::with_capacity(rows.len() * 5);
    for row in rows {
        texts.extend([row.actor.as_str(), &row.action, &row.outcome]);
        texts.extend([&row.tenant, &row.key].into_iter().flatten().map(String::as_str));
    }
    let mut ids = audit_terms::intern(connection, &texts).await?.into_iter();
    // INVARIANT: an id for each text, in their order.
    let mut next = || ids.next().unwrap_or(NONE);
    let columns = rows.iter().map(|row| AuditColumns {
        time: row.time.timestamp_micros(),
        actor: next(),
        action: next(),
        outcome: next(),
        tenant: if row.tenant.is_some() { next() } else { NONE },
        key: if row.key.is_some() { next() } else { NONE },
    });
    Ok(columns.collect())
}

async fn insert(
    connection: &mut Connection,
    rows: &[AuditRecord],
    columns: &[AuditColumns],
) -> Result<(), StoreError> {
    let mut rest = columns;
    for batch in batches(rows) {
        let values = placeholders(batch.len(), 8);
        let mut insert = built(format!(
            "INSERT INTO audit_records (seq, time, actor, tenant, key, action, outcome, body)
             VALUES {values}"
        ));
        let (columns, after) = rest.split_at(batch.len().min(rest.len()));
        rest = after;
        for (row, columns) in batch.iter().zip(columns) {
            insert = insert
                .bind(stored(TABLE, "seq", row.seq)?)
                .bind(columns.time)
                .bind(columns.actor)
                .bind(columns.tenant)
                .bind(columns.key)
                .bind(columns.action)
                .bind(columns.outcome)
                .bind(row.body.clone());
        }
        connection.run(TABLE, insert).await?;
    }
    audit_text::insert(connection, rows).await
}
