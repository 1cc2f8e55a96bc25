//! Deletes an object.

use keyward_core::{DatasetName, ObjectName, TenantId};
use keyward_ledger::Action;
use keyward_store::{
    layout::StoredPath,
    tables::{
        garbage::{self, Garbage},
        objects,
    },
};

use crate::{
    Engine, EngineError, OperationContext, operation::Entry, rekey::object_data_key, require,
};

impl Engine {
    /// Deletes an object: its row and record in one transaction, its blob after.
    ///
    /// # Errors
    /// [`EngineError::ObjectNotFound`], [`EngineError::TenantNotActive`].
    pub async fn delete(
        &self,
        context: &OperationContext,
        tenant: &TenantId,
        dataset: &DatasetName,
        name: &ObjectName,
    ) -> Result<(), EngineError> {
        let entry = Entry::of(Action::ObjectDelete, tenant)
            .with("dataset", dataset.as_str())
            .with("object", name.as_str());
        self.guard(context, entry.clone(), async {
            let mut write = self.store.write().await?;
            require::active_tenant(&mut write, tenant).await?;
            let object = objects::delete(&mut write, tenant, dataset, name)
                .await?
                .ok_or_else(|| EngineError::ObjectNotFound { name: name.to_string() })?;
            let blobs = self.discard(&mut write, &object).await?;
            let entry = entry.data_key(&object_data_key(&object)).with("id", object.id.to_string());
            self.commit(write, context, vec![entry]).await?;
            if let Err(error) = self.delete_blobs(&blobs).await {
                tracing::warn!(%error, "a deleted object's blob stays until the next opening");
            }
            Ok(())
        })
        .await
    }

    /// Marks an object's blobs for deletion, in the transaction that takes their row away, and names
    /// them.
    pub(crate) async fn discard(
        &self,
        write: &mut keyward_store::Write,
        object: &objects::Object,
    ) -> Result<Vec<String>, EngineError> {
        let since = self.clock.now();
        let (tenant, dataset, id) = (&object.tenant, &object.dataset, &object.id);
        let mut paths = vec![StoredPath::object(tenant, dataset, id)];
        if object.detached {
            paths.push(StoredPath::entry(tenant, dataset, id, object.data_key_version));
        }
        let paths: Vec<_> = paths.iter().map(ToString::to_string).collect();
        let rows: Vec<_> = paths.iter().map(|path| Garbage { path: path.clone(), since }).collect();
        garbage::insert(write, &rows).await?;
        Ok(paths)
    }
}
