//! Rewrapping by ReEncrypt: the key is opened and wrapped anew inside KMS and never comes here.

use std::sync::OnceLock;

use aws_sdk_kms::primitives::Blob;
use futures::{StreamExt, stream::FuturesUnordered};
use keyward_core::reference::AwsKey;
use keyward_kms::{KmsError, Reason, RewrapItem, WrappedKey};

use crate::{
    client::AwsKms,
    errors::{failure, of},
    wrap::{is_ciphertext, pairs, wrapped},
};

impl AwsKms {
    pub(crate) async fn rewrap_keys(
        &self,
        from: &AwsKey,
        to: &AwsKey,
        items: &[RewrapItem],
    ) -> Vec<Result<WrappedKey, KmsError>> {
        let gone = OnceLock::new();
        let call =
            async |(index, item)| (index, self.rewrap_unless_gone(from, to, item, &gone).await);
        let mut waiting = items.iter().enumerate();
        let mut calls = FuturesUnordered::new();
        calls.extend(waiting.by_ref().take(self.concurrency()).map(&call));
        // Kept full whichever call ends first, so that one slow answer holds up no other.
        let mut results = Vec::with_capacity(items.len());
        while let Some(result) = calls.next().await {
            results.push(result);
            calls.extend(waiting.next().map(&call));
        }
        results.sort_unstable_by_key(|(index, _)| *index);
        results.into_iter().map(|(_, result)| result).collect()
    }

    /// Once a key is disabled or gone, asking for every other item would tell nothing new.
    async fn rewrap_unless_gone(
        &self,
        from: &AwsKey,
        to: &AwsKey,
        item: &RewrapItem,
        gone: &OnceLock<KmsError>,
    ) -> Result<WrappedKey, KmsError> {
        if let Some(error) = gone.get() {
            return Err(error.clone());
        }
        let result = self.rewrap_key(from, to, item).await;
        if let Err(error) = &result
            && is_about_the_key(error.reason)
        {
            // Whichever of those in flight comes first; the others say the same.
            let _ = gone.set(error.clone());
        }
        result
    }

    async fn rewrap_key(
        &self,
        from: &AwsKey,
        to: &AwsKey,
        item: &RewrapItem,
    ) -> Result<WrappedKey, KmsError> {
        // ReEncrypt works within one region (API reference, ReEncrypt). To another one the key
        // passes through our memory, as in any read.
        if from.region() != to.region() {
            let secret = self.unwrap_key(from, &item.context, &item.blob).await?;
            return self.wrap_key(to, &item.context, &secret).await;
        }
        if !is_ciphertext(&item.blob) {
            return Err(of(from, Reason::WrongCiphertext));
        }
        let call = self
            .client(from)
            .await
            .re_encrypt()
            .source_key_id(from.to_string())
            .destination_key_id(to.to_string())
            .ciphertext_blob(Blob::new(item.blob.as_slice()))
            .set_source_encryption_context(Some(pairs(&item.context)))
            .set_destination_encryption_context(Some(pairs(&item.context)));
        match call.send().await {
            Ok(answer) => wrapped(to, answer.ciphertext_blob),
            Err(error) => {
                // KMS names the key it refuses in its message, which decides whose denial it is.
                let message = error.as_service_error().map(ToString::to_string).unwrap_or_default();
                let refused = if message.contains(&to.to_string()) { to } else { from };
                Err(failure(refused, &error))
            }
        }
    }
}

/// Whether a failure holds for every item. An access denial doesn't: a key's policy may depend on the
/// encryption context, which differs from item to item.
fn is_about_the_key(reason: Reason) -> bool {
    matches!(
        reason,
        Reason::Disabled | Reason::PendingDeletion | Reason::NotFound | Reason::NotUsable
    )
}
