//! Views of the audit log. A record never holds a secret or tenant content, so it crosses whole.

use chrono::{DateTime, Utc};
use keyward_engine::{
    AuditCount, AuditFilter, AuditPage, ExportedLines, LogDay, ShownRecord, Verified,
};
use keyward_ledger::Record;
use serde_json::Value;
use specta::Type;

use crate::failure::{CommandError, parse_optional};

/// Which records; all conditions hold together.
#[derive(Clone, Debug, Default, serde::Deserialize, serde::Serialize, Type)]
pub struct AuditFilterInput {
    /// Of this tenant.
    pub tenant: Option<String>,
    /// About this key: `rk:TENANT/NUMBER` or `dk:TENANT/DATASET/VERSION`.
    pub key: Option<String>,
    /// Of this action.
    pub action: Option<String>,
    /// With this outcome.
    pub outcome: Option<String>,
    /// By this actor.
    pub actor: Option<String>,
    /// At this time (RFC 3339) or later.
    pub since: Option<String>,
    /// Before this time.
    pub until: Option<String>,
    /// With all of these words.
    pub search: Option<String>,
}

impl AuditFilterInput {
    /// The engine's filter.
    ///
    /// # Errors
    /// `invalid-input` for a tenant or time that is none.
    pub fn parse(&self) -> Result<AuditFilter, CommandError> {
        let text = |field: &Option<String>| {
            field.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
        };
        Ok(AuditFilter {
            tenant: parse_optional(self.tenant.as_deref())?,
            key: text(&self.key),
            action: text(&self.action),
            outcome: text(&self.outcome),
            actor: text(&self.actor),
            since: parse_optional::<DateTime<Utc>>(self.since.as_deref())?,
            until: parse_optional::<DateTime<Utc>>(self.until.as_deref())?,
            search: text(&self.search),
        })
    }
}

/// A fact of a record, by its name.
#[derive(Clone, Debug, serde::Serialize, Type)]
pub struct RecordDetail {
    /// Its name.
    pub name: String,
    /// Its value: a text as it is, everything else as JSON.
    pub value: String,
}

/// A record.
#[derive(Clone, Debug, serde::Serialize, Type)]
pub struct RecordItem {
    /// Its place in the log, from 0.
    pub seq: u64,
    /// When it was recorded.
    pub time: String,
    /// Who acted.
    pub actor: String,
    /// In which role.
    pub role: String,
    /// The tenant that it was about.
    pub tenant: Option<String>,
    /// The key that it was about.
    pub key: Option<String>,
    /// The key's version.
    pub key_version: Option<u32>,
    /// What was done.
    pub action: String,
    /// How it ended: `ok`, `denied`, `failed` or `intent`.
    pub outcome: String,
    /// The stable code of a refusal or failure.
    pub code: Option<String>,
    /// The region of the engine that did it.
    pub region: String,
    /// The request that caused it.
    pub request: String,
    /// Whatever else is worth knowing.
    pub details: Vec<RecordDetail>,
}

impl From<Record> for RecordItem {
    fn from(record: Record) -> Self {
        let text = |value: Value| match value {
            Value::String(text) => text,
            other => other.to_string(),
        };
        Self {
            seq: record.seq,
            time: record.time.to_rfc3339(),
            actor: record.actor.to_string(),
            role: record.role.to_string(),
            tenant: record.tenant.map(|tenant| tenant.to_string()),
            key: record.key.map(|key| key.to_string()),
            key_version: record.key_version,
            action: record.action.as_str().into(),
            outcome: record.outcome.as_str().into(),
            code: record.code,
            region: record.region.to_string(),
            request: record.request.to_string(),
            details: record
                .details
                .into_iter()
                .map(|(name, value)| RecordDetail { name, value: text(value) })
                .collect(),
        }
    }
}

/// A page of records.
#[derive(Clone, Debug, serde::Serialize, Type)]
pub struct RecordPage {
    /// The records, in the order that was asked for.
    pub records: Vec<RecordItem>,
    /// Where the next page goes on; none where this is the last.
    pub next: Option<u64>,
}

impl From<AuditPage> for RecordPage {
    fn from(page: AuditPage) -> Self {
        Self { records: page.records.into_iter().map(Into::into).collect(), next: page.next }
    }
}

/// How many records a time has.
#[derive(Clone, Debug, serde::Serialize, Type)]
pub struct CountItem {
    /// When the hour or day begins.
    pub start: String,
    /// The outcome, action or tenant that was counted apart.
    pub term: Option<String>,
    /// How many.
    pub records: u64,
}

impl From<AuditCount> for CountItem {
    fn from(count: AuditCount) -> Self {
        Self { start: count.start.to_rfc3339(), term: count.term, records: count.records }
    }
}

