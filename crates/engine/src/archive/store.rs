//! Putting a day's records into a new archive in the object store.

use keyward_core::{DataKeyId, ObjectId, WorkspaceId};
use keyward_store::{
    layout::StoredPath,
    tables::{audit_days::AuditDay, audit_records, audit_tiles, workspace},
};

use super::{
    ArchiveFile, BATCH,
    writer::{ArchiveWriter, Written},
};
use crate::{Engine, EngineError, OperationContext, workspace::random, write::blocking};

impl Engine {
    /// Writes the archive of a day from its rows, each of which must have its hash, and reads it back.
    ///
    /// The file is durable once this returns, and nothing names it yet: the caller does, or deletes it.
    /// Where this fails, or the process dies, it is an orphan that a sweep finds.
    pub(crate) async fn write_archive(
        &self,
        context: &OperationContext,
        day: &AuditDay,
        key: &DataKeyId,
    ) -> Result<ArchiveFile, EngineError> {
        let id = ObjectId::from_bytes(random()?);
        let path = StoredPath::log_archive(&self.workspace_id().await?, day.day, &id);
        let written = async {
            let Written { bytes, sha256, root } =
                self.fill_archive(context, day, key, &path).await?;
            let file = ArchiveFile {
                path: path.to_string(),
                bytes,
                sha256,
                data_key: key.to_string(),
                root: root.to_string(),
            };
            // What is about to be the only copy is read back from where it lies.
            let archive = self.open_archive(context, day, &file).await?;
            archive.verify(&mut *self.store.read().await?).await?;
            Ok(file)
        };
        match written.await {
            Ok(file) => Ok(file),
            Err(error) => {
                // Where the delete fails, a sweep finds the bytes.
                let _ = self.objects.delete(&path).await;
                Err(error)
            }
        }
    }

    /// Which workspace this is.
    pub(crate) async fn workspace_id(&self) -> Result<WorkspaceId, EngineError> {
        let row = workspace::get(&mut *self.store.read().await?).await?;
        let row =
            row.ok_or_else(|| EngineError::StateCorrupt("the workspace's settings".into()))?;
        Ok(row.id)
    }

    async fn fill_archive(
        &self,
        context: &OperationContext,
        day: &AuditDay,
        key: &DataKeyId,
        path: &StoredPath,
    ) -> Result<Written, EngineError> {
        let keys = self.archive_keys(context, day, key).await?;
        let first = day.first;
        let (mut writer, header) =
            blocking(move || ArchiveWriter::new(&keys.keyring, &keys.expected, first)).await?;
        let mut upload = self.objects.upload(path).await?;
        let filled = async {
            upload.write(header.into()).await?;
            // No snapshot, which would hold up the write-ahead log: rows of the log never change.
            let mut reader = self.store.read().await?;
            let (mut next, end) = (first, first.saturating_add(day.records));
            while next < end {
                let count = usize::try_from(end - next).map_or(BATCH, |left| left.min(BATCH));
                let chunk = audit_records::read_chunk(&mut reader, next, count as u32).await?;
                if chunk.is_empty() {
                    // Another process has archived the day meanwhile, or somebody deleted its rows.
                    return Err(EngineError::ChangedMeanwhile(day.day.to_string()));
                }
                let hashes = audit_tiles::leaf_hashes(&mut reader, next, chunk.len()).await?;
                next += chunk.len() as u64;
                let (kept, bytes) = blocking(move || {
                    let bytes = writer.push(&chunk, &hashes)?;
                    Ok((writer, bytes))
                })
                .await?;
                writer = kept;
                if !bytes.is_empty() {
                    upload.write(bytes.into()).await?;
                }
            }
            let (bytes, written) = blocking(move || writer.finish()).await?;
            upload.write(bytes.into()).await?;
            Ok(written)
        }
        .await;
        match filled {
            Ok(written) => {
                upload.finish().await?;
                Ok(written)
            }
            Err(error) => {
                upload.abort().await;
                Err(error)
            }
        }
    }
}
