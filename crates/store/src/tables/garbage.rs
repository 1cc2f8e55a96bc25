//! Stored bytes that nothing refers to any more, to be deleted.

use chrono::{DateTime, Utc};

use crate::{
    Connection, StoreError,
    batch::{batches, placeholders},
    connection::{built, sql, time_text},
};

const TABLE: &str = "garbage";

/// Bytes to be deleted.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Garbage {
    /// Their path in the object store.
    pub path: String,
    /// Since when nothing refers to them. Who has started to read them may not have finished.
    pub since: DateTime<Utc>,
}

/// Adds paths; one that is there already keeps its time.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn insert(connection: &mut Connection, rows: &[Garbage]) -> Result<(), StoreError> {
    for batch in batches(rows) {
        let values = placeholders(batch.len(), 2);
        let mut insert = built(format!(
            "INSERT INTO garbage (path, since) VALUES {values} ON CONFLICT (path) DO NOTHING"
        ));
        for row in batch {
            insert = insert.bind(row.path.clone()).bind(time_text(row.since));
        }
        connection.run(TABLE, insert).await?;
    }
    Ok(())
}

/// A page by path.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn list(
    connection: &mut Connection,
    after: Option<&str>,
    limit: u32,
) -> Result<Vec<Garbage>, StoreError> {
    let select = sql("SELECT path, since FROM garbage WHERE path > $1 ORDER BY path LIMIT $2")
        .bind(after.unwrap_or_default().to_owned())
        .bind(i64::from(limit));
    connection
        .many(TABLE, select, |row| {
            Ok(Garbage { path: row.text("path")?, since: row.time("since")? })
        })
        .await
}

/// Those that nothing has referred to since before a time, oldest first.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn list_older(
    connection: &mut Connection,
    before: DateTime<Utc>,
    limit: u32,
) -> Result<Vec<Garbage>, StoreError> {
    let text = "SELECT path, since FROM garbage WHERE since < $1 ORDER BY since, path LIMIT $2";
    let select = sql(text).bind(time_text(before)).bind(i64::from(limit));
    connection
        .many(TABLE, select, |row| {
            Ok(Garbage { path: row.text("path")?, since: row.time("since")? })
        })
        .await
}

/// Whether these bytes are about to be deleted.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn contains(connection: &mut Connection, path: &str) -> Result<bool, StoreError> {
    let select = sql("SELECT path FROM garbage WHERE path = $1").bind(path.to_owned());
    Ok(connection.one(TABLE, select).await?.is_some())
}

/// Removes paths whose bytes have been deleted, or are referred to after all.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn remove(connection: &mut Connection, paths: &[String]) -> Result<(), StoreError> {
    for batch in batches(paths) {
        let values = placeholders(batch.len(), 1);
        let delete = built(format!("DELETE FROM garbage WHERE path IN (VALUES {values})"));
        let delete = batch.iter().fold(delete, |delete, path| delete.bind(path.clone()));
        connection.run(TABLE, delete).await?;
    }
    Ok(())
}
