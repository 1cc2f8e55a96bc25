//! Wrapping and unwrapping: GenerateDataKey, Encrypt and Decrypt.

use std::collections::HashMap;

use aws_sdk_kms::{primitives::Blob, types::DataKeySpec};
use bytes::Bytes;
use keyward_core::{EncryptionContext, SecretKey, reference::AwsKey};
use keyward_kms::{KmsError, Reason, WrappedKey};
use zeroize::Zeroizing;

use crate::{
    client::AwsKms,
    errors::{failure, of},
};

/// The longest ciphertext that KMS takes (API reference, Decrypt, `CiphertextBlob`).
const LONGEST_CIPHERTEXT: usize = 6144;

impl AwsKms {
    pub(crate) async fn generate_key(
        &self,
        key: &AwsKey,
        context: &EncryptionContext,
    ) -> Result<(SecretKey, WrappedKey), KmsError> {
        let call = self
            .client(key)
            .await
            .generate_data_key()
            .key_id(key.to_string())
            .key_spec(DataKeySpec::Aes256)
            .set_encryption_context(Some(pairs(context)));
        let answer = call.send().await.map_err(|error| failure(key, &error))?;
        let secret = answer.plaintext.and_then(secret);
        let secret = secret.ok_or_else(|| of(key, Reason::ProviderFault))?;
        Ok((secret, wrapped(key, answer.ciphertext_blob)?))
    }

    pub(crate) async fn wrap_key(
        &self,
        key: &AwsKey,
        context: &EncryptionContext,
        secret: &SecretKey,
    ) -> Result<WrappedKey, KmsError> {
        // Wiped when the SDK drops its last reference to it. The request's JSON is beyond our reach.
        let plaintext = Bytes::from_owner(Zeroizing::new(*secret.expose()));
        let plaintext = Blob::from_maybe_shared(plaintext);
        let call = self
            .client(key)
            .await
            .encrypt()
            .key_id(key.to_string())
            .plaintext(plaintext)
            .set_encryption_context(Some(pairs(context)));
        let answer = call.send().await.map_err(|error| failure(key, &error))?;
        wrapped(key, answer.ciphertext_blob)
    }

    pub(crate) async fn unwrap_key(
        &self,
        key: &AwsKey,
        context: &EncryptionContext,
        blob: &[u8],
    ) -> Result<SecretKey, KmsError> {
        if !is_ciphertext(blob) {
            return Err(of(key, Reason::WrongCiphertext));
        }
        // The key is always named, though KMS would find it in the ciphertext: else another key that
        // we may use could stand in for the tenant's.
        let call = self
            .client(key)
            .await
            .decrypt()
            .key_id(key.to_string())
            .ciphertext_blob(Blob::new(blob))
            .set_encryption_context(Some(pairs(context)));
        let answer = call.send().await.map_err(|error| failure(key, &error))?;
        let secret = answer.plaintext.and_then(secret);
        secret.ok_or_else(|| of(key, Reason::WrongCiphertext))
    }
}

/// Whether KMS would look at it at all. What it wouldn't is damaged, not a mistake in our request.
pub(crate) fn is_ciphertext(blob: &[u8]) -> bool {
    (1..=LONGEST_CIPHERTEXT).contains(&blob.len())
}

pub(crate) fn pairs(context: &EncryptionContext) -> HashMap<String, String> {
    context.iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

pub(crate) fn wrapped(key: &AwsKey, blob: Option<Blob>) -> Result<WrappedKey, KmsError> {
    let blob = blob.ok_or_else(|| of(key, Reason::ProviderFault))?;
    Ok(WrappedKey { blob: blob.into_inner(), version: None })
}

/// Takes a key out of the SDK's buffer and wipes the buffer.
fn secret(blob: Blob) -> Option<SecretKey> {
    SecretKey::from_slice(&Zeroizing::new(blob.into_inner()))
}
