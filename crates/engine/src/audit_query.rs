//! Queries the audit log.

use keyward_core::{Role, TenantId};
use keyward_ledger::{Action, Record};
use keyward_store::tables::audit_records::{self, Page};

use crate::{Engine, EngineError, OperationContext, authorise::authorise};

pub use keyward_store::tables::audit_records::Filter as AuditFilter;

/// A page of records.
#[derive(Clone, Debug)]
pub struct AuditPage {
    /// The records, in the order that was asked for.
    pub records: Vec<Record>,
    /// The sequence number to go on from. `None` where this is the last page.
    pub next: Option<u64>,
}

impl Engine {
    /// A page of records that match the filter, newest first: those before sequence number `before`,
    /// or the newest; `limit` is at most 1,000. A tenant's approver sees that tenant's records only.
    ///
    /// # Errors
    /// [`EngineError::NotAuthorised`]; [`EngineError::StateCorrupt`] where a record isn't what was
    /// written.
    pub async fn audit_query(
        &self,
        context: &OperationContext,
        filter: &AuditFilter,
        before: Option<u64>,
        limit: u32,
    ) -> Result<AuditPage, EngineError> {
        let tenant: Option<TenantId> = match &context.role {
            Role::TenantApprover(own) => {
                if filter.tenant.as_ref().is_some_and(|asked| asked != own) {
                    authorise(context, Action::AuditQuery, filter.tenant.as_ref())?;
                }
                Some(own.clone())
            }
            _ => filter.tenant.clone(),
        };
        authorise(context, Action::AuditQuery, tenant.as_ref())?;
        let filter = AuditFilter { tenant, ..filter.clone() };
        let limit = limit.clamp(1, 1000);
        let page = before.map_or(Page::Newest, Page::Before);
        let rows =
            audit_records::page(&mut *self.store.read().await?, &filter, page, limit).await?;
        let records: Vec<Record> =
            rows.iter().map(|row| Record::parse(&row.body)).collect::<Result<_, _>>()?;
        let next = (records.len() == limit as usize)
            .then(|| records.last().map(|record| record.seq))
            .flatten();
        Ok(AuditPage { records, next })
    }
}
