//! For how many days a version of a root key may stay current before its rotation is due.
//!
//! The workspace has one period, and a tenant may have one of its own. A period demands nothing by itself:
//! what is overdue goes on working, and [`Engine::attention`] names it.

use chrono::{DateTime, Days, Utc};
use keyward_core::TenantId;
use keyward_ledger::Action;
use keyward_store::{
    Connection,
    tables::{tenants, workspace},
};

use crate::{
    Engine, EngineError, OperationContext,
    audit_query::{query_of, seen_by},
    operation::Entry,
    require,
};

/// The setting that holds the workspace's period.
const SETTING: &str = "rotation.days";
/// Where nothing is set.
const DEFAULT_DAYS: u32 = 90;
/// A shorter one would be over before anybody has rotated.
const LEAST_DAYS: u32 = 1;
/// Ten years. More is a slip.
const MOST_DAYS: u32 = 3650;

/// The rotation period of a tenant, or the workspace's.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct RotationPeriod {
    /// Whose. `None`: all tenants' that have none of their own.
    pub tenant: Option<TenantId>,
    /// For how many days a root key version may stay current.
    pub days: u32,
    /// Whether that is the tenant's own period, and not the workspace's.
    pub own: bool,
    /// The workspace's period, in days.
    pub default_days: u32,
}

impl Engine {
    /// A tenant's rotation period, or the workspace's. Leaves no record but a refusal's.
    ///
    /// # Errors
    /// [`EngineError::NotAuthorised`], [`EngineError::TenantNotFound`]; [`EngineError::StateCorrupt`] where
    /// the setting isn't what was written.
    pub async fn rotation_period(
        &self,
        context: &OperationContext,
        tenant: Option<&TenantId>,
    ) -> Result<RotationPeriod, EngineError> {
        let tenant = seen_by(&context.role, tenant);
        self.guard(context, query_of(tenant.as_ref()), async {
            period(&mut *self.store.read().await?, tenant.as_ref()).await
        })
        .await
    }

    /// Sets a tenant's rotation period, or the workspace's where no tenant is given. `None` days: the tenant
    /// has the workspace's again, or the workspace 90 days.
    ///
    /// # Errors
    /// [`EngineError::InvalidInput`] for fewer days than 1, or more than ten years have;
    /// [`EngineError::TenantNotFound`].
    pub async fn set_rotation_period(
        &self,
        context: &OperationContext,
        tenant: Option<&TenantId>,
        days: Option<u32>,
    ) -> Result<RotationPeriod, EngineError> {
        let mut entry = Entry::new(Action::TenantRotationPeriod);
        entry.tenant = tenant.cloned();
        self.guard(context, entry.clone(), async {
            if let Some(days) = days
                && !(LEAST_DAYS..=MOST_DAYS).contains(&days)
            {
                return Err(EngineError::InvalidInput(format!(
                    "a rotation period has {LEAST_DAYS} to {MOST_DAYS} days, not `{days}`"
                )));
            }
            let mut change = self.begin().await?;
            let before = period(&mut change, tenant).await?;
            match tenant {
                Some(tenant) => tenants::set_rotation_days(&mut change, tenant, days).await?,
                None => {
                    let days = days.unwrap_or(DEFAULT_DAYS);
                    workspace::set(&mut change, SETTING, &days.to_string()).await?;
                }
            }
            let after = period(&mut change, tenant).await?;
            let entry = entry
                .with("days", after.days)
                .with("own", after.own)
                .with("days_before", before.days)
                .with("own_before", before.own);
            self.commit(change, context, vec![entry]).await?;
            Ok(after)
        })
        .await
    }
}

/// The workspace's period, in days.
pub(crate) async fn default_days(connection: &mut Connection) -> Result<u32, EngineError> {
    match workspace::setting(connection, SETTING).await? {
        None => Ok(DEFAULT_DAYS),
        Some(days) => days
            .parse()
            .ok()
            .filter(|days| (LEAST_DAYS..=MOST_DAYS).contains(days))
            .ok_or_else(|| EngineError::StateCorrupt(format!("the setting `{SETTING}`"))),
    }
}

/// When a version that is current since then is due to be rotated.
pub(crate) fn due_at(since: DateTime<Utc>, days: u32) -> DateTime<Utc> {
    since.checked_add_days(Days::new(days.into())).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

async fn period(
    connection: &mut Connection,
    tenant: Option<&TenantId>,
) -> Result<RotationPeriod, EngineError> {
    let default_days = default_days(connection).await?;
    let own = match tenant {
        Some(tenant) => require::tenant(connection, tenant).await?.rotation_days,
        None => None,
    };
    Ok(RotationPeriod {
        tenant: tenant.cloned(),
        days: own.unwrap_or(default_days),
        own: own.is_some(),
        default_days,
    })
}
