//! Opening a day's archive: its key, its file, and its records one batch after the other.

use std::{fs::File, io::Seek as _, ops::Range};

use futures::TryStreamExt;
use keyward_core::DataKeyId;
use keyward_envelope::RawAesKeyring;
use keyward_store::{
    Connection, ObjectsError,
    layout::StoredPath,
    tables::{audit_days::AuditDay, audit_tiles},
};
use tokio::io::AsyncWriteExt as _;

use super::{
    ArchiveFault, ArchiveFile, BATCH, context_of,
    reader::{ArchiveKeys, ArchiveReader, Stopped},
};
use crate::{Engine, EngineError, OperationContext, require, write::blocking};

/// An archive whose records are being read.
pub(crate) struct OpenArchive {
    day: AuditDay,
    file: ArchiveFile,
    left: Range<u64>,
    // `None` after the end or a failure, and while a batch is read.
    reader: Option<Box<ArchiveReader<File>>>,
}

impl Engine {
    /// Opens the archive of a day. Only its header is verified yet.
    pub(crate) async fn open_archive(
        &self,
        context: &OperationContext,
        day: &AuditDay,
        file: &ArchiveFile,
    ) -> Result<OpenArchive, EngineError> {
        let keys = self.archive_keys(context, day, &file.data_key(day.day)?).await?;
        let path = file.stored_path(day.day)?;
        let fault = |fault| differs(day, file, fault);
        let stored = match self.fetch_whole(&path).await {
            Err(EngineError::Objects(ObjectsError::NotFound { .. })) => {
                return Err(fault(ArchiveFault::Gone));
            }
            Err(EngineError::Objects(ObjectsError::Cut { .. })) => {
                return Err(fault(ArchiveFault::Closed(day.first)));
            }
            other => other?,
        };
        let first = day.first;
        let (what, stop) = (file.path.clone(), day.clone());
        let told = file.clone();
        let reader = blocking(move || {
            ArchiveReader::new(stored, &keys, first).map_err(|why| match why {
                Stopped::Fault(fault) => differs(&stop, &told, fault),
                Stopped::Io(source) => EngineError::Io { what, source },
            })
        })
        .await?;
        Ok(OpenArchive {
            day: day.clone(),
            file: file.clone(),
            left: first..first.saturating_add(day.records),
            reader: Some(Box::new(reader)),
        })
    }

    /// What opens the archive of a day, or writes it.
    pub(super) async fn archive_keys(
        &self,
        context: &OperationContext,
        day: &AuditDay,
        key: &DataKeyId,
    ) -> Result<ArchiveKeys, EngineError> {
        let (tenant, data_key) = {
            let mut reader = self.store.read().await?;
            let tenant = require::active_tenant(&mut reader, &key.tenant).await?;
            (tenant, require::data_key(&mut reader, key).await?)
        };
        let opened = self.unlock(context, &tenant, &data_key).await?;
        let (namespace, name) = Self::entry_name(&key.tenant, &key.dataset, key.version);
        Ok(ArchiveKeys {
            expected: context_of(key, &self.log.identity.origin.to_string(), day),
            keyring: RawAesKeyring::new(&namespace, &name, &opened.key.reveal())?,
        })
    }

    /// A stored file as one of this machine: where it lies in a folder, itself; else a copy without a
    /// name. It is read while the database's only write lock is held, which must not wait for a network.
    async fn fetch_whole(&self, path: &StoredPath) -> Result<File, EngineError> {
        let io = |source| EngineError::Io { what: "a temporary file".into(), source };
        if let Some(local) = self.objects.local_path(path) {
            return File::open(&local).map_err(|source| match source.kind() {
                std::io::ErrorKind::NotFound => {
                    EngineError::Objects(ObjectsError::NotFound { path: path.to_string() })
                }
                _ => EngineError::Io { what: path.to_string(), source },
            });
        }
        let (_, mut pieces) = self.objects.get_stream(path).await?;
        let mut copy = tokio::fs::File::from_std(tempfile::tempfile().map_err(io)?);
        while let Some(piece) = pieces.try_next().await? {
            copy.write_all(&piece).await.map_err(io)?;
        }
        copy.flush().await.map_err(io)?;
        let mut copy = copy.into_std().await;
        copy.rewind().map_err(io)?;
        Ok(copy)
    }
}

impl OpenArchive {
    /// The next records, each as its leaf hash says, or `None` after the last: then the file is whole and
    /// the one that was written. After that, or a failure, every call fails.
    ///
    /// # Errors
    /// [`EngineError::ArchiveDiffers`], which names the first record that isn't right.
    pub(crate) async fn next(
        &mut self,
        connection: &mut Connection,
    ) -> Result<Option<Vec<String>>, EngineError> {
        let Some(mut reader) = self.reader.take() else {
            return Err(differs(&self.day, &self.file, ArchiveFault::Closed(self.left.start)));
        };
        let left = usize::try_from(self.left.end - self.left.start).unwrap_or(BATCH);
        if left == 0 {
            let sha256 = blocking(move || Ok(reader.finish())).await?;
            let sha256 = sha256.map_err(|why| self.stopped(why))?;
            if sha256 != self.file.sha256 {
                return Err(differs(&self.day, &self.file, ArchiveFault::OtherFile));
            }
            return Ok(None);
        }
        let count = left.min(BATCH);
        let hashes = audit_tiles::leaf_hashes(connection, self.left.start, count).await?;
        let (reader, records) = blocking(move || {
            let records = reader.next(&hashes);
            Ok((reader, records))
        })
        .await?;
        let records = records.map_err(|why| self.stopped(why))?;
        self.left.start += count as u64;
        self.reader = Some(reader);
        Ok(Some(records))
    }

    /// Reads on to the end, for whether all is right.
    ///
    /// # Errors
    /// As [`next`](Self::next).
    pub(crate) async fn verify(mut self, connection: &mut Connection) -> Result<(), EngineError> {
        while self.next(connection).await?.is_some() {}
        Ok(())
    }

    fn stopped(&self, why: Stopped) -> EngineError {
        match why {
            Stopped::Fault(fault) => differs(&self.day, &self.file, fault),
            Stopped::Io(source) => EngineError::Io { what: self.file.path.clone(), source },
        }
    }
}

fn differs(day: &AuditDay, file: &ArchiveFile, fault: ArchiveFault) -> EngineError {
    EngineError::ArchiveDiffers { day: day.day, path: file.path.clone(), fault }
}
