//! Rewrapping: Azure has no operation for it, so that each key is unwrapped and wrapped anew here, and
//! wiped.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use futures::{StreamExt, stream::FuturesUnordered};
use keyward_core::reference::AzureKey;
use keyward_kms::{KmsError, Reason, RewrapItem, WrappedKey};

use crate::{
    blob::{Parsed, VersionId},
    client::AzureKms,
    describe::Current,
};

/// What holds for items still to come: of the key as a whole under `None`, or of one of its versions.
type Refusals = Mutex<HashMap<Option<VersionId>, KmsError>>;

impl AzureKms {
    pub(crate) async fn rewrap_keys(
        &self,
        from: &AzureKey,
        to: &AzureKey,
        items: &[RewrapItem],
    ) -> Vec<Result<WrappedKey, KmsError>> {
        if items.is_empty() {
            return Vec::new();
        }
        // Asked once: all of them go under the same version.
        let current = match self.current(to).await {
            Ok(current) => current,
            Err(error) => return items.iter().map(|_| Err(error.clone())).collect(),
        };
        let refusals = &Refusals::default();
        let call = async |(index, item)| {
            (index, self.rewrap_unless_refused(from, to, current, item, refusals).await)
        };
        let mut waiting = items.iter().enumerate();
        let mut calls = FuturesUnordered::new();
        calls.extend(waiting.by_ref().take(self.settings.concurrency).map(&call));
        // Kept full whichever call ends first, so that one slow answer holds up no other.
        let mut results = Vec::with_capacity(items.len());
        while let Some(result) = calls.next().await {
            results.push(result);
            calls.extend(waiting.next().map(&call));
        }
        results.sort_unstable_by_key(|(index, _)| *index);
        results.into_iter().map(|(_, result)| result).collect()
    }

    /// Once a key is denied or gone, or a version of it disabled, asking for every other item would tell
    /// nothing new.
    async fn rewrap_unless_refused(
        &self,
        from: &AzureKey,
        to: &AzureKey,
        current: Current,
        item: &RewrapItem,
        refusals: &Refusals,
    ) -> Result<WrappedKey, KmsError> {
        let version = Parsed::new(&item.blob).map(|parsed| parsed.version);
        if let Some(error) = known(refusals, version) {
            return Err(error);
        }
        let result = match self.unwrap_key(from, &item.context, &item.blob).await {
            Ok(secret) => self.wrap_key_by(to, current, &item.context, &secret).await,
            Err(error) => Err(error),
        };
        if let Err(error) = &result
            && let Some(whom) = concerned(error.reason, version)
        {
            let mut refusals = refusals.lock().unwrap_or_else(PoisonError::into_inner);
            refusals.insert(whom, error.clone());
        }
        result
    }
}

fn known(refusals: &Refusals, version: Option<VersionId>) -> Option<KmsError> {
    let refusals = refusals.lock().unwrap_or_else(PoisonError::into_inner);
    refusals.get(&None).or_else(|| refusals.get(&version)).cloned()
}

/// Whom a failure concerns beside the item itself. Azure knows no context, so that a denial of access holds
/// for every one; versions are disabled one by one.
fn concerned(reason: Reason, version: Option<VersionId>) -> Option<Option<VersionId>> {
    match reason {
        Reason::AccessDenied | Reason::PendingDeletion | Reason::NotFound | Reason::NotUsable => {
            Some(None)
        }
        Reason::Disabled => version.map(Some),
        _ => None,
    }
}
