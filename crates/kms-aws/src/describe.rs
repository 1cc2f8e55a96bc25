//! What KMS says of a key: DescribeKey, its rotations, its tags.

use std::collections::BTreeMap;

use aws_sdk_kms::{
    primitives::DateTime as SdkDateTime,
    types::{KeyMetadata, KeyState, KeyUsageType},
};
use chrono::{DateTime, Utc};
use keyward_core::{RootKeyReference, reference::AwsKey};
use keyward_kms::{Description, ErrorClass, KeyUsage, KmsError, ProviderState, Reason};

use crate::{
    client::AwsKms,
    errors::{failure, of},
};

/// The finished rotations of a key.
#[derive(Clone, Copy, Default)]
pub(crate) struct Rotations {
    pub(crate) count: u32,
    last: Option<DateTime<Utc>>,
}

impl AwsKms {
    pub(crate) async fn describe_key(&self, key: &AwsKey) -> Result<Description, KmsError> {
        let metadata = self.metadata(key).await?;
        let own = self.key_of(&metadata, key)?;
        let usage = usage_of(&metadata);
        let (rotations, period) = if usage == KeyUsage::Wrap {
            futures::try_join!(self.rotations(&own), self.rotation_period(&own))?
        } else {
            (Rotations::default(), None)
        };
        Ok(Description {
            identity: identity(&own),
            state: state_of(&metadata),
            usage,
            version: rotations.count.saturating_add(1),
            created_at: metadata.creation_date().and_then(time),
            deletion_at: metadata.deletion_date().and_then(time),
            rotates_every_days: period,
            rotated_at: rotations.last,
            replicas: replicas(&metadata, own),
        })
    }

    pub(crate) async fn metadata(&self, key: &AwsKey) -> Result<KeyMetadata, KmsError> {
        let call = self.client(key).await.describe_key().key_id(key.to_string()).send().await;
        call.map_err(|error| failure(key, &error))?
            .key_metadata
            .ok_or_else(|| of(key, Reason::ProviderFault))
    }

    /// The key's own ARN as a reference, whatever it was asked for by.
    pub(crate) fn key_of(
        &self,
        metadata: &KeyMetadata,
        asked: &AwsKey,
    ) -> Result<AwsKey, KmsError> {
        metadata
            .arn()
            .and_then(|arn| arn.parse().ok())
            .ok_or_else(|| of(asked, Reason::ProviderFault))
    }

    /// The finished rotations of a key that is named by its ARN.
    pub(crate) async fn rotations(&self, key: &AwsKey) -> Result<Rotations, KmsError> {
        let client = self.client(key).await;
        let mut rotations = Rotations::default();
        let mut pages = client.list_key_rotations().key_id(key.to_string()).into_paginator().send();
        while let Some(page) = pages.next().await {
            match page {
                Ok(page) => {
                    for rotation in page.rotations() {
                        rotations.count = rotations.count.saturating_add(1);
                        let date = rotation.rotation_date().and_then(time);
                        rotations.last = rotations.last.max(date);
                    }
                }
                Err(error) => return optional(failure(key, &error)),
            }
        }
        Ok(rotations)
    }

    async fn rotation_period(&self, key: &AwsKey) -> Result<Option<u32>, KmsError> {
        let client = self.client(key).await;
        match client.get_key_rotation_status().key_id(key.to_string()).send().await {
            // AWS rotated every 365 days before the period could be chosen.
            Ok(status) if status.key_rotation_enabled() => Ok(Some(
                status
                    .rotation_period_in_days()
                    .and_then(|days| days.try_into().ok())
                    .unwrap_or(365),
            )),
            Ok(_) => Ok(None),
            Err(error) => optional(failure(key, &error)),
        }
    }

    pub(crate) async fn key_tags(
        &self,
        key: &AwsKey,
    ) -> Result<BTreeMap<String, String>, KmsError> {
        let key = &self.resolved(key).await?;
        let client = self.client(key).await;
        let mut tags = BTreeMap::new();
        let mut pages = client.list_resource_tags().key_id(key.to_string()).into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| failure(key, &error))?;
            tags.extend(
                page.tags()
                    .iter()
                    .map(|tag| (tag.tag_key().to_owned(), tag.tag_value().to_owned())),
            );
        }
        Ok(tags)
    }
}

/// What we may do without: a tenant may allow DescribeKey and neither ListKeyRotations nor
/// GetKeyRotationStatus, and KMS offers them for some kinds of key and some states only. That is no
/// word about the key's use, so the default stands; a call that got no answer still fails.
fn optional<T: Default>(error: KmsError) -> Result<T, KmsError> {
    match error.class() {
        ErrorClass::Denied | ErrorClass::Invalid | ErrorClass::Rejected => {
            tracing::debug!(key = error.key, %error, "rotations are not known");
            Ok(T::default())
        }
        ErrorClass::Throttled | ErrorClass::Unreachable => Err(error),
    }
}

/// Multi-Region keys are one key material under one id in every region, so their identity leaves the
/// region out.
fn identity(key: &AwsKey) -> String {
    if key.is_multi_region() {
        let arn = key.to_string();
        let id = arn.rsplit('/').next().unwrap_or_default();
        format!("aws:{}:{}:{id}", key.partition(), key.account())
    } else {
        key.to_string()
    }
}

fn state_of(metadata: &KeyMetadata) -> ProviderState {
    match metadata.key_state() {
        Some(KeyState::Enabled) => ProviderState::Enabled,
        Some(KeyState::Disabled) => ProviderState::Disabled,
        Some(KeyState::PendingDeletion | KeyState::PendingReplicaDeletion) => {
            ProviderState::PendingDeletion
        }
        _ => ProviderState::Other,
    }
}

fn usage_of(metadata: &KeyMetadata) -> KeyUsage {
    let symmetric = metadata.key_spec() == Some(&aws_sdk_kms::types::KeySpec::SymmetricDefault);
    match metadata.key_usage() {
        // An asymmetric key encrypts too, but authenticates no context: no root key.
        Some(KeyUsageType::EncryptDecrypt) if symmetric => KeyUsage::Wrap,
        Some(KeyUsageType::SignVerify) => KeyUsage::Sign,
        _ => KeyUsage::Other,
    }
}

fn replicas(metadata: &KeyMetadata, own: AwsKey) -> Vec<RootKeyReference> {
    let configuration = metadata.multi_region_configuration();
    let mut replicas: Vec<RootKeyReference> = configuration
        .into_iter()
        .flat_map(|all| all.primary_key().into_iter().chain(all.replica_keys()))
        .filter_map(|key| key.arn()?.parse().ok())
        .collect();
    replicas.push(own.into());
    replicas.sort();
    replicas.dedup();
    replicas
}

fn time(time: &SdkDateTime) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(time.secs(), time.subsec_nanos())
}
