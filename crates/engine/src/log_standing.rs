//! How the audit log stands: how far it goes, when it was last verified and with what result, and what
//! everything outside the database says of it. Verifies nothing by itself.

use chrono::{DateTime, Utc};
use keyward_core::{Actor, Code, ExitClass, Role};
use keyward_ledger::{Action, Outcome, Record};
use keyward_store::{
    Connection,
    tables::{
        audit_head::{self, AuditHead},
        audit_pages::{self, Filter, Page},
    },
};

use crate::{
    Engine, EngineError, OperationContext, WitnessReport, audit_prove::COMPARED,
    audit_query::query_of, log_tiles,
};

/// How many failed runs are looked through for one that found something wrong with the log.
const LOOK: u32 = 100;

/// How the log stands.
#[derive(Clone, Debug, serde::Serialize)]
pub struct LogStanding {
    /// How many records it has.
    pub records: u64,
    /// When the newest was written.
    pub newest_at: Option<DateTime<Utc>>,
    /// Its origin line.
    pub origin: String,
    /// The key that verifies its checkpoints.
    pub verifier_key: String,
    /// The root of its tree, base64, as the newest checkpoint has it.
    pub root: String,
    /// The newest checkpoint, a signed note with the cosignatures that it has got.
    pub checkpoint: String,
    /// The newest verification, if there was one.
    pub verified: Option<LogVerification>,
    /// The newest one that found nothing wrong: `verified` itself, unless that failed.
    pub passed: Option<LogVerification>,
    /// What the places outside the database say. Witnesses aren't asked anew for it.
    pub kept: WitnessReport,
}

/// A run of the log's verification, as its record tells it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct LogVerification {
    /// The record's place in the log.
    pub seq: u64,
    /// When it ended.
    pub at: DateTime<Utc>,
    /// Who had it verified.
    pub actor: Actor,
    /// In which role.
    pub role: Role,
    /// `ok`, or `failed` where something is wrong.
    pub outcome: Outcome,
    /// The stable code of what is wrong.
    pub code: Option<String>,
    /// How many records the log had, where it is sound.
    pub records: Option<u64>,
    /// The first record that was verified: those before it were trusted.
    pub from: u64,
}

impl Engine {
    /// How the log stands. It is no tenant's, so a tenant's approver isn't told. Leaves no record but a
    /// refusal's.
    ///
    /// # Errors
    /// [`EngineError::NotAuthorised`]; [`EngineError::Ledger`] where the newest checkpoint or a
    /// verification's record isn't what was written.
    pub async fn log_standing(
        &self,
        context: &OperationContext,
    ) -> Result<LogStanding, EngineError> {
        self.guard(context, query_of(None), async {
            // First, since it reads the head by itself: places then are at most as far behind as they were.
            let kept = self.witness_report(false).await?;
            let mut reader = self.store.snapshot().await?;
            let head = audit_head::get(&mut reader).await?;
            let note = log_tiles::newest_note(&mut reader, &head).await?;
            let key = self.verifier_key();
            let checkpoint = keyward_ledger::Checkpoint::verify_note(&note, &key)?;
            let (verified, passed) = verifications(&mut reader).await?;
            Ok(LogStanding {
                records: head.size,
                newest_at: newest_at(&head),
                origin: checkpoint.origin.to_string(),
                verifier_key: key.to_string(),
                root: checkpoint.root.to_string(),
                checkpoint: note.to_string(),
                verified,
                passed,
                kept,
            })
        })
        .await
    }
}

/// The newest verification, and the newest that found nothing wrong.
pub(crate) async fn verifications(
    reader: &mut Connection,
) -> Result<(Option<LogVerification>, Option<LogVerification>), EngineError> {
    let passed = newest(reader, Outcome::Ok, 1).await?;
    let failed = newest(reader, Outcome::Failed, LOOK).await?;
    let newer = match (&passed, &failed) {
        (Some(passed), Some(failed)) if passed.seq > failed.seq => passed,
        (_, Some(failed)) => failed,
        (passed, None) => return Ok((passed.clone(), passed.clone())),
    };
    Ok((Some(newer.clone()), passed))
}

/// The newest verification that ended so. One that couldn't be carried out says nothing about the log.
async fn newest(
    reader: &mut Connection,
    outcome: Outcome,
    limit: u32,
) -> Result<Option<LogVerification>, EngineError> {
    let filter = Filter {
        action: Some(Action::AuditVerify.as_str().into()),
        outcome: Some(outcome.as_str().into()),
        ..Filter::default()
    };
    for row in audit_pages::page(reader, &filter, Page::Newest, limit).await? {
        let record = Record::parse(&row.body)?;
        if outcome == Outcome::Ok || finds_fault(&record) {
            return Ok(Some(verification(record)));
        }
    }
    Ok(None)
}

/// Whether a failure is the log's, and not the machine's or the request's.
fn finds_fault(record: &Record) -> bool {
    if record.details.contains_key(COMPARED) {
        // The checkpoint may have been the wrong one. Those that are kept are compared all the time.
        return false;
    }
    let code = record.code.as_deref();
    Code::ALL
        .iter()
        .any(|known| known.class() == ExitClass::Integrity && Some(known.as_str()) == code)
}

fn verification(record: Record) -> LogVerification {
    let number = |name: &str| record.details.get(name).and_then(serde_json::Value::as_u64);
    LogVerification {
        seq: record.seq,
        at: record.time,
        records: number("records"),
        from: number("from").unwrap_or_default(),
        actor: record.actor,
        role: record.role,
        outcome: record.outcome,
        code: record.code,
    }
}

/// When the newest record was written.
fn newest_at(head: &AuditHead) -> Option<DateTime<Utc>> {
    (head.size > 0).then_some(head.time)
}
