//! Checkpoints worth keeping besides the newest: where days were sealed, where the log was anchored or
//! cosigned.

use crate::{
    Connection, StoreError,
    connection::{Row, sql, stored},
};

const TABLE: &str = "audit_checkpoints";

/// A checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct AuditCheckpoint {
    /// The log's size.
    pub size: u64,
    /// The signed note.
    pub note: String,
}

/// Keeps a checkpoint. One that is kept already may gain signature lines at its end.
///
/// # Errors
/// [`StoreError::Refused`] where another one of that size is kept.
pub async fn put(
    connection: &mut Connection,
    checkpoint: &AuditCheckpoint,
) -> Result<(), StoreError> {
    let text = "INSERT INTO audit_checkpoints (size, note) VALUES ($1, $2)
        ON CONFLICT (size) DO UPDATE SET note = excluded.note";
    let insert =
        sql(text).bind(stored(TABLE, "size", checkpoint.size)?).bind(checkpoint.note.clone());
    connection.run(TABLE, insert).await?;
    Ok(())
}

/// The checkpoint of this size.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn get(
    connection: &mut Connection,
    size: u64,
) -> Result<Option<AuditCheckpoint>, StoreError> {
    let select = sql("SELECT size, note FROM audit_checkpoints WHERE size = $1");
    let row = connection.one(TABLE, select.bind(stored(TABLE, "size", size)?)).await?;
    row.as_ref().map(read).transpose()
}

/// The newest.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn newest(connection: &mut Connection) -> Result<Option<AuditCheckpoint>, StoreError> {
    let select = sql("SELECT size, note FROM audit_checkpoints ORDER BY size DESC LIMIT 1");
    connection.one(TABLE, select).await?.as_ref().map(read).transpose()
}

/// Those of this size and larger, smallest first.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn list(
    connection: &mut Connection,
    from: u64,
    limit: u32,
) -> Result<Vec<AuditCheckpoint>, StoreError> {
    let text = "SELECT size, note FROM audit_checkpoints WHERE size >= $1 ORDER BY size LIMIT $2";
    let select = sql(text).bind(stored(TABLE, "size", from)?).bind(i64::from(limit));
    connection.many(TABLE, select, read).await
}

fn read(row: &Row) -> Result<AuditCheckpoint, StoreError> {
    Ok(AuditCheckpoint { size: row.count("size")?, note: row.text("note")? })
}
