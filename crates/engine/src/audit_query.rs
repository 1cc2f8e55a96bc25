//! Queries the audit log.

use keyward_core::{Role, TenantId};
use keyward_ledger::{Action, Record};
use keyward_store::tables::audit_pages::{self, Page};

use crate::{Engine, EngineError, OperationContext, operation::Entry};

pub use keyward_store::tables::audit_pages::Filter as AuditFilter;

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
    /// Leaves no record but a refusal's.
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
        // Another tenant's records are refused to an approver; asking for all gives its own.
        let tenant: Option<TenantId> = match (&context.role, &filter.tenant) {
            (Role::TenantApprover(own), None) => Some(own.clone()),
            (_, asked) => asked.clone(),
        };
        let entry = Entry { tenant: tenant.clone(), ..Entry::new(Action::AuditQuery) };
        self.guard(context, entry, async {
            let filter = AuditFilter { tenant, ..filter.clone() };
            let limit = limit.clamp(1, 1000);
            let page = before.map_or(Page::Newest, Page::Before);
            let rows =
                audit_pages::page(&mut *self.store.read().await?, &filter, page, limit).await?;
            let records: Vec<Record> =
                rows.iter().map(|row| Record::parse(&row.body)).collect::<Result<_, _>>()?;
            let next = (records.len() == limit as usize)
                .then(|| records.last().map(|record| record.seq))
                .flatten();
            Ok(AuditPage { records, next })
        })
        .await
    }
}
