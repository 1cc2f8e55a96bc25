//! The local software key store: root keys in a folder of sealed files.
//!
//! For trying Keyward out, for tests, and for keys whose owner has no KMS. It keeps to what a KMS does:
//! versions, rotation, disabling, a waiting time before deletion, and a list of which tenant may do
//! what. [`Administration`] is the owner's side, [`RootKeyService`](crate::RootKeyService) the users'.
//!
//! # Files
//! The folder holds `.keystore` (the store's id, and a proof of the sealing secret), one `NAME.json` for
//! each key, and `.lock`. Every change is made under the lock, in a temporary
//! file that takes the old one's place at once: readers see the old file or the new one, and processes
//! lose none of each other's changes.
//!
//! # Promises
//! - A change by another process is seen by the next call here: each call asks the file system whether
//!   the file is still the one in memory.
//! - A file edited without the sealing secret is refused as a whole, whatever the field.
//! - Key material is wiped from memory when it is no longer used.
//!
//! # Not promised
//! - Whoever can write to the folder can put an *older* copy of a file back, and so undo a disabling or
//!   a deletion: the folder itself has no memory of what was newest. A KMS or an HSM has.
//! - Deleting erases the material from the store, not from backups or from a disk's spare blocks. What
//!   is left there is sealed still.
//! - Waiting times go by this machine's clock.

mod admin;
mod blob;
mod failure;
mod folder;
mod opened;
mod policy;
mod record;
mod rewrap;
mod sealed;
mod service;
mod store_id;
mod xaes;

use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, PoisonError, RwLock},
};

use chrono::{DateTime, SubsecRound, Utc};
use keyward_core::{SecretKey, reference::LocalKey};

pub use admin::Administration;
pub use record::{AccessList, KeyRecord, KeyUse, LocalState};
pub use store_id::{StoreId, StoreIdError};

use crate::{KmsError, Reason};
use failure::Failure;
use folder::{Folder, Stamp};
use opened::Opened;
use sealed::{Draft, Sealing};

/// A folder of sealed root keys. A clone is another handle on the same memory; a second
/// [`open`](Self::open) of the folder, here or in another process, works as well.
#[derive(Clone)]
pub struct LocalKeyStore(Arc<Shared>);

/// Tells the time. Deadlines and dates go by it.
pub type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

struct Shared {
    folder: Folder,
    sealing: Sealing,
    clock: Clock,
    cache: RwLock<HashMap<String, Cached>>,
}

struct Cached {
    stamp: Stamp,
    opened: Arc<Opened>,
}

impl LocalKeyStore {
    /// Makes a store in a folder, which is made too if it isn't there. The caller brings a random id
    /// and keeps the secret, without which the keys are lost.
    ///
    /// # Errors
    /// [`Reason::AlreadyExists`] where the folder holds a store, else what the file system said.
    pub fn create(folder: &Path, sealing: SecretKey, id: StoreId) -> Result<Self, KmsError> {
        let make = || {
            let sealing = Sealing::new(sealing, id);
            let place = Folder::create(folder)?;
            let _lock = place.lock()?;
            place.write_new_store(&sealing.prove()?)?;
            Ok(Self::of(place, sealing))
        };
        make().map_err(|failure: Failure| failure.about(folder.display()))
    }

    /// Opens the store in a folder.
    ///
    /// # Errors
    /// [`Reason::StoreDamaged`] where the secret isn't the one it is sealed with, or the store's own
    /// file was changed; [`Reason::StoreUnavailable`] where there is none.
    pub fn open(folder: &Path, sealing: SecretKey) -> Result<Self, KmsError> {
        let open = || {
            let place = Folder::at(folder);
            let sealing = Sealing::check(sealing, &place.read_store()?)?;
            place.remove_leftovers();
            Ok(Self::of(place, sealing))
        };
        open().map_err(|failure: Failure| failure.about(folder.display()))
    }

    /// The same store by another clock: for tests of deadlines.
    #[must_use]
    pub fn with_clock(self, clock: Clock) -> Self {
        let Shared { folder, sealing, .. } = &*self.0;
        Self(Arc::new(Shared {
            folder: folder.clone(),
            sealing: sealing.clone(),
            clock,
            cache: RwLock::default(),
        }))
    }

