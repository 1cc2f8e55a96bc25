//! Encryption context: the key/value pairs authenticated with every wrap and every ciphertext.

use std::{borrow::Cow, collections::BTreeMap};

use chrono::NaiveDate;

use crate::{ChallengeId, DataKeyId, DatasetName, ObjectId, ObjectName, TenantId};

/// The context keys that Keyward sets. Callers can't set keys under these prefixes themselves.
pub mod keys {
    /// Everything Keyward sets starts with this.
    pub const RESERVED_PREFIX: &str = "keyward:";
    /// What the AWS Encryption SDK reserves for itself (message-header, "AAD").
    pub const AWS_RESERVED_PREFIX: &str = "aws-crypto-";
    /// The tenant's id. In every context.
    pub const TENANT: &str = "keyward:tenant";
    /// The dataset's name, in the contexts of data keys and objects.
    pub const DATASET: &str = "keyward:dataset";
    /// The data key's version in decimal, in the context of a data key's wrap.
    pub const DATA_KEY_VERSION: &str = "keyward:data-key-version";
    /// The object's id, 32 hex digits, in an object's context.
    pub const OBJECT: &str = "keyward:object";
    /// The object's name, in an object's context.
    pub const NAME: &str = "keyward:name";
    /// The challenge's id, in the context of a challenge's nonce.
    pub const CHALLENGE: &str = "keyward:challenge";
    /// The log's origin, in the context of a log archive.
    pub const LOG: &str = "keyward:log";
    /// The day in UTC, `2026-11-24`, in the context of a log archive.
    pub const DAY: &str = "keyward:day";
    /// The day's first record in decimal, in the context of a log archive.
    pub const FIRST: &str = "keyward:first";
    /// How many records the day has in decimal, in the context of a log archive.
    pub const RECORDS: &str = "keyward:records";
}

/// Key/value pairs in the order of their keys' UTF-8 bytes, as every format here wants them.
///
/// Not secret: it is stored in the clear beside what it authenticates.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct EncryptionContext(BTreeMap<Cow<'static, str>, String>);

/// Why a pair can't be added.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ContextError {
    /// The key belongs to Keyward or to the AWS Encryption SDK.
    #[error(
        "context key `{0}` is reserved; choose one that starts with neither `keyward:` nor `aws-crypto-`"
    )]
    Reserved(String),
    /// The key is empty.
    #[error("a context key is empty; give each pair a key")]
    EmptyKey,
}

impl EncryptionContext {
    /// The context with no pairs. Only a foreign message has it.
    #[must_use]
    pub fn empty() -> Self {
        Self::default()
    }

    /// What every context of a tenant starts from.
    #[must_use]
    pub fn for_tenant(tenant: &TenantId) -> Self {
        Self(BTreeMap::from([(keys::TENANT.into(), tenant.as_str().into())]))
    }

    /// The context in which a data key is wrapped by its root key.
    #[must_use]
    pub fn for_data_key(key: &DataKeyId) -> Self {
        let mut context = Self::for_tenant(&key.tenant);
        context.set(keys::DATASET, key.dataset.as_str().into());
        context.set(keys::DATA_KEY_VERSION, key.version.to_string());
        context
    }

    /// The context of one object: in its header, its entry and each of its frames.
    #[must_use]
    pub fn for_object(
        tenant: &TenantId,
        dataset: &DatasetName,
        object: &ObjectId,
        name: &ObjectName,
    ) -> Self {
        let mut context = Self::for_tenant(tenant);
        context.set(keys::DATASET, dataset.to_string());
        context.set(keys::OBJECT, object.to_string());
        context.set(keys::NAME, name.to_string());
        context
    }

    /// The context in which a challenge's nonce is wrapped.
    #[must_use]
    pub fn for_challenge(tenant: &TenantId, challenge: &ChallengeId) -> Self {
        let mut context = Self::for_tenant(tenant);
        context.set(keys::CHALLENGE, challenge.to_string());
        context
    }

    /// The context of a day's log archive, encrypted under a data key of this dataset: in its header, its
    /// entry and each of its frames. It says which log the records are of, and where in it they belong.
    #[must_use]
    pub fn for_log_archive(
        tenant: &TenantId,
        dataset: &DatasetName,
        origin: &str,
        day: NaiveDate,
        first: u64,
        records: u64,
    ) -> Self {
        let mut context = Self::for_tenant(tenant);
        context.set(keys::DATASET, dataset.to_string());
        context.set(keys::LOG, origin.to_owned());
        context.set(keys::DAY, day.to_string());
        context.set(keys::FIRST, first.to_string());
        context.set(keys::RECORDS, records.to_string());
        context
    }

    /// Takes pairs as they come, reserved keys too: for parsers of stored forms.
    #[must_use]
    pub fn from_pairs(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(pairs.into_iter().map(|(key, value)| (key.into(), value)).collect())
    }

    /// Adds a caller's own pair.
    ///
    /// # Errors
    /// [`ContextError`] where the key is empty or reserved.
    pub fn insert(&mut self, key: &str, value: &str) -> Result<(), ContextError> {
        if key.is_empty() {
            return Err(ContextError::EmptyKey);
        }
        if key.starts_with(keys::RESERVED_PREFIX) || key.starts_with(keys::AWS_RESERVED_PREFIX) {
            return Err(ContextError::Reserved(key.into()));
        }
        self.set(key.to_owned(), value.into());
        Ok(())
    }

    /// The value under a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    /// The tenant that this context binds to, as text; `None` in a foreign message.
    #[must_use]
    pub fn tenant(&self) -> Option<&str> {
        self.get(keys::TENANT)
    }

    /// The pairs, in the order of their keys' bytes.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (&**key, value.as_str()))
    }

    /// How many pairs.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn set(&mut self, key: impl Into<Cow<'static, str>>, value: String) {
        self.0.insert(key.into(), value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_cannot_set_reserved_keys() {
        let mut context = EncryptionContext::empty();
        assert_eq!(
            context.insert(keys::TENANT, "other"),
            Err(ContextError::Reserved(keys::TENANT.into()))
        );
        assert!(context.insert("aws-crypto-public-key", "x").is_err());
        assert_eq!(context.insert("", "x"), Err(ContextError::EmptyKey));
        assert!(context.insert("purpose", "x").is_ok());
    }

    #[test]
    fn pairs_come_in_the_order_of_their_bytes() {
        let context = EncryptionContext::from_pairs([
            ("é".into(), "3".into()),
            ("b".into(), "2".into()),
            ("B".into(), "1".into()),
        ]);
        let order: Vec<_> = context.iter().map(|(key, _)| key).collect();
        assert_eq!(order, ["B", "b", "é"]);
    }
}
