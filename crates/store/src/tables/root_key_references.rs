//! Where each root key may be used: one reference per region.

use chrono::{DateTime, Utc};
use keyward_core::{Region, RootKeyId};

use crate::{
    Connection, StoreError,
    batch::{batches, placeholders},
    connection::{built, sql, time_text},
};

const TABLE: &str = "root_key_references";

/// One region's reference of a root key.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Reference {
    /// The region.
    pub region: Region,
    /// The reference as text; [`keyward_core::RootKeyReference`] parses it.
    pub reference: String,
    /// Since when it was seen to answer although the key was denied elsewhere.
    pub open_since: Option<DateTime<Utc>>,
}

/// Adds a root key's references.
///
/// # Errors
/// [`StoreError::AlreadyExists`] where a region has one already.
pub async fn insert(
    connection: &mut Connection,
    key: &RootKeyId,
    rows: &[Reference],
) -> Result<(), StoreError> {
    for batch in batches(rows) {
        let values = placeholders(batch.len(), 4);
        let mut insert = built(format!(
            "INSERT INTO root_key_references (tenant, number, region, reference) VALUES {values}"
        ));
        for row in batch {
            insert = insert
                .bind(key.tenant.to_string())
                .bind(i64::from(key.number))
                .bind(row.region.as_str())
                .bind(row.reference.clone());
        }
        connection.run(TABLE, insert).await?;
    }
    Ok(())
}

/// A root key's references, by region.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn list(
    connection: &mut Connection,
    key: &RootKeyId,
) -> Result<Vec<Reference>, StoreError> {
    let text = "SELECT region, reference, open_since FROM root_key_references
        WHERE tenant = $1 AND number = $2 ORDER BY region";
    let select = sql(text).bind(key.tenant.to_string()).bind(i64::from(key.number));
    connection
        .many(TABLE, select, |row| {
            Ok(Reference {
                region: row.parse("region")?,
                reference: row.text("reference")?,
                open_since: row.optional_time("open_since")?,
            })
        })
        .await
}

/// Writes down since when a region's reference answers although the key is denied elsewhere; `None`: it
/// does no longer.
///
/// # Errors
/// [`StoreError::ChangedMeanwhile`] where there is no such reference.
pub async fn set_open(
    connection: &mut Connection,
    key: &RootKeyId,
    region: &Region,
    since: Option<DateTime<Utc>>,
) -> Result<(), StoreError> {
    let text = "UPDATE root_key_references SET open_since = $4
        WHERE tenant = $1 AND number = $2 AND region = $3";
    let update = sql(text)
        .bind(key.tenant.to_string())
        .bind(i64::from(key.number))
        .bind(region.as_str())
        .bind(since.map(time_text));
    match connection.run(TABLE, update).await? {
        1 => Ok(()),
        _ => Err(StoreError::ChangedMeanwhile { table: TABLE }),
    }
}

/// Those that answer although their key is denied elsewhere.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn open(
    connection: &mut Connection,
) -> Result<Vec<(RootKeyId, Region, DateTime<Utc>)>, StoreError> {
    let text = "SELECT tenant, number, region, open_since FROM root_key_references
        WHERE open_since IS NOT NULL ORDER BY tenant, number, region";
    connection
        .many(TABLE, sql(text), |row| {
            let id = RootKeyId { tenant: row.parse("tenant")?, number: row.number("number")? };
            Ok((id, row.parse("region")?, row.time("open_since")?))
        })
        .await
}
