//! Views of revocations: what one would lock, its steps while it runs, and past ones as the log has them.

use keyward_engine::{BlastRadius, RevocationTimeline, RevokeStep};
use specta::Type;

use super::{tenant::WrappedItem, words::word};

/// What revoking a tenant would lock.
#[derive(Clone, Debug, serde::Serialize, Type)]
pub struct BlastRadiusView {
    /// The tenant.
    pub tenant: String,
    /// Its state.
    pub state: String,
    /// Its datasets.
    pub datasets: Vec<LockedDatasetView>,
    /// Its objects.
    pub objects: u64,
    /// Their bytes of plaintext.
    pub bytes: u64,
    /// Its data keys.
    pub data_keys: u64,
    /// How many of them are unwrapped in this process's memory.
    pub cached_data_keys: u32,
    /// Its root keys.
    pub root_keys: Vec<LockedRootKeyView>,
    /// Whether Keyward can disable the key at its provider; none where there is no key to disable.
    pub may_disable: Option<String>,
    /// Data keys that other root keys wrap, which disabling this one doesn't lock at the provider.
    pub data_keys_under_others: u64,
    /// The datasets whose sidecars lag behind: what the tenant couldn't open by itself.
    pub stale_sidecars: Vec<String>,
    /// The log's days whose archives are encrypted under the tenant's keys.
    pub log_days: Vec<String>,
    /// The last revocations of the tenant.
    pub last: Vec<TimelineView>,
}

/// A dataset that would be locked.
#[derive(Clone, Debug, serde::Serialize, Type)]
pub struct LockedDatasetView {
    /// Its name.
    pub name: String,
    /// Its objects.
    pub objects: u64,
    /// Their bytes of plaintext.
    pub bytes: u64,
}

/// A root key of the tenant.
#[derive(Clone, Debug, serde::Serialize, Type)]
pub struct LockedRootKeyView {
    /// `rk:TENANT/NUMBER`.
    pub id: String,
    /// Where it is.
    pub provider: String,
    /// Its state.
    pub state: String,
    /// Its current version.
    pub version: u32,
    /// How many data keys each of its versions wraps.
    pub versions: Vec<WrappedItem>,
    /// Whether it is the one that is disabled at its provider with the revocation.
    pub is_disabled_with: bool,
}

impl From<BlastRadius> for BlastRadiusView {
    fn from(found: BlastRadius) -> Self {
        Self {
            tenant: found.tenant.to_string(),
            state: found.state.as_str().into(),
            datasets: found
                .datasets
                .into_iter()
                .map(|one| LockedDatasetView {
                    name: one.name.to_string(),
                    objects: one.objects.objects,
                    bytes: one.objects.size,
                })
                .collect(),
            objects: found.objects.objects,
            bytes: found.objects.size,
            data_keys: found.data_keys,
            cached_data_keys: u32::try_from(found.cached_data_keys).unwrap_or(u32::MAX),
            root_keys: found
                .root_keys
                .into_iter()
                .map(|key| LockedRootKeyView {
                    id: key.id.to_string(),
                    provider: key.provider.as_str().into(),
                    state: key.state.as_str().into(),
                    version: key.version,
                    versions: key.versions.into_iter().map(Into::into).collect(),
                    is_disabled_with: key.is_disabled_with,
                })
                .collect(),
            may_disable: found.may_disable.as_ref().map(word),
            data_keys_under_others: found.data_keys_under_others,
            stale_sidecars: found.stale_sidecars.iter().map(ToString::to_string).collect(),
            log_days: found.log_days.iter().map(ToString::to_string).collect(),
            last: found.last.into_iter().map(Into::into).collect(),
        }
    }
}

/// A revocation's time line, from the log's records alone.
#[derive(Clone, Debug, serde::Serialize, Type)]
pub struct TimelineView {
    /// Whose keys.
    pub tenant: String,
    /// What locked it: `revoked` by somebody, or `denied` at its provider.
    pub cause: String,
    /// The record that begins it.
    pub seq: u64,
    /// The request, which all records of it carry.
    pub request: String,
    /// Who asked, or whose call was denied.
    pub actor: String,
    /// Why.
    pub reason: Option<String>,
    /// Whether it was a drill.
    pub drill: bool,
    /// When it was asked for, or denied.
    pub began_at: String,
    /// When the lock was durable: from here on every process refuses.
    pub recorded_at: String,
    /// How long that took, in milliseconds.
    pub locked_after_ms: u64,
    /// How many unwrapped data keys were wiped.
    pub evicted: u64,
    /// Whether the key was to be disabled at its provider.
    pub at_provider: bool,
    /// When the provider had disabled it.
    pub disabled_at: Option<String>,
    /// When the provider first refused it.
    pub first_refusal_at: Option<String>,
    /// How long after the beginning, in milliseconds.
    pub refused_after_ms: Option<u64>,
    /// For how many seconds it was watched, where the provider still answered then.
    pub still_answered_seconds: Option<u64>,
    /// The first operation that Keyward refused because of it.
    pub first_refused: Option<RefusedView>,
    /// When the tenant was restored.
    pub restored_at: Option<String>,
}

