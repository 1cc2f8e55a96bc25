//! One operation's turn to change state.

use std::{
    ops::{Deref, DerefMut},
    sync::Arc,
};

use keyward_ledger::LedgerError;
use keyward_store::Connection;
use tokio::sync::OwnedMutexGuard;

use super::{Group, Log, Member, Turn, close::record, fail, told};
use crate::{EngineError, OperationContext, operation::Entry};

/// A connection within the group's transaction, after a savepoint. Dropped without
/// [`commit`](Self::commit), nothing of it remains, and the rest of the group stays.
///
/// How it ends is not for its caller to interrupt: who goes away while the savepoint is being released or
/// rolled back leaves nobody who knows which of the two has happened. So either is a task's, which has
/// the turn until it is done.
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
        if turn.group.is_none() {
            turn.group = Some(Group::new(log.store.write().await?));
        }
        let mut change = Self { log, turn: Some(turn) };
        // From here on whoever goes away drops a change, which undoes it.
        change.group().write.begin_part().await?;
        Ok(change)
    }

    /// Makes the change durable, with its entries in the log, together with the rest of the group.
    ///
    /// # Errors
    /// The store's; then nothing of the change remains. Where the caller goes away while this waits, it
    /// may have happened or not: the rows tell.
    pub(crate) async fn commit(
        self,
        context: &OperationContext,
        entries: Vec<Entry>,
    ) -> Result<(), EngineError> {
        // Found out while this change alone can still be undone. The last sequence number is the longest.
        for entry in &entries {
            let _: String = record(context, entry.clone(), u64::MAX >> 11, self.log.clock.now())
                .to_canonical()
                .map_err(|error: LedgerError| EngineError::Ledger(error))?;
        }
        let (member, durable) = Member::new(context, entries, None);
        tokio::spawn(self.keep(member));
        told(durable).await
    }

    /// Leaves the change to the group, and its turn to the next one.
    async fn keep(mut self, member: Member) {
        if let Err(error) = self.group().write.keep_part().await {
            return member.tell(Err(error.into()));
        }
        self.group().members.push(member);
        self.turn = None;
        self.log.close_soon();
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
        let Some(group) = turn.group.take() else { return };
        // Undoing takes a statement. Where nothing runs any more to wait for it, the group goes here, and
        // its transaction with it: that undoes all of it, and tells the members so.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(undo(Arc::clone(&self.log), turn, group));
        }
    }
}

/// Undoes the change that was begun last. The group is out of its place meanwhile: should this task be
/// dropped half-way, nobody goes on in that transaction.
async fn undo(log: Arc<Log>, mut turn: OwnedMutexGuard<Turn>, mut group: Group) {
    match group.write.undo_part().await {
        Ok(()) => turn.group = Some(group),
        // SQLite has given the transaction up by itself, as it may where a disk is full.
        Err(error) => return fail(group.members, error.into()),
    }
    drop(turn);
    log.close_soon();
}