/// A record with the proof that it is in the log, which was verified here.
#[derive(Clone, Debug, serde::Serialize, Type)]
pub struct RecordProof {
    /// Its place in the log.
    pub seq: u64,
    /// What it says; none where its day is archived and not fetched.
    pub record: Option<RecordItem>,
    /// The record as it is hashed: its canonical JSON.
    pub canonical: Option<String>,
    /// Its leaf hash, in hexadecimal digits.
    pub leaf: String,
    /// Its inclusion proof, from the leaf to the root, in hexadecimal digits.
    pub path: Vec<ProofStep>,
    /// The root that they lead to, in hexadecimal digits.
    pub root: String,
    /// The size of the checkpoint that it was proven to be in.
    pub size: u64,
    /// The checkpoint's origin.
    pub origin: String,
    /// Its day in UTC.
    pub day: String,
    /// Whether the day is sealed.
    pub sealed: bool,
    /// Whether the day is archived.
    pub archived: bool,
}

/// One step of an inclusion proof.
#[derive(Clone, Debug, serde::Serialize, Type)]
pub struct ProofStep {
    /// The sibling's hash.
    pub sibling: String,
    /// Whether the sibling lies to the left.
    pub left: bool,
    /// What both together hash to.
    pub node: String,
}

impl RecordProof {
    /// The view of a record that was shown, with each step of the proof computed again.
    ///
    /// # Errors
    /// `unexpected` where the record can't be written back.
    pub fn new(shown: ShownRecord) -> Result<Self, CommandError> {
        let steps = keyward_ledger::proof::inclusion_steps(
            shown.seq,
            shown.checkpoint.size,
            &shown.leaf,
            &shown.path,
        )
        .map_err(CommandError::unexpected)?;
        let canonical = shown.record.as_ref().map(Record::to_canonical).transpose();
        Ok(Self {
            seq: shown.seq,
            canonical: canonical.map_err(CommandError::unexpected)?,
            record: shown.record.map(Into::into),
            leaf: hex::encode(shown.leaf.0),
            path: steps
                .into_iter()
                .map(|step| ProofStep {
                    sibling: hex::encode(step.sibling.0),
                    left: step.left,
                    node: hex::encode(step.node.0),
                })
                .collect(),
            root: hex::encode(shown.checkpoint.root.0),
            size: shown.checkpoint.size,
            origin: shown.checkpoint.origin.to_string(),
            day: shown.day.day.to_string(),
            sealed: shown.day.sealed.is_some(),
            archived: shown.day.archived.is_some(),
        })
    }
}

/// A day of the log.
#[derive(Clone, Debug, serde::Serialize, Type)]
pub struct DayItem {
    /// Which, in UTC.
    pub day: String,
    /// Its first record.
    pub first: u64,
    /// How many records it has; so far, where it isn't over.
    pub records: u64,
    /// When it was sealed.
    pub sealed_at: Option<String>,
    /// When it was archived.
    pub archived_at: Option<String>,
    /// The archive's length in bytes.
    pub archive_bytes: Option<u64>,
    /// Whether its records are in the database.
    pub here: bool,
}

impl From<LogDay> for DayItem {
    fn from(day: LogDay) -> Self {
        Self {
            day: day.day.to_string(),
            first: day.first,
            records: day.records,
            sealed_at: day.sealed.map(|seal| seal.at.to_rfc3339()),
            archived_at: day.archived.as_ref().map(|archive| archive.at.to_rfc3339()),
            archive_bytes: day.archived.map(|archive| archive.file.bytes),
            here: day.here,
        }
    }
}

/// What was verified: all of it agrees.
#[derive(Clone, Debug, serde::Serialize, Type)]
pub struct VerifiedView {
    /// How many records the log has.
    pub records: u64,
    /// The tree's root, base64 as in the checkpoint.
    pub root: String,
    /// The newest checkpoint, a signed note.
    pub checkpoint: String,
    /// How often a record's time lies before the one before it.
    pub clock_steps: u64,
    /// How many days the log has.
    pub days: u64,
    /// How many of them are archived, and not fetched.
    pub archived_days: u64,
    /// How many records lie in those.
    pub archived: u64,
    /// How many kept checkpoints agree.
    pub checkpoints: u64,
    /// Whether the search index was looked at.
    pub search_index: bool,
}

impl From<Verified> for VerifiedView {
    fn from(done: Verified) -> Self {
        Self {
            records: done.records,
            root: done.root,
            checkpoint: done.checkpoint,
            clock_steps: done.clock_steps,
            days: done.days,
            archived_days: done.archived_days,
            archived: done.archived,
            checkpoints: done.checkpoints,
            search_index: done.search_index,
        }
    }
}

/// How far something long is.
#[derive(Clone, Copy, Debug, serde::Serialize, Type)]
pub struct Progress {
    /// So far.
    pub done: u64,
    /// Of so many.
    pub total: u64,
}

/// What was written to a file or folder; none where the dialog was cancelled.
#[derive(Clone, Debug, serde::Serialize, Type)]
pub struct WrittenView {
    /// Where.
    pub path: String,
    /// How many records.
    pub records: u64,
}

impl WrittenView {
    /// Lines in a file.
    pub fn lines(path: String, written: ExportedLines) -> Self {
        Self { path, records: written.records }
    }
}
