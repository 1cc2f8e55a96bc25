//! Look-ups that insist: the row, or the error that says what is missing.

use keyward_core::{
    DataKeyId, DatasetName, KeyState, ObjectName, Region, RootKeyId, RootKeyReference, TenantId,
};
use keyward_store::{
    Connection,
    tables::{
        data_keys, datasets, objects,
        reading::{self, Reading},
        root_key_references, root_keys,
        tenants::{self, TenantState},
    },
};

use crate::{Engine, EngineError};

/// The tenant, whatever its state.
pub(crate) async fn tenant(
    connection: &mut Connection,
    id: &TenantId,
) -> Result<tenants::Tenant, EngineError> {
    tenants::get(connection, id).await?.ok_or_else(|| EngineError::TenantNotFound(id.clone()))
}

/// The tenant, which must be active.
pub(crate) async fn active_tenant(
    connection: &mut Connection,
    id: &TenantId,
) -> Result<tenants::Tenant, EngineError> {
    active(tenant(connection, id).await?)
}

/// As [`same_epoch`], of what the tenant is now.
pub(crate) async fn unchanged_tenant(
    connection: &mut Connection,
    before: &tenants::Tenant,
) -> Result<(), EngineError> {
    same_epoch(tenants::get(connection, &before.id).await?, before)
}

/// The same tenant in the same epoch as when the operation began: nobody suspended, revoked or
/// rotated it meanwhile.
pub(crate) fn same_epoch(
    now: Option<tenants::Tenant>,
    before: &tenants::Tenant,
) -> Result<(), EngineError> {
    let now = active(now.ok_or_else(|| EngineError::TenantNotFound(before.id.clone()))?)?;
    if now.epoch == before.epoch {
        return Ok(());
    }
    Err(EngineError::ChangedMeanwhile(before.id.to_string()))
}

/// A tenant that was looked up, which must be active.
pub(crate) fn active(tenant: tenants::Tenant) -> Result<tenants::Tenant, EngineError> {
    if tenant.state == TenantState::Active {
        return Ok(tenant);
    }
    Err(EngineError::TenantNotActive {
        tenant: tenant.id,
        state: tenant.state,
        why: tenant.state_code,
    })
}

/// An object of an active tenant, with what it takes to open it.
pub(crate) async fn reading(
    connection: &mut Connection,
    tenant: &TenantId,
    dataset: &DatasetName,
    name: &ObjectName,
) -> Result<Reading, EngineError> {
    if let Some(mut reading) = reading::get(connection, tenant, dataset, name).await? {
        reading.tenant = active(reading.tenant)?;
        return Ok(reading);
    }
    // One of them is missing; the first that is says so.
    active_tenant(connection, tenant).await?;
    match objects::get(connection, tenant, dataset, name).await? {
        None => Err(EngineError::ObjectNotFound { name: name.to_string() }),
        Some(object) => {
            let (tenant, dataset, version) =
                (object.tenant, object.dataset, object.data_key_version);
            data_key(connection, &DataKeyId { tenant, dataset, version }).await?;
            Err(EngineError::ChangedMeanwhile(name.to_string()))
        }
    }
}

/// The dataset.
pub(crate) async fn dataset(
    connection: &mut Connection,
    tenant: &TenantId,
    name: &DatasetName,
) -> Result<datasets::Dataset, EngineError> {
    datasets::get(connection, tenant, name).await?.ok_or_else(|| EngineError::DatasetNotFound {
        tenant: tenant.clone(),
        dataset: name.clone(),
    })
}

/// The data key.
pub(crate) async fn data_key(
    connection: &mut Connection,
    id: &keyward_core::DataKeyId,
) -> Result<data_keys::DataKey, EngineError> {
    data_keys::get(connection, id).await?.ok_or_else(|| EngineError::DataKeyNotFound(id.clone()))
}

/// The root key.
pub(crate) async fn root_key(
    connection: &mut Connection,
    id: &RootKeyId,
) -> Result<root_keys::RootKey, EngineError> {
    root_keys::get(connection, id).await?.ok_or_else(|| EngineError::RootKeyNotFound(id.clone()))
}

/// The tenant's root key that wraps.
pub(crate) async fn active_root_key(
    connection: &mut Connection,
    tenant: &TenantId,
) -> Result<root_keys::RootKey, EngineError> {
    if let Some(key) = root_keys::active(connection, tenant).await? {
        return Ok(key);
    }
    // Locked since the caller looked: then that is the reason.
    active_tenant(connection, tenant).await?;
    Err(EngineError::NoActiveRootKey(tenant.clone()))
}

/// That the key may unwrap.
pub(crate) fn may_unwrap(key: &str, state: KeyState) -> Result<(), EngineError> {
    if state.may_unwrap() {
        return Ok(());
    }
    Err(EngineError::KeyState { key: key.into(), state, what: "unwrap" })
}

/// That the key may wrap.
pub(crate) fn may_wrap(key: &str, state: KeyState) -> Result<(), EngineError> {
    if state.may_wrap() {
        return Ok(());
    }
    Err(EngineError::KeyState { key: key.into(), state, what: "wrap" })
}

impl Engine {
    /// The root key's reference in the engine's own region. Never somebody else's key, and another region's
    /// endpoint only where [`references_elsewhere`](Self::references_elsewhere) is asked for.
    pub(crate) async fn reference(
        &self,
        connection: &mut Connection,
        key: &RootKeyId,
    ) -> Result<RootKeyReference, EngineError> {
        let references = root_key_references::list(connection, key).await?;
        if let Some(here) = references.iter().find(|one| one.region == self.region) {
            return here.reference.parse().map_err(|_| {
                EngineError::StateCorrupt(format!("the reference of root key `{key}`"))
            });
        }
        let allowed: Vec<_> = references.iter().map(|one| format!("`{}`", one.region)).collect();
        Err(EngineError::KeyNotInRegion {
            key: key.clone(),
            region: self.region.clone(),
            allowed: if allowed.is_empty() { "none".into() } else { allowed.join(", ") },
        })
    }

    /// The root key's references in every other region, for while the engine's own is unreachable.
    pub(crate) async fn references_elsewhere(
        &self,
        connection: &mut Connection,
        key: &RootKeyId,
    ) -> Result<Vec<(Region, RootKeyReference)>, EngineError> {
        let references = root_key_references::list(connection, key).await?;
        let elsewhere = references.into_iter().filter(|row| row.region != self.region);
        elsewhere
            .map(|row| {
                let reference = row.reference.parse().map_err(|_| {
                    EngineError::StateCorrupt(format!("the reference of root key `{key}`"))
                })?;
                Ok((row.region, reference))
            })
            .collect()
    }

    /// That the dataset's data may lie where this workspace stores, and be read there: asked at each write
    /// and again at each read.
    pub(crate) fn residency(
        &self,
        dataset: &DatasetName,
        regions: &[Region],
    ) -> Result<(), EngineError> {
        if regions.is_empty() || regions.contains(&self.region) {
            return Ok(());
        }
        Err(EngineError::Residency {
            dataset: dataset.clone(),
            region: self.region.clone(),
            allowed: regions.iter().map(Region::to_string).collect::<Vec<_>>().join(", "),
        })
    }
}
