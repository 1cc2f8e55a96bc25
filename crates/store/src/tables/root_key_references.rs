//! Where each root key may be used: one reference per region.

use keyward_core::{Region, RootKeyId};

use crate::{
    Connection, StoreError,
    batch::{batches, placeholders},
    connection::{built, sql},
};

const TABLE: &str = "root_key_references";

/// One region's reference of a root key.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Reference {
    /// The region.
    pub region: Region,
    /// The reference as text; [`keyward_core::RootKeyReference`] parses it.
    pub reference: String,
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
    let text = "SELECT region, reference FROM root_key_references
        WHERE tenant = $1 AND number = $2 ORDER BY region";
    let select = sql(text).bind(key.tenant.to_string()).bind(i64::from(key.number));
    connection
        .many(TABLE, select, |row| {
            Ok(Reference { region: row.parse("region")?, reference: row.text("reference")? })
        })
        .await
}
