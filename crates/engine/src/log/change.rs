//! One operation's turn to change state.

use std::{
    ops::{Deref, DerefMut},
    sync::Arc,
};

use keyward_ledger::LedgerError;
use keyward_store::Connection;
use tokio::sync::OwnedMutexGuard;

use super::{Group, Log, Member, Turn, close::record, told};
use crate::{EngineError, OperationContext, operation::Entry};

/// A connection within the group's transaction, after a savepoint. Dropped without
/// [`commit`](Self::commit), nothing of it remains, and the rest of the group stays.
pub(crate) struct Change {
    log: Arc<Log>,
    // INVARIANT: `Some`, with a group in it, until `commit` or `drop`.
    turn: Option<OwnedMutexGuard<Turn>>,
}

impl Change {
    pub(super) async fn begin(
        log: Arc<Log>,
        mut turn: OwnedMutexGuard<Turn>,
    ) -> Result<Self, EngineError> {
        if let Some(group) = &mut turn.group
            && let Err(error) = group.settle().await
        {
            // The transaction is not what it was, and nobody may go on in it.
            if let Some(broken) = turn.group.take() {
                super::fail(broken.members, error);
            }
        }
        if turn.group.is_none() {
            turn.group = Some(Group::new(log.store.write().await?));
        }
        let mut change = Self { log, turn: Some(turn) };
        change.group().write.begin_part().await?;
        Ok(change)
    }

    /// Makes the change durable, with its entries in the log, together with the rest of the group.
    ///
    /// # Errors
    /// The store's; then nothing of the change remains. Where the caller goes away while this waits, it
    /// may have happened or not: the rows tell.
    pub(crate) async fn commit(
        mut self,
        context: &OperationContext,
        entries: Vec<Entry>,
    ) -> Result<(), EngineError> {
        // Found out while this change alone can still be undone. The last sequence number is the longest.
        for entry in &entries {
            let _: String = record(context, entry.clone(), u64::MAX >> 11, self.log.clock.now())
                .to_canonical()
                .map_err(|error: LedgerError| EngineError::Ledger(error))?;
        }
        self.group().write.keep_part().await?;
        let (member, durable) = Member::new(context, entries, None);
        self.group().members.push(member);
        self.turn = None;
        self.log.close_soon();
        told(durable).await
    }

    fn group(&mut self) -> &mut Group {
        let group = self.turn.as_mut().and_then(|turn| turn.group.as_mut());
        group.expect("a change is in a group until it ends")
    }
}

impl Deref for Change {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        let group = self.turn.as_ref().and_then(|turn| turn.group.as_ref());
        &group.expect("a change is in a group until it ends").write
    }
}

impl DerefMut for Change {
    fn deref_mut(&mut self) -> &mut Connection {
        &mut self.group().write
    }
}

impl Drop for Change {
    fn drop(&mut self) {
        let Some(mut turn) = self.turn.take() else { return };
        // Undoing takes a statement, and so the next one's turn. Without a runtime there is no next one:
        // dropping the transaction undoes it all, and tells the members so.
        if tokio::runtime::Handle::try_current().is_err() {
            turn.group = None;
        } else if let Some(group) = &mut turn.group {
            group.unfinished = true;
            drop(turn);
            self.log.close_soon();
        }
    }
}
