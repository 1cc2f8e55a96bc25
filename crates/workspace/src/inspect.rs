//! Looks a workspace over, for `doctor`: is the database sound, do rows and stored bytes agree?

use std::{collections::HashMap, time::Duration};

use chrono::{TimeDelta, Utc};
use futures::TryStreamExt;
use keyward_core::{DatasetName, ObjectId, ObjectName, TenantId};
use keyward_store::{
    StoreError,
    layout::{StoredPath, dataset_prefix},
    tables::{datasets, objects, tenants},
};

use crate::{Workspace, WorkspaceError};

/// What lies about for so long is nobody's work under way: a write names its bytes as soon as they are
/// stored.
pub const SETTLED: Duration = Duration::from_secs(60 * 60);
/// Rows read at once.
const PAGE: u32 = 1000;
/// How many findings are named; the rest is only counted.
const NAMED: usize = 20;

/// What doesn't agree between rows and stored bytes.
#[derive(Clone, Debug, Default, serde::Serialize)]
pub struct StrayBlobs {
    /// Stored files that were looked at.
    pub looked_at: u64,
    /// Stored files that no row names, an hour old or more.
    pub orphaned: u64,
    /// Their bytes.
    pub orphaned_bytes: u64,
    /// Objects whose stored bytes are gone.
    pub missing: u64,
    /// Some of those objects, as `TENANT/DATASET: NAME`.
    pub missing_names: Vec<String>,
}

/// What was found.
pub struct Inspection<'a>(&'a Workspace);

impl Workspace {
    /// The ways to look it over.
    #[must_use]
    pub fn inspect(&self) -> Inspection<'_> {
        Inspection(self)
    }
}

impl Inspection<'_> {
    /// Reads every page of the database.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] with the first thing found.
    pub async fn database(&self) -> Result<(), StoreError> {
        self.0.store.check().await
    }

    /// The datasets, as `TENANT/DATASET`, whose sidecar isn't what the rows say.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn stale_sidecars(&self) -> Result<Vec<String>, StoreError> {
        let mut reader = self.0.store.read().await?;
        let stale = datasets::stale_sidecars(&mut reader, None).await?;
        Ok(stale.iter().map(|one| format!("{}/{}", one.tenant, one.dataset)).collect())
    }

    /// Compares rows and stored bytes. What nothing names,
    /// [`sweep_orphans`](keyward_engine::Engine::sweep_orphans) removes.
    ///
    /// # Errors
    /// The database's and the object store's.
    pub async fn blobs(&self) -> Result<StrayBlobs, WorkspaceError> {
        let mut found = StrayBlobs::default();
        let sets = {
            let mut reader = self.0.store.read().await?;
            let mut sets = Vec::new();
            for tenant in tenants::list(&mut reader).await? {
                for set in datasets::list(&mut reader, &tenant.id).await? {
                    sets.push((set.tenant, set.name));
                }
            }
            sets
        };
        for (tenant, dataset) in &sets {
            self.dataset(tenant, dataset, &mut found).await?;
        }
        Ok(found)
    }

    async fn dataset(
        &self,
        tenant: &TenantId,
        dataset: &DatasetName,
        found: &mut StrayBlobs,
    ) -> Result<(), WorkspaceError> {
        let mut rows = self.rows(tenant, dataset).await?;
        let before = Utc::now() - TimeDelta::seconds(SETTLED.as_secs() as i64);
        let mut listing = self.0.objects.list(&dataset_prefix(tenant, dataset));
        while let Some(stat) = listing.try_next().await? {
            found.looked_at += 1;
            let Some((id, path)) = object_of(&stat.path) else { continue };
            let named = match rows.get_mut(&id) {
                // An entry counts only in the version that the row names.
                Some(row) if stat.path.ends_with(".entry") => row.entry.is_some_and(|version| {
                    StoredPath::entry(tenant, dataset, &id, version) == path
                }),
                Some(row) => {
                    row.seen = true;
                    true
                }
                None => false,
            };
            if named || stat.modified > before {
                continue;
            }
            found.orphaned += 1;
            found.orphaned_bytes += stat.size;
        }
        for row in rows.into_values().filter(|row| !row.seen) {
            // Asked again: it may have been replaced or deleted while the files were listed.
            let mut reader = self.0.store.read().await?;
            let now = objects::get(&mut reader, tenant, dataset, &row.name).await?;
            let Some(now) = now else { continue };
            let path = StoredPath::object(tenant, dataset, &now.id);
            if self.0.objects.head(&path).await.is_err() {
                found.missing += 1;
                if found.missing_names.len() < NAMED {
                    found.missing_names.push(format!("{tenant}/{dataset}: {}", row.name));
                }
            }
        }
        Ok(())
    }

    async fn rows(
        &self,
        tenant: &TenantId,
        dataset: &DatasetName,
    ) -> Result<HashMap<ObjectId, Row>, StoreError> {
        let mut rows = HashMap::new();
        let mut after: Option<ObjectName> = None;
        loop {
            let mut reader = self.0.store.read().await?;
            let page =
                objects::list(&mut reader, tenant, dataset, "", after.as_ref(), PAGE).await?;
            let Some(last) = page.last() else { return Ok(rows) };
            after = Some(last.name.clone());
            rows.extend(page.into_iter().map(|object| {
                let entry = object.detached.then_some(object.data_key_version);
                (object.id, Row { name: object.name, entry, seen: false })
            }));
        }
    }
}

struct Row {
    name: ObjectName,
    entry: Option<u32>,
    seen: bool,
}

/// The object that a stored file is of; `None` for a sidecar and for what Keyward didn't make.
fn object_of(path: &str) -> Option<(ObjectId, StoredPath)> {
    let parsed = StoredPath::parse(path)?;
    let (_, file) = path.rsplit_once('/')?;
    let id = file.split('.').next()?.parse().ok()?;
    Some((id, parsed))
}
