//! Exports the audit log for somebody else to verify.

use std::{
    io::{BufWriter, Write},
    path::{Path, PathBuf},
};

use keyward_core::Role;
use keyward_ledger::Action;
use keyward_store::tables::{audit_head, audit_records};

use crate::{Engine, EngineError, OperationContext, operation::Entry};

/// What was written.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Exported {
    /// The folder.
    pub folder: PathBuf,
    /// How many records.
    pub records: u64,
}

impl Engine {
    /// Writes the whole log into a new folder: `records.jsonl` (a record's canonical JSON a line, each
    /// a leaf of the tree), `checkpoint` (the signed note) and `verifier-key`.
    ///
    /// # Errors
    /// [`EngineError::AlreadyExists`] where the folder exists; [`EngineError::Io`].
    pub async fn audit_export(
        &self,
        context: &OperationContext,
        folder: &Path,
    ) -> Result<Exported, EngineError> {
        let entry = Entry::new(Action::AuditExport);
        self.guard(context, entry.clone(), async {
            // The whole log holds every tenant's records.
            if matches!(context.role, Role::TenantApprover(_)) {
                self.authorise(context, Action::AuditExport, None)?;
            }
            if folder.exists() {
                return Err(EngineError::AlreadyExists {
                    what: "folder",
                    name: folder.display().to_string(),
                });
            }
            let io = |source| EngineError::Io { what: folder.display().to_string(), source };
            std::fs::create_dir_all(folder).map_err(io)?;
            let mut reader = self.store.snapshot().await?;
            let head = audit_head::get(&mut reader).await?;
            let file = std::fs::File::create(folder.join("records.jsonl")).map_err(io)?;
            let mut file = BufWriter::new(file);
            let mut next = 0;
            loop {
                let chunk = audit_records::read_chunk(&mut reader, next, 4096).await?;
                let Some(last) = chunk.rows().next_back() else { break };
                next = last.seq + 1;
                for row in chunk.rows() {
                    file.write_all(row.body).and_then(|()| file.write_all(b"\n")).map_err(io)?;
                }
            }
            file.into_inner().map_err(|error| io(error.into_error()))?.sync_all().map_err(io)?;
            drop(reader);
            std::fs::write(folder.join("checkpoint"), &head.checkpoint).map_err(io)?;
            std::fs::write(folder.join("verifier-key"), format!("{}\n", self.verifier_key()))
                .map_err(io)?;
            let exported = Exported { folder: folder.into(), records: head.size };
            self.record(context, entry.with("records", head.size)).await?;
            Ok(exported)
        })
        .await
    }
}
