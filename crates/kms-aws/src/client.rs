//! The provider and its settings: one client for each region, made when it is first needed.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use aws_config::{
    BehaviorVersion, SdkConfig, environment::EnvironmentVariableRegionProvider,
    meta::region::RegionProviderChain, profile::ProfileFileRegionProvider, timeout::TimeoutConfig,
};
use aws_sdk_kms::{Client, config::Region as SdkRegion};
use keyward_core::{
    Provider, Region, RootKeyReference,
    reference::{AwsKey, AwsResource},
};
use keyward_kms::{KmsError, Reason};
use tokio::sync::OnceCell;

/// How long a connection may take. KMS is near or not there.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// How long one attempt may take.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a call may take with the SDK's own retries.
const OPERATION_TIMEOUT: Duration = Duration::from_secs(25);

/// AWS KMS as a provider of root keys.
#[derive(Debug)]
pub struct AwsKms {
    settings: AwsKmsBuilder,
    config: OnceCell<SdkConfig>,
    clients: Mutex<HashMap<Region, Client>>,
}

/// The settings of [`AwsKms`].
#[derive(Clone, Debug)]
pub struct AwsKmsBuilder {
    profile: Option<String>,
    endpoint: Option<String>,
    config: Option<SdkConfig>,
    concurrency: usize,
}

impl AwsKms {
    /// The provider as the environment and AWS's own configuration files set it up. They are read at
    /// the first call, so that nothing is slow or fails where no AWS key is used.
    #[must_use]
    pub fn from_env() -> Self {
        Self::builder().build()
    }

    /// Starts from what [`from_env`](Self::from_env) does.
    #[must_use]
    pub fn builder() -> AwsKmsBuilder {
        AwsKmsBuilder { profile: None, endpoint: None, config: None, concurrency: 32 }
    }

    pub(crate) fn concurrency(&self) -> usize {
        self.settings.concurrency
    }

    /// The client of the key's region.
    pub(crate) async fn client(&self, key: &AwsKey) -> Client {
        let config = self.config.get_or_init(|| self.settings.load(key.region())).await;
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        clients
            .entry(key.region().clone())
            .or_insert_with(|| {
                let region = SdkRegion::new(key.region().to_string());
                let mut config = aws_sdk_kms::config::Builder::from(config).region(region);
                // Set here and not in the shared configuration, where `AWS_ENDPOINT_URL_KMS` of the
                // environment would go before it.
                if let Some(endpoint) = &self.settings.endpoint {
                    config.set_endpoint_url(Some(endpoint.clone()));
                }
                Client::from_conf(config.build())
            })
            .clone()
    }

    /// The key by its own ARN: several operations of KMS take no alias.
    pub(crate) async fn resolved(&self, key: &AwsKey) -> Result<AwsKey, KmsError> {
        match key.resource() {
            AwsResource::Key(_) | AwsResource::MultiRegionKey(_) => Ok(key.clone()),
            AwsResource::Alias(_) => self.key_of(&self.metadata(key).await?, key),
        }
    }
}

impl AwsKmsBuilder {
    /// Uses a profile of AWS's configuration files instead of the one the environment names.
    #[must_use]
    pub fn profile(mut self, name: impl Into<String>) -> Self {
        self.profile = Some(name.into());
        self
    }

    /// Sends every call to this endpoint, whatever its region: a VPC endpoint, or a test server.
    #[must_use]
    pub fn endpoint(mut self, url: impl Into<String>) -> Self {
        self.endpoint = Some(url.into());
        self
    }

    /// Takes a loaded configuration instead of loading one. Its region is not used.
    #[must_use]
    pub fn sdk_config(mut self, config: SdkConfig) -> Self {
        self.config = Some(config);
        self
    }

    /// How many calls a rewrap keeps in flight, at least 1. KMS allows thousands of calls a second to
    /// an account, which its other users share.
    #[must_use]
    pub fn concurrency(mut self, calls: usize) -> Self {
        self.concurrency = calls.max(1);
        self
    }

    /// The provider.
    #[must_use]
    pub fn build(self) -> AwsKms {
        AwsKms { settings: self, config: OnceCell::new(), clients: Mutex::default() }
    }

    async fn load(&self, first_used: &Region) -> SdkConfig {
        let ours = TimeoutConfig::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .operation_attempt_timeout(ATTEMPT_TIMEOUT)
            .operation_timeout(OPERATION_TIMEOUT)
            .build();
        let config = match &self.config {
            Some(config) => config.clone(),
            None => self.load_ordinary(first_used).await,
        };
        // Without these a call could hang for as long as a connection does.
        let timeouts = config
            .timeout_config()
            .map_or_else(TimeoutConfig::builder, TimeoutConfig::to_builder)
            .take_unset_from(ours.to_builder())
            .build();
        config.into_builder().timeout_config(timeouts).build()
    }

    /// Loads AWS's ordinary configuration. The region only serves the calls that get credentials (STS);
    /// asking the instance metadata for it would cost every other machine a second.
    async fn load_ordinary(&self, first_used: &Region) -> SdkConfig {
        let mut profile_region = ProfileFileRegionProvider::builder();
        let mut loader = aws_config::defaults(BehaviorVersion::latest());
        if let Some(profile) = &self.profile {
            profile_region = profile_region.profile_name(profile);
            loader = loader.profile_name(profile);
        }
        let region = RegionProviderChain::first_try(EnvironmentVariableRegionProvider::new())
            .or_else(profile_region.build())
            .or_else(SdkRegion::new(first_used.to_string()));
        loader.region(region).load().await
    }
}

/// The AWS key that a reference names; another provider's never gets here but by a mistake of ours.
pub(crate) fn aws_key(key: &RootKeyReference) -> Result<&AwsKey, KmsError> {
    match key {
        RootKeyReference::Aws(key) => Ok(key),
        other => Err(KmsError {
            provider: Provider::AwsKms,
            key: other.to_string(),
            reason: Reason::Malformed,
            provider_code: None,
        }),
    }
}
