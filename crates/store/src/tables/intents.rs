//! Intents: what an operation was about to do outside, written before it did. One that is still open
//! at a restart is settled by asking the provider.

use chrono::{DateTime, Utc};
use keyward_core::{RequestId, TenantId};

use crate::{
    Connection, StoreError,
    connection::{Row, sql, time_text},
};

const TABLE: &str = "intents";

/// An intent.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Intent {
    /// The request that it belongs to.
    pub id: RequestId,
    /// The operation's name.
    pub operation: String,
    /// The tenant concerned.
    pub tenant: TenantId,
    /// What is needed to settle it, JSON. Never a secret.
    pub detail: String,
    /// When it was written.
    pub opened_at: DateTime<Utc>,
    /// When it was settled.
    pub settled_at: Option<DateTime<Utc>>,
    /// What came of it.
    pub outcome: Option<String>,
}

/// Writes an intent.
///
/// # Errors
/// [`StoreError::AlreadyExists`] where the request has one.
pub async fn open(
    connection: &mut Connection,
    id: &RequestId,
    operation: &str,
    tenant: &TenantId,
    detail: &str,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let text = "INSERT INTO intents (id, operation, tenant, detail, opened_at)
        VALUES ($1, $2, $3, $4, $5)";
    let insert = sql(text)
        .bind(id.to_string())
        .bind(operation.to_owned())
        .bind(tenant.to_string())
        .bind(detail.to_owned())
        .bind(time_text(at));
    connection.run(TABLE, insert).await?;
    Ok(())
}

/// Settles an open intent and tells whether it was open.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn settle(
    connection: &mut Connection,
    id: &RequestId,
    outcome: &str,
    at: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let text = "UPDATE intents SET settled_at = $2, outcome = $3
        WHERE id = $1 AND settled_at IS NULL";
    let update = sql(text).bind(id.to_string()).bind(time_text(at)).bind(outcome.to_owned());
    Ok(connection.run(TABLE, update).await? == 1)
}

/// One intent.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn get(
    connection: &mut Connection,
    id: &RequestId,
) -> Result<Option<Intent>, StoreError> {
    let select = sql("SELECT * FROM intents WHERE id = $1").bind(id.to_string());
    connection.one(TABLE, select).await?.as_ref().map(read).transpose()
}

/// All open intents, oldest first.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn list_open(connection: &mut Connection) -> Result<Vec<Intent>, StoreError> {
    let text = "SELECT * FROM intents WHERE settled_at IS NULL ORDER BY opened_at, id";
    connection.many(TABLE, sql(text), read).await
}

fn read(row: &Row) -> Result<Intent, StoreError> {
    Ok(Intent {
        id: row.parse("id")?,
        operation: row.text("operation")?,
        tenant: row.parse("tenant")?,
        detail: row.text("detail")?,
        opened_at: row.time("opened_at")?,
        settled_at: row.optional_time("settled_at")?,
        outcome: row.optional_text("outcome")?,
    })
}
