//! The sidecar: a dataset's wrapped data keys, written beside its data.
//!
//! With it the data stays readable to its owner without our database. It is derived state: the rows
//! are the truth, a row's change flags its dataset in the same transaction, and publishing writes the
//! file anew from the rows and takes the flag away, unless another change has come since. A process that
//! dies in between leaves the flag, and the next one publishes. `docs/formats.md` specifies the file.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use chrono::{DateTime, Utc};
use futures::{StreamExt, stream::FuturesUnordered};
use keyward_core::{DataKeyId, DatasetName, EncryptionContext, KeyState, RootKeyId, TenantId};
use keyward_store::{
    Objects,
    layout::StoredPath,
    tables::{
        data_keys,
        datasets::{self, StaleSidecar},
        root_key_references,
    },
};
use tokio::task::JoinError;

use crate::{Engine, EngineError, sidecar_turn::Turn};

/// Sidecars written in one turn.
const AT_ONCE: usize = 256;

/// Files written beside each other: more only wait for the file system's locks.
const FILES_AT_ONCE: usize = 16;

/// Data keys in memory at most while their sidecars are written, and those of one dataset more.
const KEYS_HELD: usize = 200_000;

/// The file's content. What is the same for all its data keys stands once.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sidecar {
    /// Always `keyward-sidecar`.
    pub format: String,
    /// 1.
    pub version: u32,
    /// Whose data keys.
    pub tenant: TenantId,
    /// Of which dataset.
    pub dataset: DatasetName,
    /// The root keys that wrap them, `rk:TENANT/NUMBER`: for each, region to reference, where it may be
    /// used.
    pub root_keys: BTreeMap<String, BTreeMap<String, String>>,
    /// Every data key that still opens something, by version.
    pub data_keys: Vec<SidecarKey>,
}

/// One wrapped data key.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SidecarKey {
    /// The data key's version.
    pub version: u32,
    /// Its state.
    pub state: KeyState,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// The root key that wraps it, one of the file's `root_keys`.
    pub root_key: String,
    /// That root key's version when it wrapped this.
    pub root_key_version: u32,
    /// The provider's ciphertext of it, base64.
    pub wrapped: String,
}

impl Sidecar {
    /// What the provider authenticates with the wrap of one of the data keys.
    #[must_use]
    pub fn encryption_context(&self, key: &SidecarKey) -> EncryptionContext {
        EncryptionContext::for_data_key(&DataKeyId {
            tenant: self.tenant.clone(),
            dataset: self.dataset.clone(),
            version: key.version,
        })
    }

    /// Where the root key of one of the data keys may be used: region to reference. Empty in a file
    /// that names no such root key.
    pub fn references(&self, key: &SidecarKey) -> impl ExactSizeIterator<Item = (&str, &str)> {
        static NONE: BTreeMap<String, String> = BTreeMap::new();
        let references = self.root_keys.get(&key.root_key).unwrap_or(&NONE);
        references.iter().map(|(region, reference)| (region.as_str(), reference.as_str()))
    }
}

/// A sidecar as the rows say it, before it takes its form: that needs no database.
pub(crate) struct SidecarRows {
    tenant: TenantId,
    dataset: DatasetName,
    root_keys: BTreeMap<u32, BTreeMap<String, String>>,
    data_keys: Vec<data_keys::Wrap>,
}

impl From<SidecarRows> for Sidecar {
    fn from(rows: SidecarRows) -> Self {
        let SidecarRows { tenant, dataset, root_keys, data_keys } = rows;
        let name = |number| RootKeyId { tenant: tenant.clone(), number }.to_string();
        let names: BTreeMap<u32, String> =
            root_keys.keys().map(|number| (*number, name(*number))).collect();
        let data_keys = data_keys.into_iter().map(|row| SidecarKey {
            version: row.version,
            state: row.state,
            created_at: row.created_at,
            root_key: names.get(&row.root_key).cloned().unwrap_or_else(|| name(row.root_key)),
            root_key_version: row.root_key_version,
            wrapped: BASE64_STANDARD.encode(&row.wrapped),
        });
        Self {
            format: "keyward-sidecar".into(),
            version: 1,
            data_keys: data_keys.collect(),
            root_keys: root_keys
                .into_iter()
                .map(|(number, references)| (name(number), references))
                .collect(),
            tenant,
            dataset,
        }
    }
}

impl Engine {
    /// Writes every sidecar that is out of date, of one tenant or of all, and gives their number.
    pub(crate) async fn publish_sidecars(
        &self,
        tenant: Option<&TenantId>,
    ) -> Result<usize, EngineError> {
        let stale = {
            let mut reader = self.store.read().await?;
            datasets::stale_sidecars(&mut reader, tenant).await?
        };
        for of_tenant in stale.chunk_by(|one, next| one.tenant == next.tenant) {
            let Some(StaleSidecar { tenant, .. }) = of_tenant.first() else { continue };
            let names: Vec<_> = of_tenant.iter().map(|one| one.dataset.clone()).collect();
            for names in names.chunks(AT_ONCE) {
                let written = self.write_sidecars(tenant, names).await?;
                self.clear_sidecars_written(&written).await?;
            }
        }
        Ok(stale.len())
    }