/// A refused operation.
#[derive(Clone, Debug, serde::Serialize, Type)]
pub struct RefusedView {
    /// The record of it.
    pub seq: u64,
    /// When.
    pub at: String,
    /// What was asked for.
    pub action: String,
    /// The stable code of the refusal.
    pub code: Option<String>,
}

impl From<RevocationTimeline> for TimelineView {
    fn from(line: RevocationTimeline) -> Self {
        Self {
            locked_after_ms: line.locked_after_ms(),
            refused_after_ms: line.refused_after_ms(),
            tenant: line.tenant.to_string(),
            cause: word(&line.cause),
            seq: line.seq,
            request: line.request.to_string(),
            actor: line.actor,
            reason: line.reason,
            drill: line.drill,
            began_at: line.began_at.to_rfc3339(),
            recorded_at: line.recorded_at.to_rfc3339(),
            evicted: line.evicted,
            at_provider: line.at_provider,
            disabled_at: line.disabled_at.map(|at| at.to_rfc3339()),
            first_refusal_at: line.first_refusal_at.map(|at| at.to_rfc3339()),
            still_answered_seconds: line.still_answered_seconds,
            first_refused: line.first_refused.map(|one| RefusedView {
                seq: one.seq,
                at: one.at.to_rfc3339(),
                action: one.action.as_str().into(),
                code: one.code,
            }),
            restored_at: line.restored_at.map(|at| at.to_rfc3339()),
        }
    }
}

/// A step that a revocation has taken, told while it goes on.
#[derive(Clone, Debug, serde::Serialize, Type)]
#[serde(tag = "step", rename_all = "kebab-case")]
pub enum RevokeStepView {
    /// The revocation is durable.
    Recorded {
        /// The time in its record.
        at: String,
    },
    /// This process has wiped what it held.
    Evicted {
        /// How many unwrapped data keys.
        keys: u32,
    },
    /// The provider has disabled the root key.
    Disabled {
        /// When it said so.
        at: String,
    },
    /// The provider refuses the root key.
    FirstRefusal {
        /// When it first did.
        at: String,
        /// How long after it had disabled the key.
        after_ms: u64,
    },
    /// The provider answered to the last, and is watched no longer.
    StillAnswers {
        /// For how long it was watched.
        watched_seconds: u64,
    },
}

impl From<RevokeStep> for RevokeStepView {
    fn from(step: RevokeStep) -> Self {
        match step {
            RevokeStep::Recorded { at } => Self::Recorded { at: at.to_rfc3339() },
            RevokeStep::Evicted { keys } => {
                Self::Evicted { keys: u32::try_from(keys).unwrap_or(u32::MAX) }
            }
            RevokeStep::Disabled { at } => Self::Disabled { at: at.to_rfc3339() },
            RevokeStep::FirstRefusal { at, after_ms } => {
                Self::FirstRefusal { at: at.to_rfc3339(), after_ms }
            }
            RevokeStep::StillAnswers { watched_seconds } => Self::StillAnswers { watched_seconds },
        }
    }
}

/// What a revocation did.
#[derive(Clone, Debug, serde::Serialize, Type)]
pub struct RevokedView {
    /// Whose keys.
    pub tenant: String,
    /// When it was asked for.
    pub asked_at: String,
    /// When it was durable.
    pub revoked_at: String,
    /// How many unwrapped keys this process held and wiped.
    pub evicted: u32,
    /// When the provider had disabled the root key.
    pub disabled_at: Option<String>,
    /// When the provider first refused it.
    pub first_refusal_at: Option<String>,
}

impl From<keyward_engine::Revoked> for RevokedView {
    fn from(done: keyward_engine::Revoked) -> Self {
        Self {
            tenant: done.tenant.to_string(),
            asked_at: done.asked_at.to_rfc3339(),
            revoked_at: done.revoked_at.to_rfc3339(),
            evicted: u32::try_from(done.evicted).unwrap_or(u32::MAX),
            disabled_at: done.disabled_at.map(|at| at.to_rfc3339()),
            first_refusal_at: done.first_refusal_at.map(|at| at.to_rfc3339()),
        }
    }
}
