//! Seals the log's past days: none of them takes another record.

use chrono::NaiveDate;
use keyward_ledger::Action;
use keyward_store::tables::{
    audit_checkpoints::{self, AuditCheckpoint},
    audit_days::{self, AuditDay, Seal},
    audit_head,
};

use crate::{Engine, EngineError, OperationContext, operation::Entry};

/// What was sealed.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Sealed {
    /// The days, oldest first. None where all of them were sealed already.
    pub days: Vec<NaiveDate>,
    /// How many records they have.
    pub records: u64,
    /// The size of the newest checkpoint, which is kept. `None` where nothing was sealed.
    pub checkpoint: Option<u64>,
}

impl Engine {
    /// Seals every day before today, or only those up to and with `through`, and keeps the newest
    /// checkpoint for good. Leaves no record where there was nothing to seal.
    ///
    /// # Errors
    /// [`EngineError::InvalidInput`] where `through` isn't over yet.
    pub async fn audit_seal(
        &self,
        context: &OperationContext,
        through: Option<NaiveDate>,
    ) -> Result<Sealed, EngineError> {
        let entry = Entry::new(Action::AuditSeal);
        self.guard(context, entry.clone(), async {
            let mut change = self.begin().await?;
            let head = audit_head::get(&mut change).await?;
            // The record of this must lie in a later day than any that is sealed, and it isn't older
            // than the newest one there is: another process's clock may be ahead of ours.
            let now = self.clock.at_least(head.time).max(self.clock.now());
            let today = now.date_naive();
            if let Some(day) = through.filter(|day| *day >= today) {
                return Err(EngineError::InvalidInput(format!(
                    "the day {day} is not over in UTC, and still takes records; seal it later"
                )));
            }
            let days = audit_days::list(&mut change).await?;
            let due = |day: &AuditDay| {
                day.sealed.is_none()
                    && day.day < today
                    && through.is_none_or(|through| day.day <= through)
            };
            let days: Vec<_> = days.into_iter().filter(due).collect();
            let (Some(oldest), Some(newest)) = (days.first(), days.last()) else {
                return Ok(Sealed { days: Vec::new(), records: 0, checkpoint: None });
            };
            // One that is kept already may have gained cosignatures since.
            if audit_checkpoints::get(&mut change, head.size).await?.is_none() {
                let kept = AuditCheckpoint { size: head.size, note: head.checkpoint };
                audit_checkpoints::put(&mut change, &kept).await?;
            }
            for day in &days {
                let seal = Seal { at: now, checkpoint: head.size };
                audit_days::seal(&mut change, day.day, &seal).await?;
            }
            let records = days.iter().map(|day| day.records).sum();
            let entry = entry
                .with("from", oldest.day.to_string())
                .with("through", newest.day.to_string())
                .with("days", days.len() as u64)
                .with("records", records)
                .with("checkpoint", head.size);
            let sealed = Sealed {
                days: days.iter().map(|day| day.day).collect(),
                records,
                checkpoint: Some(head.size),
            };
            self.commit(change, context, vec![entry]).await?;
            Ok(sealed)
        })
        .await
    }
}
