//! Makes a workspace.

use std::{
    fs, io,
    path::{Path, PathBuf, absolute},
    sync::Arc,
};

use keyward_core::{Region, WorkspaceId};
use keyward_engine::{Engine, Parts};
use keyward_kms::local::{LocalKeyStore, StoreId};
use keyward_ledger::SigningKey;
use keyward_secrets::{Backing, Vault};
use keyward_store::{Objects, Store};
use zeroize::Zeroizing;

use crate::{
    Config, DATABASE, KEYSTORE, OBJECTS, OpenOptions, Workspace, WorkspaceError, blocking,
    config::private_folder,
    credentials::{Kept, aws_settings},
    open::{anchors, providers, settings, vault},
    secrets::{Secrets, random},
};

/// A folder that is there while a workspace is being made: who makes it makes the workspace.
const MAKING: &str = ".making";

/// Where a new workspace's secrets shall rest.
pub enum NewSecrets {
    /// In the OS keyring.
    Keyring,
    /// In a file sealed with this passphrase.
    Passphrase(Zeroizing<String>),
}

/// What a new workspace shall be like.
pub struct CreateOptions {
    /// The region that its engine runs in.
    pub region: Region,
    /// Where objects shall lie: a folder or a bucket's URL. `None` is a folder in the workspace.
    pub objects: Option<String>,
    /// Where its secrets shall rest.
    pub secrets: NewSecrets,
    /// Who makes it, and how it is opened at once. Its passphrase is not used.
    pub open: OpenOptions,
}

impl Workspace {
    /// Makes a workspace in a new or empty folder and opens it. Where that fails, what was made of it
    /// is removed again.
    ///
    /// # Errors
    /// [`WorkspaceError::Exists`], [`WorkspaceError::NotEmpty`], and whatever part could not be made.
    pub async fn create(folder: &Path, options: CreateOptions) -> Result<Self, WorkspaceError> {
        let folder = absolute(folder).map_err(WorkspaceError::io("find", folder))?;
        let id = WorkspaceId::from_bytes(random()?);
        let (backing, passphrase) = match options.secrets {
            NewSecrets::Keyring => (Backing::Keyring, None),
            NewSecrets::Passphrase(passphrase) => (Backing::Passphrase, Some(passphrase)),
        };
        let config = Config::new(id, backing);
        let made = Made::begin(&folder)?;
        let place = match options.objects {
            // Relative, so that a workspace can be moved with its objects.
            None => OBJECTS.to_owned(),
            Some(place) => absolute_place(place)?,
        };
        let opening = OpenOptions { passphrase, ..options.open };
        match build(&folder, &config, &options.region, &place, opening).await {
            Ok(workspace) => {
                made.finish()?;
                Ok(workspace)
            }
            Err(error) => {
                made.undo();
                Err(error)
            }
        }
    }
}

async fn build(
    folder: &Path,
    config: &Config,
    region: &Region,
    place: &str,
    options: OpenOptions,
) -> Result<Workspace, WorkspaceError> {
    let vault = vault(folder, config, options.passphrase.clone())?;
    let keys = folder.join(KEYSTORE);
    let (mut vault, secrets) = blocking(move || match make_secrets(&vault, &keys) {
        Ok(secrets) => Ok((vault, secrets)),
        Err(error) => {
            Secrets::remove(&vault);
            Err(error)
        }
    })
    .await?;
    vault.forget_passphrase();
    let vault = Arc::new(vault);
    let made = finish(folder, config, region, place, &options, secrets, &vault).await;
    if made.is_err() {
        // The keyring is outside the folder that is about to be removed.
        blocking(move || {
            Secrets::remove(&vault);
            Ok(())
        })
        .await?;
    }
    made
}

fn make_secrets(vault: &Vault, keys: &Path) -> Result<(Secrets, LocalKeyStore), WorkspaceError> {
    let secrets = Secrets::create(vault)?;
    let id = StoreId::from_bytes(random()?);
    let keystore = LocalKeyStore::create(keys, secrets.sealing.duplicate(), id)?;
    Ok((secrets, keystore))
}

