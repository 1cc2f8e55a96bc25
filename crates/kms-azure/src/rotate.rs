//! Changing a key at its store: rotate, and the attribute that enables each version.

use std::collections::HashMap;

use azure_security_keyvault_keys::models::{
    KeyAttributes, KeyClientUpdateKeyPropertiesOptions, UpdateKeyPropertiesParameters,
};
use keyward_core::reference::AzureKey;
use keyward_kms::{KmsError, Reason};

use crate::{
    call::Repeat,
    client::AzureKms,
    describe::{optional, version_of},
    errors::of,
    versions::Version,
};

/// The tag of a version that Keyward disabled, so that enabling the key leaves alone what its owner
/// disabled before.
const DISABLED_TAG: &str = "keyward-disabled";
/// Azure takes no more tags on a key.
const MOST_TAGS: usize = 15;

impl AzureKms {
    pub(crate) async fn rotate_key(&self, key: &AzureKey) -> Result<u32, KmsError> {
        // The reference would go on naming the version that it pins.
        if key.version().is_some() {
            return Err(of(key, Reason::Unsupported));
        }
        let before = optional(key, self.unsorted(key).await)?.map_or(1, |versions| versions.len());
        // No second attempt: an answer that got lost would make it a second rotation.
        let rotated = self
            .call(key, Repeat::Never, |store| async move {
                store.keys.rotate_key(key.name(), None).await?.into_model()
            })
            .await;
        let rotated = match rotated {
            Ok(rotated) => rotated,
            Err(error) => return Err(self.explained(key, error).await),
        };
        version_of(key, &rotated)?;
        Ok(u32::try_from(before).unwrap_or(u32::MAX).saturating_add(1))
    }

    /// Azure has no switch for a key as a whole: every version has its own, and one that is left on goes
    /// on unwrapping. So all of them are turned, and it may be asked for again after a failure in between.
    pub(crate) async fn enable_key(&self, key: &AzureKey, enabled: bool) -> Result<(), KmsError> {
        let mut versions = match self.unsorted(key).await {
            Ok(versions) => versions,
            Err(error) => return Err(self.explained(key, error).await),
        };
        // The newest first: it is the one that wraps.
        versions.sort_by_key(|version| std::cmp::Reverse(version.created));
        if enabled {
            let ours = |version: &Version| version.tags.contains_key(DISABLED_TAG);
            if !versions.iter().any(ours) {
                // Nothing that we disabled: the owner did, and asks for the key as it stands.
                versions.truncate(1);
            } else {
                versions.retain(ours);
            }
        }
        for version in versions.iter().filter(|version| version.enabled != enabled) {
            self.enable_version(key, version, enabled).await?;
        }
        Ok(())
    }

    async fn enable_version(
        &self,
        key: &AzureKey,
        version: &Version,
        enabled: bool,
    ) -> Result<(), KmsError> {
        let tags = tags(&version.tags, enabled);
        self.call(key, Repeat::Freely, |store| {
            let parameters = UpdateKeyPropertiesParameters {
                key_attributes: Some(KeyAttributes {
                    enabled: Some(enabled),
                    ..Default::default()
                }),
                tags: Some(tags.clone()),
                ..Default::default()
            };
            async move {
                let options = KeyClientUpdateKeyPropertiesOptions {
                    key_version: Some(version.id.to_string()),
                    ..Default::default()
                };
                let content = parameters.try_into()?;
                store.keys.update_key_properties(key.name(), content, Some(options)).await.map(drop)
            }
        })
        .await
    }
}

/// A version's tags once it is turned. They are replaced as a whole.
fn tags(before: &HashMap<String, String>, enabled: bool) -> HashMap<String, String> {
    let mut tags = before.clone();
    if enabled {
        tags.remove(DISABLED_TAG);
    } else if tags.len() < MOST_TAGS {
        tags.insert(DISABLED_TAG.into(), "true".into());
    }
    tags
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disabled_version_is_marked_if_there_is_a_place() {
        let few = HashMap::from([("owner".to_owned(), "acme".to_owned())]);
        let marked = tags(&few, false);
        assert_eq!((marked.len(), marked.contains_key(DISABLED_TAG)), (2, true));
        assert_eq!(tags(&marked, true), few);
        let full: HashMap<_, _> =
            (0..MOST_TAGS).map(|number| (number.to_string(), String::new())).collect();
        assert_eq!(tags(&full, false), full);
    }
}
