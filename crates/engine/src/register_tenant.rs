//! Registers a tenant.

use keyward_core::TenantId;
use keyward_ledger::Action;
use keyward_store::tables::tenants::{self, TenantState};

use crate::{Engine, EngineError, OperationContext, operation::Entry, require};

impl Engine {
    /// Registers a tenant. It can do nothing until a root key of its own is proven.
    ///
    /// # Errors
    /// [`EngineError::AlreadyExists`]: an id is never used twice, not even after off-boarding.
    pub async fn register_tenant(
        &self,
        context: &OperationContext,
        id: &TenantId,
        display_name: &str,
    ) -> Result<tenants::Tenant, EngineError> {
        let entry = Entry::of(Action::TenantRegister, id);
        self.guard(context, entry.clone(), async {
            if display_name.chars().count() > 200 || display_name.chars().any(char::is_control) {
                return Err(EngineError::InvalidInput(
                    "the tenant's display name has more than 200 characters or control characters; shorten it".into(),
                ));
            }
            let now = self.clock.now();
            let tenant = tenants::Tenant {
                id: id.clone(),
                display_name: display_name.into(),
                state: TenantState::Pending,
                state_code: None,
                state_since: now,
                epoch: 1,
                created_at: now,
                rotation_days: None,
                serving: tenants::Serving::default(),
            };
            let mut write = self.begin().await?;
            if tenants::get(&mut write, id).await?.is_some() {
                return Err(EngineError::AlreadyExists { what: "tenant", name: id.to_string() });
            }
            tenants::insert(&mut write, &tenant).await?;
            self.commit(write, context, vec![entry]).await?;
            Ok(tenant)
        })
        .await
    }

    /// All tenants, by id.
    ///
    /// # Errors
    /// The store's.
    pub async fn tenants(&self) -> Result<Vec<tenants::Tenant>, EngineError> {
        Ok(tenants::list(&mut *self.store.read().await?).await?)
    }

    /// One tenant.
    ///
    /// # Errors
    /// [`EngineError::TenantNotFound`].
    pub async fn tenant(&self, id: &TenantId) -> Result<tenants::Tenant, EngineError> {
        require::tenant(&mut *self.store.read().await?, id).await
    }
}
