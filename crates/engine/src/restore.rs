//! Restores a suspended or revoked tenant, once its key's owner allows access again.

use keyward_core::{KeyState, TenantId};
use keyward_ledger::Action;
use keyward_store::tables::{
    data_keys, root_keys,
    tenants::{self, TenantState},
};

use crate::{
    Engine, EngineError, OperationContext, operation::Entry, require, transition, watch::heals,
};

/// What was found and done.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Restored {
    /// Who reads and writes again.
    pub tenant: TenantId,
    /// The root key that was probed.
    pub root_key: String,
    /// Its version at the provider.
    pub version: u32,
}

/// How it comes to a restoration.
#[derive(Clone, Copy)]
struct How {
    /// The key is enabled where it lives first.
    at_provider: bool,
    /// The watch has noticed that the key answers.
    noticed: bool,
}

impl Engine {
    /// Probes the tenant's root key, and lets the tenant read and write again if it passes. With
    /// `at_provider` the key is first enabled where it lives.
    ///
    /// # Errors
    /// [`EngineError::InvalidInput`] where the tenant is neither suspended nor revoked; the provider's
    /// refusal, with the tenant as locked as before.
    pub async fn restore(
        &self,
        context: &OperationContext,
        tenant: &TenantId,
        at_provider: bool,
    ) -> Result<Restored, EngineError> {
        let entry = Entry::of(Action::TenantRestore, tenant).with("at_provider", at_provider);
        self.restore_with(context, tenant, How { at_provider, noticed: false }, entry).await
    }

    /// Restores a tenant that a denial suspended, since its root key was seen to answer again. One that
    /// somebody has locked meanwhile is left as it is.
    pub(crate) async fn restore_noticed(
        &self,
        context: &OperationContext,
        tenant: &TenantId,
    ) -> Result<Restored, EngineError> {
        let entry = Entry::of(Action::TenantRestore, tenant)
            .with("at_provider", false)
            .with("noticed", "by the watch");
        let how = How { at_provider: false, noticed: true };
        self.restore_with(context, tenant, how, entry).await
    }

    async fn restore_with(
        &self,
        context: &OperationContext,
        tenant: &TenantId,
        how: How,
        entry: Entry,
    ) -> Result<Restored, EngineError> {
        self.guard(context, entry.clone(), async {
            let (row, root, reference) = {
                let mut reader = self.store.read().await?;
                let row = require::tenant(&mut reader, tenant).await?;
                if !matches!(row.state, TenantState::Suspended | TenantState::Revoked) {
                    return Err(EngineError::InvalidInput(format!(
                        "tenant `{tenant}` is {}; only a suspended or revoked one can be restored",
                        row.state
                    )));
                }
                if how.noticed && !heals(&row) {
                    return Err(EngineError::ChangedMeanwhile(tenant.to_string()));
                }
                let root = self.wrapping_root_key(&mut reader, tenant).await?;
                let reference = self.reference(&mut reader, &root.id).await?;
                (row, root, reference)
            };
            if how.at_provider {
                self.set_enabled(context, &root, &reference, true).await?;
            }
            let description = self.probe(&reference, tenant).await?;
            if description.identity != root.identity {
                return Err(EngineError::ProbeFailed {
                    why: "the reference names another key than when it was registered",
                });
            }
            self.older_root_keys_answer(tenant, &root).await?;

            let mut write = self.begin().await?;
            let now = require::tenant(&mut write, tenant).await?;
            if now.epoch != row.epoch {
                return Err(EngineError::ChangedMeanwhile(tenant.to_string()));
            }
            let at = self.clock.now();
            let root = require::root_key(&mut write, &root.id).await?;
            if root.state == KeyState::Suspended {
                transition::root_key(&mut write, &root, KeyState::Active, at, "restored").await?;
            }
            tenants::set_state(&mut write, tenant, TenantState::Active, None, at).await?;
            if description.version > root.version {
                self.raise_version(&mut write, &root.id, description.version).await?;
            }
            let entry = entry.root_key(&root.id, description.version);
            self.commit(write, context, vec![entry]).await?;
            Ok(Restored {
                tenant: tenant.clone(),
                root_key: root.id.to_string(),
                version: description.version,
            })
        })
        .await
    }

    /// That every older root key which still wraps something answers too: else the first read under
    /// it would suspend the tenant again.
    async fn older_root_keys_answer(
        &self,
        tenant: &TenantId,
        current: &root_keys::RootKey,
    ) -> Result<(), EngineError> {
        let mut older = Vec::new();
        {
            let mut reader = self.store.read().await?;
            for count in data_keys::wrapped_by(&mut reader, tenant).await? {
                let id = keyward_core::RootKeyId { tenant: tenant.clone(), number: count.root_key };
                if id != current.id && !older.iter().any(|(known, _)| *known == id) {
                    let reference = self.reference(&mut reader, &id).await?;
                    older.push((id, reference));
                }
            }
        }
        for (_, reference) in older {
            self.describe(&reference).await?;
        }
        Ok(())
    }
}
