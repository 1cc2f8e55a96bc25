//! How far each receiver outside has got with the audit log.

use crate::{
    Connection, StoreError,
    connection::{Row, sql, stored},
};

const TABLE: &str = "audit_cursors";

/// A receiver's place.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct AuditCursor {
    /// The receiver.
    pub name: String,
    /// The record that it is to get next.
    pub seq: u64,
}

/// Sets a receiver's place: all records before it have been delivered.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn set(connection: &mut Connection, cursor: &AuditCursor) -> Result<(), StoreError> {
    let text = "INSERT INTO audit_cursors (name, seq) VALUES ($1, $2)
        ON CONFLICT (name) DO UPDATE SET seq = excluded.seq";
    let insert = sql(text).bind(cursor.name.clone()).bind(stored(TABLE, "seq", cursor.seq)?);
    connection.run(TABLE, insert).await?;
    Ok(())
}

/// A receiver's place; `None` where it is new.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn get(
    connection: &mut Connection,
    name: &str,
) -> Result<Option<AuditCursor>, StoreError> {
    let select = sql("SELECT name, seq FROM audit_cursors WHERE name = $1").bind(name.to_owned());
    connection.one(TABLE, select).await?.as_ref().map(read).transpose()
}

/// All receivers, by name.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn list(connection: &mut Connection) -> Result<Vec<AuditCursor>, StoreError> {
    connection.many(TABLE, sql("SELECT name, seq FROM audit_cursors ORDER BY name"), read).await
}

/// Forgets a receiver.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn remove(connection: &mut Connection, name: &str) -> Result<bool, StoreError> {
    let delete = sql("DELETE FROM audit_cursors WHERE name = $1").bind(name.to_owned());
    Ok(connection.run(TABLE, delete).await? > 0)
}

fn read(row: &Row) -> Result<AuditCursor, StoreError> {
    Ok(AuditCursor { name: row.text("name")?, seq: row.count("seq")? })
}
