//! What all tenants have, in one statement for each kind of thing: counted and joined in the database, since
//! a statement for each of ten thousand tenants takes seconds.
//!
//! Every function takes the one tenant that it is about, or none for all of them. Rows come in any order.

use chrono::{DateTime, Utc};
use keyward_core::{ChallengeId, Custody, KeyState, Provider, Region, RootKeyId, TenantId};

use super::{
    challenges::{ChallengeKind, ChallengeState},
    root_keys::{custody_of, provider_of},
    tenants::{Serving, Tenant},
};
use crate::{
    Connection, StoreError,
    connection::{Statement, built},
    packed::{Fields, packed},
};

/// A root key, without what only its provider needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RootKeyRow {
    /// Whose key, and its number.
    pub id: RootKeyId,
    /// Where it is.
    pub provider: Provider,
    /// Who controls it.
    pub custody: Custody,
    /// Its state.
    pub state: KeyState,
    /// Its current version at the provider.
    pub version: u32,
    /// Since when that is current.
    pub version_since: DateTime<Utc>,
    /// Whether a challenge has proven that the tenant owns it.
    pub proven: bool,
}

/// One region's reference of a root key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReferenceRow {
    /// The root key.
    pub key: RootKeyId,
    /// The region.
    pub region: Region,
    /// The reference as text.
    pub reference: String,
    /// Since when it answers although the key was denied elsewhere.
    pub open_since: Option<DateTime<Utc>>,
}

/// How many of a tenant's data keys a root key version wraps, destroyed ones left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrappedRow {
    /// Whose data keys.
    pub tenant: TenantId,
    /// The root key's number.
    pub root_key: u32,
    /// Its version.
    pub root_key_version: u32,
    /// How many data keys.
    pub keys: u64,
}

/// A tenant's datasets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatasetsRow {
    /// Whose.
    pub tenant: TenantId,
    /// How many.
    pub datasets: u64,
    /// The sidecars of how many of them lag behind.
    pub stale_sidecars: u64,
}

/// A tenant's objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectsRow {
    /// Whose.
    pub tenant: TenantId,
    /// How many.
    pub objects: u64,
    /// Bytes of plaintext.
    pub size: u64,
}

/// A tenant's data keys in quarantine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuarantineRow {
    /// Whose.
    pub tenant: TenantId,
    /// How many.
    pub keys: u64,
    /// When the first of them failed last.
    pub since: DateTime<Utc>,
}

/// A challenge that nobody has passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChallengeRow {
    /// Its id.
    pub id: ChallengeId,
    /// The root key to be proven.
    pub key: RootKeyId,
    /// How.
    pub kind: ChallengeKind,
    /// What became of it.
    pub state: ChallengeState,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When its time is over.
    pub expires_at: DateTime<Utc>,
    /// When it was answered.
    pub answered_at: Option<DateTime<Utc>>,
}

/// The tenants.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn tenants(
    connection: &mut Connection,
    only: Option<&TenantId>,
) -> Result<Vec<Tenant>, StoreError> {
    let fields = "id, octet_length(display_name), display_name, state, COALESCE(state_code, ''),
        state_since, epoch, created_at, COALESCE(CAST(rotation_days AS TEXT), ''),
        COALESCE(CAST(cache_seconds AS TEXT), ''), COALESCE(CAST(grant_seconds AS TEXT), ''), other_regions,
        COALESCE(CAST(calls_per_second AS TEXT), '')";
    let select = joined(fields, "SELECT * FROM tenants", "", ("id", only));
    packed(connection, "tenants", select, |row| {
        Ok(Tenant {
            id: row.parse("id")?,
            display_name: row.free_text("display_name")?,
            state: row.parse("state")?,
            state_code: row.optional("state_code")?,
            state_since: row.time("state_since")?,
            epoch: row.parse("epoch")?,
            created_at: row.time("created_at")?,
            rotation_days: row.optional("rotation_days")?,
            serving: Serving {
                cache_seconds: row.optional("cache_seconds")?,
                grant_seconds: row.optional("grant_seconds")?,
                other_regions: row.parse::<u8>("other_regions")? == 1,
                calls_per_second: row.optional("calls_per_second")?,
            },
        })
    })
    .await
}

/// Their root keys.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn root_keys(
    connection: &mut Connection,
    only: Option<&TenantId>,
) -> Result<Vec<RootKeyRow>, StoreError> {
    let fields = "tenant, number, provider, custody, state, version, version_since, proven";
    let rows =
        "SELECT k.*, CASE WHEN EXISTS (SELECT 1 FROM challenges AS c WHERE c.tenant = k.tenant
            AND c.number = k.number AND c.state = 'passed') THEN 1 ELSE 0 END AS proven
        FROM root_keys AS k";
    let select = joined(fields, rows, "", ("k.tenant", only));
    packed(connection, "root_keys", select, |row| {
        Ok(RootKeyRow {
            id: root_key_id(row)?,
            provider: row.word("provider", provider_of)?,
            custody: row.word("custody", custody_of)?,
            state: row.parse("state")?,
            version: row.parse("version")?,
            version_since: row.time("version_since")?,
            proven: row.parse::<u8>("proven")? != 0,
        })
    })
    .await
}

