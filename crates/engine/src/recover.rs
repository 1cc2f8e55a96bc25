//! What an opening does with what an earlier process left: settles intents, publishes sidecars, deletes
//! blobs that nothing names any more.
//!
//! Each part can be interrupted and run again, also by two processes at once.

use keyward_core::{RootKeyId, RootKeyReference};
use keyward_kms::ProviderState;
use keyward_ledger::Action;
use keyward_store::{
    layout::StoredPath,
    tables::{
        audit_records::{self, Page},
        garbage, intents,
    },
};

use crate::{Engine, EngineError, OperationContext, operation::Entry, require};

/// How many blobs one look at the garbage deletes.
const SWEEP: u32 = 1000;

impl Engine {
    /// Settles and cleans up. A provider or an object store that can't be reached leaves its part for
    /// the next opening; it must not keep anybody from opening the workspace.
    pub(crate) async fn recover(&self, context: &OperationContext) -> Result<(), EngineError> {
        let last = {
            let mut reader = self.store.read().await?;
            audit_records::page(&mut reader, &audit_records::Filter::default(), Page::Newest, 1)
                .await?
        };
        if let Some(last) = last.first() {
            self.clock.at_least(last.time);
        }
        let open = intents::list_open(&mut *self.store.read().await?).await?;
        for intent in open {
            if let Err(error) = self.settle_intent(context, &intent).await {
                tracing::warn!(request = %intent.id, %error, "an intent stays open");
            }
        }
        if let Err(error) = self.publish_sidecars(None).await {
            tracing::warn!(%error, "a sidecar is out of date");
        }
        if let Err(error) = self.sweep_garbage().await {
            tracing::warn!(%error, "a blob that nothing names could not be deleted");
        }
        Ok(())
    }

    /// Asks the provider what became of an open intent, and records what it found.
    async fn settle_intent(
        &self,
        context: &OperationContext,
        intent: &intents::Intent,
    ) -> Result<(), EngineError> {
        let corrupt = || EngineError::StateCorrupt(format!("intent `{}`", intent.id));
        let detail: serde_json::Value =
            serde_json::from_str(&intent.detail).map_err(|_| corrupt())?;
        let number = detail["number"].as_u64().and_then(|n| u32::try_from(n).ok());
        let id = RootKeyId { tenant: intent.tenant.clone(), number: number.ok_or_else(corrupt)? };
        let (root, reference): (_, RootKeyReference) = {
            let mut reader = self.store.read().await?;
            let root = require::root_key(&mut reader, &id).await?;
            (root, self.reference(&mut reader, &id).await?)
        };
        // Any answer tells: a disabled key describes itself too.
        let found = self.providers.of(&reference)?.describe(&reference).await?;
        let happened = if intent.operation == Action::RootKeyRotate.as_str() {
            found.version > root.version
        } else {
            let enable = detail["enable"].as_bool().ok_or_else(corrupt)?;
            enable == (found.state == ProviderState::Enabled)
        };
        let outcome = if happened { "found done" } else { "found not done" };

        let mut write = self.store.write().await?;
        if !intents::settle(&mut write, &intent.id, outcome, self.clock.now()).await? {
            return Ok(());
        }
        let version = root.version.max(found.version);
        if version > root.version {
            self.raise_version(&mut write, &id, version).await?;
        }
        let entry = Entry::of(Action::IntentSettle, &intent.tenant)
            .root_key(&id, version)
            .with("intent", intent.id.to_string())
            .with("operation", intent.operation.as_str())
            .with("found", outcome);
        self.commit(write, context, vec![entry]).await
    }

    /// Deletes blobs that no row names any more.
    pub(crate) async fn sweep_garbage(&self) -> Result<(), EngineError> {
        loop {
            let rows = garbage::list(&mut *self.store.read().await?, None, SWEEP).await?;
            if rows.is_empty() {
                return Ok(());
            }
            for row in &rows {
                // A path that we never made is left alone, and no longer asked for.
                if let Some(path) = StoredPath::parse(&row.path) {
                    self.objects.delete(&path).await?;
                }
            }
            let paths: Vec<String> = rows.into_iter().map(|row| row.path).collect();
            let mut write = self.store.write().await?;
            garbage::remove(&mut write, &paths).await?;
            write.commit().await?;
        }
    }
}
