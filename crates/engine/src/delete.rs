//! Deletes an object.

use keyward_core::{DatasetName, LoggedNames, ObjectName, TenantId};
use keyward_ledger::Action;
use keyward_store::tables::{
    garbage::{self, Garbage},
    objects, tenants,
};

use crate::{
    Engine, EngineError, OperationContext,
    object_names::{LoggedName, Requested, still_loggable},
    operation::Entry,
    rekey::object_data_key,
    require,
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
        let entry = Entry::of(Action::ObjectDelete, tenant).with("dataset", dataset.as_str());
        let requested = Requested { tenant, dataset, name };
        self.guard_object(context, entry.clone(), requested, async {
            let (before, logged) = self.name_to_log(context, requested).await?;
            let mut write = self.begin().await?;
            let now = require::active_tenant(&mut write, tenant).await?;
            let object = objects::delete(&mut write, tenant, dataset, name)
                .await?
                .ok_or_else(|| EngineError::ObjectNotFound { name: name.to_string() })?;
            let blobs = self.discard(&mut write, &object).await?;
            let entry = entry
                .data_key(&object_data_key(&object))
                .object_name(logged)
                .with("id", object.id.to_string());
            let entry = still_loggable(&mut write, entry, dataset, &before, &now).await?;
            self.commit(write, context, vec![entry]).await?;
            if let Err(error) = self.delete_blobs(&blobs).await {
                tracing::warn!(%error, "a deleted object's blob stays until the next opening");
            }
            Ok(())
        })
        .await
    }

    /// The tenant, and the name of an object about to be deleted as its record is to hold it.
    ///
    /// For a digest the data key is opened, which deleting doesn't need: where it can't be, that is no
    /// reason to keep the object, and its id leads to the record of its writing.
    async fn name_to_log(
        &self,
        context: &OperationContext,
        object: Requested<'_>,
    ) -> Result<(tenants::Tenant, LoggedName), EngineError> {
        let Requested { tenant, dataset, name } = object;
        let (row, key) = {
            let mut reader = self.store.read().await?;
            let row = require::active_tenant(&mut reader, tenant).await?;
            let (object, names) = objects::get_with_names(&mut reader, tenant, dataset, name)
                .await?
                .ok_or_else(|| EngineError::ObjectNotFound { name: name.to_string() })?;
            if names == LoggedNames::Plain {
                return Ok((row, LoggedName::Plain(name.clone())));
            }
            (row, require::data_key(&mut reader, &object_data_key(&object)).await?)
        };
        let logged = match self.unlock(context, &row, &key).await {
            Ok(opened) => LoggedName::of(LoggedNames::Digest, name, &key.key, &opened.key),
            Err(error) => {
                tracing::warn!(key = %key.key, %error, "a deletion is recorded without a name");
                LoggedName::Withheld
            }
        };
        Ok((row, logged))
    }

    /// Marks an object's blobs for deletion, in the transaction that takes their row away, and names
    /// them.
    pub(crate) async fn discard(
        &self,
        write: &mut keyward_store::Connection,
        object: &objects::Object,
    ) -> Result<Vec<String>, EngineError> {
        let since = self.clock.now();
        let paths = std::iter::once(object.path()).chain(object.detached_entry());
        let paths: Vec<_> = paths.map(|path| path.to_string()).collect();
        let rows: Vec<_> = paths.iter().map(|path| Garbage { path: path.clone(), since }).collect();
        garbage::insert(write, &rows).await?;
        Ok(paths)
    }
}
