//! The owner's side: making keys, and saying who may use them and until when.

use std::collections::BTreeSet;

use chrono::{DateTime, Days, Utc};
use keyward_core::{TenantId, reference::LocalKey};

use super::{
    AccessList, KeyRecord, KeyUse, LocalKeyStore, LocalState, failure::Failure, sealed::Draft,
};
use crate::{KmsError, Reason};

/// What the owner of the store's keys may do.
///
/// Every call blocks on the disk, and has happened when it returns. Doing what is done already (to
/// disable a disabled key) is no error.
#[derive(Clone, Copy)]
pub struct Administration<'a>(pub(super) &'a LocalKeyStore);

impl Administration<'_> {
    /// Makes a key. A destroyed key's name can't be used again.
    ///
    /// # Errors
    /// [`Reason::AlreadyExists`], or what the file system said.
    pub fn create_key(&self, key: &LocalKey, access: AccessList) -> Result<KeyRecord, KmsError> {
        let shared = &*self.0.0;
        let create = || {
            let _lock = shared.folder.lock()?;
            if shared.folder.has(key.name())? {
                return Err(Failure::from(Reason::AlreadyExists));
            }
            let draft = Draft::new(KeyRecord {
                access,
                created_at: self.0.now(),
                deletion_at: None,
                name: key.name().into(),
                revision: 1,
                rotates_every_days: None,
                state: LocalState::Enabled,
                store: self.0.id(),
                tags: Default::default(),
                versions: Vec::new(),
            })?;
            shared.folder.replace(key.name(), &shared.sealing.seal(key, &draft)?)?;
            Ok(draft.record)
        };
        create().map_err(|failure| failure.about(key))
    }

    /// All keys by name, the destroyed ones too. A key whose file is damaged stands as its error.
    ///
    /// # Errors
    /// What the file system said of the folder.
    pub fn list(&self) -> Result<Vec<Result<KeyRecord, KmsError>>, KmsError> {
        let names = self.0.0.folder.names().map_err(|failure| failure.about("local:"))?;
        // A file that no key can have is none of the store's.
        let keys = names.iter().filter_map(|name| name.parse::<LocalKey>().ok());
        let read = |key: LocalKey| {
            let record = self.0.load(&key).map(|opened| opened.record.clone());
            record.map_err(|failure| failure.about(&key))
        };
        Ok(keys.map(read).collect())
    }

    /// One key.
    ///
    /// # Errors
    /// [`Reason::NotFound`] for one that was deleted too.
    pub fn describe(&self, key: &LocalKey) -> Result<KeyRecord, KmsError> {
        let describe = || {
            let mut opened = self.0.load(key)?;
            if self.0.is_due(&opened) {
                opened = self.0.settle(key)?;
            }
            match opened.record.state {
                LocalState::Destroyed => Err(Reason::NotFound.into()),
                _ => Ok(opened.record.clone()),
            }
        };
        describe().map_err(|failure: Failure| failure.about(key))
    }

    /// Makes a new version, and gives its number. Older ones still unwrap.
    ///
    /// # Errors
    /// [`Reason::Disabled`] or [`Reason::PendingDeletion`]: a key is rotated to be used.
    pub fn rotate(&self, key: &LocalKey) -> Result<u32, KmsError> {
        self.change(key, |draft, now| {
            if draft.record.state == LocalState::Disabled {
                return Err(Reason::Disabled.into());
            }
            draft.rotate(now)?;
            Ok(draft.record.version())
        })
    }

    /// Keeps everyone from using the key, until it is enabled again.
    ///
    /// # Errors
    /// As for every change: [`Reason::NotFound`], [`Reason::PendingDeletion`], or what the file
    /// system said.
    pub fn disable(&self, key: &LocalKey) -> Result<(), KmsError> {
        self.set_state(key, LocalState::Disabled)
    }

    /// Lets the key be used again.
    ///
    /// # Errors
    /// As for [`disable`](Self::disable).
    pub fn enable(&self, key: &LocalKey) -> Result<(), KmsError> {
        self.set_state(key, LocalState::Enabled)
    }

    /// Has the key deleted after 7 to 30 days, in which nobody can use it and its owner can think
    /// again. Gives the date.
    ///
    /// # Errors
    /// [`Reason::OutOfRange`]; [`Reason::PendingDeletion`] where a date is set already.
    pub fn schedule_deletion(&self, key: &LocalKey, days: u32) -> Result<DateTime<Utc>, KmsError> {
        self.change(key, |draft, now| {
            let at = Some(days)
                .filter(|days| (7..=30).contains(days))
                .and_then(|days| now.checked_add_days(Days::new(days.into())))
                .ok_or(Reason::OutOfRange {
                    parameter: "the waiting time",
                    allowed: "7 to 30 days",
                })?;
            draft.record.state = LocalState::PendingDeletion;
            draft.record.deletion_at = Some(at);
            Ok(at)
        })
    }

    /// Cancels a deletion. The key is disabled then: that it may be used again is for its owner to say.
    ///
    /// # Errors
    /// [`Reason::NotFound`] where it is too late; what the file system said.
    pub fn cancel_deletion(&self, key: &LocalKey) -> Result<(), KmsError> {
        self.change_in_any_state(key, |draft, _| {
            if draft.record.state == LocalState::PendingDeletion {
                draft.record.state = LocalState::Disabled;
                draft.record.deletion_at = None;
            }
            Ok(())
        })
    }

    /// Lets a tenant use the key so, and no otherwise. No uses at all are as good as
    /// [`deny`](Self::deny).
    ///
    /// # Errors
    /// As for [`disable`](Self::disable).
    pub fn allow(
        &self,
        key: &LocalKey,
        tenant: &TenantId,
        uses: &[KeyUse],
    ) -> Result<(), KmsError> {
        let uses: BTreeSet<_> = uses.iter().copied().collect();
        self.change(key, |draft, _| {
            if uses.is_empty() {
                draft.record.access.remove(tenant);
            } else {
                draft.record.access.insert(tenant.clone(), uses);
            }
            Ok(())
        })
    }

    /// Keeps a tenant from using the key.
    ///
    /// # Errors
    /// As for [`disable`](Self::disable).
    pub fn deny(&self, key: &LocalKey, tenant: &TenantId) -> Result<(), KmsError> {
        self.allow(key, tenant, &[])
    }

    /// Puts a tag on the key, in place of an older one of the name.
    ///
    /// # Errors
    /// [`Reason::OutOfRange`] for more than 50 tags, a name that isn't 1 to 128 ASCII letters, digits,
    /// spaces and `_.:/=+-@`, or a value of more than 256 characters or with control characters; else
    /// as for [`disable`](Self::disable).
    pub fn tag(&self, key: &LocalKey, name: &str, value: &str) -> Result<(), KmsError> {
        self.change(key, |draft, _| {
            check_tag(name, value)?;
            let tags = &mut draft.record.tags;
            tags.insert(name.into(), value.into());
            if tags.len() > 50 {
                return Err(Reason::OutOfRange {
                    parameter: "the number of tags",
                    allowed: "50 at most",
                }
                .into());
            }
            Ok(())
        })
    }

    /// Takes a tag off the key.
    ///
    /// # Errors
    /// As for [`disable`](Self::disable).
    pub fn untag(&self, key: &LocalKey, name: &str) -> Result<(), KmsError> {
        self.change(key, |draft, _| {
            draft.record.tags.remove(name);
            Ok(())
        })
    }

    /// Has the store rotate the key by itself, at its first use after so many days since the last
    /// rotation; `None` ends that.
    ///
    /// # Errors
    /// [`Reason::OutOfRange`]; else as for [`disable`](Self::disable).
    pub fn set_rotation_period(&self, key: &LocalKey, days: Option<u32>) -> Result<(), KmsError> {
        self.change(key, |draft, _| {
            if days.is_some_and(|days| !(1..=3650).contains(&days)) {
                return Err(Reason::OutOfRange {
                    parameter: "the rotation period",
                    allowed: "1 to 3650 days",
                }
                .into());
            }
            draft.record.rotates_every_days = days;
            Ok(())
        })
    }

    fn set_state(&self, key: &LocalKey, state: LocalState) -> Result<(), KmsError> {
        self.change(key, |draft, _| {
            draft.record.state = state;
            Ok(())
        })
    }

    /// A change of a key that isn't pending deletion: what is said to go is left as it is.
    fn change<T>(
        &self,
        key: &LocalKey,
        change: impl FnOnce(&mut Draft, DateTime<Utc>) -> Result<T, Failure>,
    ) -> Result<T, KmsError> {
        self.change_in_any_state(key, |draft, now| match draft.record.state {
            LocalState::PendingDeletion => Err(Reason::PendingDeletion.into()),
            _ => change(draft, now),
        })
    }

    fn change_in_any_state<T>(
        &self,
        key: &LocalKey,
        change: impl FnOnce(&mut Draft, DateTime<Utc>) -> Result<T, Failure>,
    ) -> Result<T, KmsError> {
        self.0.change(key, change).map_err(|failure| failure.about(key))
    }
}

fn check_tag(name: &str, value: &str) -> Result<(), Failure> {
    // ASCII: such names sort alike by bytes and by UTF-16, as the record's canonical form needs.
    let name_is_good = (1..=128).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b" _.:/=+-@".contains(&byte));
    if !name_is_good {
        let allowed = "1 to 128 ASCII letters, digits, spaces and `_.:/=+-@`";
        return Err(Reason::OutOfRange { parameter: "the tag's name", allowed }.into());
    }
    if value.chars().count() > 256 || value.chars().any(char::is_control) {
        let allowed = "at most 256 characters, none of them a control character";
        return Err(Reason::OutOfRange { parameter: "the tag's value", allowed }.into());
    }
    Ok(())
}
