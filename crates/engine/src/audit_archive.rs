//! Archives sealed days of the log: their records move into encrypted files, their hashes stay.

use chrono::NaiveDate;
use keyward_core::DataKeyId;
use keyward_ledger::Action;
use keyward_store::{
    Connection, ObjectsError,
    layout::StoredPath,
    tables::{
        audit_days::{self, AuditDay},
        garbage,
    },
};

use crate::{
    ArchiveDataset, ArchiveFile, AuditRetention, Engine, EngineError, OperationContext,
    audit_retention::retention, operation::Entry, require,
};

/// Which days to archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArchiveDays {
    /// This one.
    Day(NaiveDate),
    /// All that are sealed and due, before this one.
    Before(NaiveDate),
    /// All that are due; those that aren't sealed yet are sealed first. What a timer runs.
    Due,
}

/// A day whose records went from the database.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct ArchivedDay {
    /// Which.
    pub day: NaiveDate,
    /// Its first record.
    pub first: u64,
    /// How many records it has.
    pub records: u64,
    /// Whether its file was there already: then only the rows went that had been fetched back.
    pub released: bool,
    /// Its file.
    #[serde(flatten)]
    pub file: ArchiveFile,
}

impl Engine {
    /// Archives days that retention lets go, the oldest first, each by itself: what is done stays done
    /// where a later one fails. A day that was fetched back lets its rows go again.
    ///
    /// Each day's file is written, made durable and read back, every record compared with its hash, before
    /// one transaction names it and takes the rows away. Dying before that leaves an orphan that
    /// [`sweep_orphans`](Self::sweep_orphans) finds, and the rows where they are.
    ///
    /// `progress` is told of each day that is done, and how many there are.
    ///
    /// # Errors
    /// [`EngineError::NotFinished`] where the day asked for isn't sealed or due, or where no dataset is set
    /// to encrypt archives under; [`EngineError::Ledger`] where a row doesn't have its hash: such a day
    /// stays. Failures of the dataset's key and of the object store.
    pub async fn audit_archive(
        &self,
        context: &OperationContext,
        days: ArchiveDays,
        progress: &(dyn Fn(u64, u64) + Sync),
    ) -> Result<Vec<ArchivedDay>, EngineError> {
        let entry = Entry::new(Action::AuditArchive);
        let (kept, days) = self
            .guard(context, entry, async {
                if days == ArchiveDays::Due {
                    let kept = retention(&mut *self.store.read().await?).await?;
                    let newest = kept.newest_due(self.clock.now().date_naive());
                    self.audit_seal(context, Some(newest)).await?;
                }
                self.days_to_archive(days).await
            })
            .await?;
        let total = days.len() as u64;
        let mut archived = Vec::with_capacity(days.len());
        for (done, day) in (1..).zip(days) {
            let entry = of_day(Action::AuditArchive, &day);
            let one = self.archive_day(context, &kept, &day, entry.clone());
            archived.push(self.guard(context, entry, one).await?);
            progress(done, total);
        }
        Ok(archived)
    }

    /// The days that are to be archived, oldest first, as they are now.
    async fn days_to_archive(
        &self,
        days: ArchiveDays,
    ) -> Result<(AuditRetention, Vec<AuditDay>), EngineError> {
        let mut reader = self.store.read().await?;
        let kept = retention(&mut reader).await?;
        let newest = kept.newest_due(self.clock.now().date_naive());
        let has_rows = |day: &AuditDay| day.archived.as_ref().is_none_or(|archived| archived.here);
        if let ArchiveDays::Day(day) = days {
            let day = self.log_day(day).await?;
            if day.sealed.is_none() {
                return Err(EngineError::NotFinished(format!(
                    "the day {} is not sealed; run `keyward audit seal` first",
                    day.day
                )));
            }
            if day.day > newest {
                return Err(EngineError::NotFinished(format!(
                    "the records of {} stay in the database for {} whole days; archive {newest} or earlier, or change that with `keyward audit retention`",
                    day.day, kept.keep_days
                )));
            }
            return Ok((kept, if has_rows(&day) { vec![day] } else { Vec::new() }));
        }
        let before = match days {
            ArchiveDays::Before(before) => before,
            _ => NaiveDate::MAX,
        };
        let all = audit_days::list(&mut reader).await?;
        let due = |day: &AuditDay| {
            day.sealed.is_some() && day.day <= newest && day.day < before && has_rows(day)
        };
        Ok((kept, all.into_iter().filter(due).collect()))
    }

