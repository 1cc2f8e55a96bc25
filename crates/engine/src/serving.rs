//! How a tenant's unwrapped keys serve: from memory, through an outage, from another region, and how many
//! calls they may cost.

use std::time::Duration;

use keyward_core::TenantId;
use keyward_ledger::Action;
use keyward_store::tables::tenants::{self, Serving};

use crate::{
    Engine, EngineError, OperationContext, audit_query::query_of, operation::Entry, require,
};

/// The longest lifetime and grant window: a day. More would be a key of ours.
const MOST_SECONDS: u64 = 86_400;
/// The highest cap: more than any provider takes.
const MOST_CALLS: u32 = 100_000;

/// What holds for a tenant, set or not.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct TenantServing {
    /// The tenant.
    pub tenant: TenantId,
    /// For how many seconds a key serves from memory, from its unwrapping on.
    pub cache_seconds: u64,
    /// For how many seconds after that it may serve while its provider is unreachable.
    pub grant_seconds: u64,
    /// Whether the root key's other regions may serve while the engine's own is unreachable.
    pub other_regions: bool,
    /// How many calls to its provider the tenant may cause in a second; `None`: as many as there are.
    pub calls_per_second: Option<u32>,
    /// What of it is the tenant's own, and not the engine's usual.
    pub own: Serving,
}

/// What is to be set; what is `None` stays.
#[derive(Clone, Copy, Debug, Default)]
pub struct ServingChange {
    /// The lifetime in memory; `Some(None)`: the usual.
    pub cache: Option<Option<Duration>>,
    /// The grant window; `Some(None)`: the usual.
    pub grant: Option<Option<Duration>>,
    /// Whether other regions may serve.
    pub other_regions: Option<bool>,
    /// The cap on calls; `Some(None)`: none.
    pub calls_per_second: Option<Option<u32>>,
}

impl Engine {
    /// How a tenant's keys serve. Leaves no record but a refusal's.
    ///
    /// # Errors
    /// [`EngineError::NotAuthorised`], [`EngineError::TenantNotFound`].
    pub async fn serving(
        &self,
        context: &OperationContext,
        tenant: &TenantId,
    ) -> Result<TenantServing, EngineError> {
        self.guard(context, query_of(Some(tenant)), async {
            let row = require::tenant(&mut *self.store.read().await?, tenant).await?;
            Ok(self.serving_of(&row))
        })
        .await
    }

    /// Sets how a tenant's keys serve. What is cached of it goes at once, here and in every other process:
    /// no key outlives a rule that was made for a longer life.
    ///
    /// # Errors
    /// [`EngineError::InvalidInput`] for what is longer than a day, or a cap of none or more than 100,000
    /// calls; [`EngineError::TenantNotFound`].
    pub async fn set_serving(
        &self,
        context: &OperationContext,
        tenant: &TenantId,
        change: ServingChange,
    ) -> Result<TenantServing, EngineError> {
        let entry = Entry::of(Action::TenantServing, tenant);
        self.guard(context, entry.clone(), async {
            let mut write = self.begin().await?;
            let before = require::tenant(&mut write, tenant).await?;
            let after = changed(before.serving, change)?;
            self.cache.evict_tenant(tenant);
            tenants::set_serving(&mut write, tenant, &after).await?;
            let row = require::tenant(&mut write, tenant).await?;
            self.providers.cap(&row);
            let (was, is) = (self.serving_of(&before), self.serving_of(&row));
            let mut entry = entry
                .with("cache_seconds", is.cache_seconds)
                .with("cache_seconds_before", was.cache_seconds)
                .with("grant_seconds", is.grant_seconds)
                .with("grant_seconds_before", was.grant_seconds)
                .with("other_regions", is.other_regions)
                .with("other_regions_before", was.other_regions);
            for (name, calls) in [
                ("calls_per_second", is.calls_per_second),
                ("calls_per_second_before", was.calls_per_second),
            ] {
                if let Some(calls) = calls {
                    entry = entry.with(name, calls);
                }
            }
            self.commit(write, context, vec![entry]).await?;
            // A key that was opened meanwhile, under the rules from before.
            self.cache.evict_tenant(tenant);
            Ok(is)
        })
        .await
    }

    fn serving_of(&self, row: &tenants::Tenant) -> TenantServing {
        let lifetimes = self.cache.settings().of(&row.serving);
        TenantServing {
            tenant: row.id.clone(),
            cache_seconds: lifetimes.cached.as_secs(),
            grant_seconds: lifetimes.granted.as_secs(),
            other_regions: row.serving.other_regions,
            calls_per_second: row.serving.calls_per_second,
            own: row.serving,
        }
    }
}

fn changed(before: Serving, change: ServingChange) -> Result<Serving, EngineError> {
    if let Some(Some(calls)) = change.calls_per_second
        && !(1..=MOST_CALLS).contains(&calls)
    {
        return Err(EngineError::InvalidInput(format!(
            "a tenant's calls are capped at 1 to {MOST_CALLS} a second, not `{calls}`"
        )));
    }
    Ok(Serving {
        cache_seconds: seconds("a cache lifetime", change.cache, before.cache_seconds)?,
        grant_seconds: seconds("a grant window", change.grant, before.grant_seconds)?,
        other_regions: change.other_regions.unwrap_or(before.other_regions),
        calls_per_second: change.calls_per_second.unwrap_or(before.calls_per_second),
    })
}

fn seconds(
    what: &str,
    change: Option<Option<Duration>>,
    before: Option<u32>,
) -> Result<Option<u32>, EngineError> {
    match change {
        None => Ok(before),
        Some(None) => Ok(None),
        Some(Some(time)) if time.as_secs() <= MOST_SECONDS && time.subsec_nanos() == 0 => {
            Ok(u32::try_from(time.as_secs()).ok())
        }
        Some(Some(time)) => Err(EngineError::InvalidInput(format!(
            "{what} has 0 to {MOST_SECONDS} whole seconds, not `{time:?}`"
        ))),
    }
}
