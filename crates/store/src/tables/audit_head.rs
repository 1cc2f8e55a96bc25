//! The audit log's head: how large the tree is, its right edge and its newest checkpoint.

use chrono::{DateTime, Utc};

use crate::{
    Connection, StoreError,
    connection::{sql, stored},
};

const TABLE: &str = "audit_head";

/// The head.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct AuditHead {
    /// How many records.
    pub size: u64,
    /// When the newest was written; the start of 1970 where there is none. No later one is earlier.
    pub time: DateTime<Utc>,
    /// The roots of the complete subtrees, largest first, 32 bytes each.
    pub frontier: Vec<u8>,
    /// The newest signed checkpoint; empty where there is none yet.
    pub checkpoint: String,
}

/// The head.
///
/// # Errors
/// [`StoreError::Damaged`] where it isn't there.
pub async fn get(connection: &mut Connection) -> Result<AuditHead, StoreError> {
    let select = sql("SELECT size, time, frontier, checkpoint FROM audit_head WHERE id = 1");
    let row = connection
        .one(TABLE, select)
        .await?
        .ok_or_else(|| StoreError::Damaged { detail: "the audit log's head is missing".into() })?;
    Ok(AuditHead {
        size: row.count("size")?,
        time: row.micros("time")?,
        frontier: row.blob("frontier")?,
        checkpoint: row.text("checkpoint")?,
    })
}

/// Moves the head on from a size.
///
/// # Errors
/// [`StoreError::ChangedMeanwhile`] where its size isn't `from`; [`StoreError::Refused`] where it
/// would shrink, go back in time, or take records into a sealed day.
pub async fn advance(
    connection: &mut Connection,
    from: u64,
    to: &AuditHead,
) -> Result<(), StoreError> {
    let text = "UPDATE audit_head SET size = $2, time = $3, frontier = $4, checkpoint = $5
        WHERE id = 1 AND size = $1";
    let update = sql(text)
        .bind(stored(TABLE, "size", from)?)
        .bind(stored(TABLE, "size", to.size)?)
        .bind(to.time.timestamp_micros())
        .bind(to.frontier.clone())
        .bind(to.checkpoint.clone());
    match connection.run(TABLE, update).await? {
        1 => Ok(()),
        _ => Err(StoreError::ChangedMeanwhile { table: TABLE }),
    }
}
