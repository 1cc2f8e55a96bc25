//! As whom Azure is asked: where the tokens come from, and for what they are asked.

use std::{fmt, path::PathBuf, str::FromStr, sync::Arc};

use async_trait::async_trait;
use azure_core::{
    cloud::{CloudConfiguration, CustomConfiguration},
    credentials::{AccessToken, Secret, TokenCredential, TokenRequestOptions},
    error::{Error, ErrorKind},
    http::{ClientOptions, Transport},
};
use azure_identity::{
    AzureCliCredential, ClientAssertionCredentialOptions, ClientSecretCredential,
    ClientSecretCredentialOptions, ManagedIdentityCredential, ManagedIdentityCredentialOptions,
    UserAssignedId, WorkloadIdentityCredential, WorkloadIdentityCredentialOptions,
};
use keyward_core::reference::{AzureCloud, AzureKey};
use zeroize::Zeroizing;

use crate::{token_file::TokenFile, transport::client_options};

/// Where tokens come from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum AzureCredential {
    /// From what the environment has, in this order: a client secret, a workload identity, App Service's
    /// managed identity, the login of Azure's CLI. A virtual machine's managed identity isn't looked for:
    /// it takes its time to find out that there is none.
    #[default]
    Environment,
    /// A client secret that is given here.
    ClientSecret(ClientSecret),
    /// `AZURE_TENANT_ID`, `AZURE_CLIENT_ID` and `AZURE_CLIENT_SECRET`.
    EnvironmentSecret,
    /// `AZURE_TENANT_ID`, `AZURE_CLIENT_ID` and `AZURE_FEDERATED_TOKEN_FILE`, as Kubernetes sets them.
    WorkloadIdentity,
    /// The managed identity of the machine or service this runs on.
    ManagedIdentity {
        /// The client id of a user-assigned one; `None` for the system's.
        client_id: Option<String>,
    },
    /// Whoever is logged in with `az login`.
    CommandLine,
    /// A file that holds a bearer token, which somebody else renews.
    TokenFile(PathBuf),
}

/// An application's client secret.
#[derive(Clone, PartialEq, Eq)]
pub struct ClientSecret {
    /// The id of the directory.
    pub tenant_id: String,
    /// The id of the application.
    pub client_id: String,
    /// Its secret.
    pub secret: Zeroizing<String>,
}

impl fmt::Debug for ClientSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientSecret")
            .field("tenant_id", &self.tenant_id)
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}

/// A text names no source of tokens.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no source of Azure tokens; write `environment`, `client-secret`, `workload-identity`, `managed-identity`, `managed-identity:CLIENT-ID`, `azure-cli` or `token-file:PATH`"
)]
pub struct UnknownCredential(String);

impl FromStr for AzureCredential {
    type Err = UnknownCredential;

    fn from_str(text: &str) -> Result<Self, UnknownCredential> {
        Ok(match text.split_once(':') {
            None => match text {
                "environment" => Self::Environment,
                "client-secret" => Self::EnvironmentSecret,
                "workload-identity" => Self::WorkloadIdentity,
                "managed-identity" => Self::ManagedIdentity { client_id: None },
                "azure-cli" => Self::CommandLine,
                _ => return Err(UnknownCredential(text.into())),
            },
            Some(("managed-identity", id)) if !id.is_empty() => {
                Self::ManagedIdentity { client_id: Some(id.into()) }
            }
            Some(("token-file", path)) if !path.is_empty() => Self::TokenFile(path.into()),
            Some(_) => return Err(UnknownCredential(text.into())),
        })
    }
}

impl AzureCredential {
    /// Makes it ready to be asked. `authority_host` goes before `AZURE_AUTHORITY_HOST`, which goes before
    /// the cloud's own.
    pub(crate) fn ready(
        &self,
        transport: &Transport,
        authority_host: Option<&str>,
        cloud: AzureCloud,
    ) -> azure_core::Result<Arc<dyn TokenCredential>> {
        let client_options = || options(transport, authority_host, cloud);
        match self {
            Self::Environment => self.of_environment().ready(transport, authority_host, cloud),
            Self::ClientSecret(ClientSecret { tenant_id, client_id, secret }) => {
                let secret = Secret::new(secret.to_string());
                let options = ClientSecretCredentialOptions { client_options: client_options() };
                Ok(ClientSecretCredential::new(
                    tenant_id,
                    client_id.clone(),
                    secret,
                    Some(options),
                )?)
            }
            Self::EnvironmentSecret => {
                let secret = ClientSecret {
                    tenant_id: variable("AZURE_TENANT_ID")?,
                    client_id: variable("AZURE_CLIENT_ID")?,
                    secret: Zeroizing::new(variable("AZURE_CLIENT_SECRET")?),
                };
                Self::ClientSecret(secret).ready(transport, authority_host, cloud)
            }
            Self::WorkloadIdentity => {
                let credential_options =
                    ClientAssertionCredentialOptions { client_options: client_options() };
                let options =
                    WorkloadIdentityCredentialOptions { credential_options, ..Default::default() };
                Ok(WorkloadIdentityCredential::new(Some(options))?)
            }
            Self::ManagedIdentity { client_id } => {
                let options = ManagedIdentityCredentialOptions {
                    user_assigned_id: client_id.clone().map(UserAssignedId::ClientId),
                    client_options: client_options(),
                };
                Ok(ManagedIdentityCredential::new(Some(options))?)
            }
            Self::CommandLine => Ok(AzureCliCredential::new(None)?),
            Self::TokenFile(path) => Ok(Arc::new(TokenFile::new(path.clone()))),
        }
    }

