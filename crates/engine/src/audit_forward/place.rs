//! The log of an engine and one receiver's place in it, as a forwarder reads them.

use std::time::Duration;

use keyward_ledger::{Action, LedgerError, Outcome, Record};
use keyward_siem::forward::Trail;
use keyward_store::tables::{
    audit_cursors::{self, AuditCursor},
    audit_days, audit_head, audit_records,
};

use crate::{Engine, EngineError};

/// How often it is looked whether another process has written.
const LOOK: Duration = Duration::from_millis(250);

/// A receiver's place.
pub(super) struct Place<'e> {
    engine: &'e Engine,
    receiver: &'e str,
}

impl<'e> Place<'e> {
    /// The place of the receiver with this name, which may be new.
    pub(super) fn new(engine: &'e Engine, receiver: &'e str) -> Result<Self, EngineError> {
        let fits = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.');
        if !(1..=64).contains(&receiver.len()) || !receiver.bytes().all(fits) {
            return Err(EngineError::InvalidInput(
                "a receiver's name has 1 to 64 of `a-z`, `0-9`, `-`, `_` and `.`".into(),
            ));
        }
        Ok(Self { engine, receiver })
    }

    /// Whether there is such a record, or it is the next.
    pub(super) async fn within_log(&self, seq: u64) -> Result<(), EngineError> {
        let size = self.size().await?;
        if seq > size {
            return Err(EngineError::InvalidInput(format!(
                "the log has {size} records, so that there is none with the number {seq} to go on from"
            )));
        }
        Ok(())
    }

    /// Whether nothing is left for the receiver, or only that the last run to it has ended: a run for
    /// that alone would leave another such record, for ever.
    pub(super) async fn rests(&self, from: u64) -> Result<bool, EngineError> {
        let bodies = (&self).page(from, 2).await?;
        let [body] = bodies.as_slice() else { return Ok(bodies.is_empty()) };
        let record = Record::parse(body)?;
        Ok(record.action == Action::AuditForward
            && record.outcome == Outcome::Ok
            && record.details.get("receiver").is_some_and(|name| name == self.receiver))
    }

    async fn size(&self) -> Result<u64, EngineError> {
        Ok(audit_head::get(&mut *self.engine.store.read().await?).await?.size)
    }

    /// Why a record isn't there: the log ends before it, its day is archived, or it is gone.
    async fn absent(&self, seq: u64) -> Result<(), EngineError> {
        // One moment for both: a day may be archived between two looks.
        let mut reader = self.engine.store.snapshot().await?;
        if seq >= audit_head::get(&mut reader).await?.size {
            return Ok(());
        }
        let day = audit_days::of_record(&mut reader, seq).await?;
        let away = |day: &audit_days::AuditDay| {
            day.archived.as_ref().is_some_and(|archived| !archived.here)
        };
        Err(match day.filter(away) {
            Some(day) => EngineError::LogDayAway { day: day.day, seq },
            None => LedgerError::Missing { expected: seq, found: seq + 1 }.into(),
        })
    }
}

impl Trail for &Place<'_> {
    type Error = EngineError;

    async fn cursor(&self) -> Result<u64, EngineError> {
        let mut reader = self.engine.store.read().await?;
        let cursor = audit_cursors::get(&mut reader, self.receiver).await?;
        Ok(cursor.map_or(0, |cursor| cursor.seq))
    }

    async fn page(&self, from: u64, limit: usize) -> Result<Vec<String>, EngineError> {
        let limit = u32::try_from(limit).unwrap_or(u32::MAX);
        let chunk = {
            let mut reader = self.engine.store.read().await?;
            audit_records::read_chunk(&mut reader, from, limit).await?
        };
        // Up to the first that isn't there: what is behind it isn't next.
        let rows = (from..).zip(chunk.rows()).take_while(|(seq, row)| row.seq == *seq);
        let bodies: Vec<String> = rows.map(|(_, row)| text(row.body)).collect::<Result<_, _>>()?;
        if bodies.is_empty() && limit > 0 {
            let absent = self.absent(from).await;
            // A session that has come so far ends here and is confirmed. The next one starts with this.
            if self.cursor().await? == from {
                absent?;
            }
        }
        Ok(bodies)
    }

    async fn advance(&self, next: u64) -> Result<(), EngineError> {
        let mut write = self.engine.store.write().await?;
        let cursor = audit_cursors::get(&mut write, self.receiver).await?;
        // Another process may send to the same receiver and be ahead: then it has these records too.
        if cursor.is_none_or(|cursor| cursor.seq < next) {
            let cursor = AuditCursor { name: self.receiver.to_owned(), seq: next };
            audit_cursors::set(&mut write, &cursor).await?;
        }
        Ok(write.commit().await?)
    }

    async fn wait(&self, from: u64) -> Result<(), EngineError> {
        let mut published = self.engine.log.published();
        while self.size().await? <= from {
            tokio::select! {
                // This engine's own records are told of; what another process writes is looked for.
                told = published.changed() => if told.is_err() { return Ok(()) },
                () = tokio::time::sleep(LOOK) => {}
            }
        }
        Ok(())
    }
}

fn text(body: &[u8]) -> Result<String, LedgerError> {
    match std::str::from_utf8(body) {
        Ok(text) => Ok(text.to_owned()),
        Err(error) => Err(LedgerError::NotUtf8 { at: error.valid_up_to() }),
    }
}
