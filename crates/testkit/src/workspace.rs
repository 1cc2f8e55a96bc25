//! A workspace in a temporary folder, with the local key store as its provider.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use keyward_core::{
    Actor, DatasetName, LoggedNames, ObjectName, Role, RootKeyReference, SecretKey, TenantId,
    WorkspaceId, reference::LocalKey,
};
use keyward_engine::{
    AcceptRollback, Answer, ChallengeKind, ChallengeView, Engine, EngineError, OperationContext,
    Parts, Providers, RootKeyView, Settings, Source,
};
use keyward_kms::{
    RootKeyService,
    local::{KeyUse, LocalKeyStore, StoreId},
};
use keyward_ledger::SigningKey;
use keyward_store::{Objects, Store};
use keyward_witness::{FolderPlace, Place};
use tempfile::TempDir;

use crate::{Faulty, Replicated, TestClock};

/// A workspace. One of [`TestWorkspace::new`] is deleted with this value, one in a given folder stays.
pub struct TestWorkspace {
    /// Its engine.
    pub engine: Arc<Engine>,
    /// The key store behind `local:` references.
    pub keystore: LocalKeyStore,
    /// What stands between the engine and the key store.
    pub faults: Faulty,
    /// The engine's clock.
    pub clock: TestClock,
    folder: PathBuf,
    _temporary: Option<TempDir>,
}

/// Signs the log of every test workspace.
const SEED: [u8; 32] = [7; 32];
/// Seals the key store of every test workspace.
const SEALING: [u8; 32] = [9; 32];

impl TestWorkspace {
    /// A new workspace in region `local`, with default settings.
    pub async fn new() -> Self {
        Self::with(Settings::default()).await
    }

    /// A new workspace with these settings.
    pub async fn with(settings: Settings) -> Self {
        let temporary = TempDir::new().expect("a temporary folder");
        let made = Self::make(temporary.path(), settings, None).await.expect("a workspace");
        Self { _temporary: Some(temporary), ..made }
    }

    /// A new workspace in a region, and a KMS whose multi-Region keys other regions have too.
    pub async fn in_region(region: &str) -> (Self, Replicated) {
        let temporary = TempDir::new().expect("a temporary folder");
        let folder = temporary.path();
        let store = Store::create(&folder.join("keyward.db")).await.expect("a database");
        let place = objects_of(folder);
        let objects = Objects::create(&place).await.expect("an object store");
        let (sealing, id) = (SecretKey::new(SEALING), StoreId::from_bytes([1; 16]));
        let keystore =
            LocalKeyStore::create(&folder.join("keystore"), sealing, id).expect("a key store");
        let kms = Replicated::new(keystore.clone());
        let clock = TestClock::default();
        let faults = Faulty::new(Arc::new(keystore.clone()));
        let parts = Self::parts(store, objects, &faults, &clock, Settings::default());
        let engine = Engine::create(
            Parts { providers: parts.providers.clone().with(Arc::new(kms.clone())), ..parts },
            WorkspaceId::from_bytes([2; 16]),
            region.parse().expect("a region"),
            &place,
            Actor("test".into()),
        )
        .await
        .expect("a workspace");
        let engine = Arc::new(engine);
        let folder = folder.into();
        (Self { engine, keystore, faults, clock, folder, _temporary: Some(temporary) }, kms)
    }

    /// An engine on the same workspace that runs in another region.
    ///
    /// # Errors
    /// The engine's.
    pub async fn open_in(&self, region: &str, kms: &Replicated) -> Result<Engine, EngineError> {
        let store = Store::open(&self.database()).await?;
        let objects = Objects::open(&objects_of(&self.folder)).await?;
        let parts = Self::parts(store, objects, &self.faults, &self.clock, Settings::default());
        let parts = Parts {
            providers: parts.providers.clone().with(Arc::new(kms.clone())),
            region: Some(region.parse().expect("a region")),
            ..parts
        };
        Engine::open(parts, Actor("test".into())).await
    }

    /// A new workspace in an empty folder, which stays.
    ///
    /// # Errors
    /// The engine's.
    pub async fn create_at(folder: &Path) -> Result<Self, EngineError> {
        Self::make(folder, Settings::default(), None).await
    }

