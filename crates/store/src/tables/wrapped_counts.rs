//! How many of a tenant's data keys each root key version wraps, by dataset and state.

use keyward_core::{DatasetName, KeyState, TenantId};

use crate::{Connection, StoreError, connection::sql, packed::packed};

const TABLE: &str = "data_keys";

/// So many data keys of one dataset are in one state under one root key version.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct WrappedCount {
    /// The dataset.
    pub dataset: DatasetName,
    /// The root key's number.
    pub root_key: u32,
    /// Its version.
    pub root_key_version: u32,
    /// The data keys' state.
    pub state: KeyState,
    /// How many.
    pub keys: u64,
}

/// A tenant's data keys, counted. Destroyed ones are counted too, under what wrapped them last.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn list(
    connection: &mut Connection,
    tenant: &TenantId,
) -> Result<Vec<WrappedCount>, StoreError> {
    let text = "SELECT string_agg(concat_ws(' ', dataset, root_key, root_key_version, state, keys),
            ',') AS packed
        FROM (SELECT dataset, root_key, root_key_version, state, COUNT(*) AS keys FROM data_keys
            WHERE tenant = $1 GROUP BY dataset, root_key, root_key_version, state) AS counted";
    let select = sql(text).bind(tenant.to_string());
    let mut counts = packed(connection, TABLE, select, |row| {
        Ok(WrappedCount {
            dataset: row.parse("dataset")?,
            root_key: row.parse("root_key")?,
            root_key_version: row.parse("root_key_version")?,
            state: row.parse("state")?,
            keys: row.parse("keys")?,
        })
    })
    .await?;
    counts.sort_by(|a, b| {
        let order = |count: &WrappedCount| {
            (count.root_key, count.root_key_version, count.dataset.clone(), count.state.as_str())
        };
        order(a).cmp(&order(b))
    });
    Ok(counts)
}
