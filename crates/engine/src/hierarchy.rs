//! A tenant's keys as a graph: its root keys, what each of their versions wraps, its datasets, and which of
//! its data keys lie unwrapped in this process's memory.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use keyward_core::{DataKeyId, DatasetName, KeyState, RootKeyId, TenantId};
use keyward_store::{
    Connection,
    tables::{
        data_keys, datasets,
        key_transitions::{self, Transition},
        objects,
        quarantine::{self, Quarantined},
        root_key_references, root_keys, tenants,
        wrapped_counts::{self, WrappedCount},
    },
};

use crate::{
    Engine, EngineError, OperationContext, RootKeyView,
    audit_query::query_of,
    cache::Held,
    register_root_key::proven,
    require,
    rotation_period::{default_days, due_at},
    tenant_summaries::wraps,
};

/// A tenant's keys.
#[derive(Clone, Debug, serde::Serialize)]
pub struct TenantHierarchy {
    /// The tenant.
    pub tenant: tenants::Tenant,
    /// For how many days a root key version may stay current: its own period, or the workspace's.
    pub rotation_days: u32,
    /// Its root keys, by number.
    pub root_keys: Vec<RootKeyNode>,
    /// Its datasets, by name.
    pub datasets: Vec<DatasetNode>,
    /// Its data keys that a rewrap couldn't move.
    pub quarantine: Vec<Quarantined>,
    /// Its data keys that lie unwrapped in this process's memory.
    pub cached: Vec<CachedKey>,
}

/// A root key, and what it wraps.
#[derive(Clone, Debug, serde::Serialize)]
pub struct RootKeyNode {
    /// The key with its references.
    #[serde(flatten)]
    pub view: RootKeyView,
    /// When its current version is due to be rotated, where data keys are wrapped under it.
    pub due_at: Option<DateTime<Utc>>,
    /// Its versions that wrap something, and the current one, by number.
    pub versions: Vec<RootKeyVersionNode>,
    /// Its dated transitions, oldest first.
    pub transitions: Vec<Transition>,
}

/// A version of a root key.
#[derive(Clone, Debug, serde::Serialize)]
pub struct RootKeyVersionNode {
    /// Its number.
    pub version: u32,
    /// Whether it is the key's current one.
    pub current: bool,
    /// Whether the data keys under it are to be rewrapped.
    pub stale: bool,
    /// How many data keys it wraps, destroyed ones left out.
    pub data_keys: u64,
    /// The same by dataset, by name.
    pub datasets: Vec<WrappedDataset>,
}

/// How many of a dataset's data keys are wrapped by one root key version.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct WrappedDataset {
    /// The dataset.
    pub dataset: DatasetName,
    /// How many, destroyed ones left out.
    pub data_keys: u64,
}

/// A dataset, its data keys and its objects.
#[derive(Clone, Debug, serde::Serialize)]
pub struct DatasetNode {
    /// The dataset: its current data key version, its regions, whether its sidecar lags behind.
    #[serde(flatten)]
    pub dataset: datasets::Dataset,
    /// How many data keys it has, destroyed ones left out.
    pub data_keys: u64,
    /// All of them by state, destroyed ones too.
    pub by_state: Vec<KeysInState>,
    /// How many are to be rewrapped.
    pub stale_data_keys: u64,
    /// When the current data key was made.
    pub newest_at: Option<DateTime<Utc>>,
    /// Its objects.
    pub objects: objects::Totals,
}

/// How many data keys are in a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct KeysInState {
    /// The state.
    pub state: KeyState,
    /// How many.
    pub keys: u64,
}

/// A data key in this process's memory.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct CachedKey {
    /// Its dataset.
    pub dataset: DatasetName,
    /// Its version.
    pub version: u32,
    /// When it serves no longer, unless its provider is unreachable.
    pub until: DateTime<Utc>,
    /// When it is wiped at the latest: at the end of its grant window.
    pub wiped_at: DateTime<Utc>,
}

/// The root key version that data keys belong under; `None` where none wraps.
type Current = Option<(u32, u32)>;

