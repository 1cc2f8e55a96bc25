//! Creates a dataset with its first data key.

use keyward_core::{
    DataKeyId, DatasetName, EncryptionContext, KeyState, LoggedNames, Region, RootKeyId, SecretKey,
    TenantId,
};
use keyward_ledger::Action;
use keyward_store::tables::{data_keys, datasets, tenants};

use crate::{Engine, EngineError, OperationContext, operation::Entry, require};

impl Engine {
    /// Creates a dataset and its data key, wrapped by the tenant's active root key.
    ///
    /// `regions` says where its data may lie; none means anywhere. `names` says how the audit log holds
    /// the names of its objects.
    ///
    /// # Errors
    /// [`EngineError::AlreadyExists`], [`EngineError::TenantNotActive`], [`EngineError::Residency`], the
    /// provider's failure.
    pub async fn create_dataset(
        &self,
        context: &OperationContext,
        tenant: &TenantId,
        name: &DatasetName,
        regions: &[Region],
        names: LoggedNames,
    ) -> Result<datasets::Dataset, EngineError> {
        let id = DataKeyId { tenant: tenant.clone(), dataset: name.clone(), version: 1 };
        let entry = Entry::of(Action::DatasetCreate, tenant)
            .data_key(&id)
            .with("dataset", name.as_str())
            .with("regions", regions.iter().map(Region::to_string).collect::<Vec<_>>())
            .with("names", names.as_str());
        self.guard(context, entry.clone(), async {
            let row = self.active_tenant_row(tenant).await?;
            let dataset = datasets::Dataset {
                tenant: tenant.clone(),
                name: name.clone(),
                created_at: self.clock.now(),
                current_version: 1,
                regions: regions.to_vec(),
                names,
                sidecar_stale: true,
            };
            self.residency(&dataset.name, &dataset.regions)?;
            if datasets::get(&mut *self.store.read().await?, tenant, name).await?.is_some() {
                return Err(EngineError::AlreadyExists { what: "dataset", name: name.to_string() });
            }
            let made = self.new_data_key(context, &row, &id).await?;

            let mut write = self.begin().await?;
            require::unchanged_tenant(&mut write, &row).await?;
            if datasets::get(&mut write, tenant, name).await?.is_some() {
                return Err(EngineError::AlreadyExists { what: "dataset", name: name.to_string() });
            }
            datasets::insert(&mut write, &dataset).await?;
            data_keys::insert(&mut write, &made.row).await?;
            let entry = entry.with("root_key", made.root_key.to_string());
            self.commit(write, context, vec![entry]).await?;
            let lifetimes = self.cache.settings().of(&row.serving);
            self.cache.insert(&id, row.epoch, lifetimes, &made.secret);
            self.refresh_sidecars(tenant).await;
            // As it is now, with its sidecar written.
            require::dataset(&mut *self.store.read().await?, tenant, name).await
        })
        .await
    }

    /// A tenant's datasets, by name.
    ///
    /// # Errors
    /// [`EngineError::TenantNotFound`].
    pub async fn datasets(&self, tenant: &TenantId) -> Result<Vec<datasets::Dataset>, EngineError> {
        let mut reader = self.store.read().await?;
        require::tenant(&mut reader, tenant).await?;
        Ok(datasets::list(&mut reader, tenant).await?)
    }

    /// Makes a data key under the tenant's active root key. Nothing is stored yet.
    pub(crate) async fn new_data_key(
        &self,
        context: &OperationContext,
        tenant: &tenants::Tenant,
        id: &DataKeyId,
    ) -> Result<MadeDataKey, EngineError> {
        let (root, reference) = {
            let mut reader = self.store.read().await?;
            let root = require::active_root_key(&mut reader, &tenant.id).await?;
            let reference = self.reference(&mut reader, &root.id).await?;
            (root, reference)
        };
        let wrap_context = EncryptionContext::for_data_key(id);
        let service = self.providers.of(&reference)?;
        let (secret, wrapped) = match service.generate(&reference, &wrap_context).await {
            Ok(made) => made,
            Err(error) => return Err(self.settle(context, tenant, id, error.into()).await),
        };
        let row = data_keys::NewDataKey {
            key: id.clone(),
            state: KeyState::Active,
            root_key: root.id.number,
            // Where the provider doesn't tell, the version read before the wrap: if the key is rotated
            // in between, the data key counts as old and is rewrapped once too often, never too seldom.
            root_key_version: wrapped.version.unwrap_or(root.version),
            wrapped: wrapped.blob,
            created_at: self.clock.now(),
        };
        Ok(MadeDataKey { row, secret, root_key: root.id })
    }
}

/// A data key that isn't stored yet.
pub(crate) struct MadeDataKey {
    pub(crate) row: data_keys::NewDataKey,
    pub(crate) secret: SecretKey,
    pub(crate) root_key: RootKeyId,
}
