//! Tenants and whether they are served.

use chrono::{DateTime, Utc};
use keyward_core::TenantId;

use super::words;
use crate::{
    Connection, StoreError,
    batch::{batches, placeholders},
    connection::{Row, built, sql, stored, time_text},
};

const TABLE: &str = "tenants";

/// The [`state_code`](Tenant::state_code) of a tenant that somebody locked, and no denial did.
pub const BY_HAND: &str = "by-hand";

words! {
    /// Whether a tenant is served.
    TenantState, "a tenant state" {
        /// Registered; no root key is proven yet.
        Pending = "pending",
        /// Served.
        Active = "active",
        /// Refused until its root key answers again, or somebody restores it.
        Suspended = "suspended",
        /// Refused: its keys are revoked.
        Revoked = "revoked",
        /// Gone. Its rows stay for the log's sake; its id is never used again.
        Offboarded = "offboarded",
    }
}

/// A tenant.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Tenant {
    /// Its id.
    pub id: TenantId,
    /// What people call it.
    pub display_name: String,
    /// Whether it is served.
    pub state: TenantState,
    /// The stable code of why it isn't, where there is one (`key-disabled`).
    pub state_code: Option<String>,
    /// Since when.
    pub state_since: DateTime<Utc>,
    /// Grows with each change of state and each rotation: whatever is cached for a tenant is cached
    /// under its epoch, in every process.
    pub epoch: u64,
    /// When it was registered.
    pub created_at: DateTime<Utc>,
    /// For how many days a version of its root key may stay current, where it has a period of its own.
    pub rotation_days: Option<u32>,
    /// How its unwrapped keys serve.
    pub serving: Serving,
}

/// How a tenant's unwrapped keys serve, where it is set for the tenant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Serving {
    /// For how many seconds a key serves from memory, from its unwrapping on; 0: not at all.
    pub cache_seconds: Option<u32>,
    /// For how many seconds after that it may serve while its provider is unreachable; 0: not at all.
    pub grant_seconds: Option<u32>,
    /// Whether the root key's other regions may serve while the engine's own is unreachable.
    pub other_regions: bool,
    /// How many calls to its provider the tenant may cause in a second.
    pub calls_per_second: Option<u32>,
}

/// Adds a tenant.
///
/// # Errors
/// [`StoreError::AlreadyExists`] where the id is taken.
pub async fn insert(connection: &mut Connection, row: &Tenant) -> Result<(), StoreError> {
    let text = "INSERT INTO tenants
        (id, display_name, state, state_code, state_since, epoch, created_at, rotation_days,
            cache_seconds, grant_seconds, other_regions, calls_per_second)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    let insert = sql(text)
        .bind(row.id.to_string())
        .bind(row.display_name.clone())
        .bind(row.state.as_str())
        .bind(row.state_code.clone())
        .bind(time_text(row.state_since))
        .bind(stored(TABLE, "epoch", row.epoch)?)
        .bind(time_text(row.created_at))
        .bind(row.rotation_days.map(i64::from))
        .bind(row.serving.cache_seconds.map(i64::from))
        .bind(row.serving.grant_seconds.map(i64::from))
        .bind(i64::from(row.serving.other_regions))
        .bind(row.serving.calls_per_second.map(i64::from));
    connection.run(TABLE, insert).await?;
    Ok(())
}

/// The tenant with an id.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn get(connection: &mut Connection, id: &TenantId) -> Result<Option<Tenant>, StoreError> {
    let select = sql("SELECT * FROM tenants WHERE id = $1").bind(id.to_string());
    connection.one(TABLE, select).await?.as_ref().map(read).transpose()
}

/// Those of these tenants that there are, in any order.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn get_many(
    connection: &mut Connection,
    ids: &[TenantId],
) -> Result<Vec<Tenant>, StoreError> {
    let mut tenants = Vec::with_capacity(ids.len());
    for batch in batches(ids) {
        let select =
            format!("SELECT * FROM tenants WHERE id IN (VALUES {})", placeholders(batch.len(), 1));
        let select = batch.iter().fold(built(select), |select, id| select.bind(id.to_string()));
        tenants.append(&mut connection.many(TABLE, select, read).await?);
    }
    Ok(tenants)
}

/// All tenants, by id.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn list(connection: &mut Connection) -> Result<Vec<Tenant>, StoreError> {
    connection.many(TABLE, sql("SELECT * FROM tenants ORDER BY id"), read).await
}

