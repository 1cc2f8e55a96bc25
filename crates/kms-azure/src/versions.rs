//! A key's versions: Azure knows them by opaque ids, and we count them from the oldest.

use std::{collections::HashMap, sync::PoisonError};

use azure_security_keyvault_keys::models::KeyProperties;
use chrono::{DateTime, Utc};
use futures::TryStreamExt;
use keyward_core::reference::AzureKey;
use keyward_kms::{KmsError, Reason};

use crate::{
    blob::VersionId,
    call::Repeat,
    client::AzureKms,
    describe::{identity, time},
    errors::of,
};

/// More than a rotation a day for 27 years: no honest key has as many.
const MOST_VERSIONS: usize = 10_000;

/// One version, as the list of all shows it.
#[derive(Clone, Debug)]
pub(crate) struct Version {
    pub(crate) id: VersionId,
    pub(crate) created: Option<DateTime<Utc>>,
    pub(crate) enabled: bool,
    pub(crate) tags: HashMap<String, String>,
}

impl AzureKms {
    /// All versions, oldest first. `shown` is the one that the store last showed as the current one.
    pub(crate) async fn versions(
        &self,
        key: &AzureKey,
        shown: VersionId,
    ) -> Result<Vec<Version>, KmsError> {
        let mut versions = self.unsorted(key).await?;
        // Azure tells the time in seconds. Of versions made within one, the current one is the last;
        // unless the reference pins an older one, which says nothing about the others.
        let current = key.version().is_none().then_some(shown);
        versions.sort_by_key(|version| (version.created, Some(version.id) == current, version.id));
        let identity = identity(key);
        let mut ordinals = self.ordinals.lock().unwrap_or_else(PoisonError::into_inner);
        for (version, ordinal) in versions.iter().zip(1..) {
            ordinals.insert((identity.clone(), version.id), ordinal);
        }
        Ok(versions)
    }

    /// The place of a version among all, from 1; `None` where its owner doesn't show us the others.
    pub(crate) async fn ordinal(
        &self,
        key: &AzureKey,
        version: VersionId,
    ) -> Result<Option<u32>, KmsError> {
        if let Some(known) = self.known_ordinal(key, version) {
            return Ok(Some(known));
        }
        crate::describe::optional(key, self.versions(key, version).await)?;
        Ok(self.known_ordinal(key, version))
    }

    /// The newest version's place, as far as we have seen.
    pub(crate) fn newest_known(&self, key: &AzureKey) -> Option<u32> {
        let identity = identity(key);
        let ordinals = self.ordinals.lock().unwrap_or_else(PoisonError::into_inner);
        let of_key = ordinals.iter().filter(|((known, _), _)| *known == identity);
        of_key.map(|(_, ordinal)| *ordinal).max()
    }

    fn known_ordinal(&self, key: &AzureKey, version: VersionId) -> Option<u32> {
        let ordinals = self.ordinals.lock().unwrap_or_else(PoisonError::into_inner);
        ordinals.get(&(identity(key), version)).copied()
    }

    /// All versions in no order.
    pub(crate) async fn unsorted(&self, key: &AzureKey) -> Result<Vec<Version>, KmsError> {
        let listed = self
            .call(key, Repeat::Freely, |store| async move {
                let mut items = store.keys.list_key_properties_versions(key.name(), None)?;
                let mut listed: Vec<KeyProperties> = Vec::new();
                while let Some(item) = items.try_next().await? {
                    listed.push(item);
                    if listed.len() > MOST_VERSIONS {
                        break;
                    }
                }
                Ok(listed)
            })
            .await?;
        if listed.len() > MOST_VERSIONS {
            return Err(of(key, Reason::ProviderFault));
        }
        listed
            .into_iter()
            .map(|item| {
                let id = VersionId::of_key(item.kid.as_deref()?, key.name())?;
                let attributes = item.attributes.unwrap_or_default();
                Some(Version {
                    id,
                    created: attributes.created.and_then(time),
                    enabled: attributes.enabled != Some(false),
                    tags: item.tags.unwrap_or_default(),
                })
            })
            .collect::<Option<_>>()
            .ok_or_else(|| of(key, Reason::ProviderFault))
    }
}
