//! The database's schema: migrations applied in order, once each, by whichever process comes first.

use crate::{
    Connection, StoreError,
    connection::{sql, time_text},
};

/// One step of the schema.
struct Migration {
    version: u32,
    name: &'static str,
    sql: &'static str,
}

macro_rules! migrations {
    ($($version:literal $name:literal),* $(,)?) => {
        /// Never edited once released: a change is a new one.
        const SQLITE: &[Migration] = &[$(Migration {
            version: $version,
            name: $name,
            sql: include_str!(concat!("../migrations/sqlite/", $name, ".sql")),
        },)*];
    };
}

migrations! {
    1 "0001_workspace",
    2 "0002_data",
    3 "0003_audit",
}

/// The newest schema version that this Keyward knows.
pub(crate) fn newest() -> u32 {
    SQLITE.last().map_or(0, |migration| migration.version)
}

/// The database's schema version, 0 where it has none. Changes nothing.
pub(crate) async fn version(connection: &mut Connection) -> Result<u32, StoreError> {
    let known = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name = 'schema_versions'";
    if connection.one("schema", sql(known)).await?.is_none() {
        return Ok(0);
    }
    let newest = "SELECT COALESCE(MAX(version), 0) AS version FROM schema_versions";
    match connection.one("schema_versions", sql(newest)).await? {
        Some(row) => row.number("version"),
        None => Ok(0),
    }
}

/// Whether the database has no tables at all.
pub(crate) async fn is_empty(connection: &mut Connection) -> Result<bool, StoreError> {
    let any = "SELECT name FROM sqlite_schema LIMIT 1";
    Ok(connection.one("schema", sql(any)).await?.is_none())
}

/// Brings the database to the newest version known. `connection` is in a write transaction, so that
/// two processes don't both do it, and a migration that fails leaves nothing behind.
pub(crate) async fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let found = version(connection).await?;
    check(found)?;
    if found == 0 {
        connection
            .script(
                "CREATE TABLE schema_versions (
                    version    INTEGER NOT NULL PRIMARY KEY,
                    name       TEXT    NOT NULL,
                    applied_at TEXT    NOT NULL
                ) STRICT",
            )
            .await?;
    }
    for migration in SQLITE.iter().filter(|migration| migration.version > found) {
        connection.script(migration.sql).await?;
        let note = "INSERT INTO schema_versions (version, name, applied_at) VALUES ($1, $2, $3)";
        let note = sql(note)
            .bind(i64::from(migration.version))
            .bind(migration.name)
            .bind(time_text(chrono::Utc::now()));
        connection.run("schema_versions", note).await?;
    }
    Ok(())
}

/// Refuses a version newer than the newest known: what it means can't be known here.
pub(crate) fn check(found: u32) -> Result<(), StoreError> {
    let known = newest();
    if found > known { Err(StoreError::Newer { found, known }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn migrations_count_on_from_one() {
        for (index, migration) in SQLITE.iter().enumerate() {
            assert_eq!(migration.version as usize, index + 1);
            assert!(migration.name.starts_with(&format!("{:04}_", migration.version)));
        }
    }
}
