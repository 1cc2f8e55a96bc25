//! Verifies the audit log: every record, every hash, the tree's root and the checkpoint's signature,
//! recomputed from the rows.

use std::{collections::HashMap, sync::Arc};

use keyward_ledger::{Action, RecordView, StoredBody, Verifier, VerifierKey};
use keyward_store::tables::{
    audit_head,
    audit_records::{self, StoredRow},
    audit_terms, audit_tiles,
};

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
        let terms = Arc::new(audit_terms::all(&mut reader).await?);
        let mut verifier = Verifier::new();
        let mut next = 0;
        loop {
            let chunk = audit_records::read_chunk(&mut reader, next, CHUNK).await?;
            let Some(last) = chunk.rows().next_back() else { break };
            let hashes = audit_tiles::leaf_hashes(&mut reader, next, chunk.len()).await?;
            next = last.seq + 1;
            let terms = Arc::clone(&terms);
            verifier = tokio::task::spawn_blocking(move || {
                let rows: Vec<_> = chunk.rows().collect();
                let bodies: Vec<_> =
                    rows.iter().map(|row| StoredBody { seq: row.seq, body: row.body }).collect();
                // What queries filter on must be what was recorded.
                verifier.verify_bodies_with(&bodies, &hashes, |place, record| {
                    rows.get(place).map_or(Ok(()), |row| columns_agree(row, &terms, record))
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
    row: &StoredRow<'_>,
    terms: &HashMap<i64, String>,
    record: &RecordView<'_>,
) -> Result<(), EngineError> {
    let is = |id: i64, text: &str| terms.get(&id).is_some_and(|term| term == text);
    let is_optional = |id: i64, text: Option<String>| match text {
        Some(text) => is(id, &text),
        None => id == 0,
    };
    let columns = &row.columns;
    let agree = is(columns.action, record.action.as_str())
        && is(columns.outcome, record.outcome.as_str())
        && is(columns.actor, &record.actor)
        && is_optional(columns.tenant, record.tenant.as_ref().map(ToString::to_string))
        && is_optional(columns.key, record.key.as_ref().map(ToString::to_string))
        && columns.time == record.time.timestamp_micros();
    if agree { Ok(()) } else { Err(EngineError::ColumnsDiffer { seq: row.seq }) }
}