    /// Takes the marks of sidecars that have been written.
    pub(crate) async fn clear_sidecars_written(
        &self,
        written: &[StaleSidecar],
    ) -> Result<(), EngineError> {
        if written.is_empty() {
            return Ok(());
        }
        let mut write = self.store.write().await?;
        datasets::clear_sidecars_written(&mut write, written).await?;
        Ok(write.commit().await?)
    }

    /// Writes a tenant's sidecars after a change that is durable already. A failure undoes nothing:
    /// the flag stays, and the next opening writes them.
    pub(crate) async fn refresh_sidecars(&self, tenant: &TenantId) {
        if let Err(error) = self.publish_sidecars(Some(tenant)).await {
            tracing::warn!(%tenant, %error, "a sidecar is out of date until the next opening");
        }
    }

    /// Writes those of a tenant's sidecars that are out of date, makes them durable, and gives whose marks
    /// may be taken. Dying anywhere before that leaves all of them to be published again.
    pub(crate) async fn write_sidecars(
        &self,
        tenant: &TenantId,
        datasets: &[DatasetName],
    ) -> Result<Vec<StaleSidecar>, EngineError> {
        let turn = Arc::new(self.sidecar_turns.next().await?);
        let mut reader = self.store.read().await?;
        // Before their rows: a change that comes from here on keeps its mark.
        let stale = datasets::stale_among(&mut reader, tenant, datasets).await?;
        // Tasks of their own: they take their form on another core while the next one's rows are read,
        // and a disk makes many files durable in little more time than one. If the caller goes away they
        // go on, and the turn lasts until the last has ended.
        let mut files = FuturesUnordered::new();
        let mut held = 0;
        for one in &stale {
            let rows = self.sidecar_rows(&mut reader, &one.tenant, &one.dataset).await?;
            held += rows.data_keys.len();
            let path = StoredPath::sidecar(&one.tenant, &one.dataset);
            let file = publish(self.objects.clone(), path, rows, Arc::clone(&turn));
            files.push(tokio::spawn(file));
            while held > KEYS_HELD || files.len() >= FILES_AT_ONCE {
                let Some(published) = files.next().await else { break };
                held -= keys(published)?;
            }
        }
        drop(reader);
        while let Some(published) = files.next().await {
            keys(published)?;
        }
        Ok(stale)
    }

    /// The sidecar as the rows say it.
    pub(crate) async fn sidecar(
        &self,
        connection: &mut keyward_store::Connection,
        tenant: &TenantId,
        dataset: &DatasetName,
    ) -> Result<Sidecar, EngineError> {
        Ok(self.sidecar_rows(connection, tenant, dataset).await?.into())
    }

    async fn sidecar_rows(
        &self,
        connection: &mut keyward_store::Connection,
        tenant: &TenantId,
        dataset: &DatasetName,
    ) -> Result<SidecarRows, EngineError> {
        let data_keys = data_keys::wraps(connection, tenant, dataset).await?;
        let numbers: BTreeSet<u32> = data_keys.iter().map(|row| row.root_key).collect();
        let mut root_keys = BTreeMap::new();
        for number in numbers {
            let root = RootKeyId { tenant: tenant.clone(), number };
            let list = root_key_references::list(connection, &root).await?;
            let list = list.into_iter().map(|one| (one.region.to_string(), one.reference));
            root_keys.insert(number, list.collect());
        }
        Ok(SidecarRows { tenant: tenant.clone(), dataset: dataset.clone(), root_keys, data_keys })
    }
}

/// How many data keys a sidecar had that was written by a task.
fn keys(published: Result<Result<usize, EngineError>, JoinError>) -> Result<usize, EngineError> {
    published.map_err(|_| EngineError::StateCorrupt("a sidecar".into()))?
}

/// Writes one sidecar, in a turn that lasts until then, and tells how many data keys it has.
async fn publish(
    objects: Objects,
    path: StoredPath,
    rows: SidecarRows,
    _turn: Arc<Turn>,
) -> Result<usize, EngineError> {
    let keys = rows.data_keys.len();
    let damaged = || EngineError::StateCorrupt(format!("the sidecar `{path}`"));
    let text = tokio::task::spawn_blocking(move || serde_json::to_vec(&Sidecar::from(rows)));
    let text = text.await.map_err(|_| damaged())?.map_err(|_| damaged())?;
    objects.put_small(&path, text.into()).await?;
    Ok(keys)
}
