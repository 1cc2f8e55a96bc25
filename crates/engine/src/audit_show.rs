//! Shows one audit record, with the proof that it is in the log and where it lies.

use keyward_core::{Role, TenantId};
use keyward_ledger::{Checkpoint, Hash, LedgerError, Note, Record, leaf_hash, proof};
use keyward_store::{
    Connection,
    tables::{
        audit_days::{self, AuditDay},
        audit_head,
        audit_records::{self, Body},
    },
};

use crate::{
    Engine, EngineError, OperationContext,
    audit_query::{query_of, seen_by},
    log_tiles,
};

/// A record and where it is.
#[derive(Clone, Debug)]
pub struct ShownRecord {
    /// Its sequence number.
    pub seq: u64,
    /// What it says; none where its day is archived and not fetched.
    pub record: Option<Record>,
    /// Its leaf hash, as the tree has it.
    pub leaf: Hash,
    /// The checkpoint that it was proven to be in: the newest.
    pub checkpoint: Checkpoint,
    /// Its inclusion proof there.
    pub path: Vec<Hash>,
    /// Its day: whether that is sealed, and where it is archived.
    pub day: AuditDay,
}

impl Engine {
    /// A record, once its inclusion in the newest checkpoint has been verified. A tenant's approver sees
    /// that tenant's records only. Leaves no record but a refusal's.
    ///
    /// # Errors
    /// [`EngineError::RecordNotFound`]; [`EngineError::NotAuthorised`]; [`EngineError::Ledger`] where the
    /// record isn't the one that was signed.
    pub async fn audit_show(
        &self,
        context: &OperationContext,
        seq: u64,
    ) -> Result<ShownRecord, EngineError> {
        let own = seen_by(&context.role, None);
        self.guard(context, query_of(own.as_ref()), async {
            let mut reader = self.store.snapshot().await?;
            let head = audit_head::get(&mut reader).await?;
            let not_found = || EngineError::RecordNotFound { seq, size: head.size };
            if seq >= head.size {
                return Err(not_found());
            }
            let body = self.body_for(&mut reader, context, seq).await?;
            let day = audit_days::of_record(&mut reader, seq).await?.ok_or_else(not_found)?;
            let record = body.as_ref().map(|body| Record::parse(&body.body)).transpose()?;
            let leaf = match &body {
                Some(body) => leaf_hash(body.body.as_bytes()),
                None => log_tiles::leaf(&mut reader, seq).await?,
            };
            let note = Note::parse(&head.checkpoint)?;
            let checkpoint = Checkpoint::verify_note(&note, &self.verifier_key())?;
            let size = checkpoint.size;
            let path =
                log_tiles::inclusion(&mut reader, &self.log.proofs, seq, size, &head).await?;
            proof::verify_inclusion(seq, size, &leaf, &path, checkpoint.root)
                .inspect_err(|_| self.log.proofs.clear())?;
            if let Some(own) = record.as_ref().map(|record| record.seq).filter(|own| *own != seq) {
                return Err(LedgerError::Moved { seq, own }.into());
            }
            Ok(ShownRecord { seq, record, leaf, checkpoint, path, day })
        })
        .await
    }

    /// A record's body, if its row is here and its tenant is one that the caller sees.
    pub(crate) async fn body_for(
        &self,
        reader: &mut Connection,
        context: &OperationContext,
        seq: u64,
    ) -> Result<Option<Body>, EngineError> {
        let body = audit_records::get(reader, seq).await?;
        // Whose an archived record is isn't known: an approver has to have its day fetched first.
        if matches!(context.role, Role::TenantApprover(_)) {
            let record = body.as_ref().map(|body| Record::parse(&body.body)).transpose()?;
            let tenant: Option<TenantId> = record.and_then(|record| record.tenant);
            let entry = query_of(tenant.as_ref());
            self.authorise(context, entry.action, entry.tenant.as_ref())?;
        }
        Ok(body)
    }
}
