//! The provider and its settings: one client for each region, made when it is first needed.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::Duration,
};

use aws_config::{
    BehaviorVersion, SdkConfig, environment::EnvironmentVariableRegionProvider,
    meta::region::RegionProviderChain, profile::ProfileFileRegionProvider, timeout::TimeoutConfig,
};
use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials, SharedCredentialsProvider, error::CredentialsError, future},
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
    /// Replaced as a whole, so that a call never has one's credentials and another's endpoint.
    current: RwLock<Arc<Configured>>,
}

/// What one set of settings gives.
#[derive(Debug)]
struct Configured {
    settings: AwsKmsBuilder,
    config: OnceCell<SdkConfig>,
    clients: Mutex<HashMap<Region, Client>>,
}

/// What signs calls in the place of AWS's own configuration.
#[derive(Clone, Debug)]
enum SignIn {
    // Its `Debug` leaves the secret and the session token out.
    AccessKey(Credentials),
    /// Nothing does, and this is why.
    Refused(&'static str),
}

/// The settings of [`AwsKms`].
#[derive(Clone, Debug)]
pub struct AwsKmsBuilder {
    profile: Option<String>,
    region: Option<Region>,
    sign_in: Option<SignIn>,
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
        AwsKmsBuilder {
            profile: None,
            region: None,
            sign_in: None,
            endpoint: None,
            config: None,
            concurrency: 32,
        }
    }

    /// Takes other settings from the next call on; calls under way end as they began.
    pub fn configure(&self, settings: AwsKmsBuilder) {
        let new = Arc::new(Configured::new(settings));
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = new;
    }

    pub(crate) fn concurrency(&self) -> usize {
        self.current().settings.concurrency
    }

    /// The client of the key's region.
    pub(crate) async fn client(&self, key: &AwsKey) -> Client {
        let current = self.current();
        let config = current.config.get_or_init(|| current.settings.load(key.region())).await;
        let mut clients = current.clients.lock().unwrap_or_else(PoisonError::into_inner);
        clients
            .entry(key.region().clone())
            .or_insert_with(|| {
                let region = SdkRegion::new(key.region().to_string());
                let mut config = aws_sdk_kms::config::Builder::from(config).region(region);
                // Set here and not in the shared configuration, where `AWS_ENDPOINT_URL_KMS` of the
                // environment would go before it.
                if let Some(endpoint) = &current.settings.endpoint {
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

    fn current(&self) -> Arc<Configured> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Configured {
    fn new(settings: AwsKmsBuilder) -> Self {
        Self { settings, config: OnceCell::new(), clients: Mutex::default() }
    }
}

impl AwsKmsBuilder {
    /// Uses a profile of AWS's configuration files instead of the one the environment names.
    #[must_use]
    pub fn profile(mut self, name: impl Into<String>) -> Self {
        self.profile = Some(name.into());
        self
    }

    /// The region that credentials are asked for in (STS, SSO), instead of what the profile or the
    /// environment names. A key's calls go to the region of its own reference all the same.
    #[must_use]
    pub fn region(mut self, region: Region) -> Self {
        self.region = Some(region);
        self
    }

    /// Signs every call with this access key, whatever else AWS's configuration has: one that was typed in.
    /// A session token goes with the temporary keys of STS.
    #[must_use]
    pub fn access_key(mut self, id: &str, secret: &str, session_token: Option<&str>) -> Self {
        let token = session_token.map(str::to_owned);
        self.sign_in =
            Some(SignIn::AccessKey(Credentials::new(id, secret, token, None, "keyward")));
        self
    }

    /// Makes no call at all and says why: where credentials were given and can't be used, nothing else
    /// that the machine has is tried in their place.
    #[must_use]
    pub fn refused(mut self, why: &'static str) -> Self {
        self.sign_in = Some(SignIn::Refused(why));
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
        AwsKms { current: RwLock::new(Arc::new(Configured::new(self))) }
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
        let config = config.into_builder().timeout_config(timeouts);
        let provider = match self.sign_in.clone() {
            None => return config.build(),
            Some(SignIn::AccessKey(key)) => SharedCredentialsProvider::new(key),
            Some(SignIn::Refused(why)) => SharedCredentialsProvider::new(Refused(why)),
        };
        config.credentials_provider(provider).build()
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
        let given = self.region.as_ref().map(|region| SdkRegion::new(region.to_string()));
        let region = RegionProviderChain::first_try(given)
            .or_else(EnvironmentVariableRegionProvider::new())
            .or_else(profile_region.build())
            .or_else(SdkRegion::new(first_used.to_string()));
        loader.region(region).load().await
    }
}

/// Credentials that there are none of.
#[derive(Debug)]
struct Refused(&'static str);

impl ProvideCredentials for Refused {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::ready(Err(CredentialsError::invalid_configuration(self.0)))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_print_neither_secret_nor_token() {
        let builder = AwsKms::builder().access_key("AKIAEXAMPLE", "hunter2", Some("token3"));
        for text in [format!("{builder:?}"), format!("{:?}", builder.build())] {
            assert!(text.contains("AKIAEXAMPLE"), "{text}");
            assert!(!text.contains("hunter2") && !text.contains("token3"), "{text}");
        }
    }
}
