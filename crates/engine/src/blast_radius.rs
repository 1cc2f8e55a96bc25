//! What a revocation would lock, to be looked at before it.

use chrono::NaiveDate;
use keyward_core::{DatasetName, KeyState, Provider, RootKeyId, TenantId};
use keyward_kms::MayDisable;
use keyward_ledger::Action;
use keyward_store::{
    Connection,
    tables::{audit_days, data_keys, datasets, objects, root_keys, tenants::TenantState},
};

use crate::{
    ArchiveFile, Engine, EngineError, OperationContext, RevocationTimeline, operation::Entry,
    require, revocations,
};

/// Past revocations that are shown for comparison.
const LAST: u32 = 5;

/// What locking a tenant affects.
#[derive(Clone, Debug, serde::Serialize)]
pub struct BlastRadius {
    /// The tenant.
    pub tenant: TenantId,
    /// Its state now.
    pub state: TenantState,
    /// Each dataset, none of which could be read or written.
    pub datasets: Vec<LockedDataset>,
    /// All of its objects.
    pub objects: objects::Totals,
    /// Its data keys that aren't destroyed.
    pub data_keys: u64,
    /// How many of them this process holds unwrapped now, and would wipe.
    pub cached_data_keys: usize,
    /// Its root keys.
    pub root_keys: Vec<LockedRootKey>,
    /// Whether Keyward can disable the root key where it lives; `None` where no provider for it is set up.
    pub may_disable: Option<MayDisable>,
    /// Data keys under other root keys of the tenant. Keyward locks them too, but their root key isn't
    /// disabled with the current one: their owner opens them with the sidecars all the same.
    pub data_keys_under_others: u64,
    /// Datasets whose sidecar lags behind, so that their owner could open less than there is without
    /// Keyward.
    pub stale_sidecars: Vec<DatasetName>,
    /// Archived days of the log that are encrypted under the tenant's data keys: not to be fetched while
    /// it is locked.
    pub log_days: Vec<NaiveDate>,
    /// The tenant's last revocations, as they were measured.
    pub last: Vec<RevocationTimeline>,
}

/// A dataset that would be locked.
#[derive(Clone, Debug, serde::Serialize)]
pub struct LockedDataset {
    /// Its name.
    pub name: DatasetName,
    /// Its objects.
    #[serde(flatten)]
    pub objects: objects::Totals,
}

/// A root key of the tenant.
#[derive(Clone, Debug, serde::Serialize)]
pub struct LockedRootKey {
    /// The key.
    pub id: RootKeyId,
    /// Whose key it is.
    pub provider: Provider,
    /// Its state.
    pub state: KeyState,
    /// Its version.
    pub version: u32,
    /// Data keys by the version that wraps them.
    pub versions: Vec<data_keys::WrappedBy>,
    /// Whether it is the one that a revocation at the provider disables.
    pub is_disabled_with: bool,
}

impl Engine {
    /// What a revocation of the tenant would lock, and what would stay. Leaves no record but a refusal's.
    ///
    /// # Errors
    /// [`EngineError::TenantNotFound`] and the gate's.
    pub async fn blast_radius(
        &self,
        context: &OperationContext,
        tenant: &TenantId,
    ) -> Result<BlastRadius, EngineError> {
        self.guard(context, Entry::of(Action::AuditQuery, tenant), async {
            let mut reader = self.store.read().await?;
            let row = require::tenant(&mut reader, tenant).await?;
            let wrapping = match self.wrapping_root_key(&mut reader, tenant).await {
                Ok(root) => Some(root.id),
                Err(EngineError::NoActiveRootKey(_)) => None,
                Err(error) => return Err(error),
            };
            let may_disable = match &wrapping {
                Some(id) => {
                    let reference = self.reference(&mut reader, id).await?;
                    self.providers.of(&reference).ok().map(|provider| provider.may_disable())
                }
                None => None,
            };
            let counts = data_keys::wrapped_by(&mut reader, tenant).await?;
            let others = |count: &&data_keys::WrappedBy| {
                wrapping.as_ref().is_none_or(|id| id.number != count.root_key)
            };
            Ok(BlastRadius {
                state: row.state,
                datasets: locked_datasets(&mut reader, tenant).await?,
                objects: objects::tenant_totals(&mut reader, tenant).await?,
                data_keys: counts.iter().map(|count| count.keys).sum(),
                cached_data_keys: self.cache.held_of(tenant, row.epoch).len(),
                may_disable,
                data_keys_under_others: counts.iter().filter(others).map(|count| count.keys).sum(),
                stale_sidecars: datasets::stale_sidecars(&mut reader, Some(tenant))
                    .await?
                    .into_iter()
                    .map(|stale| stale.dataset)
                    .collect(),
                log_days: log_days(&mut reader, tenant).await?,
                last: revocations::timelines(&mut reader, Some(tenant), LAST).await?,
                root_keys: locked_root_keys(&mut reader, tenant, wrapping.as_ref(), &counts)
                    .await?,
                tenant: row.id,
            })
        })
        .await
    }
}

async fn locked_datasets(
    reader: &mut Connection,
    tenant: &TenantId,
) -> Result<Vec<LockedDataset>, EngineError> {
    let mut locked = Vec::new();
    for dataset in datasets::list(reader, tenant).await? {
        let objects = objects::totals(reader, tenant, &dataset.name).await?;
        locked.push(LockedDataset { name: dataset.name, objects });
    }
    Ok(locked)
}

async fn locked_root_keys(
    reader: &mut Connection,
    tenant: &TenantId,
    wrapping: Option<&RootKeyId>,
    counts: &[data_keys::WrappedBy],
) -> Result<Vec<LockedRootKey>, EngineError> {
    let keys = root_keys::list(reader, tenant).await?;
    let locked = keys.into_iter().map(|key| LockedRootKey {
        versions: counts.iter().filter(|count| count.root_key == key.id.number).cloned().collect(),
        is_disabled_with: wrapping == Some(&key.id),
        provider: key.provider,
        state: key.state,
        version: key.version,
        id: key.id,
    });
    Ok(locked.collect())
}

async fn log_days(
    reader: &mut Connection,
    tenant: &TenantId,
) -> Result<Vec<NaiveDate>, EngineError> {
    let mut days = Vec::new();
    for day in audit_days::list(reader).await? {
        if let Some(file) = ArchiveFile::of(&day)?
            && file.data_key(day.day)?.tenant == *tenant
        {
            days.push(day.day);
        }
    }
    Ok(days)
}
