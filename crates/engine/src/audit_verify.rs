//! Verifies the audit log: every record, every hash, the tree's root and the checkpoint's signature,
//! recomputed from the rows.

use keyward_ledger::{Action, RecordView, StoredRecord, Verifier, VerifierKey};
use keyward_store::tables::{audit_head, audit_records};

use crate::{Engine, EngineError, OperationContext, operation::Entry};

/// Records read at once.
const CHUNK: u32 = 4096;

/// What was verified.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Verified {
    /// How many records.
    pub records: u64,
    /// The tree's root, base64 as in the checkpoint.
    pub root: String,
    /// The log's origin.
    pub origin: String,
    /// How often a record's time lies before the one before it: a clock was set back.
    pub clock_steps: u64,
}

impl Engine {
    /// Verifies the whole log, and records that it was.
    ///
    /// `progress` is told the records verified so far, and how many there are.
    ///
    /// # Errors
    /// [`EngineError::Ledger`], which names the record and what to do.
    pub async fn audit_verify(
        &self,
        context: &OperationContext,
        progress: &(dyn Fn(u64, u64) + Sync),
    ) -> Result<Verified, EngineError> {
        let entry = Entry::new(Action::AuditVerify);
        self.guard(context, entry.clone(), async {
            let verified = self.verify_log(&self.verifier_key(), progress).await?;
            let entry =
                entry.with("records", verified.records).with("root", verified.root.as_str());
            self.record(context, entry).await?;
            Ok(verified)
        })
        .await
    }

    /// Recomputes everything from the rows, trusting nothing but the key.
    async fn verify_log(
        &self,
        key: &VerifierKey,
        progress: &(dyn Fn(u64, u64) + Sync),
    ) -> Result<Verified, EngineError> {
        // One snapshot: records that are appended meanwhile belong to the next verification.
        let mut reader = self.store.snapshot().await?;
        let head = audit_head::get(&mut reader).await?;
        let mut verifier = Verifier::new();
        let mut next = 0;
        loop {
            let rows = audit_records::read_range(&mut reader, next, CHUNK).await?;
            let Some(last) = rows.last() else { break };
            next = last.seq + 1;
            verifier = tokio::task::spawn_blocking(move || {
                let records: Vec<_> = rows
                    .iter()
                    .map(|row| StoredRecord {
                        seq: row.seq,
                        body: row.body.as_bytes(),
                        leaf_hash: &row.leaf,
                    })
                    .collect();
                // What queries filter on must be what was recorded.
                verifier.verify_chunk_with(&records, |place, record| {
                    rows.get(place).map_or(Ok(()), |row| columns_agree(row, record))
                })?;
                Ok::<_, EngineError>(verifier)
            })
            .await
            .map_err(|_| EngineError::StateCorrupt("the audit log".into()))??;
            progress(next, head.size);
        }
        let verified = verifier.finish(&head.checkpoint, key)?;
        Ok(Verified {
            records: verified.checkpoint.size,
            root: verified.checkpoint.root.to_string(),
            origin: verified.checkpoint.origin.to_string(),
            clock_steps: verified.clock_steps_in_all,
        })
    }
}

/// That a row's columns say what its record says: else a query would hide or misplace it.
fn columns_agree(
    row: &audit_records::AuditRecord,
    record: &RecordView<'_>,
) -> Result<(), EngineError> {
    let agree = row.action == record.action.as_str()
        && row.outcome == record.outcome.as_str()
        && row.actor == record.actor
        && row.tenant == record.tenant.as_ref().map(ToString::to_string)
        && row.key == record.key.as_ref().map(ToString::to_string)
        && row.time == record.time;
    if agree { Ok(()) } else { Err(EngineError::ColumnsDiffer { seq: row.seq }) }
}
