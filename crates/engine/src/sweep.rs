//! Sweeps away stored files that nothing names: what a process left that died between storing an
//! object's bytes and naming them.

use std::{
    collections::{HashMap, HashSet},
    time::{Duration, SystemTime},
};

use chrono::{DateTime, Utc};
use futures::TryStreamExt;
use keyward_core::{DatasetName, ObjectId, ObjectName, TenantId};
use keyward_ledger::Action;
use keyward_store::{
    layout::{StoredPath, dataset_prefix, log_archives_prefix},
    tables::{
        audit_days, datasets,
        garbage::{self, Garbage},
        objects, tenants,
    },
};
use serde_json::json;

use crate::{ArchiveFile, Engine, EngineError, OperationContext, log::Change, operation::Entry};

/// Rows read at once.
const PAGE: u32 = 1000;
/// Files swept in one transaction, with one record that names them.
const BATCH: usize = 200;

/// What a sweep found and did.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Swept {
    /// Stored files that were looked at.
    pub looked_at: u64,
    /// Files that nothing named and that were deleted.
    pub deleted: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Half-written files that were deleted.
    pub staged: u64,
    /// Files in datasets' folders that Keyward didn't make. They are left alone.
    pub unknown: u64,
}

/// A stored file that nothing names.
struct Orphan {
    path: String,
    size: u64,
}

impl Engine {
    /// Deletes stored files that no row names and that were last written longer than `older_than` ago.
    ///
    /// `older_than` must exceed the time between an object's bytes being stored and their being named
    /// in the database, which is that of one transaction: an hour is plenty, and zero is only for a
    /// workspace that nobody else has open. Only folders of datasets that this workspace knows, and that of
    /// its log's archives, are looked at: a bucket may be shared. Holds some 50 bytes for each object of a dataset in memory.
    ///
    /// Interrupted, it has either listed a file as garbage together with its record, for the next
    /// opening to delete, or not touched it.
    ///
    /// # Errors
    /// [`EngineError::NotAuthorised`]; the database's and the object store's failures.
    pub async fn sweep_orphans(
        &self,
        context: &OperationContext,
        older_than: Duration,
    ) -> Result<Swept, EngineError> {
        let entry =
            Entry::new(Action::StorageSweep).with("older_than_seconds", older_than.as_secs());
        self.guard(context, entry.clone(), async {
            // The object store's time is the system's, not this engine's clock, and the limit is set
            // before any row is read: what is stored from here on is younger.
            let limit: DateTime<Utc> = SystemTime::now()
                .checked_sub(older_than)
                .ok_or_else(|| EngineError::InvalidInput("the age is beyond all time".into()))?
                .into();
            let mut swept = Swept::default();
            for set in self.all_datasets().await? {
                self.sweep_dataset(context, &entry, &set, limit, &mut swept).await?;
            }
            self.sweep_archives(context, &entry, limit, &mut swept).await?;
            swept.staged = self.objects.sweep_staged(older_than).await?;
            let entry = entry
                .with("looked_at", swept.looked_at)
                .with("deleted", swept.deleted)
                .with("bytes", swept.bytes)
                .with("staged", swept.staged);
            self.record(context, entry).await?;
            Ok(swept)
        })
        .await
    }

    async fn sweep_dataset(
        &self,
        context: &OperationContext,
        entry: &Entry,
        set: &datasets::Dataset,
        limit: DateTime<Utc>,
        swept: &mut Swept,
    ) -> Result<(), EngineError> {
        let named = self.named_objects(&set.tenant, &set.name).await?;
        let mut orphans = Vec::new();
        let mut listing = self.objects.list(&dataset_prefix(&set.tenant, &set.name));
        while let Some(stat) = listing.try_next().await? {
            swept.looked_at += 1;
            let Some(file) = StoredFile::of(&stat.path) else {
                swept.unknown += 1;
                continue;
            };
            if stat.modified < limit && file.is_orphan(&named) {
                orphans.push(Orphan { path: stat.path, size: stat.size });
                if orphans.len() == BATCH {
                    self.sweep_batch(context, entry, set, &mut orphans, swept).await?;
                }
            }
        }
        self.sweep_batch(context, entry, set, &mut orphans, swept).await
    }

    async fn sweep_batch(
        &self,
        context: &OperationContext,
        entry: &Entry,
        set: &datasets::Dataset,
        orphans: &mut Vec<Orphan>,
        swept: &mut Swept,
    ) -> Result<(), EngineError> {
        let orphans = std::mem::take(orphans);
        if orphans.is_empty() {
            return Ok(());
        }
        let mut entry = entry.clone().with("dataset", set.name.as_str());
        entry.tenant = Some(set.tenant.clone());
        let change = self.begin().await?;
        self.discard_orphans(context, change, entry, orphans, swept).await
    }

    /// Sweeps the log's archives of this workspace: what an archiving left that was cut short.
    async fn sweep_archives(
        &self,
        context: &OperationContext,
        entry: &Entry,
        limit: DateTime<Utc>,
        swept: &mut Swept,
    ) -> Result<(), EngineError> {
        let mut old = Vec::new();
        let mut listing = self.objects.list(&log_archives_prefix(&self.workspace_id().await?));
        while let Some(stat) = listing.try_next().await? {
            swept.looked_at += 1;
            if StoredPath::parse(&stat.path).is_none() {
                swept.unknown += 1;
            } else if stat.modified < limit {
                old.push(Orphan { path: stat.path, size: stat.size });
            }
        }
        while !old.is_empty() {
            let mut orphans = old.split_off(old.len().saturating_sub(BATCH));
            // A large day's file may be older than any limit before it is named. So what is named is asked
            // under the write lock, and whoever names a file asks there whether it was listed here.
            let mut change = self.begin().await?;
            let mut named = HashSet::new();
            for day in audit_days::list(&mut change).await? {
                named.extend(ArchiveFile::of(&day)?.map(|file| file.path));
            }
            orphans.retain(|orphan| !named.contains(&orphan.path));
            if !orphans.is_empty() {
                self.discard_orphans(context, change, entry.clone(), orphans, swept).await?;
            }
        }
        Ok(())
    }

