//! Changing a key at KMS: RotateKeyOnDemand, EnableKey and DisableKey.

use aws_sdk_kms::{config::retry::RetryConfig, types::MultiRegionKeyType};
use keyward_core::reference::AwsKey;
use keyward_kms::KmsError;

use crate::{client::AwsKms, errors::failure};

impl AwsKms {
    pub(crate) async fn rotate_key(&self, key: &AwsKey) -> Result<u32, KmsError> {
        let key = &self.primary_of(key).await?;
        let before = self.rotations(key).await?.count;
        // No retry: an answer that got lost would make it a second rotation.
        let once = aws_sdk_kms::config::Config::builder().retry_config(RetryConfig::disabled());
        self.client(key)
            .await
            .rotate_key_on_demand()
            .key_id(key.to_string())
            .customize()
            .config_override(once)
            .send()
            .await
            .map_err(|error| failure(key, &error))?;
        // KMS lists the rotation once it has finished, some time after this answer: count it now.
        Ok(before.saturating_add(2))
    }

    pub(crate) async fn enable_key(&self, key: &AwsKey, enabled: bool) -> Result<(), KmsError> {
        let key = &self.resolved(key).await?;
        let client = self.client(key).await;
        if enabled {
            let call = client.enable_key().key_id(key.to_string()).send().await;
            call.map(drop).map_err(|error| failure(key, &error))
        } else {
            let call = client.disable_key().key_id(key.to_string()).send().await;
            call.map(drop).map_err(|error| failure(key, &error))
        }
    }

    /// The key to rotate: a multi-Region key rotates by its primary key alone (developer guide,
    /// "Rotating multi-Region keys").
    async fn primary_of(&self, key: &AwsKey) -> Result<AwsKey, KmsError> {
        let metadata = self.metadata(key).await?;
        let own = self.key_of(&metadata, key)?;
        let primary = metadata
            .multi_region_configuration()
            .filter(|all| all.multi_region_key_type() == Some(&MultiRegionKeyType::Replica))
            .and_then(|all| all.primary_key()?.arn()?.parse().ok());
        Ok(primary.unwrap_or(own))
    }
}
