//! [`RootKeyService`] for Azure: each method takes the Azure key out of its reference and calls the file
//! that does the work.

use std::collections::BTreeMap;

use async_trait::async_trait;
use keyward_core::{EncryptionContext, Provider, RootKeyReference, SecretKey, TenantId};
use keyward_kms::{
    Description, KeyPolicy, KmsError, PolicyDifferences, PublicKey, RewrapItem, RootKeyService,
    SignatureAlgorithm, WrappedKey,
};

use crate::{
    client::{AzureKms, azure_key},
    policy,
};

#[async_trait]
impl RootKeyService for AzureKms {
    fn provider(&self) -> Provider {
        Provider::AzureKeyVault
    }

    async fn describe(&self, key: &RootKeyReference) -> Result<Description, KmsError> {
        self.describe_key(azure_key(key)?).await
    }

    async fn generate(
        &self,
        key: &RootKeyReference,
        context: &EncryptionContext,
    ) -> Result<(SecretKey, WrappedKey), KmsError> {
        self.generate_key(azure_key(key)?, context).await
    }

    async fn wrap(
        &self,
        key: &RootKeyReference,
        context: &EncryptionContext,
        secret: &SecretKey,
    ) -> Result<WrappedKey, KmsError> {
        self.wrap_key(azure_key(key)?, context, secret).await
    }

    async fn unwrap(
        &self,
        key: &RootKeyReference,
        context: &EncryptionContext,
        blob: &[u8],
    ) -> Result<SecretKey, KmsError> {
        self.unwrap_key(azure_key(key)?, context, blob).await
    }

    async fn rewrap(
        &self,
        from: &RootKeyReference,
        to: &RootKeyReference,
        items: Vec<RewrapItem>,
    ) -> Vec<Result<WrappedKey, KmsError>> {
        match (azure_key(from), azure_key(to)) {
            (Ok(from), Ok(to)) => self.rewrap_keys(from, to, &items).await,
            (Err(error), _) | (_, Err(error)) => items.iter().map(|_| Err(error.clone())).collect(),
        }
    }

    fn calls_of_rewrap(&self) -> u64 {
        2
    }

    async fn rotate(&self, key: &RootKeyReference) -> Result<u32, KmsError> {
        self.rotate_key(azure_key(key)?).await
    }

    async fn set_enabled(&self, key: &RootKeyReference, enabled: bool) -> Result<(), KmsError> {
        self.enable_key(azure_key(key)?, enabled).await
    }

    fn key_policy(
        &self,
        key: &RootKeyReference,
        tenant: &TenantId,
        principal: Option<&str>,
    ) -> Result<KeyPolicy, KmsError> {
        Ok(policy::asked(azure_key(key)?, tenant, principal))
    }

    fn compare_policy(&self, _asked: &KeyPolicy, _found: &str) -> PolicyDifferences {
        PolicyDifferences::untold(
            "policy",
            "Azure's key API shows no policy; its owner lists the roles with `az role assignment list`",
        )
    }

    async fn tags(&self, key: &RootKeyReference) -> Result<BTreeMap<String, String>, KmsError> {
        self.key_tags(azure_key(key)?).await
    }

    async fn public_key(&self, key: &RootKeyReference) -> Result<PublicKey, KmsError> {
        self.get_public_key(azure_key(key)?).await
    }

    async fn sign(
        &self,
        key: &RootKeyReference,
        algorithm: SignatureAlgorithm,
        message: &[u8],
    ) -> Result<Vec<u8>, KmsError> {
        self.sign_message(azure_key(key)?, algorithm, message).await
    }
}
