//! Datasets: which data key version each writes with, where its data may lie, how the audit log holds
//! its objects' names, and whether its sidecar lags behind.

use chrono::{DateTime, Utc};
use keyward_core::{DatasetName, LoggedNames, Region, TenantId};

use crate::{
    Connection, StoreError,
    batch::{batches, placeholders},
    connection::{Row, built, sql, time_text},
};

const TABLE: &str = "datasets";

/// A dataset.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Dataset {
    /// Whose.
    pub tenant: TenantId,
    /// Its name.
    pub name: DatasetName,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// The data key version that new objects are written with.
    pub current_version: u32,
    /// Where its data may lie; empty means anywhere.
    pub regions: Vec<Region>,
    /// How the audit log holds the names of its objects.
    pub names: LoggedNames,
    /// Whether a wrapped data key has changed since the sidecar beside the data was written.
    pub sidecar_stale: bool,
}

/// A sidecar that lags behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaleSidecar {
    /// Whose dataset.
    pub tenant: TenantId,
    /// Its name.
    pub dataset: DatasetName,
    /// How many changes there have been that made it stale.
    pub changes: i64,
}

/// Adds a dataset.
///
/// # Errors
/// [`StoreError::AlreadyExists`] where the tenant has one of this name.
pub async fn insert(connection: &mut Connection, row: &Dataset) -> Result<(), StoreError> {
    let regions: Vec<_> = row.regions.iter().map(Region::as_str).collect();
    let text = "INSERT INTO datasets
        (tenant, name, created_at, current_version, regions, names, sidecar_stale)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let insert = sql(text)
        .bind(row.tenant.to_string())
        .bind(row.name.to_string())
        .bind(time_text(row.created_at))
        .bind(i64::from(row.current_version))
        .bind(serde_json::Value::from(regions).to_string())
        .bind(row.names.as_str())
        .bind(i64::from(row.sidecar_stale));
    connection.run(TABLE, insert).await?;
    Ok(())
}

/// One dataset.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn get(
    connection: &mut Connection,
    tenant: &TenantId,
    name: &DatasetName,
) -> Result<Option<Dataset>, StoreError> {
    let select = sql("SELECT * FROM datasets WHERE tenant = $1 AND name = $2")
        .bind(tenant.to_string())
        .bind(name.to_string());
    connection.one(TABLE, select).await?.as_ref().map(read).transpose()
}

/// A tenant's datasets, by name.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn list(
    connection: &mut Connection,
    tenant: &TenantId,
) -> Result<Vec<Dataset>, StoreError> {
    let select =
        sql("SELECT * FROM datasets WHERE tenant = $1 ORDER BY name").bind(tenant.to_string());
    connection.many(TABLE, select, read).await
}

/// Moves a dataset on to its next data key version.
///
/// # Errors
/// [`StoreError::ChangedMeanwhile`] where its version isn't `from`.
pub async fn set_current_version(
    connection: &mut Connection,
    tenant: &TenantId,
    name: &DatasetName,
    from: u32,
    to: u32,
) -> Result<(), StoreError> {
    let text = "UPDATE datasets SET current_version = $4, sidecar_stale = 1,
            sidecar_changes = sidecar_changes + 1
        WHERE tenant = $1 AND name = $2 AND current_version = $3";
    let update = sql(text)
        .bind(tenant.to_string())
        .bind(name.to_string())
        .bind(i64::from(from))
        .bind(i64::from(to));
    match connection.run(TABLE, update).await? {
        1 => Ok(()),
        _ => Err(StoreError::ChangedMeanwhile { table: TABLE }),
    }
}

/// Sets how the audit log holds the names of a dataset's objects.
///
/// # Errors
/// [`StoreError::ChangedMeanwhile`] where there is no such dataset.
pub async fn set_names(
    connection: &mut Connection,
    tenant: &TenantId,
    name: &DatasetName,
    names: LoggedNames,
) -> Result<(), StoreError> {
    let update = sql("UPDATE datasets SET names = $3 WHERE tenant = $1 AND name = $2")
        .bind(tenant.to_string())
        .bind(name.to_string())
        .bind(names.as_str());
    match connection.run(TABLE, update).await? {
        1 => Ok(()),
        _ => Err(StoreError::ChangedMeanwhile { table: TABLE }),
    }
}

/// Marks all sidecars of a tenant as lagging behind.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn mark_sidecars_stale(
    connection: &mut Connection,
    tenant: &TenantId,
) -> Result<u64, StoreError> {
    let text = "UPDATE datasets SET sidecar_stale = 1, sidecar_changes = sidecar_changes + 1
        WHERE tenant = $1";
    connection.run(TABLE, sql(text).bind(tenant.to_string())).await
}

