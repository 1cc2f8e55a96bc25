//! Views of tenants, their root keys, datasets and approvers.

use keyward_engine::{DataKeyCount, Offboarded, RootKeyView, TenantStatus, TenantSummary};
use keyward_store::tables::{
    approver_keys::ApproverKey, datasets::Dataset, key_transitions::Transition,
    quarantine::Quarantined, tenants::Tenant,
};
use specta::Type;

/// A tenant.
#[derive(Clone, Debug, serde::Serialize, Type)]
pub struct TenantView {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub display_name: String,
    /// `pending`, `active`, `suspended`, `revoked` or `offboarded`.
    pub state: String,
    /// The stable code of why it isn't served, where there is one.
    pub state_code: Option<String>,
    /// Since when.
    pub state_since: String,
    /// When it was registered.
    pub created_at: String,
}

impl From<Tenant> for TenantView {
    fn from(row: Tenant) -> Self {
        Self {
            id: row.id.to_string(),
            display_name: row.display_name,
            state: row.state.as_str().into(),
            state_code: row.state_code,
            state_since: row.state_since.to_rfc3339(),
            created_at: row.created_at.to_rfc3339(),
        }
    }
}

/// A reference of a root key.
#[derive(Clone, Debug, serde::Serialize, Type)]
pub struct ReferenceItem {
    /// Where the key may be used by it.
    pub region: String,
    /// The reference in its provider's form.
    pub reference: String,
}

/// A registered root key.
#[derive(Clone, Debug, serde::Serialize, Type)]
pub struct RootKeyItem {
    /// `rk:TENANT/NUMBER`.
    pub id: String,
    /// Its number.
    pub number: u32,
    /// The provider's word.
    pub provider: String,
    /// Who controls it: `provider`, `tenant-kms` or `tenant-hsm`.
    pub custody: String,
    /// A state of NIST SP 800-57.
    pub state: String,
    /// Its current version at the provider.
    pub version: u32,
    /// When it was registered.
    pub registered_at: String,
    /// When it was proven and put to use.
    pub activated_at: Option<String>,
    /// Where it may be used, by which name.
    pub references: Vec<ReferenceItem>,
    /// Whether a challenge has proven that the tenant owns it.
    pub proven: bool,
}

impl From<RootKeyView> for RootKeyItem {
    fn from(view: RootKeyView) -> Self {
        let key = view.key;
        Self {
            id: key.id.to_string(),
            number: key.id.number,
            provider: key.provider.as_str().into(),
            custody: key.custody.as_str().into(),
            state: key.state.as_str().into(),
            version: key.version,
            registered_at: key.registered_at.to_rfc3339(),
            activated_at: key.activated_at.map(|at| at.to_rfc3339()),
            references: view
                .references
                .into_iter()
                .map(|one| ReferenceItem {
                    region: one.region.to_string(),
                    reference: one.reference.to_string(),
                })
                .collect(),
            proven: view.proven,
        }
    }
}

/// A dated change of a key's state.
#[derive(Clone, Debug, serde::Serialize, Type)]
pub struct TransitionItem {
    /// From which state.
    pub from: String,
    /// Into which.
    pub to: String,
    /// When.
    pub at: String,
    /// Why.
    pub reason: String,
}

impl From<Transition> for TransitionItem {
    fn from(row: Transition) -> Self {
        Self {
            from: row.from.as_str().into(),
            to: row.to.as_str().into(),
            at: row.at.to_rfc3339(),
            reason: row.reason,
        }
    }
}

/// A dataset.
#[derive(Clone, Debug, serde::Serialize, Type)]
pub struct DatasetItem {
    /// Its name.
    pub name: String,
    /// When it was made.
    pub created_at: String,
    /// The data key version that new objects are written with.
    pub current_version: u32,
    /// Where its data may lie; empty means anywhere.
    pub regions: Vec<String>,
    /// How the log holds its objects' names: `plain` or `digest`.
    pub names: String,
    /// Whether a wrapped data key has changed since its sidecar was written.
    pub sidecar_stale: bool,
}

impl From<Dataset> for DatasetItem {
    fn from(row: Dataset) -> Self {
        Self {
            name: row.name.to_string(),
            created_at: row.created_at.to_rfc3339(),
            current_version: row.current_version,
            regions: row.regions.iter().map(ToString::to_string).collect(),
            names: row.names.as_str().into(),
            sidecar_stale: row.sidecar_stale,
        }
    }
}

