//! Wrapping and unwrapping: wrapKey and unwrapKey over a payload that is bound to its context.

use azure_core::http::RequestContent;
use azure_security_keyvault_keys::models::{KeyClientWrapKeyOptions, KeyOperationParameters};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use bytes::Bytes;
use keyward_core::{EncryptionContext, SecretKey, reference::AzureKey};
use keyward_kms::{BoundKey, KmsError, Reason, WrappedKey};
use zeroize::Zeroizing;

use crate::{
    blob::{Algorithm, Parsed, VersionId},
    call::Repeat,
    client::AzureKms,
    describe::Current,
    errors::of,
};

impl AzureKms {
    /// A vault makes no data keys, and a Managed HSM's random bytes are no better than the system's.
    pub(crate) async fn generate_key(
        &self,
        key: &AzureKey,
        context: &EncryptionContext,
    ) -> Result<(SecretKey, WrappedKey), KmsError> {
        let mut bytes = Zeroizing::new([0; SecretKey::LENGTH]);
        getrandom::fill(bytes.as_mut_slice()).map_err(|error| {
            tracing::error!(%error, "the system has no randomness");
            of(key, Reason::ProviderFault)
        })?;
        let secret = SecretKey::new(*bytes);
        let wrapped = self.wrap_key(key, context, &secret).await?;
        Ok((secret, wrapped))
    }

    pub(crate) async fn wrap_key(
        &self,
        key: &AzureKey,
        context: &EncryptionContext,
        secret: &SecretKey,
    ) -> Result<WrappedKey, KmsError> {
        let current = self.current(key).await?;
        self.wrap_key_by(key, current, context, secret).await
    }

    /// Wraps by a version that was found to be usable.
    pub(crate) async fn wrap_key_by(
        &self,
        key: &AzureKey,
        current: Current,
        context: &EncryptionContext,
        secret: &SecretKey,
    ) -> Result<WrappedKey, KmsError> {
        let Current { version, algorithm } = current;
        let body = body(algorithm, BoundKey::new(secret, context).expose());
        let wrapped = self.call(key, Repeat::Freely, |store| {
            let content: RequestContent<KeyOperationParameters> = body.clone().into();
            async move {
                let key_version = Some(version.to_string());
                let options = KeyClientWrapKeyOptions { key_version, ..Default::default() };
                store.keys.wrap_key(key.name(), content, Some(options)).await?.into_model()
            }
        });
        let answer = match wrapped.await {
            Ok(answer) => answer,
            Err(error) => return Err(self.explained(key, error).await),
        };
        let by = answer.kid.and_then(|kid| VersionId::of_key(&kid, key.name()));
        let ciphertext = answer.result.filter(|_| by == Some(version)).unwrap_or_default();
        let blob = Parsed { algorithm, version, ciphertext: &ciphertext }.to_bytes();
        let blob = blob.ok_or_else(|| of(key, Reason::ProviderFault))?;
        Ok(WrappedKey { blob, version: self.ordinal(key, version).await? })
    }

    pub(crate) async fn unwrap_key(
        &self,
        key: &AzureKey,
        context: &EncryptionContext,
        blob: &[u8],
    ) -> Result<SecretKey, KmsError> {
        let parsed = Parsed::new(blob).ok_or_else(|| of(key, Reason::WrongCiphertext))?;
        let body = body(parsed.algorithm, parsed.ciphertext);
        let version = &parsed.version.to_string();
        let unwrapped =
            self.call(key, Repeat::Freely, |store| {
                let content: RequestContent<KeyOperationParameters> = body.clone().into();
                async move {
                    store.keys.unwrap_key(key.name(), version, content, None).await?.into_model()
                }
            });
        let payload = match unwrapped.await {
            Ok(answer) => Zeroizing::new(answer.result.unwrap_or_default()),
            Err(error) => return Err(self.refused(key, error).await),
        };
        BoundKey::open(&payload, context).ok_or_else(|| of(key, Reason::WrongCiphertext))
    }

    /// What it means that a key doesn't unwrap.
    async fn refused(&self, key: &AzureKey, error: KmsError) -> KmsError {
        match error.reason {
            // Our request is well formed, so that what the store dislikes is the ciphertext.
            Reason::Malformed => KmsError { reason: Reason::WrongCiphertext, ..error },
            // The version's id comes from storage. That the key has no such version must not pass for
            // its deletion, or else whoever can flip a bit there locks a tenant out.
            Reason::NotFound => match self.any_version(key).await {
                Ok(_) => KmsError { reason: Reason::WrongCiphertext, ..error },
                Err(found) if found.reason == Reason::NotFound => self.explained(key, error).await,
                Err(found) => found,
            },
            _ => error,
        }
    }

    /// Whether the key itself is there, in whichever version.
    async fn any_version(&self, key: &AzureKey) -> Result<(), KmsError> {
        self.call(key, Repeat::Freely, |store| async move {
            store.keys.get_key(key.name(), None).await.map(drop)
        })
        .await
    }
}

/// The body of both requests, in bytes that are wiped once the last of its users is done: a wrap's is the
/// key in the clear. What TLS copies of it is beyond our reach.
fn body(algorithm: Algorithm, value: &[u8]) -> Bytes {
    let name = algorithm.name();
    let value = Zeroizing::new(BASE64_URL_SAFE_NO_PAD.encode(value));
    Bytes::from_owner(Zeroizing::new(
        format!(r#"{{"alg":"{name}","value":"{}"}}"#, *value).into_bytes(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_what_the_client_would_write() {
        for algorithm in [Algorithm::RsaOaep256, Algorithm::Aes256KeyWrap] {
            let parameters = KeyOperationParameters {
                algorithm: Some(algorithm.name()),
                value: Some(vec![0xfb; 72]),
                ..Default::default()
            };
            let ours: serde_json::Value =
                serde_json::from_slice(&body(algorithm, &[0xfb; 72])).unwrap();
            assert_eq!(ours, serde_json::to_value(parameters).unwrap());
        }
    }
}
