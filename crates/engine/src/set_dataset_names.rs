//! Sets how the audit log holds the names of a dataset's objects.

use keyward_core::{DatasetName, LoggedNames, TenantId};
use keyward_ledger::Action;
use keyward_store::tables::{datasets, tenants};

use crate::{Engine, EngineError, OperationContext, operation::Entry, require};

impl Engine {
    /// Sets whether records hold names plain or as digests, from the next record on. What is in the log
    /// stays as it is.
    ///
    /// # Errors
    /// [`EngineError::TenantNotFound`], [`EngineError::DatasetNotFound`].
    pub async fn set_dataset_names(
        &self,
        context: &OperationContext,
        tenant: &TenantId,
        name: &DatasetName,
        names: LoggedNames,
    ) -> Result<datasets::Dataset, EngineError> {
        let entry = Entry::of(Action::DatasetNames, tenant)
            .with("dataset", name.as_str())
            .with("names", names.as_str());
        self.guard(context, entry.clone(), async {
            let mut write = self.begin().await?;
            require::tenant(&mut write, tenant).await?;
            let before = require::dataset(&mut write, tenant, name).await?;
            datasets::set_names(&mut write, tenant, name, names).await?;
            // Operations under way have looked the setting up; the new epoch has them look again
            // before they write their record, in whichever process they run.
            tenants::bump_epoch(&mut write, tenant).await?;
            let entry = entry.with("before", before.names.as_str());
            self.commit(write, context, vec![entry]).await?;
            // They are under the old epoch, where nothing finds them any more.
            self.cache.evict_tenant(tenant);
            Ok(datasets::Dataset { names, ..before })
        })
        .await
    }
}
