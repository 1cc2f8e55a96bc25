//! The sidecar: a dataset's wrapped data keys, written beside its data.
//!
//! With it the data stays readable to its owner without our database. It is derived state: the rows
//! are the truth, a row's change flags its dataset in the same transaction, and publishing writes the
//! file anew from the rows and takes the flag away. A process that dies in between leaves the flag,
//! and the next one publishes. `docs/formats.md` specifies the file.

use std::collections::BTreeMap;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use chrono::{DateTime, Utc};
use futures::{StreamExt, TryStreamExt};
use keyward_core::{DataKeyId, DatasetName, EncryptionContext, KeyState, RootKeyId, TenantId};
use keyward_store::{
    layout::StoredPath,
    tables::{data_keys, datasets, root_key_references},
};

use crate::{Engine, EngineError};

/// Sidecars written beside each other, in one transaction.
const AT_ONCE: usize = 32;

/// The file's content.
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
    /// The root key that wraps it, `rk:TENANT/NUMBER`.
    pub root_key: String,
    /// That root key's version when it wrapped this.
    pub root_key_version: u32,
    /// Region to reference: where the root key may be used.
    pub references: BTreeMap<String, String>,
    /// What the provider authenticates with the wrap.
    pub encryption_context: EncryptionContext,
    /// The provider's ciphertext, base64.
    pub wrapped: String,
    /// Key namespace of the raw AES entries in the dataset's messages.
    pub entry_namespace: String,
    /// Key name of the raw AES entries in the dataset's messages.
    pub entry_name: String,
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
        for batch in stale.chunks(AT_ONCE) {
            self.publish_batch(batch).await?;
        }
        Ok(stale.len())
    }

    /// Writes a tenant's sidecars after a change that is durable already. A failure undoes nothing:
    /// the flag stays, and the next opening writes them.
    pub(crate) async fn refresh_sidecars(&self, tenant: &TenantId) {
        if let Err(error) = self.publish_sidecars(Some(tenant)).await {
            tracing::warn!(%tenant, %error, "a sidecar is out of date until the next opening");
        }
    }

    /// Dying anywhere in here leaves the flags of the whole batch, and it is published again.
    async fn publish_batch(&self, stale: &[datasets::Dataset]) -> Result<(), EngineError> {
        // Under the write lock from reading the rows to taking the flags away: else an older file could
        // overtake a newer one, and stay.
        let mut write = self.store.write().await?;
        let mut files = Vec::with_capacity(stale.len());
        for dataset in stale {
            let sidecar = self.sidecar(&mut write, &dataset.tenant, &dataset.name).await?;
            // Written out on another core while the next one's rows are read.
            let text = tokio::task::spawn_blocking(move || serde_json::to_vec_pretty(&sidecar));
            files.push((StoredPath::sidecar(&dataset.tenant, &dataset.name), text));
        }
        // Beside each other: a disk makes many files durable in little more time than one.
        futures::stream::iter(files)
            .map(|(path, text)| async move {
                let Ok(Ok(text)) = text.await else {
                    return Err(EngineError::StateCorrupt(format!("the sidecar `{path}`")));
                };
                Ok::<_, EngineError>(self.objects.put_small(&path, text.into()).await?)
            })
            .buffer_unordered(AT_ONCE)
            .try_collect::<()>()
            .await?;
        for dataset in stale {
            datasets::clear_sidecar_stale(&mut write, &dataset.tenant, &dataset.name).await?;
        }
        write.commit().await?;
        Ok(())
    }

    /// The sidecar as the rows say it.
    pub(crate) async fn sidecar(
        &self,
        connection: &mut keyward_store::Connection,
        tenant: &TenantId,
        dataset: &DatasetName,
    ) -> Result<Sidecar, EngineError> {
        let mut references = BTreeMap::new();
        let mut keys = Vec::new();
        for row in data_keys::wraps(connection, tenant, dataset).await? {
            let key = DataKeyId {
                tenant: tenant.clone(),
                dataset: dataset.clone(),
                version: row.version,
            };
            let root = RootKeyId { tenant: tenant.clone(), number: row.root_key };
            if !references.contains_key(&root) {
                let list = root_key_references::list(connection, &root).await?;
                let list: BTreeMap<_, _> =
                    list.into_iter().map(|one| (one.region.to_string(), one.reference)).collect();
                references.insert(root.clone(), list);
            }
            let (entry_namespace, entry_name) = Self::entry_name(tenant, dataset, row.version);
            keys.push(SidecarKey {
                version: row.version,
                state: row.state,
                created_at: row.created_at,
                root_key: root.to_string(),
                root_key_version: row.root_key_version,
                references: references[&root].clone(),
                encryption_context: EncryptionContext::for_data_key(&key),
                wrapped: BASE64_STANDARD.encode(&row.wrapped),
                entry_namespace,
                entry_name,
            });
        }
        Ok(Sidecar {
            format: "keyward-sidecar".into(),
            version: 1,
            tenant: tenant.clone(),
            dataset: dataset.clone(),
            data_keys: keys,
        })
    }
}