/// Their root keys' references.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn references(
    connection: &mut Connection,
    only: Option<&TenantId>,
) -> Result<Vec<ReferenceRow>, StoreError> {
    let fields =
        "tenant, number, region, octet_length(reference), reference, COALESCE(open_since, '')";
    let select = joined(fields, "SELECT * FROM root_key_references", "", ("tenant", only));
    packed(connection, "root_key_references", select, |row| {
        Ok(ReferenceRow {
            key: root_key_id(row)?,
            region: row.parse("region")?,
            reference: row.free_text("reference")?,
            open_since: row.optional("open_since")?,
        })
    })
    .await
}

/// Their data keys, by what wraps them.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn wrapped(
    connection: &mut Connection,
    only: Option<&TenantId>,
) -> Result<Vec<WrappedRow>, StoreError> {
    let rows = "SELECT tenant, root_key, root_key_version, COUNT(*) AS keys FROM
        (SELECT * FROM data_keys WHERE state <> 'destroyed') AS k";
    let group = "GROUP BY tenant, root_key, root_key_version";
    let select = joined("tenant, root_key, root_key_version, keys", rows, group, ("tenant", only));
    packed(connection, "data_keys", select, |row| {
        Ok(WrappedRow {
            tenant: row.parse("tenant")?,
            root_key: row.parse("root_key")?,
            root_key_version: row.parse("root_key_version")?,
            keys: row.parse("keys")?,
        })
    })
    .await
}

/// Their datasets.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn datasets(
    connection: &mut Connection,
    only: Option<&TenantId>,
) -> Result<Vec<DatasetsRow>, StoreError> {
    let rows = "SELECT tenant, COUNT(*) AS datasets, SUM(sidecar_stale) AS stale FROM datasets";
    let select = joined("tenant, datasets, stale", rows, "GROUP BY tenant", ("tenant", only));
    packed(connection, "datasets", select, |row| {
        Ok(DatasetsRow {
            tenant: row.parse("tenant")?,
            datasets: row.parse("datasets")?,
            stale_sidecars: row.parse("stale")?,
        })
    })
    .await
}

/// Their objects, as the totals that are kept say it.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn objects(
    connection: &mut Connection,
    only: Option<&TenantId>,
) -> Result<Vec<ObjectsRow>, StoreError> {
    let rows = "SELECT tenant, SUM(objects) AS objects, SUM(size) AS size FROM object_totals";
    let select = joined("tenant, objects, size", rows, "GROUP BY tenant", ("tenant", only));
    packed(connection, "object_totals", select, |row| {
        Ok(ObjectsRow {
            tenant: row.parse("tenant")?,
            objects: row.parse("objects")?,
            size: row.parse("size")?,
        })
    })
    .await
}

/// Their data keys in quarantine.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn quarantined(
    connection: &mut Connection,
    only: Option<&TenantId>,
) -> Result<Vec<QuarantineRow>, StoreError> {
    let rows = "SELECT tenant, COUNT(*) AS keys, MIN(at) AS since FROM quarantine";
    let select = joined("tenant, keys, since", rows, "GROUP BY tenant", ("tenant", only));
    packed(connection, "quarantine", select, |row| {
        Ok(QuarantineRow {
            tenant: row.parse("tenant")?,
            keys: row.parse("keys")?,
            since: row.time("since")?,
        })
    })
    .await
}

/// Their challenges that nobody has passed.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn challenges(
    connection: &mut Connection,
    only: Option<&TenantId>,
) -> Result<Vec<ChallengeRow>, StoreError> {
    let fields =
        "tenant, number, id, kind, state, created_at, expires_at, COALESCE(answered_at, '')";
    let rows = "SELECT * FROM
        (SELECT * FROM challenges WHERE state IN ('open', 'failed', 'expired')) AS c";
    let select = joined(fields, rows, "", ("tenant", only));
    packed(connection, "challenges", select, |row| {
        Ok(ChallengeRow {
            key: root_key_id(row)?,
            id: row.parse("id")?,
            kind: row.parse("kind")?,
            state: row.parse("state")?,
            created_at: row.time("created_at")?,
            expires_at: row.time("expires_at")?,
            answered_at: row.optional("answered_at")?,
        })
    })
    .await
}

/// The rows of a selection as one text, of the tenant in this column alone if one is given.
fn joined<'q>(
    fields: &str,
    rows: &str,
    group: &str,
    (column, only): (&str, Option<&TenantId>),
) -> Statement<'q> {
    let scope = only.map_or_else(String::new, |_| format!("WHERE {column} = $1"));
    let text = format!(
        "SELECT string_agg(concat_ws(' ', {fields}), ',') AS packed
         FROM ({rows} {scope} {group}) AS joined"
    );
    match only {
        Some(tenant) => built(text).bind(tenant.to_string()),
        None => built(text),
    }
}

fn root_key_id(row: &mut Fields<'_>) -> Result<RootKeyId, StoreError> {
    Ok(RootKeyId { tenant: row.parse("tenant")?, number: row.parse("number")? })
}
