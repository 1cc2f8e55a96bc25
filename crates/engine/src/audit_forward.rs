//! Sends the log to a syslog receiver, from where that receiver has got to, and keeps how far it gets.
//!
//! A record about forwarding is itself forwarded. So a run leaves one record when it starts and one when
//! it ends, however many sessions it takes, and a run that would find nothing but the last one's end
//! doesn't start.

mod place;

use keyward_ledger::{Action, Outcome};
use keyward_siem::{
    Source,
    forward::{Confirmation, Forwarder, Pace, Target, Trail as _},
    syslog::Format,
};
use keyward_store::tables::audit_cursors;

use crate::{Engine, EngineError, OperationContext, operation::Entry};
use place::Place;

pub use keyward_siem::forward::Event as ForwardEvent;
pub use keyward_store::tables::audit_cursors::AuditCursor;

/// What is sent where, and how.
#[derive(Clone, Debug)]
pub struct Forwarding {
    /// The receiver's name here: its place in the log is kept under it. 1 to 64 of `a-z`, `0-9`, `-`, `_`
    /// and `.`.
    pub receiver: String,
    /// Where it is.
    pub target: Target,
    /// What it gets.
    pub format: Format,
    /// How much at a time, and how long is waited.
    pub pace: Pace,
    /// The record to go on from, whatever the receiver has. `None` goes on from its place, which is the
    /// log's start where it is new.
    pub from: Option<u64>,
    /// Goes on as the log grows, and tries again where the receiver isn't there.
    pub follow: bool,
}

/// What a run has sent.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Forwarded {
    /// The receiver.
    pub receiver: String,
    /// The record that the run began with.
    pub first: u64,
    /// The record that is next.
    pub next: u64,
    /// How many records that were.
    pub records: u64,
    /// The weakest confirmation of them; `None` where there were none.
    pub confirmation: Option<Confirmation>,
}

impl Engine {
    /// Sends a receiver what it doesn't have yet: all that there is, or with `follow` until `stop` is
    /// done. At least once, in order. Leaves no record where there is nothing to send.
    ///
    /// # Errors
    /// [`EngineError::Siem`], after which what was confirmed stays so; [`EngineError::LogDayAway`] where
    /// the next record is in an archive; [`EngineError::InvalidInput`] for a wrong name, or a record to
    /// go on from that isn't there yet.
    pub async fn audit_forward(
        &self,
        context: &OperationContext,
        forwarding: &Forwarding,
        stop: impl Future<Output = ()> + Send,
        report: impl FnMut(ForwardEvent) + Send,
    ) -> Result<Forwarded, EngineError> {
        let entry = Entry::new(Action::AuditForward)
            .with("receiver", forwarding.receiver.as_str())
            .with("target", forwarding.target.to_string())
            .with("format", forwarding.format.as_str());
        self.guard(context, entry.clone(), async {
            let place = Place::new(self, &forwarding.receiver)?;
            let first = match forwarding.from {
                Some(from) => from,
                None => (&place).cursor().await?,
            };
            place.within_log(first).await?;
            let mut forwarded = Forwarded {
                receiver: forwarding.receiver.clone(),
                first,
                next: first,
                records: 0,
                confirmation: None,
            };
            if !forwarding.follow && forwarding.from.is_none() && place.rests(first).await? {
                return Ok(forwarded);
            }
            let mut change = self.begin().await?;
            let cursor = AuditCursor { name: forwarding.receiver.clone(), seq: first };
            audit_cursors::set(&mut change, &cursor).await?;
            let entry = entry.with("first", first);
            let start = Entry { outcome: Outcome::Intent, ..entry.clone() };
            self.commit(change, context, vec![start]).await?;

            let sent = self.send(forwarding, &place, &mut forwarded, stop, report).await;
            // The cursor, not what was reported: a run that was stopped may have got further.
            forwarded.next = (&place).cursor().await?;
            forwarded.records = forwarded.next.saturating_sub(first);
            let entry = entry.with("next", forwarded.next);
            match sent {
                Ok(()) => self.record(context, entry).await.map(|()| forwarded),
                Err(error) => {
                    self.record_failure(context, entry, &error).await;
                    Err(EngineError::Recorded(Box::new(error)))
                }
            }
        })
        .await
    }

    /// How far each receiver has got, by name. Leaves no record but a refusal's.
    ///
    /// # Errors
    /// [`EngineError::NotAuthorised`].
    pub async fn audit_cursors(
        &self,
        context: &OperationContext,
    ) -> Result<Vec<AuditCursor>, EngineError> {
        self.guard(context, Entry::new(Action::AuditQuery), async {
            Ok(audit_cursors::list(&mut *self.store.read().await?).await?)
        })
        .await
    }

    async fn send(
        &self,
        forwarding: &Forwarding,
        place: &Place<'_>,
        forwarded: &mut Forwarded,
        stop: impl Future<Output = ()> + Send,
        mut report: impl FnMut(ForwardEvent) + Send,
    ) -> Result<(), EngineError> {
        let forwarder = Forwarder {
            trail: place,
            source: Source::new(self.log.identity.origin.clone()),
            target: forwarding.target.clone(),
            format: forwarding.format,
            pace: forwarding.pace.clone(),
        };
        if forwarding.follow {
            let noted = |event| {
                if let ForwardEvent::Delivered(delivery) = &event {
                    forwarded.confirmation = Some(delivery.confirmation);
                }
                report(event);
            };
            return Ok(forwarder.run(stop, noted).await?);
        }
        let delivery = tokio::select! {
            biased;
            () = stop => return Ok(()),
            delivery = forwarder.drain() => delivery?,
        };
        if let Some(delivery) = delivery {
            forwarded.confirmation = Some(delivery.confirmation);
            report(ForwardEvent::Delivered(delivery));
        }
        Ok(())
    }
}
