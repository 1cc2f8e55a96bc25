//! HSMs of a workspace: which modules may be loaded, the tokens' PINs, and the keys' own side.
//!
//! A PIN rests with the workspace's secrets under `token-pin-` and the first 16 hex digits of SHA-256 over
//! the token's maker, model, serial and label, each ended by a zero byte: two tokens of one label have two
//! PINs, and neither is tried on the other.

use std::{path::PathBuf, sync::Arc};

use keyward_core::{Provider, RootKeyReference, reference::Pkcs11Key};
use keyward_engine::{CredentialNote, OperationContext};
use keyward_kms::{Description, Evidence, RootKeyService};
use keyward_kms_pkcs11::{Pkcs11Kms, TokenName};
use keyward_secrets::{SecretText, SecretsError, Vault};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::{Workspace, WorkspaceError};

/// How HSMs are reached.
#[derive(Clone, Debug, Default)]
pub struct HsmSettings {
    /// The PKCS#11 modules that may be loaded. A module runs in this process with its rights, so that no
    /// reference can name another.
    pub modules: Vec<PathBuf>,
}

/// What may be told of a token whose PIN is kept.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct KeptPin {
    /// The token's label.
    pub token: String,
    /// Who made it.
    pub manufacturer: String,
    /// What it is.
    pub model: String,
    /// Which one it is.
    pub serial: String,
}

/// A key on a token, for whoever is to decide whether it may be a root key.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct TokenKey {
    /// The key's reference.
    pub reference: String,
    /// What the token says that it is.
    pub description: Description,
    /// What the token says for and against it.
    pub evidence: Vec<Evidence>,
}

impl HsmSettings {
    /// `KEYWARD_PKCS11_MODULE`: one path, or several as in `PATH`.
    #[must_use]
    pub fn from_env() -> Self {
        let set = std::env::var_os("KEYWARD_PKCS11_MODULE");
        let paths = set.iter().flat_map(std::env::split_paths);
        Self { modules: paths.filter(|path| !path.as_os_str().is_empty()).collect() }
    }

    /// The provider, with PINs out of the vault. No module is loaded until a key first needs it.
    pub(crate) fn provider(&self, vault: &Arc<Vault>) -> Pkcs11Kms {
        let vault = Arc::clone(vault);
        // A vault that can't be read has no PIN now: the token is out of reach, which says nothing of the
        // key.
        let pin = move |token: &TokenName| {
            let text = vault.load_text(&name(token)).ok().flatten()?;
            Some(Zeroizing::new(text.expose().to_owned()))
        };
        let builder = Pkcs11Kms::builder().pin(Arc::new(pin));
        self.modules.iter().fold(builder, |builder, module| builder.module(module)).build()
    }
}

impl Workspace {
    /// Tries the PIN of a key's token and keeps it, in place of an older one.
    ///
    /// # Errors
    /// The token's refusal, and then nothing is kept; the engine's; the vault's.
    pub async fn set_token_pin(
        &self,
        context: &OperationContext,
        key: &Pkcs11Key,
        pin: &SecretText,
    ) -> Result<KeptPin, WorkspaceError> {
        // Who may not keep it gets no try on the token.
        self.engine.may_see_credentials(context).await?;
        let tried = Zeroizing::new(pin.expose().to_owned());
        let token = self.hsm.try_pin(key, tried).await?;
        let (vault, name) = (Arc::clone(&self.vault), name(&token));
        let kept = SecretText::new(pin.expose().to_owned());
        let keep = off_thread(name.clone(), move || vault.store_text(&name, &kept));
        self.engine.set_credential(context, &note(&token), keep).await?;
        Ok(token.into())
    }

    /// Forgets the PIN of a key's token. One that isn't kept is no error.
    ///
    /// # Errors
    /// Where the token isn't there to be told by; the engine's refusal; the vault's.
    pub async fn remove_token_pin(
        &self,
        context: &OperationContext,
        key: &Pkcs11Key,
    ) -> Result<KeptPin, WorkspaceError> {
        let token = self.hsm.token_of(key).await?;
        let (vault, name) = (Arc::clone(&self.vault), name(&token));
        let forget = off_thread(name.clone(), move || vault.remove(&name));
        self.engine.remove_credential(context, &note(&token), forget).await?;
        Ok(token.into())
    }

    /// The tokens themselves, as their owner uses them.
    #[must_use]
    pub fn hsm(&self) -> &dyn RootKeyService {
        &*self.hsm
    }

    /// Makes a root key on a token, as its owner: AES-256, sensitive, never extractable.
    ///
    /// # Errors
    /// The token's.
    pub async fn create_token_key(&self, key: &Pkcs11Key) -> Result<TokenKey, WorkspaceError> {
        self.hsm.create_key(key).await?;
        self.token_key(key).await
    }

    /// A key of a token, with what the token says for and against it.
    ///
    /// # Errors
    /// The token's; a key that can leave it is refused.
    pub async fn token_key(&self, key: &Pkcs11Key) -> Result<TokenKey, WorkspaceError> {
        let reference = RootKeyReference::from(key.clone());
        Ok(TokenKey {
            reference: reference.to_string(),
            description: self.hsm.describe(&reference).await?,
            evidence: self.hsm.evidence(&reference).await?,
        })
    }
}

impl From<TokenName> for KeptPin {
    fn from(token: TokenName) -> Self {
        let TokenName { label, manufacturer, model, serial } = token;
        Self { token: label, manufacturer, model, serial }
    }
}

/// Runs what waits for a bus or a disk where it holds up nobody.
async fn off_thread(
    name: String,
    work: impl FnOnce() -> Result<(), SecretsError> + Send + 'static,
) -> Result<(), SecretsError> {
    let ended = tokio::task::spawn_blocking(work).await;
    ended.unwrap_or(Err(SecretsError::NotKept { name }))
}

/// What the log says of the change.
fn note(token: &TokenName) -> CredentialNote {
    CredentialNote {
        provider: Provider::Pkcs11,
        identity: format!("token `{}`, serial {}", token.label, token.serial),
        endpoint: None,
    }
}

/// The vault's name of a token's PIN.
fn name(token: &TokenName) -> String {
    let mut hash = Sha256::new();
    for part in [&token.manufacturer, &token.model, &token.serial, &token.label] {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    let digits: String = hash.finalize()[..8].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("token-pin-{digits}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_tokens_of_one_label_have_two_pins() {
        let token = |serial: &str| TokenName {
            label: "acme hsm".into(),
            manufacturer: "SoftHSM project".into(),
            model: "SoftHSM v2".into(),
            serial: serial.into(),
        };
        assert_ne!(name(&token("1")), name(&token("2")));
        assert_eq!(name(&token("1")).len(), "token-pin-".len() + 16);
    }
}
