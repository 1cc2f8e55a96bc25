//! The log as it grows: operations join a group, and a group becomes durable as one.
//!
//! A transaction costs a disk's answer, however little is in it, so operations that run beside each
//! other share one. Those that change state take turns in it, each within a savepoint of its own
//! ([`Change`]): what one undoes is undone for it alone. Those that only record wait beside it. Whoever
//! has finished asks for the group to be closed and waits; [`close`](Log::close) waits for its own turn
//! behind those that are in line already, so that a group is as large as it is busy, and nobody waits
//! for a clock. A result is released when the group's transaction is durable, and not before.

mod change;
mod close;

use std::sync::Arc;

use keyward_ledger::{Origin, SigningKey, TileEdge, proof::ProofCache};
use keyward_store::{Store, Write, tables::tenants::Tenant};
use parking_lot::Mutex;
use tokio::sync::{Mutex as AsyncMutex, oneshot, watch};

pub(crate) use change::Change;
pub(crate) use close::row;

use crate::{EngineError, OperationContext, clock::ForwardClock, operation::Entry};

/// The log's name and its signing key.
pub struct LogIdentity {
    /// The origin line of every checkpoint.
    pub origin: Origin,
    /// Signs checkpoints.
    pub key: SigningKey,
}

/// The newest checkpoint that this engine made durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Published {
    /// How many records.
    pub(crate) size: u64,
    /// The signed note.
    pub(crate) note: String,
}

/// The log of one open workspace.
pub(crate) struct Log {
    pub(crate) identity: LogIdentity,
    /// What proofs have read of the tree, for the next ones.
    pub(crate) proofs: ProofCache,
    store: Store,
    clock: Arc<ForwardClock>,
    turn: Arc<AsyncMutex<Turn>>,
    waiting: Mutex<Waiting>,
    published: watch::Sender<Option<Published>>,
}

/// What only one at a time may touch.
#[derive(Default)]
struct Turn {
    group: Option<Group>,
    /// The right edge of the tree when this engine last wrote a record.
    edge: Option<TileEdge>,
}

/// The operations that become durable together.
struct Group {
    write: Write,
    members: Vec<Member>,
}

/// One operation that waits for its records to be durable.
struct Member {
    context: OperationContext,
    entries: Vec<Entry>,
    /// Recorded only if this tenant is still what it was.
    unless_changed: Option<Tenant>,
    done: oneshot::Sender<Result<(), EngineError>>,
}

/// Those that only record.
#[derive(Default)]
struct Waiting {
    members: Vec<Member>,
    /// A close is on its way that will take them along.
    closing: bool,
}

impl Log {
    pub(crate) fn new(identity: LogIdentity, store: Store, clock: Arc<ForwardClock>) -> Self {
        Self {
            identity,
            proofs: ProofCache::default(),
            store,
            clock,
            turn: Arc::default(),
            waiting: Mutex::default(),
            published: watch::Sender::new(None),
        }
    }

    /// A turn to change state in, when it is this caller's.
    pub(crate) async fn begin(self: &Arc<Self>) -> Result<Change, EngineError> {
        let turn = Arc::clone(&self.turn).lock_owned().await;
        Change::begin(Arc::clone(self), turn).await
    }

    /// Makes records durable that go with no state change; with `unless_changed` only if that tenant is
    /// active and in the same epoch still.
    pub(crate) async fn record(
        self: &Arc<Self>,
        context: &OperationContext,
        entries: Vec<Entry>,
        unless_changed: Option<Tenant>,
    ) -> Result<(), EngineError> {
        let (member, durable) = Member::new(context, entries, unless_changed);
        self.waiting.lock().members.push(member);
        self.close_soon();
        told(durable).await
    }

    /// Follows the checkpoints that this engine makes durable.
    pub(crate) fn published(&self) -> watch::Receiver<Option<Published>> {
        self.published.subscribe()
    }

    /// Has the group closed by a task of its own: no caller that goes away leaves a transaction open.
    fn close_soon(self: &Arc<Self>) {
        if std::mem::replace(&mut self.waiting.lock().closing, true) {
            return;
        }
        let log = Arc::clone(self);
        tokio::spawn(async move { log.close().await });
    }
}

impl Group {
    fn new(write: Write) -> Self {
        Self { write, members: Vec::new() }
    }
}

impl Member {
    fn new(
        context: &OperationContext,
        entries: Vec<Entry>,
        unless_changed: Option<Tenant>,
    ) -> (Self, oneshot::Receiver<Result<(), EngineError>>) {
        let (done, durable) = oneshot::channel();
        (Self { context: context.clone(), entries, unless_changed, done }, durable)
    }

    fn tell(self, result: Result<(), EngineError>) {
        // A caller that has gone away needs no answer.
        let _ = self.done.send(result);
    }
}

/// The failure of all of a group, for each of its members.
fn fail(mut members: Vec<Member>, error: EngineError) {
    if members.len() == 1 {
        return members.remove(0).tell(Err(error));
    }
    let error = Arc::new(error);
    for member in members {
        member.tell(Err(EngineError::Shared(Arc::clone(&error))));
    }
}

/// What became of a member.
async fn told(durable: oneshot::Receiver<Result<(), EngineError>>) -> Result<(), EngineError> {
    // Nobody answers where the runtime went down first: then nothing was made durable for this caller.
    durable.await.unwrap_or_else(|_| Err(EngineError::ChangedMeanwhile("the log".into())))
}
