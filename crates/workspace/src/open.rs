//! Opens a workspace.

use std::{
    path::{Path, PathBuf, absolute},
    sync::Arc,
    time::Duration,
};

use chrono::{DateTime, Utc};
use keyward_core::Actor;
use keyward_engine::{
    AcceptRollback, CacheSettings, Clock, Engine, Parts, Providers, Settings, SystemClock,
};
use keyward_kms::local::LocalKeyStore;
use keyward_kms_aws::AwsKms;
use keyward_kms_pkcs11::Pkcs11Kms;
use keyward_ledger::SigningKey;
use keyward_secrets::{Backing, Vault};
use keyward_store::{Objects, Store, tables};
use keyward_witness::{FolderPlace, KeyringPlace, Place};
use zeroize::Zeroizing;

use crate::{
    AzureSettings, Config, CredentialKind, DATABASE, HsmSettings, KEYSTORE, Workspace,
    WorkspaceError, blocking,
    create::{is_unfinished, resolve},
    credentials::{aws_settings, load},
    secrets::Secrets,
};

/// The sealed secrets' file in the folder.
const SECRETS: &str = "secrets.json";
/// The folder of anchors in the account's folder for state.
const ANCHORS: &str = "anchors";
/// Processes take turns by it in writing the keyring's anchor. It holds nothing.
const ANCHOR_LOCK: &str = ".anchor.lock";

/// What this process is told of AWS. It goes before what is kept with the workspace's secrets.
#[derive(Clone, Debug, Default)]
pub struct AwsSettings {
    /// The profile to use instead of the environment's.
    pub profile: Option<String>,
    /// The endpoint to use instead of AWS's own.
    pub endpoint: Option<String>,
}

/// How a workspace is opened.
#[derive(Clone)]
pub struct OpenOptions {
    /// Who opens it: in the records of what an opening settles.
    pub actor: Actor,
    /// Opens the secrets where they are sealed with one.
    pub passphrase: Option<Zeroizing<String>>,
    /// For root keys in AWS KMS.
    pub aws: AwsSettings,
    /// For root keys in Azure.
    pub azure: AzureSettings,
    /// For root keys in HSMs.
    pub hsm: HsmSettings,
    /// How long an unwrapped data key may serve. `None` is the engine's own default.
    pub cache_lifetime: Option<Duration>,
    /// The account's folder for state, outside every workspace: it keeps the log's newest checkpoint
    /// where the keyring doesn't. `None` keeps none, and then nothing of this account tells an older copy
    /// of a passphrase-sealed workspace from the newest.
    pub state: Option<PathBuf>,
    /// Whether to go on with a database that is older than its anchors.
    pub accept: Option<AcceptRollback>,
    /// What the engine and the local key store take the time from; `None` is the system's clock. Another one
    /// is for workspaces that nobody relies on: what they record happened when it says.
    pub clock: Option<Arc<dyn Clock>>,
}

impl OpenOptions {
    /// The usual ones.
    #[must_use]
    pub fn new(actor: Actor) -> Self {
        Self {
            actor,
            passphrase: None,
            aws: AwsSettings::default(),
            azure: AzureSettings::default(),
            hsm: HsmSettings::default(),
            cache_lifetime: None,
            state: None,
            accept: None,
            clock: None,
        }
    }

    /// The engine's clock.
    pub(crate) fn engine_clock(&self) -> Box<dyn Clock> {
        match &self.clock {
            None => Box::new(SystemClock),
            Some(clock) => Box::new(Given(Arc::clone(clock))),
        }
    }

    /// The local key store by the same clock.
    pub(crate) fn with_clock(&self, keystore: LocalKeyStore) -> LocalKeyStore {
        match self.clock.clone() {
            None => keystore,
            Some(clock) => keystore.with_clock(Arc::new(move || clock.now())),
        }
    }
}

/// A clock that others hold too.
struct Given(Arc<dyn Clock>);

impl Clock for Given {
    fn now(&self) -> DateTime<Utc> {
        self.0.now()
    }
}

impl Workspace {
    /// What the folder's `workspace.json` says: whether a passphrase is needed, above all.
    ///
    /// # Errors
    /// [`WorkspaceError::NotFound`], [`WorkspaceError::Unfinished`], [`WorkspaceError::Newer`],
    /// [`WorkspaceError::Damaged`].
    pub fn config(folder: &Path) -> Result<Config, WorkspaceError> {
        match Config::read(folder)? {
            Some(config) => Ok(config),
            None if is_unfinished(folder) => {
                Err(WorkspaceError::Unfinished { folder: folder.into() })
            }
            None => Err(WorkspaceError::NotFound { folder: folder.into() }),
        }
    }

