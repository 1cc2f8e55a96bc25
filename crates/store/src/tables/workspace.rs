//! The workspace's own settings, one text each.

use chrono::{DateTime, Utc};
use keyward_core::{Region, WorkspaceId};

use crate::{
    Connection, StoreError,
    connection::{sql, time_text},
};

const TABLE: &str = "workspace";

/// What is set when the workspace is made.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Workspace {
    /// Its id.
    pub id: WorkspaceId,
    /// The log's origin line.
    pub origin: String,
    /// The region its engine runs in.
    pub region: Region,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Where its objects lie, for [`Objects::open`](crate::Objects::open).
    pub objects_url: String,
}

/// Writes a new workspace's settings.
///
/// # Errors
/// [`StoreError::AlreadyExists`] where it has some.
pub async fn insert(connection: &mut Connection, row: &Workspace) -> Result<(), StoreError> {
    let text = "INSERT INTO workspace (key, value) VALUES
        ('id', $1), ('origin', $2), ('region', $3), ('created_at', $4), ('objects_url', $5)";
    let insert = sql(text)
        .bind(row.id.to_string())
        .bind(row.origin.clone())
        .bind(row.region.as_str())
        .bind(time_text(row.created_at))
        .bind(row.objects_url.clone());
    connection.run(TABLE, insert).await?;
    Ok(())
}

/// The workspace's settings; `None` before they are written.
///
/// # Errors
/// [`StoreError::Corrupt`] where some are there and others not.
pub async fn get(connection: &mut Connection) -> Result<Option<Workspace>, StoreError> {
    // One row of five columns, so that each value is read and checked like any other.
    let text = "SELECT
        (SELECT value FROM workspace WHERE key = 'id') AS id,
        (SELECT value FROM workspace WHERE key = 'origin') AS origin,
        (SELECT value FROM workspace WHERE key = 'region') AS region,
        (SELECT value FROM workspace WHERE key = 'created_at') AS created_at,
        (SELECT value FROM workspace WHERE key = 'objects_url') AS objects_url";
    let Some(row) = connection.one(TABLE, sql(text)).await? else { return Ok(None) };
    if row.optional_text("id")?.is_none() {
        return Ok(None);
    }
    Ok(Some(Workspace {
        id: row.parse("id")?,
        origin: row.text("origin")?,
        region: row.parse("region")?,
        created_at: row.time("created_at")?,
        objects_url: row.text("objects_url")?,
    }))
}

/// Another setting's value.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn setting(connection: &mut Connection, key: &str) -> Result<Option<String>, StoreError> {
    let select = sql("SELECT value FROM workspace WHERE key = $1").bind(key.to_owned());
    connection.one(TABLE, select).await?.map(|row| row.text("value")).transpose()
}

/// Sets another setting.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn set(connection: &mut Connection, key: &str, value: &str) -> Result<(), StoreError> {
    let text = "INSERT INTO workspace (key, value) VALUES ($1, $2)
        ON CONFLICT (key) DO UPDATE SET value = excluded.value";
    connection.run(TABLE, sql(text).bind(key.to_owned()).bind(value.to_owned())).await?;
    Ok(())
}
