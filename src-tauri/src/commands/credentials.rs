//! What providers are called with: kept with the workspace's secrets, and never given back.

use keyward_secrets::SecretText;
use keyward_workspace::{AwsInput, Credential, CredentialError};
use tauri::State;

use crate::{
    desktop::Desktop,
    failure::{CommandError, parse},
    views::credentials::CredentialItem,
};

/// What somebody has typed, by the kind of credential. It goes to Rust and never comes back.
#[derive(serde::Deserialize, specta::Type)]
#[serde(rename_all = "kebab-case")]
pub enum CredentialInput {
    /// For root keys in AWS KMS: an access key, or a profile of AWS's configuration.
    Aws(AwsCredentialInput),
}

/// How to sign in at AWS.
#[derive(serde::Deserialize, specta::Type)]
pub struct AwsCredentialInput {
    /// The access key's id.
    access_key_id: Option<String>,
    /// Its secret.
    secret_access_key: Option<String>,
    /// What temporary keys come with.
    session_token: Option<String>,
    /// A profile in the place of an access key.
    profile: Option<String>,
    /// Where the profile's credentials are asked for.
    region: Option<String>,
    /// Where KMS is called instead of AWS's own address.
    endpoint: Option<String>,
}

/// The credentials that are kept, without their secrets.
#[tauri::command]
#[specta::specta]
pub async fn credentials_list(
    desktop: State<'_, Desktop>,
) -> Result<Vec<CredentialItem>, CommandError> {
    let (session, context) = desktop.request()?;
    let kept = session.workspace.credentials(&context).await?;
    Ok(kept.into_iter().map(Into::into).collect())
}

/// Keeps a credential in place of an older one of its kind; calls use it from then on.
#[tauri::command]
#[specta::specta]
pub async fn credential_set(
    desktop: State<'_, Desktop>,
    credential: CredentialInput,
) -> Result<CredentialItem, CommandError> {
    let (session, context) = desktop.request()?;
    Ok(session.workspace.set_credential(&context, credential.parse()?).await?.into())
}

/// Forgets a credential: the provider's own configuration is used again.
#[tauri::command]
#[specta::specta]
pub async fn credential_remove(
    desktop: State<'_, Desktop>,
    kind: String,
) -> Result<(), CommandError> {
    let (session, context) = desktop.request()?;
    Ok(session.workspace.remove_credential(&context, parse(&kind)?).await?)
}

impl CredentialInput {
    fn parse(self) -> Result<Credential, CommandError> {
        let Self::Aws(aws) = self;
        let input = AwsInput {
            access_key_id: aws.access_key_id,
            secret_access_key: aws.secret_access_key.map(SecretText::new),
            session_token: aws.session_token.map(SecretText::new),
            profile: aws.profile,
            region: aws.region,
            endpoint: aws.endpoint,
        };
        let parsed = input.try_into();
        parsed.map(Credential::Aws).map_err(|error: CredentialError| CommandError::invalid(error))
    }
}