    /// Opens the workspace in a folder, and settles what an earlier process left unfinished.
    ///
    /// # Errors
    /// As [`config`](Self::config); [`WorkspaceError::PassphraseNeeded`], [`WorkspaceError::OtherDatabase`],
    /// [`WorkspaceError::SecretMissing`], and whatever part could not be opened.
    pub async fn open(folder: &Path, options: OpenOptions) -> Result<Self, WorkspaceError> {
        let folder = absolute(folder).map_err(WorkspaceError::io("find", folder))?;
        let config = Self::config(&folder)?;
        let mut vault = vault(&folder, &config, options.passphrase.clone())?;
        let keys = folder.join(KEYSTORE);
        let (vault, secrets, kept, keystore) = blocking(move || {
            let secrets = Secrets::load(&vault)?;
            let kept = load(&vault, CredentialKind::Aws)?;
            let keystore = LocalKeyStore::open(&keys, secrets.sealing.duplicate())?;
            vault.forget_passphrase();
            Ok((vault, secrets, kept, keystore))
        })
        .await?;
        let aws = Arc::new(aws_settings(&options.aws, &kept).build());
        let vault = Arc::new(vault);
        let hsm = Arc::new(options.hsm.provider(&vault));
        let keystore = options.with_clock(keystore);
        let store = Store::open(&folder.join(DATABASE)).await?;
        let place = {
            let mut reader = store.read().await?;
            let row = tables::workspace::get(&mut reader).await?;
            let file = || folder.join(DATABASE);
            let row = row.ok_or_else(|| WorkspaceError::Damaged { file: file() })?;
            if row.id != config.id {
                let (found, expected) = (row.id, config.id);
                return Err(WorkspaceError::OtherDatabase { file: file(), found, expected });
            }
            row.objects_url
        };
        let objects = Objects::open(&resolve(&folder, &place)).await?;
        let parts = Parts {
            store: store.clone(),
            objects: objects.clone(),
            providers: providers(&keystore, &aws, &hsm, &options),
            signing_key: SigningKey::from_seed(&secrets.log_seed),
            settings: settings(&options),
            anchors: anchors(&folder, &config, options.state.as_deref()),
            clock: options.engine_clock(),
            accept: options.accept,
            region: None,
        };
        let engine = Arc::new(Engine::open(parts, options.actor).await?);
        let aws_settings = options.aws;
        Ok(Self { engine, keystore, folder, config, vault, aws, aws_settings, hsm, store, objects })
    }
}

/// Every provider that Keyward has. A client is made when a key first needs it, so that one which isn't
/// used costs nothing and can't fail.
pub(crate) fn providers(
    keystore: &LocalKeyStore,
    aws: &Arc<AwsKms>,
    hsm: &Arc<Pkcs11Kms>,
    options: &OpenOptions,
) -> Providers {
    let (aws, hsm) = (Arc::clone(aws), Arc::clone(hsm));
    Providers::new()
        .with(Arc::new(keystore.clone()))
        .with(aws)
        .with(Arc::new(options.azure.provider()))
        .with(hsm)
}

pub(crate) fn settings(options: &OpenOptions) -> Settings {
    let mut cache = CacheSettings::default();
    if let Some(lifetime) = options.cache_lifetime {
        cache.lifetime = lifetime;
    }
    Settings { cache }
}

/// Where this account keeps the log's newest checkpoint: beside the log's key in the keyring, or in the
/// account's folder for state. Never in the workspace's folder, which is what an older copy replaces.
pub(crate) fn anchors(folder: &Path, config: &Config, state: Option<&Path>) -> Vec<Arc<dyn Place>> {
    match (config.secrets, state) {
        (Backing::Keyring, _) => {
            vec![Arc::new(KeyringPlace::new(config.id, folder.join(ANCHOR_LOCK)))]
        }
        (Backing::Passphrase, Some(state)) => {
            vec![Arc::new(FolderPlace::own(state.join(ANCHORS)))]
        }
        (Backing::Passphrase, None) => Vec::new(),
    }
}

/// Where the workspace's secrets rest.
pub(crate) fn vault(
    folder: &Path,
    config: &Config,
    passphrase: Option<Zeroizing<String>>,
) -> Result<Vault, WorkspaceError> {
    match (config.secrets, passphrase) {
        (Backing::Keyring, _) => Ok(Vault::keyring(config.id)),
        (Backing::Passphrase, Some(passphrase)) => {
            Ok(Vault::passphrase(folder.join(SECRETS), passphrase))
        }
        (Backing::Passphrase, None) => {
            Err(WorkspaceError::PassphraseNeeded { folder: folder.into() })
        }
    }
}
