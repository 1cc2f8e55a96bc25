//! Rotates a dataset's data key: new writes use a new version, what is written stays readable.

use keyward_core::{DataKeyId, DatasetName, KeyState, TenantId};
use keyward_ledger::Action;
use keyward_store::tables::{data_keys, datasets};

use crate::{Engine, EngineError, OperationContext, operation::Entry, require, transition};

/// What a rotation did.
#[derive(Clone, Debug, serde::Serialize)]
pub struct RotatedDataKey {
    /// The new data key.
    pub data_key: String,
    /// The one before, now deactivated: it opens, and never encrypts again.
    pub deactivated: String,
}

impl Engine {
    /// Makes the dataset's next data key version and deactivates the one before.
    ///
    /// # Errors
    /// [`EngineError::TenantNotActive`], [`EngineError::DatasetNotFound`],
    /// [`EngineError::ChangedMeanwhile`], the provider's failure.
    pub async fn rotate_data_key(
        &self,
        context: &OperationContext,
        tenant: &TenantId,
        name: &DatasetName,
    ) -> Result<RotatedDataKey, EngineError> {
        let entry = Entry::of(Action::DataKeyRotate, tenant).with("dataset", name.as_str());
        self.guard(context, entry.clone(), async {
            let row = self.active_tenant_row(tenant).await?;
            let dataset = require::dataset(&mut *self.store.read().await?, tenant, name).await?;
            let old = DataKeyId {
                tenant: tenant.clone(),
                dataset: name.clone(),
                version: dataset.current_version,
            };
            let new = DataKeyId {
                version: old.version.checked_add(1).ok_or_else(|| {
                    EngineError::InvalidInput("the dataset has had 4,294,967,295 data keys".into())
                })?,
                ..old.clone()
            };
            let made = self.new_data_key(context, &row, &new).await?;

            let mut write = self.begin().await?;
            require::unchanged_tenant(&mut write, &row).await?;
            let before = require::data_key(&mut write, &old).await?;
            // First: where two rotate at once, the second one has seen an older state, and that is what
            // it is told.
            datasets::set_current_version(&mut write, tenant, name, old.version, new.version)
                .await?;
            data_keys::insert(&mut write, &made.row).await?;
            let at = self.clock.now();
            transition::data_key(
                &mut write,
                &old,
                before.state,
                KeyState::Deactivated,
                at,
                "rotated",
            )
            .await?;
            let entry = entry
                .data_key(&new)
                .with("deactivated", old.to_string())
                .with("root_key", made.root_key.to_string());
            self.commit(write, context, vec![entry]).await?;
            self.cache.evict_key(&old);
            let lifetimes = self.cache.settings().of(&row.serving);
            self.cache.insert(&new, row.epoch, lifetimes, &made.secret);
            self.refresh_sidecars(tenant).await;
            Ok(RotatedDataKey { data_key: new.to_string(), deactivated: old.to_string() })
        })
        .await
    }
}
