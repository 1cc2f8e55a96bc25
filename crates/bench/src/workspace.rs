//! A workspace to measure: put together as the command does, with nothing in between.

use std::{path::Path, sync::Arc};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use futures::{StreamExt, TryStreamExt};
use keyward_core::{
    Actor, DataKeyId, DatasetName, EncryptionContext, KeyState, LoggedNames, ObjectName, Role,
    RootKeyReference, SecretKey, TenantId, WorkspaceId, reference::LocalKey,
};
use keyward_engine::{
    Answer, ChallengeKind, Engine, OperationContext, Parts, Providers, Settings, Source,
    SystemClock,
};
use keyward_kms::{
    RootKeyService,
    local::{KeyUse, LocalKeyStore, StoreId},
};
use keyward_ledger::SigningKey;
use keyward_store::{
    Objects, Store,
    tables::{
        data_keys::{self, NewDataKey},
        datasets::{self, Dataset},
    },
};
use tempfile::TempDir;

use crate::error::BenchError;

/// A workspace with one active tenant, deleted with this value.
pub struct Workspace {
    /// Its engine.
    pub engine: Engine,
    /// Its database.
    pub store: Store,
    /// The tenant.
    pub tenant: TenantId,
    /// A dataset of the tenant.
    pub dataset: DatasetName,
    /// Who answers for the tenant's root key.
    pub service: Arc<dyn RootKeyService>,
    /// The tenant's root key.
    pub key: RootKeyReference,
    folder: TempDir,
}

/// Calls to a provider at once, while filling the tables.
const CALLS: usize = 32;

impl Workspace {
    /// The seed of the key that signs its log.
    pub const SIGNING_SEED: [u8; 32] = [7; 32];

    /// A workspace in a new folder within `parent`, its tenant's root key in the local key store.
    pub async fn local(parent: &Path) -> Result<Self, BenchError> {
        let folder = TempDir::with_prefix_in("keyward-bench-", parent)?;
        let path = folder.path().join("keystore");
        let keystore =
            LocalKeyStore::create(&path, SecretKey::new([9; 32]), StoreId::from_bytes([1; 16]))?;
        let key: LocalKey = known("acme-key");
        let access = [(tenant(), KeyUse::ALL.into_iter().collect())].into();
        keystore.administration().create_key(&key, access)?;
        Self::create(folder, Arc::new(keystore), RootKeyReference::Local(key)).await
    }

    /// As [`local`](Self::local), with the tenant's root key at another provider.
    pub async fn with(
        parent: &Path,
        service: Arc<dyn RootKeyService>,
        key: RootKeyReference,
    ) -> Result<Self, BenchError> {
        let folder = TempDir::with_prefix_in("keyward-bench-", parent)?;
        Self::create(folder, service, key).await
    }

    /// The workspace's folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A request of the administrator.
    pub fn admin(&self) -> Result<OperationContext, BenchError> {
        Ok(self.engine.context(actor(), Role::Administrator)?)
    }

    /// A request of the security officer.
    pub fn officer(&self) -> Result<OperationContext, BenchError> {
        Ok(self.engine.context(actor(), Role::SecurityOfficer)?)
    }

    /// Writes an object.
    pub async fn put(&self, name: &str, source: Source) -> Result<(), BenchError> {
        let context = self.engine.context(actor(), Role::Application)?;
        let name: ObjectName = known(name);
        self.engine.write(&context, &self.tenant, &self.dataset, &name, source).await?;
        Ok(())
    }

    /// Reads an object into memory.
    pub async fn get(&self, name: &str) -> Result<(), BenchError> {
        let context = self.engine.context(actor(), Role::Application)?;
        self.engine.read(&context, &self.tenant, &self.dataset, &known(name)).await?;
        Ok(())
    }

    /// Reads an object into a file.
    pub async fn get_to(&self, name: &str, target: &Path) -> Result<(), BenchError> {
        let context = self.engine.context(actor(), Role::Application)?;
        let name: ObjectName = known(name);
        self.engine.read_to_file(&context, &self.tenant, &self.dataset, &name, target).await?;
        Ok(())
    }

