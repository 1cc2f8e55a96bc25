//! Commit and recovery, which are one: a group becomes durable by a single transaction, and what an
//! opening finds is either all of it or nothing.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use keyward_ledger::{Checkpoint, LedgerError, Record, TileEdge, VerifierKey, leaf_hash};
use keyward_store::{
    StoreError, Write,
    tables::{
        audit_head::{self, AuditHead},
        audit_records::{self, AuditRecord},
        audit_tiles::{self, AuditTile},
        tenants,
    },
};

use super::{Group, Log, Member, Published, fail};
use crate::{EngineError, OperationContext, operation::Entry, require, words::words};

/// Members with the leaves of their records, ready to be appended.
struct Prepared {
    members: Vec<Member>,
    rows: Vec<AuditRecord>,
    tiles: Vec<AuditTile>,
    head: AuditHead,
}

impl Log {
    /// Makes durable what has gathered, and tells every member.
    pub(super) async fn close(self: Arc<Self>) {
        let mut turn = self.turn.lock().await;
        let waiting = {
            let mut waiting = self.waiting.lock();
            // From here on whoever comes asks for the next close.
            waiting.closing = false;
            std::mem::take(&mut waiting.members)
        };
        let mut group = match turn.group.take() {
            Some(group) => group,
            None if waiting.is_empty() => return,
            None => match self.store.write().await {
                Ok(write) => Group::new(write),
                Err(error) => return fail(waiting, error.into()),
            },
        };
        group.members.extend(waiting);
        let Group { mut write, members } = group;
        let members = match unchanged(&mut write, members).await {
            Ok(members) => members,
            Err((members, error)) => return fail(members, error),
        };
        if members.is_empty() {
            // Nothing to keep. An error here has nothing to undo either: the connection is given up.
            let _ = write.roll_back().await;
            return;
        }
        let (members, committed) = self.commit(write, members, &mut turn.edge).await;
        drop(turn);
        match committed {
            Ok(()) => members.into_iter().for_each(|member| member.tell(Ok(()))),
            Err(error) => fail(members, error),
        }
    }

    /// The steps from a group's changes to durable state and log. Dying at any of them leaves a log that
    /// is whole, since all that they write is in one transaction; each says what is lost then.
    ///
    /// INVARIANT: `write` holds the database's only write lock, so no other process can take the same
    /// sequence numbers between reading the head and committing.
    async fn commit(
        &self,
        mut write: Write,
        members: Vec<Member>,
        kept: &mut Option<TileEdge>,
    ) -> (Vec<Member>, Result<(), EngineError>) {
        // 1. Where the log ends. Dying here: the group never happened, and no result was released.
        let (from, mut edge) = match self.end(&mut write, kept.take()).await {
            Ok(end) => end,
            Err(error) => return (members, Err(error)),
        };
        // 2. Records, hashes, tiles and the signed checkpoint, in memory. Dying here: as in 1. Signing
        //    before committing is safe: the checkpoint leaves this process only in step 5, and until then
        //    another one may be signed for the same size.
        let Prepared { members, rows, tiles, head } = self.prepare(members, &from, &mut edge);
        // 3. Into the transaction, beside the state changes that are in it already. Dying here: SQLite
        //    finds no commit in its write-ahead log, and the next opening sees neither.
        if let Err(error) = audit_records::append(&mut write, &from, &rows, &tiles, &head).await {
            return (members, Err(not_appended(error)));
        }
        // 4. Durable, or not at all. Dying within: the write-ahead log holds the whole commit or it
        //    doesn't, its checksums tell. If it does, state, records and checkpoint are all there and the
        //    callers' results were never released, which loses nothing: a read is repeated, and a change
        //    is found done. What was done outside has its intent, and an opening settles it.
        if let Err(error) = write.commit().await {
            return (members, Err(error.into()));
        }
        *kept = Some(edge);
        // 5. Only now may anyone see it: members are released, anchors and followers told. Dying before
        //    an anchor is written leaves an older anchor, which a longer log continues.
        self.published.send_replace(Some(Published { size: head.size, note: head.checkpoint }));
        (members, Ok(()))
    }