/// How many data keys a root key's version wraps.
#[derive(Clone, Debug, serde::Serialize, Type)]
pub struct WrappedItem {
    /// The root key's number.
    pub root_key: u32,
    /// Its version.
    pub version: u32,
    /// How many data keys.
    pub keys: u64,
}

impl From<DataKeyCount> for WrappedItem {
    fn from(row: DataKeyCount) -> Self {
        Self { root_key: row.root_key, version: row.root_key_version, keys: row.keys }
    }
}

/// A data key that a rewrap couldn't move.
#[derive(Clone, Debug, serde::Serialize, Type)]
pub struct QuarantineItem {
    /// `dk:TENANT/DATASET/VERSION`.
    pub key: String,
    /// The stable code of what failed.
    pub code: String,
    /// The same for people.
    pub reason: String,
    /// When it failed last.
    pub at: String,
    /// How often it has failed.
    pub attempts: u32,
}

impl From<Quarantined> for QuarantineItem {
    fn from(row: Quarantined) -> Self {
        Self {
            key: row.key.to_string(),
            code: row.code,
            reason: row.reason,
            at: row.at.to_rfc3339(),
            attempts: row.attempts,
        }
    }
}

/// A tenant, whole.
#[derive(Clone, Debug, serde::Serialize, Type)]
pub struct TenantDetail {
    /// The tenant.
    pub tenant: TenantView,
    /// Its root keys.
    pub root_keys: Vec<RootKeyItem>,
    /// Its datasets.
    pub datasets: Vec<DatasetItem>,
    /// Its data keys, by what wraps them.
    pub data_keys: Vec<WrappedItem>,
    /// How many of them aren't under the active root key's current version.
    pub to_rewrap: u64,
    /// Data keys that a rewrap couldn't move.
    pub quarantine: Vec<QuarantineItem>,
    /// How many objects it has.
    pub objects: u64,
    /// Their bytes of plaintext.
    pub bytes: u64,
}

impl From<TenantStatus> for TenantDetail {
    fn from(status: TenantStatus) -> Self {
        Self {
            tenant: status.tenant.into(),
            root_keys: status.root_keys.into_iter().map(Into::into).collect(),
            datasets: status.datasets.into_iter().map(Into::into).collect(),
            data_keys: status.data_keys.into_iter().map(Into::into).collect(),
            to_rewrap: status.to_rewrap,
            quarantine: status.quarantine.into_iter().map(Into::into).collect(),
            objects: status.objects.objects,
            bytes: status.objects.size,
        }
    }
}

/// A key whose signature stands for the tenant.
#[derive(Clone, Debug, serde::Serialize, Type)]
pub struct ApproverItem {
    /// Its SHA-256 fingerprint, as OpenSSH prints it.
    pub fingerprint: String,
    /// The public key's line.
    pub public_key: String,
    /// Its comment.
    pub comment: String,
    /// When it was enrolled.
    pub enrolled_at: String,
}

impl From<ApproverKey> for ApproverItem {
    fn from(row: ApproverKey) -> Self {
        Self {
            fingerprint: row.fingerprint,
            public_key: row.public_key,
            comment: row.comment,
            enrolled_at: row.enrolled_at.to_rfc3339(),
        }
    }
}

/// What off-boarding did.
#[derive(Clone, Debug, serde::Serialize, Type)]
pub struct OffboardedView {
    /// How many wrapped data keys were wiped.
    pub data_keys: u64,
    /// How many objects the tenant had.
    pub objects: u64,
    /// Whether its data was deleted too.
    pub data_deleted: bool,
}

impl From<Offboarded> for OffboardedView {
    fn from(done: Offboarded) -> Self {
        Self { data_keys: done.data_keys, objects: done.objects, data_deleted: done.data_deleted }
    }
}

