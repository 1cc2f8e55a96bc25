//! Where state and log become durable together.
//!
//! Every operation ends in [`Engine::commit`]: its records, their hashes and a newly signed checkpoint
//! go into the transaction of its state change. Nothing is released before this returns.

use keyward_core::{Code, ExitClass};
use keyward_ledger::{Checkpoint, LedgerError, Outcome, Record, TileEdge, leaf_hash};
use keyward_store::{
    Write,
    tables::{
        audit_head::{self, AuditHead},
        audit_records::{self, AuditRecord},
        audit_tiles::{self, AuditTile},
    },
};

use crate::{Engine, EngineError, OperationContext, operation::Entry, words::words};

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
        let from = audit_head::get(&mut write).await?;
        let mut edge = self.edge_at(&mut write, &from).await?;
        // Another process may have written since: its clock, or ours before a jump, may have been ahead.
        self.clock.at_least(from.time);
        let time = self.clock.now();
        let mut rows = Vec::with_capacity(entries.len());
        let mut leaves = Vec::with_capacity(entries.len());
        for (seq, entry) in (from.size..).zip(entries) {
            let record = Record {
                seq,
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
            leaves.push(leaf_hash(body.as_bytes()));
            rows.push(AuditRecord {
                seq,
                time,
                actor: record.actor.to_string(),
                tenant: record.tenant.as_ref().map(ToString::to_string),
                key: record.key.as_ref().map(ToString::to_string),
                action: record.action.as_str().into(),
                outcome: record.outcome.as_str().into(),
                words: words(&record),
                body,
            });
        }
        let tiles: Vec<AuditTile> = edge
            .extend(&leaves)
            .into_iter()
            .map(|grown| AuditTile {
                level: grown.tile.id.level,
                tile: grown.tile.id.index,
                hashes: grown.tile.hashes,
            })
            .collect();
        let checkpoint =
            Checkpoint { origin: self.log.origin.clone(), size: edge.size(), root: edge.root() };
        let to = AuditHead {
            size: edge.size(),
            time,
            frontier: edge.frontier().to_bytes(),
            checkpoint: checkpoint.sign(&self.log.key),
        };
        audit_records::append(&mut write, &from, &rows, &tiles, &to).await?;
        write.commit().await?;
        // Commits of this process may get here in another order; then the next one reads the edge again.
        *self.edge.lock() = Some(edge);
        Ok(())
    }

    /// The tree's right edge at the head: as this engine left it, or as it is stored.
    async fn edge_at(&self, write: &mut Write, head: &AuditHead) -> Result<TileEdge, EngineError> {
        let ours = self.edge.lock().take();
        if let Some(edge) = ours.filter(|edge| edge.size() == head.size) {
            return Ok(edge);
        }
        let ids: Vec<_> =
            TileEdge::tiles_of(head.size).map(|(id, _)| (id.level, id.index)).collect();
        let tiles = audit_tiles::get_many(write, &ids).await?;
        let edge = TileEdge::restore(head.size, |id| {
            let tile = tiles.iter().find(|tile| (tile.level, tile.tile) == (id.level, id.index));
            tile.map(|tile| tile.hashes.as_slice())
        })?;
        if head.size > 0 {
            // Whatever was done to the tiles behind our back, we must not sign it.
            let checkpoint = Checkpoint::verify(&head.checkpoint, &self.verifier_key())?;
            if (checkpoint.size, checkpoint.root) != (head.size, edge.root()) {
                return Err(LedgerError::RootDiffers { first: 0, size: head.size }.into());
            }
        }
        Ok(edge)
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
