//! Rewraps the one data key that a read found under an old root key or version.

use keyward_ledger::Action;
use keyward_store::tables::{data_keys, datasets, quarantine, root_keys, tenants};

use crate::{
    Engine, EngineError, OperationContext,
    operation::Entry,
    require,
    rewrap::{rewrap_rows, swap},
};

impl Engine {
    /// Rewraps a data key that isn't under the active root key's current version. The read doesn't
    /// depend on it: a failure is left to the batch, which quarantines what can't be moved.
    pub(crate) async fn rewrap_lazily(
        &self,
        context: &OperationContext,
        tenant: &tenants::Tenant,
        row: &data_keys::DataKey,
    ) {
        if let Err(error) = self.try_rewrap(context, tenant, row).await {
            tracing::warn!(key = %row.key, %error, "a data key stays under its old root key");
        }
    }

    async fn try_rewrap(
        &self,
        context: &OperationContext,
        tenant: &tenants::Tenant,
        row: &data_keys::DataKey,
    ) -> Result<(), EngineError> {
        let (root, to) = {
            let mut reader = self.store.read().await?;
            let root = require::active_root_key(&mut reader, &tenant.id).await?;
            if (row.root_key, row.root_key_version) == (root.id.number, root.version) {
                return Ok(());
            }
            let to = self.reference(&mut reader, &root.id).await?;
            (root, to)
        };
        let mut stale = data_keys::StaleKey {
            id: row.id,
            key: row.key.clone(),
            root_key: row.root_key,
            root_key_version: row.root_key_version,
            wrapped: row.wrapped.clone(),
        };
        let rows = std::slice::from_mut(&mut stale);
        let mut results = rewrap_rows(self, &to, &root.id, rows).await?;
        let wrapped =
            results.pop().ok_or_else(|| EngineError::StateCorrupt("a rewrap".into()))??;
        let swap = swap(&stale, &root, wrapped);
        self.swap_one(context, row, &root, swap).await
    }

    /// Swaps the data key's wrap, with its record.
    async fn swap_one(
        &self,
        context: &OperationContext,
        row: &data_keys::DataKey,
        root: &root_keys::RootKey,
        swap: data_keys::Rewrap,
    ) -> Result<(), EngineError> {
        let mut write = self.begin().await?;
        require::active_tenant(&mut write, &row.key.tenant).await?;
        if data_keys::rewrap_many(&mut write, &[swap]).await?.is_empty() {
            return Ok(());
        }
        // It may have been set aside by a batch whose cause is gone.
        quarantine::clear_one(&mut write, &row.key).await?;
        let dataset = std::slice::from_ref(&row.key.dataset);
        datasets::mark_sidecar_stale(&mut write, &row.key.tenant, dataset).await?;
        let entry = Entry::of(Action::DataKeyRewrap, &row.key.tenant)
            .data_key(&row.key)
            .with("how", "on read")
            .with(
                "from",
                format!("rk:{}/{} v{}", row.key.tenant, row.root_key, row.root_key_version),
            )
            .with("to", format!("{} v{}", root.id, root.version));
        self.commit(write, context, vec![entry]).await?;
        self.refresh_sidecars(&row.key.tenant).await;
        Ok(())
    }
}