/// Sets whether a tenant is served and why not, starts a new epoch, and gives its number.
///
/// # Errors
/// [`StoreError::ChangedMeanwhile`] where there is no such tenant.
pub async fn set_state(
    connection: &mut Connection,
    id: &TenantId,
    state: TenantState,
    code: Option<&str>,
    since: DateTime<Utc>,
) -> Result<u64, StoreError> {
    let text = "UPDATE tenants
        SET state = $2, state_code = $3, state_since = $4, epoch = epoch + 1
        WHERE id = $1 RETURNING epoch";
    let update = sql(text)
        .bind(id.to_string())
        .bind(state.as_str())
        .bind(code.map(str::to_owned))
        .bind(time_text(since));
    epoch(connection.one(TABLE, update).await?)
}

/// Sets a tenant's own rotation period, in days; `None` leaves it to the workspace's. Nothing that is
/// cached depends on it, so the epoch stays.
///
/// # Errors
/// [`StoreError::ChangedMeanwhile`] where there is no such tenant.
pub async fn set_rotation_days(
    connection: &mut Connection,
    id: &TenantId,
    days: Option<u32>,
) -> Result<(), StoreError> {
    let update = sql("UPDATE tenants SET rotation_days = $2 WHERE id = $1")
        .bind(id.to_string())
        .bind(days.map(i64::from));
    match connection.run(TABLE, update).await? {
        1 => Ok(()),
        _ => Err(StoreError::ChangedMeanwhile { table: TABLE }),
    }
}

/// Sets how a tenant's unwrapped keys serve, and starts a new epoch: what is cached goes.
///
/// # Errors
/// [`StoreError::ChangedMeanwhile`] where there is no such tenant.
pub async fn set_serving(
    connection: &mut Connection,
    id: &TenantId,
    serving: &Serving,
) -> Result<u64, StoreError> {
    let text = "UPDATE tenants SET cache_seconds = $2, grant_seconds = $3, other_regions = $4,
            calls_per_second = $5, epoch = epoch + 1
        WHERE id = $1 RETURNING epoch";
    let update = sql(text)
        .bind(id.to_string())
        .bind(serving.cache_seconds.map(i64::from))
        .bind(serving.grant_seconds.map(i64::from))
        .bind(i64::from(serving.other_regions))
        .bind(serving.calls_per_second.map(i64::from));
    epoch(connection.one(TABLE, update).await?)
}

/// How often any tenant's epoch has changed: two equal numbers mean that none has in between.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn epoch_changes(connection: &mut Connection) -> Result<u64, StoreError> {
    let row = connection.one("tenant_changes", sql("SELECT epochs FROM tenant_changes")).await?;
    row.ok_or(StoreError::ChangedMeanwhile { table: "tenant_changes" })?.count("epochs")
}

/// Starts a new epoch and gives its number.
///
/// # Errors
/// [`StoreError::ChangedMeanwhile`] where there is no such tenant.
pub async fn bump_epoch(connection: &mut Connection, id: &TenantId) -> Result<u64, StoreError> {
    let text = "UPDATE tenants SET epoch = epoch + 1 WHERE id = $1 RETURNING epoch";
    epoch(connection.one(TABLE, sql(text).bind(id.to_string())).await?)
}

fn epoch(row: Option<Row>) -> Result<u64, StoreError> {
    row.ok_or(StoreError::ChangedMeanwhile { table: TABLE })?.count("epoch")
}

fn read(row: &Row) -> Result<Tenant, StoreError> {
    Ok(Tenant {
        id: row.parse("id")?,
        display_name: row.text("display_name")?,
        state: row.parse("state")?,
        state_code: row.optional_text("state_code")?,
        state_since: row.time("state_since")?,
        epoch: row.count("epoch")?,
        created_at: row.time("created_at")?,
        rotation_days: row.optional_number("rotation_days")?,
        serving: serving(row)?,
    })
}

/// A tenant's columns that say how its keys serve.
pub(super) fn serving(row: &Row) -> Result<Serving, StoreError> {
    Ok(Serving {
        cache_seconds: row.optional_number("cache_seconds")?,
        grant_seconds: row.optional_number("grant_seconds")?,
        other_regions: row.flag("other_regions")?,
        calls_per_second: row.optional_number("calls_per_second")?,
    })
}
