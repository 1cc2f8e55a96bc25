//! Opening a data key: the only way from a wrapped row to a key in memory.

use std::time::Instant;

use keyward_core::{DataKeyId, EncryptionContext, RootKeyId, RootKeyReference, SecretKey};
use keyward_kms::{ErrorClass, KmsError};
use keyward_ledger::Action;
use keyward_store::tables::{data_keys, tenants};

use crate::{
    Engine, EngineError, OperationContext, cache::Opened, operation::Entry, require,
    revocations::stamp,
};

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
        let lifetimes = self.cache.settings().of(&tenant.serving);
        // Boxed once it is needed: every operation holds this future, and most find the key in memory.
        let unwrap = async { Box::pin(self.unwrap(context, tenant, row)).await };
        let opened = self
            .cache
            .get_or_unwrap(&row.key, tenant.epoch, lifetimes, unwrap)
            .await
            .map_err(EngineError::Shared);
        match opened {
            Ok(opened) => Ok(opened),
            Err(error) => {
                Box::pin(self.use_grant_or_settle(context, tenant, &row.key, error)).await
            }
        }
    }

    /// What becomes of a call that failed.
    async fn use_grant_or_settle(
        &self,
        context: &OperationContext,
        tenant: &tenants::Tenant,
        key: &DataKeyId,
        error: EngineError,
    ) -> Result<Opened, EngineError> {
        match self.use_grant(context, tenant, key, &error).await? {
            Some(opened) => {
                self.health.alarm(&tenant.id);
                Ok(opened)
            }
            None => Err(self.settle(context, tenant, key, error).await),
        }
    }

    /// The key within its grant window, where the provider was unreachable and nothing else. Each use is a
    /// record of its own, durable before the key is given.
    async fn use_grant(
        &self,
        context: &OperationContext,
        tenant: &tenants::Tenant,
        key: &DataKeyId,
        failure: &EngineError,
    ) -> Result<Option<Opened>, EngineError> {
        let Some(kms) = failure.as_kms().filter(|kms| kms.class() == ErrorClass::Unreachable)
        else {
            return Ok(None);
        };
        if let Some(key) = self.cache.held_key(key, tenant.epoch) {
            // Somebody else's call has been answered since.
            return Ok(Some(Opened { key, cached: true }));
        }
        let Some(granted) = self.cache.granted(key, tenant.epoch) else { return Ok(None) };
        let now = self.clock.now();
        let entry = Entry::of(Action::DataKeyGrantUse, &tenant.id)
            .data_key(key)
            .with("unreachable", kms.code().as_str())
            .with("provider", kms.provider.as_str())
            .with("ended_at", stamp(now - granted.ended))
            .with("until", stamp(now + granted.left));
        // A denial that came first wins: then the tenant is another one than before.
        self.record_unless_changed(context, entry, tenant).await?;
        Ok(Some(Opened { key: granted.key, cached: true }))
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
            Some((ErrorClass::Unreachable, _)) => self.health.alarm(&tenant.id),
            _ => {}
        }
        error
    }

    async fn unwrap(
        &self,
        context: &OperationContext,
        tenant: &tenants::Tenant,
        row: &data_keys::DataKey,
    ) -> Result<SecretKey, EngineError> {
        let id = RootKeyId { tenant: row.key.tenant.clone(), number: row.root_key };
        let (reference, others) = {
            let mut reader = self.store.read().await?;
            let root = require::root_key(&mut reader, &id).await?;
            if !root.state.may_unwrap() {
                // Locked since the caller looked: then that is the reason.
                require::active_tenant(&mut reader, &row.key.tenant).await?;
            }
            require::may_unwrap(&root.id.to_string(), root.state)?;
            let own = self.reference(&mut reader, &id).await?;
            let others = match tenant.serving.other_regions {
                true => self.references_elsewhere(&mut reader, &id).await?,
                false => Vec::new(),
            };
            (own, others)
        };
        self.providers.cap(tenant);
        let failure = match self.unwrap_at(&id, &reference, row).await {
            Ok(secret) => return Ok(secret),
            Err(error) => error,
        };
        let unreachable = |kms: &KmsError| kms.class() == ErrorClass::Unreachable;
        let Some(code) = failure.as_kms().filter(|kms| unreachable(kms)).map(KmsError::code) else {
            return Err(failure);
        };
        for (region, reference) in others {
            match self.unwrap_at(&id, &reference, row).await {
                Ok(secret) => {
                    let entry = Entry::of(Action::DataKeyUnwrap, &tenant.id)
                        .data_key(&row.key)
                        .with("answered_in", region.as_str())
                        .with("unreachable", code.as_str());
                    self.record_unless_changed(context, entry, tenant).await?;
                    return Ok(secret);
                }
                Err(error) if error.as_kms().is_some_and(unreachable) => {}
                // What a region says that can be reached counts: a denial most of all.
                Err(error) => return Err(error),
            }
        }
        // The one that came first: it is the engine's own region's.
        Err(failure)
    }

    /// One call to one region's key, and what is known of the key by it.
    async fn unwrap_at(
        &self,
        id: &RootKeyId,
        reference: &RootKeyReference,
        row: &data_keys::DataKey,
    ) -> Result<SecretKey, EngineError> {
        let own = EncryptionContext::for_data_key(&row.key);
        let began = Instant::now();
        let unwrapped = self.providers.of(reference)?.unwrap(reference, &own, &row.wrapped).await;
        let now = self.clock.now();
        match unwrapped {
            Ok(secret) => {
                self.health.answered(id, now, began.elapsed());
                Ok(secret)
            }
            Err(error) => {
                // What is wrong with one ciphertext or one request says nothing about the key.
                if !matches!(error.class(), ErrorClass::Rejected | ErrorClass::Invalid) {
                    self.health.failed(id, error.class(), error.code(), now);
                }
                Err(error.into())
            }
        }
    }
}