    /// The head, and the tree's right edge there: as this engine left it, or as it is stored.
    async fn end(
        &self,
        write: &mut Write,
        kept: Option<TileEdge>,
    ) -> Result<(AuditHead, TileEdge), EngineError> {
        let head = audit_head::get(write).await?;
        // Another process may have written since: its clock, or ours before a jump, may have been ahead.
        self.clock.at_least(head.time);
        if let Some(edge) = kept.filter(|edge| edge.size() == head.size) {
            return Ok((head, edge));
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
        Ok((head, edge))
    }

    /// Numbers and hashes the members' records. One whose records can't be written is told so and left out.
    fn prepare(&self, members: Vec<Member>, from: &AuditHead, edge: &mut TileEdge) -> Prepared {
        let time = self.clock.now();
        let (mut rows, mut leaves) = (Vec::new(), Vec::new());
        let mut prepared = Vec::with_capacity(members.len());
        for mut member in members {
            let before = rows.len();
            let entries = std::mem::take(&mut member.entries);
            let added = entries.into_iter().try_for_each(|entry| {
                let seq = from.size + rows.len() as u64;
                let record = record(&member.context, entry, seq, time);
                let body = record.to_canonical()?;
                leaves.push(leaf_hash(body.as_bytes()));
                rows.push(row(&record, body));
                Ok::<_, LedgerError>(())
            });
            match added {
                Ok(()) => prepared.push(member),
                Err(error) => {
                    rows.truncate(before);
                    leaves.truncate(before);
                    member.tell(Err(error.into()));
                }
            }
        }
        let tiles = edge.extend(&leaves).into_iter().map(|grown| AuditTile {
            level: grown.tile.id.level,
            tile: grown.tile.id.index,
            hashes: grown.tile.hashes,
        });
        let tiles = tiles.collect();
        let checkpoint = Checkpoint {
            origin: self.identity.origin.clone(),
            size: edge.size(),
            root: edge.root(),
        };
        let head = AuditHead {
            size: edge.size(),
            time,
            frontier: edge.frontier().to_bytes(),
            checkpoint: checkpoint.sign(&self.identity.key),
        };
        Prepared { members: prepared, rows, tiles, head }
    }

    /// The key that verifies the log's checkpoints.
    pub(crate) fn verifier_key(&self) -> VerifierKey {
        self.identity.key.verifier(&self.identity.origin)
    }
}

/// An entry as the record it becomes.
pub(super) fn record(
    context: &OperationContext,
    entry: Entry,
    seq: u64,
    time: DateTime<Utc>,
) -> Record {
    Record {
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
    }
}

/// A record as the row it becomes, `body` being its canonical text.
pub(crate) fn row(record: &Record, body: String) -> AuditRecord {
    AuditRecord {
        seq: record.seq,
        time: record.time,
        actor: record.actor.to_string(),
        tenant: record.tenant.as_ref().map(ToString::to_string),
        key: record.key.as_ref().map(ToString::to_string),
        action: record.action.as_str().into(),
        outcome: record.outcome.as_str().into(),
        words: words(record),
        body,
    }
}

/// Why records can't be appended.
fn not_appended(error: StoreError) -> EngineError {
    match error {
        // Past the end that was signed there is something: no names that anybody chose are in these rows.
        StoreError::AlreadyExists { .. } => {
            EngineError::StateCorrupt("what lies past the audit log's end".into())
        }
        error => error.into(),
    }
}

/// The members whose tenants are what they were; the others are told.
async fn unchanged(
    write: &mut Write,
    members: Vec<Member>,
) -> Result<Vec<Member>, (Vec<Member>, EngineError)> {
    let mut ids: Vec<_> =
        members.iter().filter_map(|m| Some(m.unless_changed.as_ref()?.id.clone())).collect();
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() {
        return Ok(members);
    }
    let now = match tenants::get_many(write, &ids).await {
        Ok(now) => now,
        Err(error) => return Err((members, error.into())),
    };
    let mut left = Vec::with_capacity(members.len());
    for member in members {
        let checked = match &member.unless_changed {
            None => Ok(()),
            Some(before) => {
                let now = now.iter().find(|tenant| tenant.id == before.id).cloned();
                require::same_epoch(now, before)
            }
        };
        match checked {
            Ok(()) => left.push(member),
            Err(error) => member.tell(Err(error)),
        }
    }
    Ok(left)
}
