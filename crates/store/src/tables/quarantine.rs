//! Data keys that a rewrap could not move, set aside with the reason.

use chrono::{DateTime, Utc};
use keyward_core::{DataKeyId, TenantId};

use crate::{
    Connection, StoreError,
    batch::{batches, placeholders},
    connection::{built, sql, time_text},
};

const TABLE: &str = "quarantine";

/// A data key in quarantine.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Quarantined {
    /// Which key.
    pub key: DataKeyId,
    /// The stable code of what failed.
    pub code: String,
    /// The same for people.
    pub reason: String,
    /// When it failed last.
    pub at: DateTime<Utc>,
    /// How often it has failed.
    pub attempts: u32,
}

/// Sets data keys aside; one that is there already counts an attempt more. A row's own `attempts` is
/// what a new one starts with.
///
/// # Errors
/// [`StoreError::MissingParent`] where a key isn't there.
pub async fn upsert_many(
    connection: &mut Connection,
    rows: &[Quarantined],
) -> Result<(), StoreError> {
    for batch in batches(rows) {
        let values = placeholders(batch.len(), 7);
        let mut upsert = built(format!(
            "INSERT INTO quarantine (tenant, dataset, version, code, reason, at, attempts)
             VALUES {values}
             ON CONFLICT (tenant, dataset, version) DO UPDATE SET code = excluded.code,
                 reason = excluded.reason, at = excluded.at, attempts = quarantine.attempts + 1"
        ));
        for row in batch {
            upsert = upsert
                .bind(row.key.tenant.to_string())
                .bind(row.key.dataset.to_string())
                .bind(i64::from(row.key.version))
                .bind(row.code.clone())
                .bind(row.reason.clone())
                .bind(time_text(row.at))
                .bind(i64::from(row.attempts));
        }
        connection.run(TABLE, upsert).await?;
    }
    Ok(())
}

/// A tenant's data keys in quarantine.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn list(
    connection: &mut Connection,
    tenant: &TenantId,
) -> Result<Vec<Quarantined>, StoreError> {
    let text = "SELECT * FROM quarantine WHERE tenant = $1 ORDER BY dataset, version";
    connection
        .many(TABLE, sql(text).bind(tenant.to_string()), |row| {
            Ok(Quarantined {
                key: DataKeyId {
                    tenant: row.parse("tenant")?,
                    dataset: row.parse("dataset")?,
                    version: row.number("version")?,
                },
                code: row.text("code")?,
                reason: row.text("reason")?,
                at: row.time("at")?,
                attempts: row.number("attempts")?,
            })
        })
        .await
}

/// Lets a tenant's data keys out again, to be tried anew, and tells how many.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn clear(connection: &mut Connection, tenant: &TenantId) -> Result<u64, StoreError> {
    let delete = sql("DELETE FROM quarantine WHERE tenant = $1").bind(tenant.to_string());
    connection.run(TABLE, delete).await
}

/// Lets one data key out: it has been moved after all. Tells whether it was in.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn clear_one(connection: &mut Connection, key: &DataKeyId) -> Result<bool, StoreError> {
    let text = "DELETE FROM quarantine WHERE tenant = $1 AND dataset = $2 AND version = $3";
    let delete = sql(text)
        .bind(key.tenant.to_string())
        .bind(key.dataset.to_string())
        .bind(i64::from(key.version));
    Ok(connection.run(TABLE, delete).await? == 1)
}
