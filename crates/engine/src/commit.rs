//! Where state and log become durable together.
//!
//! Every operation ends in [`Engine::commit`]: its records, their hashes and a newly signed checkpoint
//! go into the transaction of its state change. Nothing is released before this returns.

use std::sync::atomic::Ordering;

use keyward_core::{Code, ExitClass};
use keyward_ledger::{Checkpoint, Frontier, Outcome, Record, leaf_hash};
use keyward_store::{
    Write,
    tables::{
        audit_head::{self, AuditHead},
        audit_records::{self, AuditRecord},
    },
};

use crate::{Engine, EngineError, OperationContext, operation::Entry};

impl Engine {
    /// Runs an operation behind the gate, and records its refusal or failure.
    ///
    /// Success is the operation's own to record, in its own transaction.
    pub(crate) async fn guard<T>(
        &self,
        context: &OperationContext,
        entry: Entry,
        operation: impl Future<Output = Result<T, EngineError>>,
    ) -> Result<T, EngineError> {
        let result = match self.authorise(context, entry.action, entry.tenant.as_ref()) {
            Ok(()) => operation.await,
            Err(refusal) => Err(refusal),
        };
        match result {
            Ok(done) => Ok(done),
            Err(EngineError::Recorded(error)) => Err(*error),
            Err(error) => {
                self.record_failure(context, entry, &error).await;
                Err(error)
            }
        }
    }

    /// Appends the entries to the log and commits the transaction that they belong to.
    ///
    /// One process dying anywhere in here leaves either all of it or nothing: there is one commit.
    /// INVARIANT: `write` holds the database's only write lock, so no other process can take the same
    /// sequence numbers between reading the head and committing.
    pub(crate) async fn commit(
        &self,
        mut write: Write,
        context: &OperationContext,
        entries: Vec<Entry>,
    ) -> Result<(), EngineError> {
        let head = audit_head::get(&mut write).await?;
        let mut frontier = Frontier::from_bytes(&head.frontier)?;
        // Another process has written since: its clock, or ours before a jump, may have been ahead.
        if head.size != self.recorded.load(Ordering::SeqCst)
            && let Some(last) = head.size.checked_sub(1)
            && let Some(last) = audit_records::get(&mut write, last).await?
        {
            self.clock.at_least(last.time);
        }
        let time = self.clock.now();
        let mut rows = Vec::with_capacity(entries.len());
        for entry in entries {
            let record = Record {
                seq: frontier.size(),
                time,
                actor: context.actor.clone(),
                role: context.role.clone(),
                tenant: entry.tenant,
                key: entry.key,
                key_version: entry.key_version,
                action: entry.action,
                outcome: entry.outcome,
                code: entry.code.map(String::from),
                region: context.region.clone(),
                request: context.request,
                details: entry.details,
            };
            let body = record.to_canonical()?;
            let leaf = leaf_hash(body.as_bytes());
            frontier.append(leaf);
            rows.push(AuditRecord {
                seq: record.seq,
                body,
                leaf: leaf.0,
                time,
                actor: record.actor.to_string(),
                tenant: record.tenant.as_ref().map(ToString::to_string),
                key: record.key.as_ref().map(ToString::to_string),
                action: record.action.as_str().into(),
                outcome: record.outcome.as_str().into(),
            });
        }
        let checkpoint = Checkpoint {
            origin: self.log.origin.clone(),
            size: frontier.size(),
            root: frontier.root(),
        };
        let head = AuditHead {
            size: frontier.size(),
            frontier: frontier.to_bytes(),
            checkpoint: checkpoint.sign(&self.log.key),
        };
        audit_records::append(&mut write, &rows, &head).await?;
        write.commit().await?;
        // Commits of this process may get here in another order; then the next one looks once too often.
        self.recorded.store(head.size, Ordering::SeqCst);
        Ok(())
    }

    /// Commits a record that goes with no state change.
    pub(crate) async fn record(
        &self,
        context: &OperationContext,
        entry: Entry,
    ) -> Result<(), EngineError> {
        let write = self.store.write().await?;
        self.commit(write, context, vec![entry]).await
    }

    /// Commits the state change that a refusal causes (a challenge spent, an intent settled) together
    /// with the refusal's record, and hands the refusal on.
    pub(crate) async fn commit_failure(
        &self,
        write: Write,
        context: &OperationContext,
        entry: Entry,
        error: EngineError,
    ) -> EngineError {
        match self.commit(write, context, vec![failed(entry, &error)]).await {
            Ok(()) => EngineError::Recorded(Box::new(error)),
            Err(unrecorded) => unrecorded,
        }
    }

    /// Records that an operation was refused or failed. The caller gets the operation's own error in
    /// any case: nothing was released, so a log that can't be written loses no truth about data.
    pub(crate) async fn record_failure(
        &self,
        context: &OperationContext,
        entry: Entry,
        error: &EngineError,
    ) {
        // A database that can't be written can't take the record of that either.
        if matches!(error.code(), Code::DatabaseLocked | Code::DiskFull | Code::WorkspaceNewer) {
            return;
        }
        if let Err(unrecorded) = self.record(context, failed(entry, error)).await {
            tracing::error!(%error, %unrecorded, "a failure could not be recorded");
        }
    }
}

/// The entry of an operation that was refused or failed.
fn failed(mut entry: Entry, error: &EngineError) -> Entry {
    let code = error.code();
    entry.outcome = match code.class() {
        ExitClass::Denied => Outcome::Denied,
        _ => Outcome::Failed,
    };
    entry.code = Some(code.as_str());
    if let Some(kms) = error.as_kms() {
        entry = entry.with("provider", kms.provider.as_str());
        if let Some(provider_code) = &kms.provider_code {
            entry = entry.with("provider_code", provider_code.as_str());
        }
    }
    entry
}
