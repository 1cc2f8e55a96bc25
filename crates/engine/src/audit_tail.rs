//! Follows the audit log: the records after one, as soon as any process has written them.

use std::time::Duration;

use keyward_ledger::Record;
use keyward_store::tables::{audit_head, audit_pages};
use tokio::time::{Instant, sleep_until};

use crate::{
    AuditFilter, AuditPage, AuditStart, Engine, EngineError, OperationContext,
    audit_query::{checked, query_of, seen_by},
};

/// How often the log's size is looked at while nothing comes. Reading one row by its key takes some 20 µs,
/// so this costs nothing that could be measured, and needs no connection that stays open for it, which
/// `PRAGMA data_version` would; that also counts every write to the database, and only the log's matter.
const LOOK: Duration = Duration::from_millis(150);

impl Engine {
    /// The records that pass the filter after a sequence number (from the first on without one), oldest
    /// first, `limit` of them at most. Where there are none yet it waits for them, of this process or
    /// another, for `wait` at most; the page is empty then. [`AuditPage::next`] is where to go on from,
    /// also where no record has passed. A tenant's approver sees that tenant's records only. Leaves no
    /// record but a refusal's.
    ///
    /// # Errors
    /// As [`audit_query`](Self::audit_query).
    pub async fn audit_tail(
        &self,
        context: &OperationContext,
        filter: &AuditFilter,
        after: Option<u64>,
        limit: u32,
        wait: Duration,
    ) -> Result<AuditPage, EngineError> {
        let tenant = seen_by(&context.role, filter.tenant.as_ref());
        self.guard(context, query_of(tenant.as_ref()), async {
            let filter = checked(AuditFilter { tenant, ..filter.clone() })?;
            let limit = limit.clamp(1, 1000);
            let deadline = Instant::now().checked_add(wait);
            let mut published = self.log.published();
            let mut after = after;
            loop {
                published.borrow_and_update();
                let mut reader = self.store.read().await?;
                let size = audit_head::get(&mut reader).await?.size;
                if after.map_or(0, |after| after.saturating_add(1)) < size {
                    let start = after.map_or(AuditStart::Oldest, AuditStart::After);
                    let rows = audit_pages::page(&mut reader, &filter, start, limit).await?;
                    let records: Vec<Record> =
                        rows.iter().map(|row| Record::parse(&row.body)).collect::<Result<_, _>>()?;
                    // All before the size that was read first have been looked at, unless there are more
                    // than fit on the page.
                    let looked = size.checked_sub(1).filter(|_| records.len() < limit as usize);
                    after = after.max(looked).max(records.last().map(|record| record.seq));
                    if !records.is_empty() {
                        return Ok(AuditPage { records, next: after });
                    }
                }
                drop(reader);
                let look = Instant::now() + LOOK;
                if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                    return Ok(AuditPage { records: Vec::new(), next: after });
                }
                let until = deadline.map_or(look, |deadline| deadline.min(look));
                // This engine's own records are told at once; those of other processes are looked for.
                tokio::select! {
                    changed = published.changed() => if changed.is_err() { sleep_until(until).await },
                    () = sleep_until(until) => {}
                }
            }
        })
        .await
    }
}
