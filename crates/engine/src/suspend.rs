//! Suspends a tenant by hand: nothing of it is read or written until it is restored.

use keyward_core::{KeyState, TenantId};
use keyward_ledger::Action;
use keyward_store::tables::{
    root_keys,
    tenants::{self, TenantState},
};

use crate::{Engine, EngineError, OperationContext, operation::Entry, require, transition};

impl Engine {
    /// Suspends an active tenant, for a stated reason.
    ///
    /// # Errors
    /// [`EngineError::TenantNotActive`].
    pub async fn suspend(
        &self,
        context: &OperationContext,
        tenant: &TenantId,
        reason: &str,
    ) -> Result<tenants::Tenant, EngineError> {
        let entry = Entry::of(Action::TenantSuspend, tenant).with("reason", reason);
        self.guard(context, entry.clone(), async {
            let mut write = self.begin().await?;
            require::active_tenant(&mut write, tenant).await?;
            let now = self.clock.now();
            tenants::set_state(
                &mut write,
                tenant,
                TenantState::Suspended,
                Some(tenants::BY_HAND),
                now,
            )
            .await?;
            let mut entry = entry;
            if let Some(root) = root_keys::active(&mut write, tenant).await? {
                transition::root_key(&mut write, &root, KeyState::Suspended, now, reason).await?;
                entry = entry.root_key(&root.id, root.version);
            }
            // Before the commit: whoever opens the key again before it is found out at its own commit.
            let evicted = self.cache.evict_tenant(tenant);
            self.commit(write, context, vec![entry.with("evicted", evicted)]).await?;
            self.cache.evict_tenant(tenant);
            self.tenant(tenant).await
        })
        .await
    }
}