    /// The store's id: a part of each key's identity.
    #[must_use]
    pub fn id(&self) -> StoreId {
        self.0.sealing.store()
    }

    /// The owner's side of the store. Its calls block on the disk.
    #[must_use]
    pub fn administration(&self) -> Administration<'_> {
        Administration(self)
    }

    fn of(folder: Folder, sealing: Sealing) -> Self {
        let clock: Clock = Arc::new(Utc::now);
        Self(Arc::new(Shared { folder, sealing, clock, cache: RwLock::default() }))
    }

    /// Whole seconds are all that a file keeps.
    fn now(&self) -> DateTime<Utc> {
        (self.0.clock)().trunc_subsecs(0)
    }

    /// The key as the disk has it now, whatever its state.
    fn load(&self, key: &LocalKey) -> Result<Arc<Opened>, Failure> {
        let shared = &*self.0;
        let stamp = shared.folder.stamp(key.name())?;
        {
            let cache = shared.cache.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(cached) = cache.get(key.name()).filter(|cached| cached.stamp == stamp) {
                return Ok(cached.opened.clone());
            }
        }
        // Whatever this read finds, what is in memory is no longer true.
        self.forget(key);
        let (bytes, stamp) = shared.folder.read(key.name())?;
        let opened = Arc::new(Opened::new(shared.sealing.open(key, &bytes)?));
        // A file written so lately could be written again within one tick of the file system's clock
        // and look the same: it is read each time until it has aged.
        if stamp.is_settled() {
            let cached = Cached { stamp, opened: opened.clone() };
            let mut cache = shared.cache.write().unwrap_or_else(PoisonError::into_inner);
            cache.insert(key.name().into(), cached);
        }
        Ok(opened)
    }

    /// Whether time has done something to the key that its file doesn't show yet.
    fn is_due(&self, opened: &Opened) -> bool {
        let now = self.now();
        opened.record.deletion_is_due(now) || opened.record.rotation_is_due(now)
    }

    /// Does what is due. A rotation that can't be written now is left for the next call, so that a
    /// full disk doesn't keep data from being read; a deletion is kept whether it could be written or
    /// not.
    fn settle(&self, key: &LocalKey) -> Result<Arc<Opened>, Failure> {
        let settled = self.change(key, |draft, now| {
            if draft.record.rotation_is_due(now) { draft.rotate(now) } else { Ok(()) }
        });
        if matches!(settled, Err(Failure { reason: Reason::NotFound, .. })) {
            return Err(Reason::NotFound.into());
        }
        let opened = self.load(key)?;
        if opened.record.deletion_is_due(self.now()) {
            return Err(Reason::NotFound.into());
        }
        Ok(opened)
    }

    /// Changes a key's file under the lock, on what the disk has now and not on what memory has. A
    /// change that fails or changes nothing writes nothing.
    fn change<T>(
        &self,
        key: &LocalKey,
        change: impl FnOnce(&mut Draft, DateTime<Utc>) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let shared = &*self.0;
        let _lock = shared.folder.lock()?;
        let (bytes, _) = shared.folder.read(key.name())?;
        let mut draft = shared.sealing.open(key, &bytes)?;
        let before = draft.record.clone();
        let now = self.now();
        let outcome = if draft.record.deletion_is_due(now) {
            draft.destroy();
            Err(Reason::NotFound.into())
        } else if draft.record.state == LocalState::Destroyed {
            return Err(Reason::NotFound.into());
        } else {
            Ok(change(&mut draft, now)?)
        };
        if draft.record != before {
            draft.record.revision += 1;
            shared.folder.replace(key.name(), &shared.sealing.seal(key, &draft)?)?;
            self.forget(key);
        }
        outcome
    }

    fn forget(&self, key: &LocalKey) {
        self.0.cache.write().unwrap_or_else(PoisonError::into_inner).remove(key.name());
    }
}

impl std::fmt::Debug for LocalKeyStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "LocalKeyStore({})", self.id())
    }
}
