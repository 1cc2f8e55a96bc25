//! Queries the audit log: pages of records by filters that combine, and how many there are.

use keyward_core::{Role, TenantId};
use keyward_ledger::{Action, Record};
use keyward_store::tables::{audit_counts, audit_pages, audit_text};

use crate::{Engine, EngineError, OperationContext, operation::Entry};

pub use keyward_store::tables::{
    audit_counts::{
        Apart as CountApart, Count as AuditCount, CountFilter as AuditCountFilter,
        Step as CountStep,
    },
    audit_pages::{Filter as AuditFilter, Page as AuditStart},
};

/// The most records of a page.
const MOST: u32 = 1000;

/// A page of records.
#[derive(Clone, Debug)]
pub struct AuditPage {
    /// The records, in the order that was asked for.
    pub records: Vec<Record>,
    /// The sequence number to go on from, in the same direction. `None` where this is the last page.
    pub next: Option<u64>,
}

impl Engine {
    /// A page of records that pass the filter, from where and in which direction `start` says; `limit` is
    /// at most 1,000. A tenant's approver sees that tenant's records only. Leaves no record but a
    /// refusal's.
    ///
    /// Archived records are found only where their day was fetched.
    ///
    /// # Errors
    /// [`EngineError::NotAuthorised`]; [`EngineError::Ledger`] where a record isn't what was written;
    /// [`EngineError::InvalidInput`] for a search without a word in it.
    pub async fn audit_query(
        &self,
        context: &OperationContext,
        filter: &AuditFilter,
        start: AuditStart,
        limit: u32,
    ) -> Result<AuditPage, EngineError> {
        let tenant = seen_by(&context.role, filter.tenant.as_ref());
        self.guard(context, query_of(tenant.as_ref()), async {
            let filter = checked(AuditFilter { tenant, ..filter.clone() })?;
            let limit = limit.clamp(1, MOST);
            let mut reader = self.store.read().await?;
            let rows = audit_pages::page(&mut reader, &filter, start, limit).await?;
            let records: Vec<Record> =
                rows.iter().map(|row| Record::parse(&row.body)).collect::<Result<_, _>>()?;
            let full = records.len() == limit as usize;
            let next = records.last().filter(|_| full).map(|record| record.seq);
            Ok(AuditPage { records, next })
        })
        .await
    }

    /// How many records pass the filter, by hour or day, and each tenant, action or outcome apart if that
    /// is asked for. Counts are kept as the log grows, so that this takes no longer for a longer one; they
    /// have the archived records as well. A tenant's approver sees that tenant's counts only. Leaves no
    /// record but a refusal's.
    ///
    /// # Errors
    /// [`EngineError::NotAuthorised`].
    pub async fn audit_counts(
        &self,
        context: &OperationContext,
        filter: &AuditCountFilter,
        step: CountStep,
        apart: CountApart,
    ) -> Result<Vec<AuditCount>, EngineError> {
        let tenant = seen_by(&context.role, filter.tenant.as_ref());
        self.guard(context, query_of(tenant.as_ref()), async {
            let filter = AuditCountFilter { tenant, ..filter.clone() };
            let mut reader = self.store.read().await?;
            Ok(audit_counts::counts(&mut reader, &filter, step, apart).await?)
        })
        .await
    }
}

/// The tenant whose records are asked for: another tenant's are refused to an approver, and asking for all
/// gives its own.
pub(crate) fn seen_by(role: &Role, asked: Option<&TenantId>) -> Option<TenantId> {
    match (role, asked) {
        (Role::TenantApprover(own), None) => Some(own.clone()),
        (_, asked) => asked.cloned(),
    }
}

/// What is recorded where a query about this tenant is refused.
pub(crate) fn query_of(tenant: Option<&TenantId>) -> Entry {
    Entry { tenant: tenant.cloned(), ..Entry::new(Action::AuditQuery) }
}

/// The filter, unless it searches for nothing: that would find nothing, and seem to say something.
pub(crate) fn checked(filter: AuditFilter) -> Result<AuditFilter, EngineError> {
    match &filter.search {
        Some(search) if !audit_text::asks_for_words(search) => {
            let why = "a search asks for letters or digits, like `acme denied` or `invoic*`";
            Err(EngineError::InvalidInput(why.into()))
        }
        _ => Ok(filter),
    }
}
