//! Exports the audit log: the whole of it as a folder that anybody verifies, or its records as lines that
//! other programs read.

mod folder;
mod lines;
mod readme;

use std::{
    fs,
    path::{Path, PathBuf},
};

use chrono::{DateTime, NaiveDate, Utc};
use keyward_core::Role;
use keyward_ledger::Action;
use keyward_store::tables::{
    audit_head,
    audit_pages::{self, Filter, Page},
};

use crate::{
    Engine, EngineError, OperationContext,
    new_folder::{private_folder, sync_folder},
    operation::Entry,
};

pub use lines::{ExportFormat, ExportedLines};

/// What of the log to export.
#[derive(Clone, Copy, Debug, Default)]
pub struct ExportRange {
    /// The records themselves from this time on; of those before only the hashes.
    pub since: Option<DateTime<Utc>>,
    /// The records themselves before this time; of those from then on only the hashes.
    pub until: Option<DateTime<Utc>>,
}

/// What was written.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Exported {
    /// The folder.
    pub folder: PathBuf,
    /// Over how many records its checkpoint was signed.
    pub records: u64,
    /// How many records are in it; of the others only the hashes are.
    pub bodies: u64,
    /// The days that are archived and not fetched, whose records are left out.
    pub archived: Vec<NaiveDate>,
}

impl Engine {
    /// Writes the log into a new folder, which is there whole or not at all: a C2SP tlog-tiles log
    /// (`checkpoint`, `tile/...`, `tile/entries/...`) with `keys`, and a `README.md` that says how to verify
    /// it. All hashes are in it, and the records that lie in the range and are not archived.
    ///
    /// It is written as it is stored: verifying it is its reader's part.
    ///
    /// # Errors
    /// [`EngineError::AlreadyExists`] where the folder exists; [`EngineError::NotAuthorised`];
    /// [`EngineError::Ledger`] where records or tiles are missing; [`EngineError::Io`].
    pub async fn audit_export(
        &self,
        context: &OperationContext,
        folder: &Path,
        range: ExportRange,
    ) -> Result<Exported, EngineError> {
        let entry = Entry::new(Action::AuditExport);
        self.guard(context, entry.clone(), async {
            self.may_export_all(context)?;
            if fs::symlink_metadata(folder).is_ok() {
                return Err(EngineError::AlreadyExists {
                    what: "folder",
                    name: folder.display().to_string(),
                });
            }
            // On the folder's own file system, so that the rename at the end can't fail half way; and
            // its owner's alone: it holds every tenant's records.
            let beside = match folder.parent() {
                Some(parent) if !parent.as_os_str().is_empty() => parent,
                _ => Path::new("."),
            };
            let held =
                private_folder(beside).map_err(EngineError::io(beside.display().to_string()))?;
            let mut exported = self.write_log(held.path(), range).await?;
            exported.folder = folder.into();
            let entry = entry.with("records", exported.records).with("bodies", exported.bodies);
            self.record(context, entry).await?;
            fs::rename(held.path(), folder)
                .map_err(EngineError::io(folder.display().to_string()))?;
            // Its path is free again: what is removed on drop must not be somebody's new file.
            let _ = held.keep();
            sync_folder(beside)?;
            Ok(exported)
        })
        .await
    }

    /// That somebody may have every tenant's records, which both forms of an export hold.
    fn may_export_all(&self, context: &OperationContext) -> Result<(), EngineError> {
        match context.role {
            Role::TenantApprover(_) => self.authorise(context, Action::AuditExport, None),
            _ => Ok(()),
        }
    }

    /// Everything, from one state of the database.
    async fn write_log(&self, place: &Path, range: ExportRange) -> Result<Exported, EngineError> {
        let mut reader = self.store.snapshot().await?;
        let head = audit_head::get(&mut reader).await?;
        let mut wanted = 0..head.size;
        let times = Filter { since: range.since, until: range.until, ..Filter::default() };
        if range.since.is_some() || range.until.is_some() {
            let first = audit_pages::page(&mut reader, &times, Page::Oldest, 1).await?;
            let last = audit_pages::page(&mut reader, &times, Page::Newest, 1).await?;
            wanted = match (first.first(), last.first()) {
                (Some(first), Some(last)) => first.seq..last.seq.saturating_add(1),
                _ => 0..0,
            };
        }
        let written = folder::write(&mut reader, place, &head, &wanted).await?;
        let key = self.verifier_key();
        let readme = readme::Readme {
            key: &key,
            size: head.size,
            written: &written,
            date: self.clock.now().date_naive(),
        };
        folder::write_file(&place.join("keys"), readme.keys().as_bytes())?;
        folder::write_file(&place.join("README.md"), readme.to_string().as_bytes())?;
        if !written.left_out.is_empty() {
            folder::write_file(&place.join("archived.json"), readme.archived().as_bytes())?;
        }
        sync_folder(place)?;
        Ok(Exported {
            folder: place.into(),
            records: head.size,
            bodies: written.bodies,
            archived: written.archived.iter().map(|day| day.day).collect(),
        })
    }
}
