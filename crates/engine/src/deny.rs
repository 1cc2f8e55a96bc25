//! What a denial does: everything of the tenant is locked at once.

use chrono::{DateTime, Utc};
use keyward_core::{Code, KeyState};
use keyward_ledger::Action;
use keyward_store::tables::{
    root_keys,
    tenants::{self, TenantState},
};

use crate::{
    Engine, EngineError, OperationContext,
    operation::Entry,
    require,
    revocations::{detail, stamp},
    transition,
};

/// Who noticed a denial.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Noticed {
    /// A caller, whose call was denied.
    Calling,
    /// The watch over root keys.
    Watching,
}

impl Noticed {
    fn as_str(self) -> &'static str {
        match self {
            Self::Calling => "by a denied call",
            Self::Watching => "by the watch",
        }
    }
}

/// A denial, and what was done about it before it is written down.
struct Denial {
    code: Code,
    noticed: Noticed,
    denied_at: DateTime<Utc>,
    evicted: usize,
    evicted_at: DateTime<Utc>,
}

impl Engine {
    /// Evicts the tenant's keys and suspends it, with the provider's reason.
    ///
    /// Eviction comes first and needs nothing but memory: even where the database can't be written,
    /// no cached key outlives a denial, and without one each read asks the provider and is denied.
    ///
    /// `tenant` is the row as it was before the call that was denied. What was denied before the tenant
    /// was locked and restored says nothing about it now: where its epoch is another one, the next
    /// call decides.
    pub(crate) async fn deny(
        &self,
        context: &OperationContext,
        tenant: &tenants::Tenant,
        code: Code,
    ) {
        self.deny_noticed(context, tenant, code, Noticed::Calling).await;
    }

    /// As [`deny`](Self::deny), and says who noticed.
    pub(crate) async fn deny_noticed(
        &self,
        context: &OperationContext,
        tenant: &tenants::Tenant,
        code: Code,
        noticed: Noticed,
    ) {
        let denied_at = self.clock.now();
        let evicted = self.cache.evict_tenant(&tenant.id);
        let denial = Denial { code, noticed, denied_at, evicted, evicted_at: self.clock.now() };
        self.health.alarm(&tenant.id);
        if let Err(error) = self.suspend_denied(context, tenant, denial).await {
            let tenant = &tenant.id;
            tracing::error!(%tenant, %error, "a denied tenant could not be marked as suspended");
        }
    }

    async fn suspend_denied(
        &self,
        context: &OperationContext,
        before: &tenants::Tenant,
        denial: Denial,
    ) -> Result<(), EngineError> {
        let mut write = self.begin().await?;
        let id = &before.id;
        let tenant = require::tenant(&mut write, id).await?;
        if tenant.state != TenantState::Active || tenant.epoch != before.epoch {
            return Ok(());
        }
        let now = self.clock.now();
        let reason = denial.code.as_str();
        tenants::set_state(&mut write, id, TenantState::Suspended, Some(reason), now).await?;
        let mut entry = Entry::of(Action::TenantSuspend, id)
            .with("reason", reason)
            .with("noticed", denial.noticed.as_str())
            .with(detail::DENIED_AT, stamp(denial.denied_at))
            .with(detail::EVICTED, denial.evicted)
            .with(detail::EVICTED_AT, stamp(denial.evicted_at));
        if let Some(root) = root_keys::active(&mut write, id).await? {
            // The owner refused somewhere between that and the denial.
            if let Some(answered) = self.health.answered_at(&root.id) {
                entry = entry.with(detail::ANSWERED_LAST, stamp(answered));
            }
            transition::root_key(&mut write, &root, KeyState::Suspended, now, reason).await?;
            entry = entry.root_key(&root.id, root.version);
        }
        self.commit(write, context, vec![entry]).await
    }
}