    fn of_environment(&self) -> Self {
        let has = |names: &[&str]| names.iter().all(|name| variable(name).is_ok());
        if has(&["AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET"]) {
            Self::EnvironmentSecret
        } else if has(&["AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_FEDERATED_TOKEN_FILE"]) {
            Self::WorkloadIdentity
        } else if has(&["IDENTITY_ENDPOINT", "IDENTITY_HEADER"]) {
            Self::ManagedIdentity { client_id: variable("AZURE_CLIENT_ID").ok() }
        } else {
            Self::CommandLine
        }
    }
}

/// Asks for tokens of one audience, whatever a challenge says. Else a server could have us fetch a token
/// for anything that we may use in Azure, and take it.
#[derive(Debug)]
pub(crate) struct ForStore {
    credential: Arc<dyn TokenCredential>,
    scope: String,
}

impl ForStore {
    pub(crate) fn new(credential: Arc<dyn TokenCredential>, key: &AzureKey) -> Self {
        Self { credential, scope: format!("{}/.default", key.audience()) }
    }
}

#[async_trait]
impl TokenCredential for ForStore {
    async fn get_token(
        &self,
        _challenged: &[&str],
        options: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        self.credential.get_token(&[&self.scope], options).await
    }
}

fn options(
    transport: &Transport,
    authority_host: Option<&str>,
    cloud: AzureCloud,
) -> ClientOptions {
    let host = authority_host.map(str::to_owned).or_else(|| variable("AZURE_AUTHORITY_HOST").ok());
    let cloud = match (host, cloud) {
        (Some(host), _) => {
            let mut custom = CustomConfiguration::default();
            custom.authority_host = host;
            custom.into()
        }
        (None, AzureCloud::Public) => CloudConfiguration::AzurePublic,
        (None, AzureCloud::China) => CloudConfiguration::AzureChina,
        (None, AzureCloud::UsGovernment) => CloudConfiguration::AzureGovernment,
    };
    ClientOptions { cloud: Some(Arc::new(cloud)), ..client_options(transport) }
}

fn variable(name: &str) -> azure_core::Result<String> {
    std::env::var(name)
        .ok()
        .filter(|value| !value.is_empty())
        .ok_or_else(|| Error::with_message(ErrorKind::Credential, format!("`{name}` is not set")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_named_by_a_word() {
        let managed = |id: Option<&str>| AzureCredential::ManagedIdentity {
            client_id: id.map(str::to_owned),
        };
        for (text, expected) in [
            ("environment", AzureCredential::Environment),
            ("client-secret", AzureCredential::EnvironmentSecret),
            ("workload-identity", AzureCredential::WorkloadIdentity),
            ("managed-identity", managed(None)),
            ("managed-identity:1-2", managed(Some("1-2"))),
            ("azure-cli", AzureCredential::CommandLine),
            ("token-file:C:/token", AzureCredential::TokenFile("C:/token".into())),
        ] {
            assert_eq!(text.parse(), Ok(expected));
        }
        for bad in ["", "cli", "token-file", "token-file:", "managed-identity:", "x:y"] {
            let error = bad.parse::<AzureCredential>().unwrap_err();
            assert!(error.to_string().contains("azure-cli"), "{error}");
        }
    }

    #[test]
    fn a_secret_is_never_printed() {
        let credential = AzureCredential::ClientSecret(ClientSecret {
            tenant_id: "tenant".into(),
            client_id: "client".into(),
            secret: Zeroizing::new("hunter2".into()),
        });
        assert!(!format!("{credential:?}").contains("hunter2"));
    }
}
