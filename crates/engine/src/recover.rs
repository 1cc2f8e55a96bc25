//! What an opening does with what an earlier process left: settles intents, publishes sidecars, deletes
//! blobs that nothing names any more.
//!
//! Each part can be interrupted and run again, also by two processes at once.

use chrono::TimeDelta;
use keyward_core::{RootKeyId, RootKeyReference};
use keyward_kms::ProviderState;
use keyward_ledger::Action;
use keyward_store::{
    layout::StoredPath,
    tables::{audit_head, garbage, intents},
};

use crate::{Engine, EngineError, OperationContext, operation::Entry, require};

/// How many blobs one look at the garbage deletes.
const SWEEP: u32 = 1000;

/// How long a replaced blob stays.
const GRACE: TimeDelta = TimeDelta::seconds(60);

impl Engine {
    /// Settles and cleans up. A provider or an object store that can't be reached leaves its part for
    /// the next opening; it must not keep anybody from opening the workspace.
    pub(crate) async fn recover(&self, context: &OperationContext) -> Result<(), EngineError> {
        let head = audit_head::get(&mut *self.store.read().await?).await?;
        self.clock.at_least(head.time);
        let open = intents::list_open(&mut *self.store.read().await?).await?;
        for intent in open {
            if let Err(error) = self.settle_intent(context, &intent).await {
                tracing::warn!(request = %intent.id, %error, "an intent stays open");
            }
        }
        if let Err(error) = self.publish_sidecars(None).await {
            tracing::warn!(%error, "a sidecar is out of date");
        }
        if let Err(error) = self.sweep_garbage(GRACE).await {
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
            // Against the version when the intent was written: somebody may have noticed the new one
            // meanwhile, and taken it into the row.
            let before = detail["before"].as_u64().ok_or_else(corrupt)?;
            u64::from(found.version) > before
        } else {
            let enable = detail["enable"].as_bool().ok_or_else(corrupt)?;
            enable == (found.state == ProviderState::Enabled)
        };
        let outcome = if happened { "found done" } else { "found not done" };

        let mut write = self.begin().await?;
        if !intents::settle(&mut write, &intent.id, outcome, self.clock.now()).await? {
            return Ok(());
        }
        let version = match found.version > root.version {
            true => self.raise_version(&mut write, &id, found.version).await?,
            false => root.version,
        };
        let entry = Entry::of(Action::IntentSettle, &intent.tenant)
            .root_key(&id, version)
            .with("intent", intent.id.to_string())
            .with("operation", intent.operation.as_str())
            .with("found", outcome);
        self.commit(write, context, vec![entry]).await
    }

    /// Deletes replaced blobs, at most twice a minute: looking for them costs a query.
    pub(crate) async fn sweep_now_and_then(&self) -> Result<(), EngineError> {
        let now = self.clock.now();
        {
            let mut last = self.last_sweep.lock();
            if now - *last < TimeDelta::seconds(30) {
                return Ok(());
            }
            *last = now;
        }
        self.sweep_garbage(GRACE).await
    }

    /// Deletes blobs that no row names any more, once that has been so for `age`: who looked a row up
    /// before it was replaced may still be about to open its blob.
    pub(crate) async fn sweep_garbage(&self, age: TimeDelta) -> Result<(), EngineError> {
        let before = self.clock.now() - age;
        loop {
            let rows = garbage::list_older(&mut *self.store.read().await?, before, SWEEP).await?;
            if rows.is_empty() {
                return Ok(());
            }
            let paths: Vec<String> = rows.into_iter().map(|row| row.path).collect();
            self.delete_blobs(&paths).await?;
        }
    }

    /// Deletes blobs and takes them off the list.
    pub(crate) async fn delete_blobs(&self, paths: &[String]) -> Result<(), EngineError> {
        for path in paths {
            // A path that we never made is left alone, and no longer asked for.
            if let Some(path) = StoredPath::parse(path) {
                self.objects.delete(&path).await?;
            }
        }
        let mut write = self.store.write().await?;
        garbage::remove(&mut write, paths).await?;
        write.commit().await?;
        Ok(())
    }
}
