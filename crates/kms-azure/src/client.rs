//! The provider and its settings: one client for each store, made when it is first needed.

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use azure_core::{credentials::TokenCredential, http::Transport};
use azure_security_keyvault_keys::{KeyClient, KeyClientOptions};
use keyward_core::{
    Provider, RootKeyReference,
    reference::{AzureCloud, AzureKey},
};
use keyward_kms::{KmsError, Reason};

use crate::{
    AzureCredential,
    blob::VersionId,
    credential::ForStore,
    errors::{failure, of},
    transport::{client_options, transport},
};

/// How long one attempt may take.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a call may take with all its attempts.
const CALL_TIMEOUT: Duration = Duration::from_secs(25);
/// What stands for the store's name in an endpoint.
const PLACE: &str = "{vault}";

/// Azure Key Vault and Azure Managed HSM as a provider of root keys.
#[derive(Debug)]
pub struct AzureKms {
    pub(crate) settings: AzureKmsBuilder,
    made: Mutex<Made>,
    /// The place of each version among its key's, oldest first, from 1: it never changes.
    pub(crate) ordinals: Mutex<HashMap<(String, VersionId), u32>>,
}

/// The settings of [`AzureKms`].
#[derive(Clone, Debug)]
pub struct AzureKmsBuilder {
    endpoint: Option<String>,
    authority_host: Option<String>,
    ca_file: Option<PathBuf>,
    credential: AzureCredential,
    pub(crate) concurrency: usize,
    pub(crate) attempt_timeout: Duration,
    pub(crate) call_timeout: Duration,
}

/// What is made once it is needed.
#[derive(Debug, Default)]
struct Made {
    transport: Option<Transport>,
    credentials: HashMap<AzureCloud, Arc<dyn TokenCredential>>,
    clients: HashMap<String, Arc<Store>>,
}

/// The client of one store.
pub(crate) struct Store {
    pub(crate) keys: KeyClient,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Store").field(&self.keys.endpoint().as_str()).finish()
    }
}

impl AzureKms {
    /// The provider as the environment sets it up, which is read at the first call, so that nothing is
    /// slow or fails where no Azure key is used.
    #[must_use]
    pub fn from_env() -> Self {
        Self::builder().build()
    }

    /// Starts from what [`from_env`](Self::from_env) does.
    #[must_use]
    pub fn builder() -> AzureKmsBuilder {
        AzureKmsBuilder {
            endpoint: None,
            authority_host: None,
            ca_file: None,
            credential: AzureCredential::Environment,
            concurrency: 32,
            attempt_timeout: ATTEMPT_TIMEOUT,
            call_timeout: CALL_TIMEOUT,
        }
    }

    /// The client of the key's store.
    pub(crate) fn store(&self, key: &AzureKey) -> Result<Arc<Store>, KmsError> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let url = key.store_url();
        if let Some(store) = made.clients.get(&url) {
            return Ok(Arc::clone(store));
        }
        let transport = match &made.transport {
            Some(transport) => transport.clone(),
            None => {
                let ca_file = self.settings.ca_file.as_deref();
                let new = transport(ca_file).map_err(|error| {
                    tracing::warn!(%error, file = ?ca_file, "Azure can't be asked");
                    let provider_code = Some(error.to_string());
                    KmsError { provider_code, ..of(key, Reason::NoConnection) }
                })?;
                made.transport.insert(new).clone()
            }
        };
        let credential = match made.credentials.get(&key.cloud()) {
            Some(credential) => Arc::clone(credential),
            None => {
                let host = self.settings.authority_host.as_deref();
                let new = self.settings.credential.ready(&transport, host, key.cloud());
                let new = new.map_err(|error| {
                    tracing::warn!(%error, "there are no credentials for Azure");
                    of(key, Reason::Credentials)
                })?;
                made.credentials.insert(key.cloud(), Arc::clone(&new));
                new
            }
        };
        let options = KeyClientOptions {
            client_options: client_options(&transport),
            // A gateway's host isn't the one that its challenges are about. Tokens are asked for the
            // store's own audience in every case: see `ForStore`.
            verify_challenge_resource: Some(self.settings.endpoint.is_none()),
            ..KeyClientOptions::default()
        };
        let endpoint = self.settings.endpoint_of(key);
        let credential = Arc::new(ForStore::new(credential, key));
        let keys = KeyClient::new(&endpoint, credential, Some(options))
            .map_err(|error| failure(key, &error))?;
        let store = Arc::new(Store { keys });
        made.clients.insert(url, Arc::clone(&store));
        Ok(store)
    }

    /// Has credentials and clients made anew: the store refused a token that they believe to be good.
    pub(crate) fn forget_tokens(&self) {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        made.credentials.clear();
        made.clients.clear();
    }
}

impl AzureKmsBuilder {
    /// Sends every call to this address instead of the store's own: a private gateway, another one's
    /// emulator, or a test server. `{vault}` in it stands for the store's name.
    #[must_use]
    pub fn endpoint(mut self, url: impl Into<String>) -> Self {
        self.endpoint = Some(url.into());
        self
    }

    /// Gets tokens here, instead of where `AZURE_AUTHORITY_HOST` says or else at the cloud's own Microsoft
    /// Entra.
    #[must_use]
    pub fn authority_host(mut self, url: impl Into<String>) -> Self {
        self.authority_host = Some(url.into());
        self
    }

    /// Trusts the certificate authorities of this file in PEM, beside the system's own.
    #[must_use]
    pub fn ca_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.ca_file = Some(path.into());
        self
    }

    /// Gets tokens from this source instead of what the environment has.
    #[must_use]
    pub fn credential(mut self, credential: AzureCredential) -> Self {
        self.credential = credential;
        self
    }

    /// How many items a rewrap keeps in flight, at least 1. A vault allows 4,000 operations of 2,048-bit
    /// RSA keys in 10 seconds, which its other users share.
    #[must_use]
    pub fn concurrency(mut self, calls: usize) -> Self {
        self.concurrency = calls.max(1);
        self
    }

    /// How long one attempt may take, and a call with all its attempts.
    #[must_use]
    pub fn timeouts(mut self, attempt: Duration, call: Duration) -> Self {
        (self.attempt_timeout, self.call_timeout) = (attempt, call);
        self
    }

    /// The provider.
    #[must_use]
    pub fn build(self) -> AzureKms {
        AzureKms { settings: self, made: Mutex::default(), ordinals: Mutex::default() }
    }

    fn endpoint_of(&self, key: &AzureKey) -> String {
        match &self.endpoint {
            Some(endpoint) => endpoint.replace(PLACE, key.store_name()),
            None => key.store_url(),
        }
    }
}

/// The Azure key that a reference names; another provider's never gets here but by a mistake of ours.
pub(crate) fn azure_key(key: &RootKeyReference) -> Result<&AzureKey, KmsError> {
    match key {
        RootKeyReference::Azure(key) => Ok(key),
        other => Err(KmsError {
            provider: Provider::AzureKeyVault,
            key: other.to_string(),
            reason: Reason::Malformed,
            provider_code: None,
        }),
    }
}