    async fn archive_day(
        &self,
        context: &OperationContext,
        kept: &AuditRetention,
        day: &AuditDay,
        entry: Entry,
    ) -> Result<ArchivedDay, EngineError> {
        if let Some(file) = ArchiveFile::of(day)? {
            self.release_day(context, day, &file, entry).await?;
            return Ok(archived(day, file, true));
        }
        let key = self.archive_key(kept).await?;
        let file = self.write_archive(context, day, &key).await?;
        match self.name_archive(context, day, &key, &file, entry).await {
            Ok(()) => Ok(archived(day, file, false)),
            Err(error) => {
                // A commit that failed may have happened all the same, so the row decides. Where it can't
                // be read or the delete fails, a sweep finds the bytes.
                let now = self.log_day(day.day).await;
                let named =
                    now.map(|now| now.archived.is_some_and(|it| it.archive.contains(&file.path)));
                if let (Ok(false), Some(path)) = (named, StoredPath::parse(&file.path)) {
                    let _ = self.objects.delete(&path).await;
                }
                Err(error)
            }
        }
    }

    /// The data key that new archives are encrypted under.
    async fn archive_key(&self, kept: &AuditRetention) -> Result<DataKeyId, EngineError> {
        let Some(ArchiveDataset { tenant, dataset }) = &kept.archive_under else {
            return Err(EngineError::NotFinished(
                "archives of the log hold all tenants' records, and no dataset of your own is set to encrypt them under; name one with `--under TENANT/DATASET`".into(),
            ));
        };
        let mut reader = self.store.read().await?;
        let set = require::dataset(&mut reader, tenant, dataset).await?;
        self.residency(&set.name, &set.regions)?;
        let key = DataKeyId {
            tenant: tenant.clone(),
            dataset: dataset.clone(),
            version: set.current_version,
        };
        let row = require::data_key(&mut reader, &key).await?;
        require::may_wrap(&key.to_string(), row.state)?;
        Ok(key)
    }

    /// The one step that counts: until it is durable the rows are there and the file is nobody's; from
    /// then on the file is the records' place.
    async fn name_archive(
        &self,
        context: &OperationContext,
        day: &AuditDay,
        key: &DataKeyId,
        file: &ArchiveFile,
        entry: Entry,
    ) -> Result<(), EngineError> {
        let at = self.clock.now();
        let text = serde_json::to_string(file)
            .map_err(|_| EngineError::StateCorrupt(format!("the archive of {}", day.day)))?;
        let mut change = self.begin().await?;
        // Off-boarded meanwhile, and the file would never open again.
        require::active_tenant(&mut change, &key.tenant).await?;
        self.still_stored(&mut change, &file.path).await?;
        audit_days::archive(&mut change, day.day, at, &text).await?;
        let entry = entry
            .data_key(key)
            .with("path", file.path.as_str())
            .with("bytes", file.bytes)
            .with("sha256", file.sha256.as_str())
            .with("root", file.root.as_str());
        self.commit(change, context, vec![entry]).await
    }

    /// That no sweep has taken the file for an orphan. A sweep lists what it deletes under the write lock,
    /// and looks there again at what is named, so that under the write lock this is the truth: the file is
    /// listed, or gone, or safe once it is named.
    async fn still_stored(
        &self,
        connection: &mut Connection,
        path: &str,
    ) -> Result<(), EngineError> {
        let swept = || EngineError::ChangedMeanwhile(path.to_owned());
        let stored = StoredPath::parse(path).ok_or_else(swept)?;
        if garbage::contains(connection, path).await? {
            return Err(swept());
        }
        match self.objects.head(&stored).await {
            Err(ObjectsError::NotFound { .. }) => Err(swept()),
            other => {
                other?;
                Ok(())
            }
        }
    }

    /// Lets the rows of an archived day go that were fetched back: once its file has proven to hold them
    /// all.
    pub(crate) async fn release_day(
        &self,
        context: &OperationContext,
        day: &AuditDay,
        file: &ArchiveFile,
        entry: Entry,
    ) -> Result<(), EngineError> {
        let archive = self.open_archive(context, day, file).await?;
        archive.verify(&mut *self.store.read().await?).await?;
        let mut change = self.begin().await?;
        audit_days::release(&mut change, day.day).await?;
        let entry = entry.with("path", file.path.as_str()).with("released", true);
        self.commit(change, context, vec![entry]).await
    }
}

/// An entry about a day of the log.
pub(crate) fn of_day(action: Action, day: &AuditDay) -> Entry {
    Entry::new(action)
        .with("day", day.day.to_string())
        .with("first", day.first)
        .with("records", day.records)
}

fn archived(day: &AuditDay, file: ArchiveFile, released: bool) -> ArchivedDay {
    ArchivedDay { day: day.day, first: day.first, records: day.records, released, file }
}
