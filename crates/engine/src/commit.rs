//! Where state and log become durable together.
//!
//! Every operation ends in [`Engine::commit`] or [`Engine::record`]: its records, their hashes and a newly
//! signed checkpoint go into the transaction of its state change. Nothing is released before these return.

use keyward_core::{Code, ExitClass};
use keyward_ledger::Outcome;
use keyward_store::tables::tenants::Tenant;

use crate::{Engine, EngineError, OperationContext, log::Change, operation::Entry};

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

    /// A turn to change state in. Ends in [`commit`](Self::commit), or undoes itself when dropped.
    ///
    /// Within a turn nothing else may be recorded: that would wait for this turn to end.
    pub(crate) async fn begin(&self) -> Result<Change, EngineError> {
        self.log.begin().await
    }

    /// Appends the entries to the log and commits the change that they belong to.
    pub(crate) async fn commit(
        &self,
        change: Change,
        context: &OperationContext,
        entries: Vec<Entry>,
    ) -> Result<(), EngineError> {
        change.commit(context, entries).await
    }

    /// Commits a record that goes with no state change.
    pub(crate) async fn record(
        &self,
        context: &OperationContext,
        entry: Entry,
    ) -> Result<(), EngineError> {
        self.log.record(context, vec![entry], None).await
    }

    /// Commits a record if the tenant is active, and what it was `before`; looked up in the transaction
    /// of the record, so that a denial or revocation that came first wins.
    pub(crate) async fn record_unless_changed(
        &self,
        context: &OperationContext,
        entry: Entry,
        before: &Tenant,
    ) -> Result<(), EngineError> {
        self.log.record(context, vec![entry], Some(before.clone())).await
    }

    /// Commits the state change that a refusal causes (a challenge spent, an intent settled) together
    /// with the refusal's record, and hands the refusal on.
    pub(crate) async fn commit_failure(
        &self,
        change: Change,
        context: &OperationContext,
        entry: Entry,
        error: EngineError,
    ) -> EngineError {
        match self.commit(change, context, vec![failed(entry, &error)]).await {
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
