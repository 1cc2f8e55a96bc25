//! What a store says of a key: the key itself, its versions, its rotation policy, its tags, and whether it
//! is deleted but can be recovered.

use std::collections::BTreeMap;

use azure_core::time::OffsetDateTime;
use azure_security_keyvault_keys::models::{
    JsonWebKey, Key, KeyAttributes, KeyClientGetKeyOptions, KeyRotationPolicyAction, KeyType,
};
use chrono::{DateTime, Utc};
use keyward_core::reference::AzureKey;
use keyward_kms::{Description, ErrorClass, KeyUsage, KmsError, ProviderState, Reason};

use crate::{
    blob::{Algorithm, VersionId},
    call::Repeat,
    client::AzureKms,
    errors::of,
    iso8601::days,
};

/// What wraps: one version of a key, as the store shows it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Current {
    pub(crate) version: VersionId,
    pub(crate) algorithm: Algorithm,
}

impl AzureKms {
    pub(crate) async fn describe_key(&self, key: &AzureKey) -> Result<Description, KmsError> {
        let found = match self.get_key(key).await {
            Ok(found) => found,
            Err(error) if is_gone(error.reason) => return self.describe_deleted(key, error).await,
            Err(error) => return Err(error),
        };
        let usage = usage_of(found.key.as_ref());
        let shown = version_of(key, &found)?;
        let (versions, period) =
            futures::try_join!(async { optional(key, self.versions(key, shown).await) }, async {
                optional(key, self.rotation_period(key).await)
            },)?;
        let attributes = found.attributes.unwrap_or_default();
        let created = attributes.created.and_then(time);
        let versions = versions.unwrap_or_default();
        let ordinal = versions.iter().position(|version| version.id == shown);
        Ok(Description {
            identity: identity(key),
            state: state_of(&attributes),
            usage,
            version: ordinal.and_then(|at| u32::try_from(at + 1).ok()).unwrap_or(1),
            created_at: versions.first().and_then(|version| version.created).or(created),
            deletion_at: None,
            rotates_every_days: period.flatten(),
            rotated_at: created.filter(|_| ordinal.is_some_and(|at| at > 0)),
            replicas: vec![key.clone().into()],
        })
    }

    /// The version of the key that wraps now, if it may.
    pub(crate) async fn current(&self, key: &AzureKey) -> Result<Current, KmsError> {
        let found = match self.get_key(key).await {
            Ok(found) => found,
            Err(error) => return Err(self.explained(key, error).await),
        };
        let algorithm = found.key.as_ref().and_then(wrap_algorithm);
        let algorithm = algorithm.ok_or_else(|| of(key, Reason::WrongKeyKind))?;
        // The store wraps with a disabled key all the same: an RSA key's public half is no secret. What
        // nobody could open must not be written.
        match state_of(&found.attributes.clone().unwrap_or_default()) {
            ProviderState::Enabled => Ok(Current { version: version_of(key, &found)?, algorithm }),
            ProviderState::Disabled => Err(of(key, Reason::Disabled)),
            ProviderState::PendingDeletion | ProviderState::Other => {
                Err(of(key, Reason::NotUsable))
            }
        }
    }

    /// The key as its reference names it: its current version, or the one that is pinned.
    pub(crate) async fn get_key(&self, key: &AzureKey) -> Result<Key, KmsError> {
        self.call(key, Repeat::Freely, |store| async move {
            let key_version = key.version().map(str::to_owned);
            let options = KeyClientGetKeyOptions { key_version, ..Default::default() };
            store.keys.get_key(key.name(), Some(options)).await?.into_model()
        })
        .await
    }

    /// What it means that a key isn't found: it may be deleted and can be recovered. Anything that
    /// can't be found out leaves the failure as it was.
    pub(crate) async fn explained(&self, key: &AzureKey, error: KmsError) -> KmsError {
        if is_gone(error.reason) && self.deletion(key).await.is_ok() {
            return KmsError { reason: Reason::PendingDeletion, ..error };
        }
        error
    }

    /// The tags of the current version, or of the one that is pinned.
    pub(crate) async fn key_tags(
        &self,
        key: &AzureKey,
    ) -> Result<BTreeMap<String, String>, KmsError> {
        Ok(self.get_key(key).await?.tags.unwrap_or_default().into_iter().collect())
    }

    async fn describe_deleted(
        &self,
        key: &AzureKey,
        missing: KmsError,
    ) -> Result<Description, KmsError> {
        let Ok((usage, created_at, deletion_at)) = self.deletion(key).await else {
            return Err(missing);
        };
        Ok(Description {
            identity: identity(key),
            state: ProviderState::PendingDeletion,
            usage,
            // A deleted key's versions are not shown.
            version: self.newest_known(key).unwrap_or(1),
            created_at,
            deletion_at,
            rotates_every_days: None,
            rotated_at: None,
            replicas: vec![key.clone().into()],
        })
    }

