//! The dated transitions of root keys and data keys.

use chrono::{DateTime, Utc};
use keyward_core::KeyState;

use crate::{
    Connection, StoreError,
    batch::{batches, placeholders},
    connection::{built, sql, time_text},
};

const TABLE: &str = "key_transitions";

/// One transition.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Transition {
    /// The key's id as text (`rk:acme/1`, `dk:acme/invoices/3`).
    pub key: String,
    /// The state it left.
    pub from: KeyState,
    /// The state it came to.
    pub to: KeyState,
    /// When.
    pub at: DateTime<Utc>,
    /// Why, for people.
    pub reason: String,
}

/// Adds transitions.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn insert(connection: &mut Connection, rows: &[Transition]) -> Result<(), StoreError> {
    for batch in batches(rows) {
        let values = placeholders(batch.len(), 5);
        let mut insert = built(format!(
            "INSERT INTO key_transitions (key, from_state, to_state, at, reason) VALUES {values}"
        ));
        for row in batch {
            insert = insert
                .bind(row.key.clone())
                .bind(row.from.as_str())
                .bind(row.to.as_str())
                .bind(time_text(row.at))
                .bind(row.reason.clone());
        }
        connection.run(TABLE, insert).await?;
    }
    Ok(())
}

/// A key's transitions, oldest first.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn list(connection: &mut Connection, key: &str) -> Result<Vec<Transition>, StoreError> {
    let select =
        sql("SELECT * FROM key_transitions WHERE key = $1 ORDER BY id").bind(key.to_owned());
    connection
        .many(TABLE, select, |row| {
            Ok(Transition {
                key: row.text("key")?,
                from: row.parse("from_state")?,
                to: row.parse("to_state")?,
                at: row.time("at")?,
                reason: row.text("reason")?,
            })
        })
        .await
}