    /// A new workspace in an empty folder, which stays, and keeps its checkpoints in another one.
    ///
    /// # Errors
    /// The engine's.
    pub async fn create_anchored(folder: &Path, anchors: &Path) -> Result<Self, EngineError> {
        Self::make(folder, Settings::default(), Some(anchors)).await
    }

    /// The workspace in a folder, opened by an engine, a key store and a clock of its own: what another
    /// process does.
    ///
    /// # Errors
    /// The engine's.
    pub async fn open_at(folder: &Path) -> Result<Self, EngineError> {
        Self::open_whole(folder, None, None).await
    }

    /// As [`open_at`](Self::open_at), with checkpoints kept in another folder.
    ///
    /// # Errors
    /// The engine's.
    pub async fn open_anchored(
        folder: &Path,
        anchors: &Path,
        accept: Option<AcceptRollback>,
    ) -> Result<Self, EngineError> {
        Self::open_whole(folder, Some(anchors), accept).await
    }

    async fn open_whole(
        folder: &Path,
        anchors: Option<&Path>,
        accept: Option<AcceptRollback>,
    ) -> Result<Self, EngineError> {
        let keystore = LocalKeyStore::open(&folder.join("keystore"), SecretKey::new(SEALING))?;
        let faults = Faulty::new(Arc::new(keystore.clone()));
        let clock = TestClock::default();
        let engine = Self::open_engine(folder, &faults, &clock, anchors, accept).await?;
        Ok(Self {
            engine: Arc::new(engine),
            keystore,
            faults,
            clock,
            folder: folder.into(),
            _temporary: None,
        })
    }

    /// Another engine on the same workspace, as another process would open it, but with this one's
    /// faults and clock.
    ///
    /// # Errors
    /// The engine's.
    pub async fn open_again(&self) -> Result<Engine, EngineError> {
        Self::open_engine(&self.folder, &self.faults, &self.clock, None, None).await
    }