/// Marks the sidecars of these datasets as lagging behind.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn mark_sidecar_stale(
    connection: &mut Connection,
    tenant: &TenantId,
    names: &[DatasetName],
) -> Result<u64, StoreError> {
    let mut marked = 0;
    for batch in batches(names) {
        let values = placeholders(batch.len(), 1);
        let mut update = built(format!(
            "UPDATE datasets SET sidecar_stale = 1, sidecar_changes = sidecar_changes + 1
             FROM (VALUES {values}) AS v WHERE datasets.tenant = ? AND datasets.name = v.column1"
        ));
        for name in batch {
            update = update.bind(name.to_string());
        }
        marked += connection.run(TABLE, update.bind(tenant.to_string())).await?;
    }
    Ok(marked)
}

/// Sidecars that lag behind, of one tenant or of all, in the order of their names.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn stale_sidecars(
    connection: &mut Connection,
    tenant: Option<&TenantId>,
) -> Result<Vec<StaleSidecar>, StoreError> {
    const STALE: &str =
        "SELECT tenant, name, sidecar_changes FROM datasets WHERE sidecar_stale = 1";
    let select = match tenant {
        Some(tenant) => {
            built(format!("{STALE} AND tenant = $1 ORDER BY name")).bind(tenant.to_string())
        }
        None => built(format!("{STALE} ORDER BY tenant, name")),
    };
    connection.many(TABLE, select, read_stale).await
}

/// Of a tenant's datasets of these names, those whose sidecars lag behind.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn stale_among(
    connection: &mut Connection,
    tenant: &TenantId,
    names: &[DatasetName],
) -> Result<Vec<StaleSidecar>, StoreError> {
    let mut stale = Vec::new();
    for batch in batches(names) {
        let values = placeholders(batch.len(), 1);
        let mut select = built(format!(
            "SELECT datasets.tenant AS tenant, datasets.name AS name,
                 datasets.sidecar_changes AS sidecar_changes
             FROM (VALUES {values}) AS v JOIN datasets ON datasets.name = v.column1
             WHERE datasets.tenant = ? AND datasets.sidecar_stale = 1"
        ));
        for name in batch {
            select = select.bind(name.to_string());
        }
        let select = select.bind(tenant.to_string());
        stale.append(&mut connection.many(TABLE, select, read_stale).await?);
    }
    Ok(stale)
}

/// Takes the marks of sidecars that have been written, where nothing has changed since [`stale_among`] gave
/// them, which is asked before the rows in them are read.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn clear_sidecars_written(
    connection: &mut Connection,
    written: &[StaleSidecar],
) -> Result<(), StoreError> {
    for batch in batches(written) {
        let values = placeholders(batch.len(), 3);
        let update = built(format!(
            "UPDATE datasets SET sidecar_stale = 0 FROM (VALUES {values}) AS v
             WHERE datasets.tenant = v.column1 AND datasets.name = v.column2
                 AND datasets.sidecar_changes = v.column3"
        ));
        let update = batch.iter().fold(update, |update, one| {
            update.bind(one.tenant.to_string()).bind(one.dataset.to_string()).bind(one.changes)
        });
        connection.run(TABLE, update).await?;
    }
    Ok(())
}

/// Notes that none of a tenant's sidecars is to be written any more.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn clear_sidecars_stale(
    connection: &mut Connection,
    tenant: &TenantId,
) -> Result<u64, StoreError> {
    let text = "UPDATE datasets SET sidecar_stale = 0 WHERE tenant = $1 AND sidecar_stale = 1";
    connection.run(TABLE, sql(text).bind(tenant.to_string())).await
}

fn read_stale(row: &Row) -> Result<StaleSidecar, StoreError> {
    Ok(StaleSidecar {
        tenant: row.parse("tenant")?,
        dataset: row.parse("name")?,
        changes: row.integer("sidecar_changes")?,
    })
}

/// The column that says where a dataset's data may lie.
pub(super) fn regions(row: &Row) -> Result<Vec<Region>, StoreError> {
    let regions = row.text("regions")?;
    serde_json::from_str(&regions).map_err(|_| row.corrupt("regions", &regions))
}

fn read(row: &Row) -> Result<Dataset, StoreError> {
    Ok(Dataset {
        tenant: row.parse("tenant")?,
        name: row.parse("name")?,
        created_at: row.time("created_at")?,
        current_version: row.number("current_version")?,
        regions: regions(row)?,
        names: row.parse("names")?,
        sidecar_stale: row.flag("sidecar_stale")?,
    })
}