    /// Deletes an object.
    pub async fn delete(&self, name: &str) -> Result<(), BenchError> {
        let context = self.engine.context(actor(), Role::Application)?;
        self.engine.delete(&context, &self.tenant, &self.dataset, &known(name)).await?;
        Ok(())
    }

    /// Adds datasets with data keys, straight into the tables: through the operations each would be a
    /// transaction of its own.
    pub async fn add_data_keys(&self, sets: u32, keys_each: u32) -> Result<(), BenchError> {
        let now = chrono::Utc::now();
        let numbers: Vec<u32> = (0..sets).collect();
        for numbers in numbers.chunks(100) {
            let mut write = self.store.write().await?;
            for number in numbers {
                let dataset = Dataset {
                    tenant: self.tenant.clone(),
                    name: known(&format!("shard-{number:06}")),
                    created_at: now,
                    current_version: keys_each,
                    regions: Vec::new(),
                    names: LoggedNames::Plain,
                    sidecar_stale: false,
                };
                datasets::insert(&mut write, &dataset).await?;
                let keys: Vec<_> = futures::stream::iter(1..=keys_each)
                    .map(|version| self.data_key(&dataset, version))
                    .buffered(CALLS)
                    .try_collect()
                    .await?;
                data_keys::insert_many(&mut write, &keys).await?;
            }
            write.commit().await?;
        }
        Ok(())
    }

    async fn data_key(&self, dataset: &Dataset, version: u32) -> Result<NewDataKey, BenchError> {
        let name = dataset.name.clone();
        let key = DataKeyId { tenant: self.tenant.clone(), dataset: name, version };
        let context = EncryptionContext::for_data_key(&key);
        let secret = SecretKey::new([3; 32]);
        Ok(NewDataKey {
            key,
            state: KeyState::Active,
            root_key: 1,
            root_key_version: 1,
            wrapped: self.service.wrap(&self.key, &context, &secret).await?.blob,
            created_at: dataset.created_at,
        })
    }

    async fn create(
        folder: TempDir,
        service: Arc<dyn RootKeyService>,
        key: RootKeyReference,
    ) -> Result<Self, BenchError> {
        let store = Store::create(&folder.path().join("keyward.db")).await?;
        let place = folder.path().join("objects").display().to_string();
        let parts = Parts {
            store: store.clone(),
            objects: Objects::create(&place).await?,
            providers: Providers::new().with(service.clone()),
            signing_key: SigningKey::from_seed(&SecretKey::new(Self::SIGNING_SEED)),
            settings: Settings::default(),
            anchors: Vec::new(),
            accept: None,
            region: None,
            clock: Box::new(SystemClock),
        };
        let (id, region) = (WorkspaceId::from_bytes([2; 16]), known("us-west-1"));
        let engine = Engine::create(parts, id, region, &place, actor()).await?;
        let (tenant, dataset) = (tenant(), known("docs"));
        let workspace = Self { engine, store, tenant, dataset, service, key, folder };
        workspace.onboard().await?;
        Ok(workspace)
    }

    async fn onboard(&self) -> Result<(), BenchError> {
        let (engine, context, tenant) = (&self.engine, self.admin()?, &self.tenant);
        engine.register_tenant(&context, tenant, "Acme").await?;
        let keys = std::slice::from_ref(&self.key);
        let root_key = engine.register_root_key(&context, tenant, keys).await?.key.id;
        let challenge = engine.start_challenge(&context, &root_key, ChallengeKind::Decrypt).await?;
        let missing = || BenchError::Unmeasured("the challenge has nothing to decrypt".into());
        let blob = challenge
            .ciphertext
            .as_ref()
            .and_then(|text| BASE64_STANDARD.decode(text).ok())
            .ok_or_else(missing)?;
        let asked = challenge.encryption_context.as_ref().ok_or_else(missing)?;
        let nonce = self.service.unwrap(&self.key, asked, &blob).await?;
        let answer = Answer::Decrypted(nonce.expose().to_vec());
        engine.answer_challenge(&context, challenge.id, &answer).await?;
        engine.create_dataset(&context, tenant, &self.dataset, &[], LoggedNames::Plain).await?;
        Ok(())
    }
}

fn actor() -> Actor {
    Actor("bench".into())
}

fn tenant() -> TenantId {
    known("acme")
}

/// A name of our own.
fn known<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().expect("the bench's own names are valid")
}