    async fn deletion(
        &self,
        key: &AzureKey,
    ) -> Result<(KeyUsage, Option<DateTime<Utc>>, Option<DateTime<Utc>>), KmsError> {
        let deleted = self
            .call(key, Repeat::Freely, |store| async move {
                store.keys.get_deleted_key(key.name(), None).await?.into_model()
            })
            .await?;
        let created = deleted.attributes.and_then(|attributes| attributes.created).and_then(time);
        let purge = deleted.scheduled_purge_date.and_then(time);
        Ok((usage_of(deleted.key.as_ref()), created, purge))
    }

    async fn rotation_period(&self, key: &AzureKey) -> Result<Option<u32>, KmsError> {
        let policy = self
            .call(key, Repeat::Freely, |store| async move {
                store.keys.get_key_rotation_policy(key.name(), None).await?.into_model()
            })
            .await?;
        let expiry = policy.attributes.and_then(|attributes| attributes.expiry_time);
        let rotates = |action: &azure_security_keyvault_keys::models::LifetimeAction| {
            let kind = action.action.as_ref()?.type_prop.as_ref()?;
            let trigger = action.trigger.as_ref()?;
            if *kind != KeyRotationPolicyAction::Rotate {
                return None;
            }
            match (&trigger.time_after_create, &trigger.time_before_expiry) {
                (Some(after), _) => days(after),
                (None, Some(before)) => days(expiry.as_ref()?)?.checked_sub(days(before)?),
                (None, None) => None,
            }
        };
        Ok(policy.lifetime_actions.unwrap_or_default().iter().find_map(rotates))
    }
}

/// The one spelling of a key: without a version, since all of them are one key, and in lower case, since
/// Azure takes names in any.
pub(crate) fn identity(key: &AzureKey) -> String {
    format!("{}/keys/{}", key.store_url(), key.name().to_ascii_lowercase())
}

/// The id of the version that was shown.
pub(crate) fn version_of(key: &AzureKey, found: &Key) -> Result<VersionId, KmsError> {
    found
        .key
        .as_ref()
        .and_then(|shown| VersionId::of_key(shown.kid.as_deref()?, key.name()))
        .ok_or_else(|| of(key, Reason::ProviderFault))
}

/// What we may do without: a tenant may allow us a key and neither the list of its versions nor its
/// rotation policy. That is no word about the key's use; a call that got no answer still fails.
pub(crate) fn optional<T>(
    key: &AzureKey,
    result: Result<T, KmsError>,
) -> Result<Option<T>, KmsError> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) => match error.class() {
            ErrorClass::Denied | ErrorClass::Invalid | ErrorClass::Rejected => {
                tracing::debug!(%key, %error, "versions or rotations are not known");
                Ok(None)
            }
            ErrorClass::Throttled | ErrorClass::Unreachable => Err(error),
        },
    }
}

pub(crate) fn time(time: OffsetDateTime) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(time.unix_timestamp(), 0)
}

/// How a key wraps, if it does both ways.
fn wrap_algorithm(key: &JsonWebKey) -> Option<Algorithm> {
    let allows = |operation: &str| allows(key, operation);
    let algorithm = match key.kty {
        Some(KeyType::Rsa | KeyType::RsaHsm) => Algorithm::RsaOaep256,
        Some(KeyType::Oct | KeyType::OctHsm) => Algorithm::Aes256KeyWrap,
        _ => return None,
    };
    (allows("wrapKey") && allows("unwrapKey")).then_some(algorithm)
}

pub(crate) fn allows(key: &JsonWebKey, operation: &str) -> bool {
    key.key_ops.as_ref().is_some_and(|all| all.iter().any(|one| one == operation))
}

fn usage_of(key: Option<&JsonWebKey>) -> KeyUsage {
    match key {
        Some(key) if wrap_algorithm(key).is_some() => KeyUsage::Wrap,
        Some(key) if allows(key, "sign") || allows(key, "verify") => KeyUsage::Sign,
        _ => KeyUsage::Other,
    }
}

/// The state of one version.
fn state_of(attributes: &KeyAttributes) -> ProviderState {
    let now = OffsetDateTime::now_utc();
    if attributes.enabled == Some(false) {
        ProviderState::Disabled
    } else if attributes.expires.is_some_and(|time| time <= now)
        || attributes.not_before.is_some_and(|time| time > now)
    {
        ProviderState::Other
    } else {
        ProviderState::Enabled
    }
}

fn is_gone(reason: Reason) -> bool {
    reason == Reason::NotFound
}
