//! Opening a data key: the only way from a wrapped row to a key in memory.

use keyward_core::{DataKeyId, EncryptionContext, RootKeyId};
use keyward_kms::ErrorClass;
use keyward_store::tables::{data_keys, tenants};

use crate::{Engine, EngineError, OperationContext, cache::Opened, require};

impl Engine {
    /// The data key from the cache, or unwrapped by its root key in this region.
    ///
    /// Binds first: the row's tenant must be the request's, and the context that the provider
    /// authenticates is made from the request's own ids, never read from storage.
    pub(crate) async fn unlock(
        &self,
        context: &OperationContext,
        tenant: &tenants::Tenant,
        row: &data_keys::DataKey,
    ) -> Result<Opened, EngineError> {
        if row.key.tenant != tenant.id {
            return Err(EngineError::StateCorrupt(format!("data key `{}`", row.key)));
        }
        require::may_unwrap(&row.key.to_string(), row.state)?;
        let opened = self
            .cache
            .get_or_unwrap(&row.key, tenant.epoch, self.unwrap(row))
            .await
            .map_err(EngineError::Shared);
        match opened {
            Ok(opened) => Ok(opened),
            Err(error) => Err(self.settle(context, tenant, &row.key, error).await),
        }
    }

    /// Does what a provider's failure demands by its class, and hands the failure on.
    pub(crate) async fn settle(
        &self,
        context: &OperationContext,
        tenant: &tenants::Tenant,
        key: &DataKeyId,
        error: EngineError,
    ) -> EngineError {
        match error.as_kms().map(|kms| (kms.class(), kms.code())) {
            Some((ErrorClass::Denied, code)) => self.deny(context, tenant, code).await,
            Some((ErrorClass::Rejected, _)) => {
                self.cache.evict_key(key);
            }
            _ => {}
        }
        error
    }

    async fn unwrap(
        &self,
        row: &data_keys::DataKey,
    ) -> Result<keyward_core::SecretKey, EngineError> {
        let root = RootKeyId { tenant: row.key.tenant.clone(), number: row.root_key };
        let reference = {
            let mut reader = self.store.read().await?;
            let root = require::root_key(&mut reader, &root).await?;
            if !root.state.may_unwrap() {
                // Locked since the caller looked: then that is the reason.
                require::active_tenant(&mut reader, &row.key.tenant).await?;
            }
            require::may_unwrap(&root.id.to_string(), root.state)?;
            self.reference(&mut reader, &root.id).await?
        };
        let wrap_context = EncryptionContext::for_data_key(&row.key);
        Ok(self.providers.of(&reference)?.unwrap(&reference, &wrap_context, &row.wrapped).await?)
    }
}