    /// Lists the files as garbage in the transaction of the record that names them, then deletes them.
    async fn discard_orphans(
        &self,
        context: &OperationContext,
        mut change: Change,
        entry: Entry,
        orphans: Vec<Orphan>,
        swept: &mut Swept,
    ) -> Result<(), EngineError> {
        let bytes: u64 = orphans.iter().map(|orphan| orphan.size).sum();
        let paths: Vec<String> = orphans.into_iter().map(|orphan| orphan.path).collect();
        let since = self.clock.now();
        let rows: Vec<_> = paths.iter().map(|path| Garbage { path: path.clone(), since }).collect();
        garbage::insert(&mut change, &rows).await?;
        let entry = entry.with("files", json!(paths)).with("bytes", bytes);
        self.commit(change, context, vec![entry]).await?;
        self.delete_blobs(&paths).await?;
        swept.deleted += paths.len() as u64;
        swept.bytes += bytes;
        Ok(())
    }

    async fn all_datasets(&self) -> Result<Vec<datasets::Dataset>, EngineError> {
        let mut reader = self.store.read().await?;
        let mut sets = Vec::new();
        for tenant in tenants::list(&mut reader).await? {
            sets.extend(datasets::list(&mut reader, &tenant.id).await?);
        }
        Ok(sets)
    }

    /// The dataset's objects, each with its data key version and whether its entry is detached.
    async fn named_objects(
        &self,
        tenant: &TenantId,
        dataset: &DatasetName,
    ) -> Result<HashMap<ObjectId, Named>, EngineError> {
        let mut named = HashMap::new();
        let mut after: Option<ObjectName> = None;
        loop {
            let mut reader = self.store.read().await?;
            let page =
                objects::list(&mut reader, tenant, dataset, "", after.as_ref(), PAGE).await?;
            let Some(last) = page.last() else { return Ok(named) };
            after = Some(last.name.clone());
            named.extend(page.into_iter().map(|object| {
                let named =
                    Named { data_key_version: object.data_key_version, detached: object.detached };
                (object.id, named)
            }));
        }
    }
}

/// What a row says of an object's files.
#[derive(Clone, Copy)]
struct Named {
    data_key_version: u32,
    detached: bool,
}

/// What a stored file is, by its path.
enum StoredFile {
    Sidecar,
    Message(ObjectId),
    Entry(ObjectId, u32),
}

impl StoredFile {
    fn of(path: &str) -> Option<Self> {
        StoredPath::parse(path)?;
        let (folder, file) = path.rsplit_once('/')?;
        if !folder.contains("/objects/") {
            return Some(Self::Sidecar);
        }
        match file.strip_suffix(".entry") {
            None => Some(Self::Message(file.parse().ok()?)),
            Some(entry) => {
                let (id, version) = entry.split_once('.')?;
                Some(Self::Entry(id.parse().ok()?, version.parse().ok()?))
            }
        }
    }

    /// Whether nothing names the file and nothing ever will.
    fn is_orphan(&self, named: &HashMap<ObjectId, Named>) -> bool {
        match self {
            Self::Sidecar => false,
            // An id is drawn for one write alone: without a row now it never gets one.
            Self::Message(id) => !named.contains_key(id),
            Self::Entry(id, version) => match named.get(id) {
                None => true,
                // A rekey that was cut short may be going on at this moment, and writes the same file
                // anew before it names it: only what its object has gone past is certainly nobody's.
                Some(row) => {
                    *version < row.data_key_version
                        || (*version == row.data_key_version && !row.detached)
                }
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_nothing_can_ever_name_is_an_orphan() {
        let id = ObjectId::from_bytes([0xab; 16]);
        let other = ObjectId::from_bytes([0xac; 16]);
        let named = HashMap::from([(id, Named { data_key_version: 3, detached: true })]);
        let plain = HashMap::from([(id, Named { data_key_version: 3, detached: false })]);
        assert!(!StoredFile::Sidecar.is_orphan(&named));
        assert!(!StoredFile::Message(id).is_orphan(&named));
        assert!(StoredFile::Message(other).is_orphan(&named));
        assert!(StoredFile::Entry(other, 3).is_orphan(&named));
        assert!(StoredFile::Entry(id, 2).is_orphan(&named));
        assert!(!StoredFile::Entry(id, 3).is_orphan(&named));
        assert!(StoredFile::Entry(id, 3).is_orphan(&plain));
        assert!(!StoredFile::Entry(id, 4).is_orphan(&named), "a rekey may be about to name it");
    }

    #[test]
    fn files_are_told_by_their_paths() {
        let hex = "ab".repeat(16);
        assert!(matches!(StoredFile::of("acme/docs/keys.json"), Some(StoredFile::Sidecar)));
        let message = StoredFile::of(&format!("acme/docs/objects/ab/{hex}"));
        assert!(matches!(message, Some(StoredFile::Message(_))));
        let entry = StoredFile::of(&format!("acme/docs/objects/ab/{hex}.4.entry"));
        assert!(matches!(entry, Some(StoredFile::Entry(_, 4))));
        assert!(StoredFile::of("acme/docs/objects/notes.txt").is_none());
    }
}