impl Engine {
    /// A tenant's keys, as they are at one moment. Leaves no record but a refusal's.
    ///
    /// # Errors
    /// [`EngineError::NotAuthorised`], [`EngineError::TenantNotFound`].
    pub async fn hierarchy(
        &self,
        context: &OperationContext,
        tenant: &TenantId,
    ) -> Result<TenantHierarchy, EngineError> {
        self.guard(context, query_of(Some(tenant)), async {
            let mut reader = self.store.snapshot().await?;
            let row = require::tenant(&mut reader, tenant).await?;
            let default_days = default_days(&mut reader).await?;
            let rotation_days = row.rotation_days.unwrap_or(default_days);
            let counts = wrapped_counts::list(&mut reader, tenant).await?;
            let keys = root_keys::list(&mut reader, tenant).await?;
            let current: Current = keys
                .iter()
                .filter(|key| wraps(key.state))
                .max_by_key(|key| (key.state == KeyState::Active, key.id.number))
                .map(|key| (key.id.number, key.version));
            let mut root_keys = Vec::with_capacity(keys.len());
            for key in keys {
                root_keys.push(root_key(&mut reader, key, rotation_days, current, &counts).await?);
            }
            Ok(TenantHierarchy {
                datasets: datasets(&mut reader, tenant, current, &counts).await?,
                quarantine: quarantine::list(&mut reader, tenant).await?,
                cached: self.cached(tenant, row.epoch),
                tenant: row,
                rotation_days,
                root_keys,
            })
        })
        .await
    }

    /// The tenant's data keys that lie in this process's memory, by dataset and version.
    fn cached(&self, tenant: &TenantId, epoch: u64) -> Vec<CachedKey> {
        let now = self.clock.now();
        let held = self.cache.held_of(tenant, epoch).into_iter();
        let mut cached: Vec<_> =
            held.map(|Held { key: DataKeyId { dataset, version, .. }, serves, stays, .. }| {
                CachedKey { dataset, version, until: now + serves, wiped_at: now + stays }
            })
            .collect();
        cached.sort_by(|a, b| (&a.dataset, a.version).cmp(&(&b.dataset, b.version)));
        cached
    }
}

async fn root_key(
    reader: &mut Connection,
    key: root_keys::RootKey,
    rotation_days: u32,
    current: Current,
    counts: &[WrappedCount],
) -> Result<RootKeyNode, EngineError> {
    Ok(RootKeyNode {
        due_at: wraps(key.state).then(|| due_at(key.version_since, rotation_days)),
        versions: versions(&key.id, key.version, current, counts),
        transitions: key_transitions::list(reader, &key.id.to_string()).await?,
        view: RootKeyView {
            references: root_key_references::list(reader, &key.id).await?,
            proven: proven(reader, &key.id).await?,
            key,
        },
    })
}

/// A root key's versions that wrap something, and its current one.
fn versions(
    key: &RootKeyId,
    newest: u32,
    current: Current,
    counts: &[WrappedCount],
) -> Vec<RootKeyVersionNode> {
    let mut versions: BTreeMap<u32, BTreeMap<DatasetName, u64>> =
        [(newest, BTreeMap::new())].into();
    for count in counts {
        if count.root_key == key.number && count.state != KeyState::Destroyed {
            let sets = versions.entry(count.root_key_version).or_default();
            *sets.entry(count.dataset.clone()).or_default() += count.keys;
        }
    }
    versions
        .into_iter()
        .map(|(version, sets)| RootKeyVersionNode {
            version,
            current: version == newest,
            stale: !sets.is_empty() && current != Some((key.number, version)),
            data_keys: sets.values().sum(),
            datasets: sets
                .into_iter()
                .map(|(dataset, data_keys)| WrappedDataset { dataset, data_keys })
                .collect(),
        })
        .collect()
}

async fn datasets(
    reader: &mut Connection,
    tenant: &TenantId,
    current: Current,
    counts: &[WrappedCount],
) -> Result<Vec<DatasetNode>, EngineError> {
    let mut of: HashMap<&DatasetName, Vec<&WrappedCount>> = HashMap::new();
    for count in counts {
        of.entry(&count.dataset).or_default().push(count);
    }
    let mut nodes = Vec::new();
    for dataset in datasets::list(reader, tenant).await? {
        let id = DataKeyId {
            tenant: tenant.clone(),
            dataset: dataset.name.clone(),
            version: dataset.current_version,
        };
        let counts = of.get(&dataset.name).map(Vec::as_slice).unwrap_or_default();
        let live = || counts.iter().filter(|count| count.state != KeyState::Destroyed);
        let stale =
            |count: &&&WrappedCount| current != Some((count.root_key, count.root_key_version));
        nodes.push(DatasetNode {
            data_keys: live().map(|count| count.keys).sum(),
            stale_data_keys: live().filter(stale).map(|count| count.keys).sum(),
            by_state: by_state(counts),
            newest_at: data_keys::get(reader, &id).await?.map(|key| key.created_at),
            objects: objects::totals(reader, tenant, &dataset.name).await?,
            dataset,
        });
    }
    Ok(nodes)
}

fn by_state(counts: &[&WrappedCount]) -> Vec<KeysInState> {
    let mut states: Vec<KeysInState> = Vec::new();
    for count in counts {
        match states.iter_mut().find(|one| one.state == count.state) {
            Some(one) => one.keys += count.keys,
            None => states.push(KeysInState { state: count.state, keys: count.keys }),
        }
    }
    states.sort_by_key(|one| one.state.as_str());
    states
}
