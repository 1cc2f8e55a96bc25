//! Proves parts of the audit log to others: one record, or that the log continues an older checkpoint.

use keyward_ledger::{Action, Checkpoint, Note, ProofFile, Witness, WitnessRequest, proof};
use keyward_store::tables::{audit_checkpoints, audit_head};

use crate::{
    Engine, EngineError, OperationContext,
    audit_query::{query_of, seen_by},
    log_tiles,
    operation::Entry,
};

/// In a record's details: the log was compared with a checkpoint, and not verified.
pub(crate) const COMPARED: &str = "compared";

/// A record's proof.
#[derive(Clone, Debug)]
pub struct ProvedRecord {
    /// The proof file (C2SP tlog-proof), which was verified. It holds the record itself, but where its
    /// day is archived and not fetched.
    pub file: ProofFile,
    /// The checkpoint in it.
    pub checkpoint: Checkpoint,
}

/// A proof that the log continues an older checkpoint.
#[derive(Clone, Debug)]
pub struct ProvedGrowth {
    /// The older checkpoint.
    pub old: Checkpoint,
    /// The newest.
    pub new: Checkpoint,
    /// The consistency proof and the newest checkpoint, as a witness is sent them (C2SP tlog-witness,
    /// `add-checkpoint`), verified.
    pub request: WitnessRequest,
}

impl Engine {
    /// The proof file of a record, against the newest checkpoint or a kept one of the size `at`. Whoever
    /// holds the log's verifier key checks it offline, with `keyward-verify proof` or other C2SP tools. A
    /// tenant's approver gets proofs of that tenant's records only. Leaves no record but a refusal's.
    ///
    /// # Errors
    /// [`EngineError::RecordNotFound`]; [`EngineError::CheckpointNotKept`];
    /// [`EngineError::NotAuthorised`]; [`EngineError::Ledger`] where the proof doesn't hold.
    pub async fn audit_prove(
        &self,
        context: &OperationContext,
        seq: u64,
        at: Option<u64>,
    ) -> Result<ProvedRecord, EngineError> {
        let own = seen_by(&context.role, None);
        self.guard(context, query_of(own.as_ref()), async {
            let mut reader = self.store.snapshot().await?;
            let head = audit_head::get(&mut reader).await?;
            let note = match at.filter(|at| *at != head.size) {
                None => log_tiles::newest_note(&mut reader, &head).await?,
                Some(size) => {
                    let kept = audit_checkpoints::get(&mut reader, size).await?;
                    Note::parse(&kept.ok_or(EngineError::CheckpointNotKept { size })?.note)?
                }
            };
            let key = self.verifier_key();
            let size = Checkpoint::verify_note(&note, &key)?.size;
            if seq >= size {
                return Err(EngineError::RecordNotFound { seq, size });
            }
            let body = self.body_for(&mut reader, context, seq).await?;
            let path =
                log_tiles::inclusion(&mut reader, &self.log.proofs, seq, size, &head).await?;
            let extra = body.map(|body| body.body.into_bytes());
            let file = ProofFile { extra, index: seq, path, checkpoint: note };
            // What leaves here has been checked as its reader will check it.
            let verified = match &file.extra {
                Some(body) => file.verify_record(body, &key).map(|(checkpoint, _)| checkpoint),
                None => {
                    let leaf = log_tiles::leaf(&mut reader, seq).await?;
                    Checkpoint::verify_note(&file.checkpoint, &key).and_then(|checkpoint| {
                        let root = checkpoint.root;
                        proof::verify_inclusion(seq, size, &leaf, &file.path, root)?;
                        Ok(checkpoint)
                    })
                }
            };
            let checkpoint = verified.inspect_err(|_| self.log.proofs.clear())?;
            Ok(ProvedRecord { file, checkpoint })
        })
        .await
    }

    /// The proof that the log continues an older checkpoint of its own, a signed note that somebody
    /// kept. Leaves no record but a refusal's or a failure's: that the log does not continue it is one.
    ///
    /// # Errors
    /// [`EngineError::NotAuthorised`]; [`EngineError::Ledger`]: what is wrong with the older checkpoint,
    /// or that the log was rolled back, forked or rewritten since.
    pub async fn audit_consistency(
        &self,
        context: &OperationContext,
        old: &str,
    ) -> Result<ProvedGrowth, EngineError> {
        let entry = Entry::new(Action::AuditVerify).with(COMPARED, true);
        self.guard(context, entry, async {
            let key = self.verifier_key();
            let old = Checkpoint::verify(old, &key)?;
            let mut reader = self.store.snapshot().await?;
            let head = audit_head::get(&mut reader).await?;
            let note = log_tiles::newest_note(&mut reader, &head).await?;
            let mut witness = Witness::resume(key.clone(), old.clone())?;
            let path = log_tiles::continued(&mut reader, &mut witness, &note, head.size).await?;
            let new = Checkpoint::verify_note(&note, &key)?;
            let request = WitnessRequest { old: old.size, path, checkpoint: note };
            Ok(ProvedGrowth { old, new, request })
        })
        .await
    }
}
