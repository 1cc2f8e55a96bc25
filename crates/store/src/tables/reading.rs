//! What reading an object takes from the tables, in one look: each statement is a hop to the database's
//! thread or server, and a read of a small object costs little else.

use keyward_core::{DataKeyId, DatasetName, LoggedNames, ObjectName, Region, TenantId};

use super::{data_keys::DataKey, objects::Object, tenants::Tenant};
use crate::{
    Connection, StoreError,
    connection::{Row, sql},
};

const TABLE: &str = "objects";

/// An object with what it takes to open it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Whose it is.
    pub tenant: Tenant,
    /// The object.
    pub object: Object,
    /// How the audit log holds its name.
    pub names: LoggedNames,
    /// Where the dataset's data may lie and be read; empty: anywhere.
    pub regions: Vec<Region>,
    /// The data key that wraps its object key.
    pub data_key: DataKey,
}

/// Looks an object up. `None` where any part of it isn't there: the tables by themselves tell which.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn get(
    connection: &mut Connection,
    tenant: &TenantId,
    dataset: &DatasetName,
    name: &ObjectName,
) -> Result<Option<Reading>, StoreError> {
    let text = "SELECT t.display_name, t.state, t.state_code, t.state_since, t.epoch,
            t.created_at AS tenant_since, t.rotation_days, t.cache_seconds, t.grant_seconds,
            t.other_regions, t.calls_per_second, d.names, d.regions, o.id, o.size, o.stored_size, o.data_key_version,
            o.detached, o.created_at, k.id AS key_row, k.state AS key_state, k.root_key,
            k.root_key_version, k.wrapped, k.created_at AS key_since, k.deactivated_at
        FROM objects AS o
        JOIN tenants AS t ON t.id = o.tenant
        JOIN datasets AS d ON d.tenant = o.tenant AND d.name = o.dataset
        JOIN data_keys AS k ON k.tenant = o.tenant AND k.dataset = o.dataset
            AND k.version = o.data_key_version
        WHERE o.tenant = $1 AND o.dataset = $2 AND o.name = $3";
    let select =
        sql(text).bind(tenant.to_string()).bind(dataset.to_string()).bind(name.to_string());
    let Some(row) = connection.one(TABLE, select).await? else { return Ok(None) };
    read(&row, tenant, dataset, name).map(Some)
}

fn read(
    row: &Row,
    tenant: &TenantId,
    dataset: &DatasetName,
    name: &ObjectName,
) -> Result<Reading, StoreError> {
    let data_key_version = row.number("data_key_version")?;
    Ok(Reading {
        tenant: Tenant {
            id: tenant.clone(),
            display_name: row.text("display_name")?,
            state: row.parse("state")?,
            state_code: row.optional_text("state_code")?,
            state_since: row.time("state_since")?,
            epoch: row.count("epoch")?,
            created_at: row.time("tenant_since")?,
            rotation_days: row.optional_number("rotation_days")?,
            serving: super::tenants::serving(row)?,
        },
        object: Object {
            tenant: tenant.clone(),
            dataset: dataset.clone(),
            name: name.clone(),
            id: row.parse("id")?,
            size: row.count("size")?,
            stored_size: row.count("stored_size")?,
            data_key_version,
            detached: row.flag("detached")?,
            created_at: row.time("created_at")?,
        },
        names: row.parse("names")?,
        regions: super::datasets::regions(row)?,
        data_key: DataKey {
            id: row.integer("key_row")?,
            key: DataKeyId {
                tenant: tenant.clone(),
                dataset: dataset.clone(),
                version: data_key_version,
            },
            state: row.parse("key_state")?,
            root_key: row.number("root_key")?,
            root_key_version: row.number("root_key_version")?,
            wrapped: row.blob("wrapped")?,
            created_at: row.time("key_since")?,
            deactivated_at: row.optional_time("deactivated_at")?,
        },
    })
}
