//! What a key's file says in the clear.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Days, Utc};
use keyward_core::TenantId;
use serde::{Deserialize, Serialize};

use super::StoreId;
use crate::ProviderState;

/// Which tenant may do what with a key: a tenant that isn't here may do nothing.
pub type AccessList = BTreeMap<TenantId, BTreeSet<KeyUse>>;

/// What a tenant may do with a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyUse {
    /// Unwrap what the key wrapped in this tenant's context.
    Unwrap,
    /// Wrap and generate in this tenant's context.
    Wrap,
}

impl KeyUse {
    /// Both uses.
    pub const ALL: [Self; 2] = [Self::Unwrap, Self::Wrap];
}

/// A local key's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LocalState {
    /// Usable.
    Enabled,
    /// Disabled by its owner; can be enabled again.
    Disabled,
    /// To be deleted at a date; until then its owner can cancel that.
    PendingDeletion,
    /// Its material is erased. The name stays taken: what it wrapped must never meet another key of
    /// the same identity.
    Destroyed,
}

impl LocalState {
    /// The state in every provider's words.
    #[must_use]
    pub fn at_provider(self) -> ProviderState {
        match self {
            Self::Enabled => ProviderState::Enabled,
            Self::Disabled => ProviderState::Disabled,
            Self::PendingDeletion => ProviderState::PendingDeletion,
            Self::Destroyed => ProviderState::Other,
        }
    }
}

/// A key's record: everything about it but the material.
// Fields in alphabetical order: serialised as they stand they are in RFC 8785 form, which is what the
// seal authenticates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyRecord {
    /// Who may do what.
    pub access: AccessList,
    /// When the key was made.
    pub created_at: DateTime<Utc>,
    /// When it will be deleted, or was.
    pub deletion_at: Option<DateTime<Utc>>,
    /// Its name, unique in the store.
    pub name: String,
    /// Counts the changes of this record.
    pub revision: u64,
    /// How often the store rotates it by itself, at its first use after that time.
    pub rotates_every_days: Option<u32>,
    /// Its state.
    pub state: LocalState,
    /// The store that it is of.
    pub store: StoreId,
    /// Free texts by the owner; a challenge's token among them.
    pub tags: BTreeMap<String, String>,
    /// When each version was made: the first is version 1, the last the current one.
    pub versions: Vec<DateTime<Utc>>,
}

impl KeyRecord {
    /// What names this key's material, and no other's: `local:STORE:NAME`.
    #[must_use]
    pub fn identity(&self) -> String {
        format!("local:{}:{}", self.store, self.name)
    }

    /// The current version's number.
    #[must_use]
    pub fn version(&self) -> u32 {
        u32::try_from(self.versions.len()).unwrap_or(u32::MAX)
    }

    /// When the key was last rotated, if ever.
    #[must_use]
    pub fn rotated_at(&self) -> Option<DateTime<Utc>> {
        self.versions.last().copied().filter(|_| self.versions.len() > 1)
    }

    pub(super) fn deletion_is_due(&self, now: DateTime<Utc>) -> bool {
        self.state == LocalState::PendingDeletion && self.deletion_at.is_some_and(|at| at <= now)
    }

    pub(super) fn rotation_is_due(&self, now: DateTime<Utc>) -> bool {
        let due = || {
            let days = Days::new(self.rotates_every_days?.into());
            self.versions.last()?.checked_add_days(days)
        };
        self.state == LocalState::Enabled && due().is_some_and(|at| at <= now)
    }
}
