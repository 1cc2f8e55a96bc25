//! What needs attention of the log: whether it was verified, and what is kept of it elsewhere.

use chrono::{DateTime, TimeDelta, Utc};
use keyward_ledger::Record;
use keyward_store::{Connection, tables::audit_records};

use super::{AttentionItem, AttentionKind, UNDER_WAY};
use crate::{AnchorView, Engine, EngineError, WitnessView, log_standing::verifications};

/// How long a verification is good for.
const VERIFIED_FOR: TimeDelta = TimeDelta::days(7);

impl Engine {
    /// What needs attention of the log. Reads the places that keep its checkpoints; asks no witness.
    pub(super) async fn attention_to_log(
        &self,
        now: DateTime<Utc>,
    ) -> Result<Vec<AttentionItem>, EngineError> {
        let kept = self.witness_report(false).await?;
        let mut reader = self.store.snapshot().await?;
        let mut items = Vec::new();
        items.extend(verification(&mut reader, kept.records, now).await?);
        for place in &kept.anchors {
            items.extend(anchor(&mut reader, place, kept.records, now).await?);
        }
        for witness in kept.witnesses.iter().filter(|witness| witness.key.is_some()) {
            items.extend(cosigned(&mut reader, witness, now).await?);
        }
        Ok(items)
    }
}

/// Whether the log was verified lately, and was sound.
async fn verification(
    reader: &mut Connection,
    records: u64,
    now: DateTime<Utc>,
) -> Result<Option<AttentionItem>, EngineError> {
    let (newest, passed) = verifications(reader).await?;
    let Some(newest) = newest else {
        return Ok(Some(AttentionItem {
            count: Some(records),
            total: Some(records),
            ..AttentionItem::new(AttentionKind::LogNeverVerified)
        }));
    };
    if passed.as_ref().is_none_or(|passed| passed.seq < newest.seq) {
        return Ok(Some(AttentionItem {
            code: newest.code,
            since: Some(newest.at),
            ..AttentionItem::new(AttentionKind::LogVerificationFailed)
        }));
    }
    Ok((now - newest.at > VERIFIED_FOR).then(|| AttentionItem {
        since: Some(newest.at),
        count: newest.records.map(|verified| records.saturating_sub(verified)),
        total: Some(records),
        ..AttentionItem::new(AttentionKind::LogVerificationOld)
    }))
}

/// What a place says of the log, where that needs attention.
async fn anchor(
    reader: &mut Connection,
    place: &AnchorView,
    records: u64,
    now: DateTime<Utc>,
) -> Result<Option<AttentionItem>, EngineError> {
    let of = |kind| AttentionItem {
        subject: Some(place.place.clone()),
        code: Some(place.found.into()),
        since: place.at,
        ..AttentionItem::new(kind)
    };
    let size = place.size.unwrap_or_default();
    Ok(match place.found {
        "current" => None,
        "behind" => lag(reader, size, now).await?.map(|since| AttentionItem {
            since,
            count: Some(records.saturating_sub(size)),
            total: Some(records),
            ..of(AttentionKind::AnchorBehind)
        }),
        "none" | "unreachable" => Some(of(AttentionKind::AnchorMissing)),
        _ => Some(of(AttentionKind::LogContradicted)),
    })
}

/// A witness that hasn't cosigned for a while.
async fn cosigned(
    reader: &mut Connection,
    witness: &WitnessView,
    now: DateTime<Utc>,
) -> Result<Option<AttentionItem>, EngineError> {
    if witness.behind == 0 {
        return Ok(None);
    }
    let cosigned = witness.cosigned.unwrap_or_default();
    let lag = lag(reader, cosigned, now).await?;
    // A witness that was added a moment ago has yet to be asked.
    Ok(lag.filter(|_| now - witness.added_at >= UNDER_WAY).map(|since| AttentionItem {
        subject: Some(witness.name.clone()),
        since: since.max(Some(witness.added_at)),
        count: Some(witness.behind),
        total: Some(cosigned + witness.behind),
        ..AttentionItem::new(AttentionKind::WitnessBehind)
    }))
}

/// Since when something has lagged behind that knows so many records: since the next one was written, which
/// isn't known where that is archived. `None` where it may be about to be brought up.
async fn lag(
    reader: &mut Connection,
    records: u64,
    now: DateTime<Utc>,
) -> Result<Option<Option<DateTime<Utc>>>, EngineError> {
    let Some(next) = audit_records::get(reader, records).await? else { return Ok(Some(None)) };
    let since = Record::parse(&next.body)?.time;
    Ok((now - since >= UNDER_WAY).then_some(Some(since)))
}
