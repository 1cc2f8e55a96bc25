//! Registered root keys: references and states, never key material.

use chrono::{DateTime, Utc};
use keyward_core::{Custody, KeyState, Provider, RootKeyId, TenantId};

use crate::{
    Connection, StoreError,
    connection::{Row, sql, time_text},
};

const TABLE: &str = "root_keys";

/// A tenant's root key.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct RootKey {
    /// Whose key, and its number.
    pub id: RootKeyId,
    /// The provider's one spelling of the key, equal for all references to it.
    pub identity: String,
    /// Where it is.
    pub provider: Provider,
    /// Who controls it.
    pub custody: Custody,
    /// Its state.
    pub state: KeyState,
    /// Its current version at the provider.
    pub version: u32,
    /// Since when that version is current, as far as Keyward knows: its age counts from here.
    pub version_since: DateTime<Utc>,
    /// When it was registered.
    pub registered_at: DateTime<Utc>,
    /// When it was proven.
    pub activated_at: Option<DateTime<Utc>>,
}

/// Adds a root key.
///
/// # Errors
/// [`StoreError::IdentityTaken`] where its state is a proven one and the same key is proven already;
/// [`StoreError::AlreadyExists`] where the number is taken.
pub async fn insert(connection: &mut Connection, row: &RootKey) -> Result<(), StoreError> {
    let text = "INSERT INTO root_keys
        (tenant, number, identity, provider, custody, state, version, version_since, registered_at,
            activated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    let insert = sql(text)
        .bind(row.id.tenant.to_string())
        .bind(i64::from(row.id.number))
        .bind(row.identity.clone())
        .bind(row.provider.as_str())
        .bind(row.custody.as_str())
        .bind(row.state.as_str())
        .bind(i64::from(row.version))
        .bind(time_text(row.version_since))
        .bind(time_text(row.registered_at))
        .bind(row.activated_at.map(time_text));
    connection.run(TABLE, insert).await?;
    Ok(())
}

/// One root key.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn get(
    connection: &mut Connection,
    id: &RootKeyId,
) -> Result<Option<RootKey>, StoreError> {
    let select = sql("SELECT * FROM root_keys WHERE tenant = $1 AND number = $2")
        .bind(id.tenant.to_string())
        .bind(i64::from(id.number));
    connection.one(TABLE, select).await?.as_ref().map(read).transpose()
}

/// A tenant's root keys, by number.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn list(
    connection: &mut Connection,
    tenant: &TenantId,
) -> Result<Vec<RootKey>, StoreError> {
    let select =
        sql("SELECT * FROM root_keys WHERE tenant = $1 ORDER BY number").bind(tenant.to_string());
    connection.many(TABLE, select, read).await
}

/// A tenant's active root key: the newest one where there are more.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn active(
    connection: &mut Connection,
    tenant: &TenantId,
) -> Result<Option<RootKey>, StoreError> {
    let text = "SELECT * FROM root_keys WHERE tenant = $1 AND state = 'active'
        ORDER BY number DESC LIMIT 1";
    let select = sql(text).bind(tenant.to_string());
    connection.one(TABLE, select).await?.as_ref().map(read).transpose()
}

/// Who has registered a key, whatever came of it, proven registrations first.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn by_identity(
    connection: &mut Connection,
    identity: &str,
) -> Result<Vec<RootKey>, StoreError> {
    let text = "SELECT * FROM root_keys WHERE identity = $1
        ORDER BY CASE WHEN state IN ('pre-activation', 'destroyed') THEN 1 ELSE 0 END, tenant, number";
    connection.many(TABLE, sql(text).bind(identity.to_owned()), read).await
}

/// Moves a root key from one state to another; the first time it becomes active is its activation, from
/// which its version's age counts.
///
/// # Errors
/// [`StoreError::ChangedMeanwhile`] where it isn't in state `from`; [`StoreError::IdentityTaken`]
/// where another registration of the same key has been proven meanwhile.
pub async fn set_state(
    connection: &mut Connection,
    id: &RootKeyId,
    from: KeyState,
    to: KeyState,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let activated = (to == KeyState::Active).then(|| time_text(at));
    let text = "UPDATE root_keys SET state = $4, activated_at = COALESCE(activated_at, $5),
            version_since = CASE WHEN activated_at IS NULL THEN COALESCE($5, version_since)
                ELSE version_since END
        WHERE tenant = $1 AND number = $2 AND state = $3";
    let update = sql(text)
        .bind(id.tenant.to_string())
        .bind(i64::from(id.number))
        .bind(from.as_str())
        .bind(to.as_str())
        .bind(activated);
    changed(connection.run(TABLE, update).await?)
}

/// Records that the provider wraps with this version, since then if it is another one. A version never
/// goes back.
///
/// # Errors
/// [`StoreError::ChangedMeanwhile`] where there is no such key or its version is newer already.
pub async fn set_version(
    connection: &mut Connection,
    id: &RootKeyId,
    version: u32,
    since: DateTime<Utc>,
) -> Result<(), StoreError> {
    let text = "UPDATE root_keys SET version = $3,
            version_since = CASE WHEN version < $3 THEN $4 ELSE version_since END
        WHERE tenant = $1 AND number = $2 AND version <= $3";
    let update = sql(text)
        .bind(id.tenant.to_string())
        .bind(i64::from(id.number))
        .bind(i64::from(version))
        .bind(time_text(since));
    changed(connection.run(TABLE, update).await?)
}

/// The provider of this name.
pub(super) fn provider_of(name: &str) -> Option<Provider> {
    use Provider::{AwsKms, AzureKeyVault, GoogleKms, Local, Pkcs11};
    [AwsKms, AzureKeyVault, GoogleKms, Pkcs11, Local]
        .into_iter()
        .find(|known| known.as_str() == name)
}

/// The custody of this name.
pub(super) fn custody_of(name: &str) -> Option<Custody> {
    [Custody::Provider, Custody::TenantKms, Custody::TenantHsm]
        .into_iter()
        .find(|known| known.as_str() == name)
}

fn changed(rows: u64) -> Result<(), StoreError> {
    if rows == 1 { Ok(()) } else { Err(StoreError::ChangedMeanwhile { table: TABLE }) }
}

fn read(row: &Row) -> Result<RootKey, StoreError> {
    let provider = row.text("provider")?;
    let custody = row.text("custody")?;
    Ok(RootKey {
        id: RootKeyId { tenant: row.parse("tenant")?, number: row.number("number")? },
        identity: row.text("identity")?,
        provider: provider_of(&provider).ok_or_else(|| row.corrupt("provider", &provider))?,
        custody: custody_of(&custody).ok_or_else(|| row.corrupt("custody", &custody))?,
        state: row.parse("state")?,
        version: row.number("version")?,
        version_since: row.time("version_since")?,
        registered_at: row.time("registered_at")?,
        activated_at: row.optional_time("activated_at")?,
    })
}
