//! The trait that every provider of root keys implements.

use std::collections::BTreeMap;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use keyward_core::{EncryptionContext, Provider, RootKeyReference, SecretKey, TenantId};

use crate::{KeyPolicy, KmsError, PolicyDifferences, Reason};

/// A root key's state at its provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProviderState {
    /// Usable.
    Enabled,
    /// Disabled by its owner; can be enabled again.
    Disabled,
    /// To be deleted; its owner can cancel that until it happens.
    PendingDeletion,
    /// In another state that doesn't allow its use (creating, awaiting import, unavailable, ...).
    Other,
}

/// What a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyUsage {
    /// Wraps and unwraps: a root key.
    Wrap,
    /// Signs and verifies: it can attest, but not be a root key.
    Sign,
    /// Anything else (MAC, key agreement): of no use here.
    Other,
}

/// What a provider says of a key.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Description {
    /// The one spelling of the key whatever reference was asked with (an alias, another region of a
    /// multi-Region key): two references name the same key material if and only if these are equal.
    pub identity: String,
    /// Its state.
    pub state: ProviderState,
    /// What it is for.
    pub usage: KeyUsage,
    /// The current version: 1 for a key never rotated, one more for each rotation.
    pub version: u32,
    /// When it was made, where the provider says so.
    pub created_at: Option<DateTime<Utc>>,
    /// When it will be deleted, if it is pending deletion.
    pub deletion_at: Option<DateTime<Utc>>,
    /// How often the provider rotates it by itself, in days, if it does.
    pub rotates_every_days: Option<u32>,
    /// When it was last rotated, where the provider says so.
    pub rotated_at: Option<DateTime<Utc>>,
    /// The references of the same key in every region, this one's among them.
    pub replicas: Vec<RootKeyReference>,
}

/// What a provider says of a key and of what holds it, for whoever decides whether it may be a root key.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Evidence {
    /// What it is about, in the provider's own word: `CKA_NEVER_EXTRACTABLE`.
    pub name: &'static str,
    /// What the provider says.
    pub value: String,
    /// Whether it speaks for the key; `None` for what only names something.
    pub speaks_for: Option<bool>,
}

/// Whether Keyward can disable keys of a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum MayDisable {
    /// Always.
    Yes,
    /// Where the key's owner lets it, which is known once it is tried.
    IfAllowed,
    /// Never: the provider has no such operation.
    No,
}

/// A key wrapped by a root key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrappedKey {
    /// The provider's ciphertext, opaque to everyone else. `docs/formats.md` gives each one's bytes.
    pub blob: Vec<u8>,
    /// The root key's version that wrapped it, where the provider tells; AWS KMS doesn't.
    pub version: Option<u32>,
}

/// One wrapped key to be wrapped anew.
#[derive(Clone, Debug)]
pub struct RewrapItem {
    /// The context it was wrapped in, and will be.
    pub context: EncryptionContext,
    /// The provider's ciphertext.
    pub blob: Vec<u8>,
}

/// A signature algorithm that attestations may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SignatureAlgorithm {
    /// RSASSA-PSS with SHA-256.
    RsaPssSha256,
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    RsaPkcs1Sha256,
    /// ECDSA over P-256 with SHA-256, DER signatures.
    EcdsaP256Sha256,
    /// ECDSA over P-384 with SHA-384, DER signatures.
    EcdsaP384Sha384,
}

/// The public half of an asymmetric key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    /// SubjectPublicKeyInfo in DER (RFC 5280, 4.1.2.7).
    pub spki_der: Vec<u8>,
    /// What the key may sign with.
    pub algorithms: Vec<SignatureAlgorithm>,
}

/// A provider of root keys.
///
/// Every method takes the key's reference and fails with a [`KmsError`]. Contexts are authenticated:
/// what was wrapped in one opens in no other. Dropping a future cancels the call; a wrap or unwrap
/// leaves nothing behind, and whether a cancelled [`rotate`](Self::rotate) or
/// [`set_enabled`](Self::set_enabled) happened is told by [`describe`](Self::describe).
#[async_trait]
pub trait RootKeyService: Send + Sync {
    /// Which references this serves.
    fn provider(&self) -> Provider;

