//! Views of one tenant's keys as they hang together.

use keyward_engine::TenantHierarchy;
use specta::Type;

use super::tenant::{DatasetItem, QuarantineItem, RootKeyItem, TenantView, TransitionItem};

/// A tenant's keys: root keys, their versions, data keys by dataset, objects as counts.
#[derive(Clone, Debug, serde::Serialize, Type)]
pub struct HierarchyView {
    /// The tenant.
    pub tenant: TenantView,
    /// For how many days a root key version may stay current.
    pub rotation_days: u32,
    /// Its root keys.
    pub root_keys: Vec<RootKeyNodeView>,
    /// Its datasets.
    pub datasets: Vec<DatasetNodeView>,
    /// Data keys that a rewrap couldn't move.
    pub quarantine: Vec<QuarantineItem>,
    /// Its data keys in this process's memory now.
    pub cached: Vec<CachedKeyView>,
}

/// A root key with its versions.
#[derive(Clone, Debug, serde::Serialize, Type)]
pub struct RootKeyNodeView {
    /// The key.
    pub key: RootKeyItem,
    /// Since when its version is current.
    pub version_since: String,
    /// When that version is due to be rotated.
    pub due_at: Option<String>,
    /// Its versions that wrap something, and the current one.
    pub versions: Vec<VersionNodeView>,
    /// Its dated states, oldest first.
    pub transitions: Vec<TransitionItem>,
}

/// A root key's version.
#[derive(Clone, Debug, serde::Serialize, Type)]
pub struct VersionNodeView {
    /// Its number.
    pub version: u32,
    /// Whether it is the key's current one.
    pub current: bool,
    /// Whether what it wraps is to be rewrapped.
    pub stale: bool,
    /// How many data keys it wraps.
    pub data_keys: u64,
    /// Of which datasets.
    pub datasets: Vec<WrappedDatasetView>,
}

/// How many of a dataset's data keys a version wraps.
#[derive(Clone, Debug, serde::Serialize, Type)]
pub struct WrappedDatasetView {
    /// The dataset.
    pub dataset: String,
    /// How many.
    pub data_keys: u64,
}

/// A dataset with its data keys and objects as counts.
#[derive(Clone, Debug, serde::Serialize, Type)]
pub struct DatasetNodeView {
    /// The dataset.
    pub dataset: DatasetItem,
    /// How many data keys it has.
    pub data_keys: u64,
    /// The same by state.
    pub by_state: Vec<KeysInStateView>,
    /// How many of them are to be rewrapped.
    pub stale_data_keys: u64,
    /// When the newest was made.
    pub newest_at: Option<String>,
    /// How many objects it has.
    pub objects: u64,
    /// Their bytes of plaintext.
    pub bytes: u64,
}

/// How many keys are in a state.
#[derive(Clone, Debug, serde::Serialize, Type)]
pub struct KeysInStateView {
    /// The state.
    pub state: String,
    /// How many.
    pub keys: u64,
}

/// An unwrapped data key in memory: which, never what.
#[derive(Clone, Debug, serde::Serialize, Type)]
pub struct CachedKeyView {
    /// Its dataset.
    pub dataset: String,
    /// Its version.
    pub version: u32,
    /// Until when it may serve.
    pub until: String,
}

impl From<TenantHierarchy> for HierarchyView {
    fn from(found: TenantHierarchy) -> Self {
        Self {
            tenant: found.tenant.into(),
            rotation_days: found.rotation_days,
            root_keys: found
                .root_keys
                .into_iter()
                .map(|node| RootKeyNodeView {
                    version_since: node.view.key.version_since.to_rfc3339(),
                    key: node.view.into(),
                    due_at: node.due_at.map(|at| at.to_rfc3339()),
                    versions: node
                        .versions
                        .into_iter()
                        .map(|version| VersionNodeView {
                            version: version.version,
                            current: version.current,
                            stale: version.stale,
                            data_keys: version.data_keys,
                            datasets: version
                                .datasets
                                .into_iter()
                                .map(|one| WrappedDatasetView {
                                    dataset: one.dataset.to_string(),
                                    data_keys: one.data_keys,
                                })
                                .collect(),
                        })
                        .collect(),
                    transitions: node.transitions.into_iter().map(Into::into).collect(),
                })
                .collect(),
            datasets: found
                .datasets
                .into_iter()
                .map(|node| DatasetNodeView {
                    dataset: node.dataset.into(),
                    data_keys: node.data_keys,
                    by_state: node
                        .by_state
                        .into_iter()
                        .map(|one| KeysInStateView {
                            state: one.state.as_str().into(),
                            keys: one.keys,
                        })
                        .collect(),
                    stale_data_keys: node.stale_data_keys,
                    newest_at: node.newest_at.map(|at| at.to_rfc3339()),
                    objects: node.objects.objects,
                    bytes: node.objects.size,
                })
                .collect(),
            quarantine: found.quarantine.into_iter().map(Into::into).collect(),
            cached: found
                .cached
                .into_iter()
                .map(|one| CachedKeyView {
                    dataset: one.dataset.to_string(),
                    version: one.version,
                    until: one.until.to_rfc3339(),
                })
                .collect(),
        }
    }
}