async fn finish(
    folder: &Path,
    config: &Config,
    region: &Region,
    place: &str,
    options: &OpenOptions,
    (secrets, keystore): (Secrets, LocalKeyStore),
    vault: &Arc<Vault>,
) -> Result<Workspace, WorkspaceError> {
    let keystore = options.with_clock(keystore);
    let objects = Objects::create(&resolve(folder, place)).await?;
    let store = Store::create(&folder.join(DATABASE)).await?;
    let aws = Arc::new(aws_settings(&options.aws, &Kept::None).build());
    let hsm = Arc::new(options.hsm.provider(vault));
    let parts = Parts {
        store: store.clone(),
        objects: objects.clone(),
        providers: providers(&keystore, &aws, &hsm, options),
        signing_key: SigningKey::from_seed(&secrets.log_seed),
        settings: settings(options),
        anchors: anchors(folder, config, options.state.as_deref()),
        accept: None,
        region: None,
        clock: options.engine_clock(),
    };
    let engine =
        Engine::create(parts, config.id, region.clone(), place, options.actor.clone()).await?;
    config.write(folder)?;
    let (folder, config) = (folder.to_owned(), config.clone());
    let engine = Arc::new(engine);
    let (vault, aws_settings) = (Arc::clone(vault), options.aws.clone());
    Ok(Workspace {
        engine,
        keystore,
        folder,
        config,
        vault,
        aws,
        aws_settings,
        hsm,
        store,
        objects,
    })
}

/// Where a place of objects is: a relative one is below the workspace.
pub(crate) fn resolve(folder: &Path, place: &str) -> String {
    if place.contains("://") || Path::new(place).is_absolute() {
        return place.to_owned();
    }
    folder.join(place).to_string_lossy().into_owned()
}

/// Whether a workspace was begun in the folder and not finished.
pub(crate) fn is_unfinished(folder: &Path) -> bool {
    folder.join(MAKING).is_dir()
}

/// A place as given from the current folder, whichever folder is current later.
fn absolute_place(place: String) -> Result<String, WorkspaceError> {
    if place.contains("://") {
        return Ok(place);
    }
    let path = absolute(&place).map_err(WorkspaceError::io("find", &place))?;
    Ok(path.to_string_lossy().into_owned())
}

/// What has been made so far. The folder was empty when [`MAKING`] was put into it, so that everything
/// in it is ours to remove.
struct Made {
    folder: PathBuf,
    folder_is_new: bool,
}

impl Made {
    fn begin(folder: &Path) -> Result<Self, WorkspaceError> {
        if Config::read(folder)?.is_some() {
            return Err(WorkspaceError::Exists { folder: folder.into() });
        }
        let folder_is_new = private_folder(folder)?;
        match fs::create_dir(folder.join(MAKING)) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                return Err(WorkspaceError::Unfinished { folder: folder.into() });
            }
            Err(error) => return Err(WorkspaceError::io("make", folder)(error)),
        }
        let made = Self { folder: folder.into(), folder_is_new };
        match others(folder) {
            Ok(false) => {}
            Ok(true) => {
                let _ = fs::remove_dir(folder.join(MAKING));
                return Err(WorkspaceError::NotEmpty { folder: folder.into() });
            }
            Err(error) => {
                let _ = fs::remove_dir(folder.join(MAKING));
                return Err(WorkspaceError::io("read", folder)(error));
            }
        }
        #[cfg(unix)]
        if !folder_is_new {
            let owner_only = std::os::unix::fs::PermissionsExt::from_mode(0o700);
            if let Err(error) = fs::set_permissions(folder, owner_only) {
                made.undo();
                return Err(WorkspaceError::io("close to others", folder)(error));
            }
        }
        Ok(made)
    }

    fn finish(self) -> Result<(), WorkspaceError> {
        let marker = self.folder.join(MAKING);
        fs::remove_dir(&marker).map_err(WorkspaceError::io("remove", marker))
    }

    /// Removes what was made, as far as that can be done; the failure that led here is what counts.
    fn undo(self) {
        if self.folder_is_new {
            let _ = fs::remove_dir_all(&self.folder);
            return;
        }
        let Ok(entries) = fs::read_dir(&self.folder) else { return };
        for entry in entries.flatten() {
            let path = entry.path();
            let _ = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        }
    }
}

/// Whether the folder holds anything but our marker.
fn others(folder: &Path) -> io::Result<bool> {
    for entry in fs::read_dir(folder)? {
        if entry?.file_name() != MAKING {
            return Ok(true);
        }
    }
    Ok(false)
}
