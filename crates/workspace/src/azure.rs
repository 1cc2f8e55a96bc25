//! What the environment of Azure's own tools doesn't say.

use std::path::PathBuf;

use keyward_kms_azure::{AzureCredential, AzureKms, UnknownCredential};

/// How Azure is asked for its root keys. `AZURE_AUTHORITY_HOST` and the variables of each source of tokens
/// hold beside it.
#[derive(Clone, Debug, Default)]
pub struct AzureSettings {
    /// The address to use instead of each store's own; `{vault}` in it stands for the store's name.
    pub endpoint: Option<String>,
    /// Certificate authorities to trust beside the system's, in PEM.
    pub ca_file: Option<PathBuf>,
    /// Where tokens come from.
    pub credential: AzureCredential,
}

impl AzureSettings {
    /// `KEYWARD_AZURE_ENDPOINT`, `KEYWARD_AZURE_CA_FILE` and `KEYWARD_AZURE_CREDENTIAL`.
    ///
    /// # Errors
    /// [`UnknownCredential`] where the last one names no source.
    pub fn from_env() -> Result<Self, UnknownCredential> {
        let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let credential = set("KEYWARD_AZURE_CREDENTIAL").map(|text| text.parse()).transpose()?;
        Ok(Self {
            endpoint: set("KEYWARD_AZURE_ENDPOINT"),
            ca_file: set("KEYWARD_AZURE_CA_FILE").map(PathBuf::from),
            credential: credential.unwrap_or_default(),
        })
    }

    /// The provider. Nothing is read or asked until a key first needs it.
    pub(crate) fn provider(&self) -> AzureKms {
        let mut kms = AzureKms::builder().credential(self.credential.clone());
        if let Some(endpoint) = &self.endpoint {
            kms = kms.endpoint(endpoint);
        }
        if let Some(file) = &self.ca_file {
            kms = kms.ca_file(file);
        }
        kms.build()
    }
}