/// A tenant in a table of tenants.
#[derive(Clone, Debug, serde::Serialize, Type)]
pub struct TenantRow {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub display_name: String,
    /// `pending`, `active`, `suspended`, `revoked` or `offboarded`.
    pub state: String,
    /// The stable code of why it isn't served, where there is one.
    pub state_code: Option<String>,
    /// Since when.
    pub state_since: String,
    /// When it was registered.
    pub created_at: String,
    /// The root key that wraps, or would if it weren't suspended; else the newest one.
    pub root_key: Option<RootKeyRow>,
    /// How many root keys it has registered.
    pub root_keys: u64,
    /// How many datasets it has.
    pub datasets: u64,
    /// The sidecars of how many of them lag behind.
    pub stale_sidecars: u64,
    /// How many data keys it has.
    pub data_keys: u64,
    /// How many of them are to be rewrapped.
    pub stale_data_keys: u64,
    /// How many a rewrap couldn't move.
    pub quarantined: u64,
    /// How many objects it has.
    pub objects: u64,
    /// How many bytes of plaintext they are.
    pub object_bytes: u64,
    /// For how many days a root key version may stay current.
    pub rotation_days: u32,
    /// Whether that is its own period, and not the workspace's.
    pub rotation_days_own: bool,
    /// Since when the version is current under which data keys are wrapped.
    pub rotated_at: Option<String>,
    /// When that version is due to be rotated.
    pub due_at: Option<String>,
    /// The newest challenge that a person has yet to do something about.
    pub challenge: Option<ChallengeRow>,
}

/// A tenant's root key in a table.
#[derive(Clone, Debug, serde::Serialize, Type)]
pub struct RootKeyRow {
    /// `rk:TENANT/NUMBER`.
    pub id: String,
    /// The provider's word.
    pub provider: String,
    /// Who controls it.
    pub custody: String,
    /// Its state.
    pub state: String,
    /// Its current version at the provider.
    pub version: u32,
    /// Since when that version is current.
    pub version_since: String,
    /// Its reference in the engine's region, or else another.
    pub reference: Option<String>,
    /// The regions where it may be used.
    pub regions: Vec<String>,
    /// Whether a challenge has proven that the tenant owns it.
    pub proven: bool,
}

/// A challenge in a table.
#[derive(Clone, Debug, serde::Serialize, Type)]
pub struct ChallengeRow {
    /// Its id.
    pub id: String,
    /// The root key that it is about: `rk:TENANT/NUMBER`.
    pub root_key: String,
    /// `decrypt`, `tag` or `attest`.
    pub kind: String,
    /// `open`, `passed`, `failed` or `expired`.
    pub state: String,
    /// When it was started.
    pub created_at: String,
    /// Until when it may be answered.
    pub expires_at: String,
    /// When it was answered.
    pub answered_at: Option<String>,
}

impl From<TenantSummary> for TenantRow {
    fn from(row: TenantSummary) -> Self {
        let id = row.id.to_string();
        Self {
            root_key: row.root_key.map(|key| RootKeyRow {
                id: format!("rk:{id}/{}", key.number),
                provider: key.provider.as_str().into(),
                custody: key.custody.as_str().into(),
                state: key.state.as_str().into(),
                version: key.version,
                version_since: key.version_since.to_rfc3339(),
                reference: key
                    .reference
                    .or_else(|| key.references.first().map(|one| one.reference.to_string())),
                regions: key.references.iter().map(|one| one.region.to_string()).collect(),
                proven: key.proven,
            }),
            challenge: row.challenge.map(|one| ChallengeRow {
                id: one.id.to_string(),
                root_key: format!("rk:{id}/{}", one.root_key),
                kind: one.kind.as_str().into(),
                state: one.state.as_str().into(),
                created_at: one.created_at.to_rfc3339(),
                expires_at: one.expires_at.to_rfc3339(),
                answered_at: one.answered_at.map(|at| at.to_rfc3339()),
            }),
            id,
            display_name: row.display_name,
            state: row.state.as_str().into(),
            state_code: row.state_code,
            state_since: row.state_since.to_rfc3339(),
            created_at: row.created_at.to_rfc3339(),
            root_keys: row.root_keys,
            datasets: row.datasets,
            stale_sidecars: row.stale_sidecars,
            data_keys: row.data_keys,
            stale_data_keys: row.stale_data_keys,
            quarantined: row.quarantined,
            objects: row.objects,
            object_bytes: row.object_bytes,
            rotation_days: row.rotation_days,
            rotation_days_own: row.rotation_days_own,
            rotated_at: row.rotated_at.map(|at| at.to_rfc3339()),
            due_at: row.due_at.map(|at| at.to_rfc3339()),
        }
    }
}
