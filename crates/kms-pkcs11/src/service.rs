//! [`RootKeyService`] for PKCS#11: each method takes the key out of its reference and calls the file that
//! does the work.

use std::collections::BTreeMap;

use async_trait::async_trait;
use keyward_core::{
    EncryptionContext, Provider, RootKeyReference, SecretKey, TenantId, reference::Pkcs11Key,
};
use keyward_kms::{
    Description, Evidence, KeyPolicy, KmsError, PolicyForm, PolicyPart, PublicKey, Reason,
    RewrapItem, RootKeyService, SignatureAlgorithm, WrappedKey,
};
use zeroize::Zeroizing;

use crate::{call::Pkcs11Kms, errors::Failure};

#[async_trait]
impl RootKeyService for Pkcs11Kms {
    fn provider(&self) -> Provider {
        Provider::Pkcs11
    }

    async fn describe(&self, key: &RootKeyReference) -> Result<Description, KmsError> {
        self.describe_key(pkcs11(key)?).await
    }

    async fn evidence(&self, key: &RootKeyReference) -> Result<Vec<Evidence>, KmsError> {
        self.key_evidence(pkcs11(key)?).await
    }

    async fn generate(
        &self,
        key: &RootKeyReference,
        context: &EncryptionContext,
    ) -> Result<(SecretKey, WrappedKey), KmsError> {
        let mut bytes = Zeroizing::new([0; SecretKey::LENGTH]);
        getrandom::fill(bytes.as_mut_slice()).map_err(|error| Failure::from(error).about(key))?;
        let secret = SecretKey::new(*bytes);
        let wrapped = self.wrap(key, context, &secret).await?;
        Ok((secret, wrapped))
    }

    async fn wrap(
        &self,
        key: &RootKeyReference,
        context: &EncryptionContext,
        secret: &SecretKey,
    ) -> Result<WrappedKey, KmsError> {
        self.wrap_key(pkcs11(key)?, context, secret).await
    }

    async fn unwrap(
        &self,
        key: &RootKeyReference,
        context: &EncryptionContext,
        blob: &[u8],
    ) -> Result<SecretKey, KmsError> {
        self.unwrap_key(pkcs11(key)?, context, blob).await
    }

    async fn rewrap(
        &self,
        from: &RootKeyReference,
        to: &RootKeyReference,
        items: Vec<RewrapItem>,
    ) -> Vec<Result<WrappedKey, KmsError>> {
        match (pkcs11(from), pkcs11(to)) {
            (Ok(from), Ok(to)) => self.rewrap_keys(from, to, &items).await,
            (Err(error), _) | (_, Err(error)) => items.iter().map(|_| Err(error.clone())).collect(),
        }
    }

    fn calls_of_rewrap(&self) -> u64 {
        2
    }

    async fn rotate(&self, key: &RootKeyReference) -> Result<u32, KmsError> {
        self.rotate_key(pkcs11(key)?).await
    }

    async fn set_enabled(&self, key: &RootKeyReference, enabled: bool) -> Result<(), KmsError> {
        self.enable_key(pkcs11(key)?, enabled).await
    }

    fn key_policy(
        &self,
        key: &RootKeyReference,
        tenant: &TenantId,
        _principal: Option<&str>,
    ) -> Result<KeyPolicy, KmsError> {
        Ok(asked(pkcs11(key)?, tenant))
    }

    /// A token's objects have no tags: the challenge by tag isn't offered.
    async fn tags(&self, key: &RootKeyReference) -> Result<BTreeMap<String, String>, KmsError> {
        Err(Failure::from(match pkcs11(key) {
            Ok(_) => Reason::Unsupported,
            Err(error) => error.reason,
        })
        .about(key))
    }

    async fn public_key(&self, key: &RootKeyReference) -> Result<PublicKey, KmsError> {
        self.get_public_key(pkcs11(key)?).await
    }

    async fn sign(
        &self,
        key: &RootKeyReference,
        algorithm: SignatureAlgorithm,
        message: &[u8],
    ) -> Result<Vec<u8>, KmsError> {
        self.sign_message(pkcs11(key)?, algorithm, message).await
    }
}

/// The key that a reference names; another provider's never gets here but by a mistake of ours.
fn pkcs11(key: &RootKeyReference) -> Result<&Pkcs11Key, KmsError> {
    match key {
        RootKeyReference::Pkcs11(key) => Ok(key),
        _ => Err(Failure::from(Reason::Malformed).about(key)),
    }
}

/// What the owner runs to make such a key. A token knows no callers but those who have its PIN, so that
/// there is nothing to allow beyond it.
fn asked(key: &Pkcs11Key, tenant: &TenantId) -> KeyPolicy {
    let label = shell_word(key.object().unwrap_or("root"));
    let token = shell_word(key.token().unwrap_or("TOKEN"));
    let create = format!(
        "pkcs11-tool --module MODULE --token-label {token} --login --keygen --key-type AES:32 \
         --label {label} --id 01 --sensitive"
    );
    let look = format!(
        "pkcs11-tool --module MODULE --token-label {token} --login --list-objects --type secrkey"
    );
    let part = |name, why, text: &str| PolicyPart { name, why, optional: true, text: text.into() };
    KeyPolicy {
        provider: Provider::Pkcs11,
        key: key.to_string(),
        tenant: tenant.clone(),
        principal: None,
        needs_principal: false,
        form: PolicyForm::Commands,
        text: format!("{create}\n{look}"),
        parts: vec![
            part("create", "makes the key on the token, where it stays", &create),
            part("look", "shows the token's keys and what may be done with them", &look),
        ],
    }
}

/// One word of a POSIX shell.
fn shell_word(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:/".contains(&byte);
    if !text.is_empty() && text.bytes().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}