    /// Asks the provider what the key is and how it is.
    async fn describe(&self, key: &RootKeyReference) -> Result<Description, KmsError>;

    /// What the provider says of the key and of what holds it; nothing where it has nothing to say.
    async fn evidence(&self, _key: &RootKeyReference) -> Result<Vec<Evidence>, KmsError> {
        Ok(Vec::new())
    }

    /// Makes a fresh 256-bit key and wraps it.
    async fn generate(
        &self,
        key: &RootKeyReference,
        context: &EncryptionContext,
    ) -> Result<(SecretKey, WrappedKey), KmsError>;

    /// Wraps a key.
    async fn wrap(
        &self,
        key: &RootKeyReference,
        context: &EncryptionContext,
        secret: &SecretKey,
    ) -> Result<WrappedKey, KmsError>;

    /// Unwraps a key that any version of the root key wrapped.
    async fn unwrap(
        &self,
        key: &RootKeyReference,
        context: &EncryptionContext,
        blob: &[u8],
    ) -> Result<SecretKey, KmsError>;

    /// Wraps keys of this provider anew, under `to`'s current version, without showing them to
    /// Keyward where the provider can (AWS KMS ReEncrypt). One result for each item, in order; an
    /// item's failure doesn't stop the others, but a failure of class
    /// [`Denied`](crate::ErrorClass::Denied) may be given to all that follow without asking again.
    async fn rewrap(
        &self,
        from: &RootKeyReference,
        to: &RootKeyReference,
        items: Vec<RewrapItem>,
    ) -> Vec<Result<WrappedKey, KmsError>>;

    /// How many calls to the provider [`rewrap`](Self::rewrap) takes for one key: one where the provider has
    /// an operation for it, two where the key is unwrapped and wrapped anew.
    fn calls_of_rewrap(&self) -> u64 {
        1
    }

    /// Makes a new version of the key at the provider and gives its number. Older versions still
    /// unwrap.
    async fn rotate(&self, key: &RootKeyReference) -> Result<u32, KmsError>;

    /// Whether [`set_enabled`](Self::set_enabled) can do anything.
    fn may_disable(&self) -> MayDisable {
        MayDisable::IfAllowed
    }

    /// Disables or enables the key at the provider, where Keyward may.
    async fn set_enabled(&self, key: &RootKeyReference, enabled: bool) -> Result<(), KmsError>;

    /// What the key's owner has to allow so that Keyward may use the key for this tenant, and no other.
    /// `principal` is as whom Keyward calls the provider; without it the text says where to write it in.
    /// Asks nobody.
    fn key_policy(
        &self,
        key: &RootKeyReference,
        _tenant: &TenantId,
        _principal: Option<&str>,
    ) -> Result<KeyPolicy, KmsError> {
        Err(KmsError {
            provider: self.provider(),
            key: key.to_string(),
            reason: Reason::Unsupported,
            provider_code: None,
        })
    }

    /// The policy in force on the key, in the provider's form; `None` where the provider has none to
    /// show.
    async fn policy(&self, _key: &RootKeyReference) -> Result<Option<String>, KmsError> {
        Ok(None)
    }

    /// Compares a policy that [`policy`](Self::policy) gave with the one asked for. Asks nobody, so that
    /// it can't tell what other policies add or take away.
    fn compare_policy(&self, _asked: &KeyPolicy, _found: &str) -> PolicyDifferences {
        PolicyDifferences::untold("policy", "policies of this provider are not compared")
    }

    /// The key's tags.
    async fn tags(&self, key: &RootKeyReference) -> Result<BTreeMap<String, String>, KmsError>;

    /// The public half of an asymmetric key, to verify an attestation with.
    async fn public_key(&self, key: &RootKeyReference) -> Result<PublicKey, KmsError>;

    /// Signs a message of at most 4,096 bytes: what a tenant does to attest.
    async fn sign(
        &self,
        key: &RootKeyReference,
        algorithm: SignatureAlgorithm,
        message: &[u8],
    ) -> Result<Vec<u8>, KmsError>;
}