    /// The workspace's folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.folder
    }

    /// The database's file.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.path().join("keyward.db")
    }

    /// The folder that objects and sidecars lie in.
    #[must_use]
    pub fn objects(&self) -> PathBuf {
        self.path().join("objects")
    }

    /// The database, past the engine.
    ///
    /// # Errors
    /// The store's.
    pub async fn store(&self) -> Result<Store, EngineError> {
        Ok(Store::open(&self.database()).await?)
    }

    /// A request of the administrator.
    #[must_use]
    pub fn admin(&self) -> OperationContext {
        self.context(Role::Administrator)
    }

    /// A request of the data path.
    #[must_use]
    pub fn application(&self) -> OperationContext {
        self.context(Role::Application)
    }

    /// A request of the security officer.
    #[must_use]
    pub fn officer(&self) -> OperationContext {
        self.context(Role::SecurityOfficer)
    }

    /// A request in a role.
    #[must_use]
    pub fn context(&self, role: Role) -> OperationContext {
        self.engine.context(Actor("test".into()), role).expect("randomness")
    }

    /// Makes a key in the key store that one tenant may use.
    pub fn key(&self, name: &str, tenant: &TenantId) -> RootKeyReference {
        let key: LocalKey = name.parse().expect("a key's name");
        let access = [(tenant.clone(), KeyUse::ALL.into_iter().collect())].into();
        self.keystore.administration().create_key(&key, access).expect("a key");
        RootKeyReference::Local(key)
    }

    /// Registers a key and answers a decrypt challenge about it.
    pub async fn prove(&self, tenant: &TenantId, reference: &RootKeyReference) -> RootKeyView {
        let admin = self.admin();
        let references = std::slice::from_ref(reference);
        let view =
            self.engine.register_root_key(&admin, tenant, references).await.expect("registered");
        let challenge = self
            .engine
            .start_challenge(&self.admin(), &view.key.id, ChallengeKind::Decrypt)
            .await
            .expect("a challenge");
        let answer = self.decrypt(reference, &challenge).await;
        self.engine.answer_challenge(&self.admin(), challenge.id, &answer).await.expect("proven")
    }

    /// What the tenant does about a decrypt challenge: it decrypts with its own access.
    pub async fn decrypt(&self, reference: &RootKeyReference, challenge: &ChallengeView) -> Answer {
        let blob = challenge.ciphertext.as_ref().expect("a decrypt challenge");
        let blob = BASE64_STANDARD.decode(blob).expect("base64");
        let context = challenge.encryption_context.as_ref().expect("a decrypt challenge");
        let nonce = self.keystore.unwrap(reference, context, &blob).await.expect("the nonce");
        Answer::Decrypted(nonce.expose().to_vec())
    }

    /// An active tenant with a proven key `local:TENANT-key` and a dataset `docs`.
    pub async fn tenant(&self, id: &str) -> (TenantId, DatasetName, RootKeyReference) {
        let tenant: TenantId = id.parse().expect("a tenant id");
        self.engine.register_tenant(&self.admin(), &tenant, id).await.expect("a tenant");
        let reference = self.key(&format!("{id}-key"), &tenant);
        self.prove(&tenant, &reference).await;
        let dataset: DatasetName = "docs".parse().expect("a dataset's name");
        self.engine
            .create_dataset(&self.admin(), &tenant, &dataset, &[], LoggedNames::Plain)
            .await
            .expect("a dataset");
        (tenant, dataset, reference)
    }

    /// Writes an object from memory.
    ///
    /// # Errors
    /// The engine's.
    pub async fn put(
        &self,
        tenant: &TenantId,
        dataset: &DatasetName,
        name: &str,
        bytes: &[u8],
    ) -> Result<(), EngineError> {
        let name: ObjectName = name.parse().expect("an object's name");
        let source = Source::Bytes(bytes.to_vec().into());
        self.engine.write(&self.application(), tenant, dataset, &name, source).await.map(drop)
    }

    /// Reads an object whole.
    ///
    /// # Errors
    /// The engine's.
    pub async fn get(
        &self,
        tenant: &TenantId,
        dataset: &DatasetName,
        name: &str,
    ) -> Result<Vec<u8>, EngineError> {
        let name: ObjectName = name.parse().expect("an object's name");
        let read = self.engine.read(&self.application(), tenant, dataset, &name).await?;
        Ok(read.to_vec())
    }

    async fn make(
        folder: &Path,
        settings: Settings,
        anchors: Option<&Path>,
    ) -> Result<Self, EngineError> {
        let store = Store::create(&folder.join("keyward.db")).await?;
        let place = objects_of(folder);
        let objects = Objects::create(&place).await?;
        let keystore = LocalKeyStore::create(
            &folder.join("keystore"),
            SecretKey::new(SEALING),
            StoreId::from_bytes([1; 16]),
        )?;
        let clock = TestClock::default();
        let faults = Faulty::new(Arc::new(keystore.clone()));
        let parts = Self::parts(store, objects, &faults, &clock, settings);
        let engine = Engine::create(
            Parts { anchors: places(anchors), ..parts },
            WorkspaceId::from_bytes([2; 16]),
            "local".parse().expect("a region"),
            &place,
            Actor("test".into()),
        )
        .await?;
        Ok(Self {
            engine: Arc::new(engine),
            keystore,
            faults,
            clock,
            folder: folder.into(),
            _temporary: None,
        })
    }

    async fn open_engine(
        folder: &Path,
        faults: &Faulty,
        clock: &TestClock,
        anchors: Option<&Path>,
        accept: Option<AcceptRollback>,
    ) -> Result<Engine, EngineError> {
        let store = Store::open(&folder.join("keyward.db")).await?;
        let objects = Objects::open(&objects_of(folder)).await?;
        let parts = Self::parts(store, objects, faults, clock, Settings::default());
        let parts = Parts { anchors: places(anchors), accept, ..parts };
        Engine::open(parts, Actor("test".into())).await
    }

    fn parts(
        store: Store,
        objects: Objects,
        faults: &Faulty,
        clock: &TestClock,
        settings: Settings,
    ) -> Parts {
        Parts {
            store,
            objects,
            providers: Providers::new().with(Arc::new(faults.clone())),
            signing_key: SigningKey::from_seed(&SecretKey::new(SEED)),
            settings,
            anchors: Vec::new(),
            accept: None,
            region: None,
            clock: Box::new(clock.clone()),
        }
    }
}

fn places(folder: Option<&Path>) -> Vec<Arc<dyn Place>> {
    folder.map(|folder| Arc::new(FolderPlace::own(folder)) as Arc<dyn Place>).into_iter().collect()
}

fn objects_of(folder: &Path) -> String {
    folder.join("objects").to_str().expect("a UTF-8 path").to_owned()
}
