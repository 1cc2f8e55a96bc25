//! Rotates a tenant's root key: to a new version of the same key, or to another key.
//!
//! Data keys are rewrapped afterwards, by [`Engine::rewrap`] or on their next read. Data is never
//! touched.

use keyward_core::{KeyState, RootKeyId, TenantId};
use keyward_kms::ErrorClass;
use keyward_ledger::{Action, Outcome};
use keyward_store::tables::{data_keys, datasets, intents, root_keys, tenants};

use crate::{
    Engine, EngineError, OperationContext, operation::Entry, register_root_key::proven, require,
    transition,
};

/// Where to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RootKeyRotation {
    /// A new version of the same key, made at its provider.
    NewVersion,
    /// Another registered and proven root key of the tenant, by its number.
    NewKey(u32),
}

/// What a rotation did.
#[derive(Clone, Debug, serde::Serialize)]
pub struct RotatedRootKey {
    /// The root key that wraps from now on.
    pub root_key: String,
    /// Its version at the provider.
    pub version: u32,
    /// The root key that was deactivated, if another took its place.
    pub deactivated: Option<String>,
    /// How many data keys are to be rewrapped.
    pub to_rewrap: u64,
}

impl Engine {
    /// Rotates the tenant's root key.
    ///
    /// # Errors
    /// [`EngineError::TenantNotActive`], [`EngineError::NotFinished`] where the new key isn't proven,
    /// the provider's failure.
    pub async fn rotate_root_key(
        &self,
        context: &OperationContext,
        tenant: &TenantId,
        rotation: RootKeyRotation,
    ) -> Result<RotatedRootKey, EngineError> {
        match rotation {
            RootKeyRotation::NewVersion => self.rotate_version(context, tenant).await,
            RootKeyRotation::NewKey(number) => {
                let id = RootKeyId { tenant: tenant.clone(), number };
                self.replace(context, tenant, &id).await
            }
        }
    }

    /// Takes notice of a version that the provider made by itself.
    pub(crate) async fn notice_version(
        &self,
        context: &OperationContext,
        key: &root_keys::RootKey,
        version: u32,
        how: &str,
    ) -> Result<(), EngineError> {
        let mut write = self.begin().await?;
        let now = require::root_key(&mut write, &key.id).await?;
        if now.version >= version {
            return Ok(());
        }
        self.raise_version(&mut write, &key.id, version).await?;
        let entry = Entry::of(Action::RootKeyRotate, &key.id.tenant)
            .root_key(&key.id, version)
            .with("before", now.version)
            .with("how", how);
        self.commit(write, context, vec![entry]).await
    }

    async fn rotate_version(
        &self,
        context: &OperationContext,
        tenant: &TenantId,
    ) -> Result<RotatedRootKey, EngineError> {
        let entry = Entry::of(Action::RootKeyRotate, tenant);
        self.guard(context, entry.clone(), async {
            let row = self.active_tenant_row(tenant).await?;
            let (key, reference) = {
                let mut reader = self.store.read().await?;
                let key = require::active_root_key(&mut reader, tenant).await?;
                let reference = self.reference(&mut reader, &key.id).await?;
                (key, reference)
            };
            let entry = entry.root_key(&key.id, key.version).with("before", key.version);

            // The intent first: if this process dies between the provider's answer and our commit, the
            // next one finds it open and asks the provider what happened.
            let mut write = self.begin().await?;
            let detail = serde_json::json!({ "number": key.id.number, "before": key.version });
            self.open_intent(&mut write, context, Action::RootKeyRotate, tenant, &detail).await?;
            let opened = Entry { outcome: Outcome::Intent, ..entry.clone() };
            self.commit(write, context, vec![opened]).await?;

            let rotated = self.providers.of(&reference)?.rotate(&reference).await;
            let version = match rotated {
                Ok(version) => version,
                // Whether a call without an answer happened is only told by asking again: the intent
                // stays open for the next opening.
                Err(error) if error.class() == ErrorClass::Unreachable => return Err(error.into()),
                Err(error) => {
                    if error.class() == ErrorClass::Denied {
                        self.deny(context, &row, error.code()).await;
                    }
                    return Err(self.settle_refused(context, entry, error.into()).await);
                }
            };
            let mut write = self.begin().await?;
            let current = self.raise_version(&mut write, &key.id, version).await?;
            intents::settle(&mut write, &context.request, "done", self.clock.now()).await?;
            let to_rewrap =
                data_keys::stale_count(&mut write, tenant, key.id.number, current).await?;
            self.commit(write, context, vec![entry.root_key(&key.id, version)]).await?;
            self.cache.evict_tenant(tenant);
            Ok(RotatedRootKey {
                root_key: key.id.to_string(),
                version,
                deactivated: None,
                to_rewrap,
            })
        })
        .await
    }

    async fn replace(
        &self,
        context: &OperationContext,
        tenant: &TenantId,
        id: &RootKeyId,
    ) -> Result<RotatedRootKey, EngineError> {
        let entry = Entry::of(Action::RootKeyReplace, tenant);
        self.guard(context, entry.clone(), async {
            self.active_tenant_row(tenant).await?;
            let reference = {
                let mut reader = self.store.read().await?;
                let key = require::root_key(&mut reader, id).await?;
                if key.state != KeyState::PreActivation {
                    return Err(EngineError::KeyState {
                        key: id.to_string(),
                        state: key.state,
                        what: "take another root key's place",
                    });
                }
                if !proven(&mut reader, id).await? {
                    return Err(EngineError::NotFinished(format!(
                        "root key `{id}` has not answered a challenge yet; start one and answer it"
                    )));
                }
                self.reference(&mut reader, id).await?
            };
            // It was proven some time ago: it must still work now, before anything depends on it.
            let description = self.probe(&reference, tenant).await?;

            let mut write = self.begin().await?;
            require::active_tenant(&mut write, tenant).await?;
            let old = require::active_root_key(&mut write, tenant).await?;
            let new = require::root_key(&mut write, id).await?;
            if description.identity != new.identity {
                return Err(EngineError::ProbeFailed {
                    why: "the reference names another key than when it was registered",
                });
            }
            let now = self.clock.now();
            transition::root_key(&mut write, &old, KeyState::Deactivated, now, "replaced").await?;
            transition::root_key(&mut write, &new, KeyState::Active, now, "takes over").await?;
            self.raise_version(&mut write, id, description.version).await?;
            let to_rewrap =
                data_keys::stale_count(&mut write, tenant, id.number, description.version).await?;
            let entry =
                entry.root_key(id, description.version).with("deactivated", old.id.to_string());
            self.commit(write, context, vec![entry]).await?;
            self.cache.evict_tenant(tenant);
            self.refresh_sidecars(tenant).await;
            Ok(RotatedRootKey {
                root_key: id.to_string(),
                version: description.version,
                deactivated: Some(old.id.to_string()),
                to_rewrap,
            })
        })
        .await
    }

    /// Raises the root key's version and the tenant's epoch, so that every process's cache turns to
    /// fresh entries, and gives the version that is current now: the row's own where two rotations
    /// went on at once and the later one was quicker to come here.
    pub(crate) async fn raise_version(
        &self,
        write: &mut keyward_store::Connection,
        key: &RootKeyId,
        version: u32,
    ) -> Result<u32, EngineError> {
        let known = require::root_key(write, key).await?.version;
        if version > known {
            root_keys::set_version(write, key, version, self.clock.now()).await?;
        }
        tenants::bump_epoch(write, &key.tenant).await?;
        datasets::mark_sidecars_stale(write, &key.tenant).await?;
        Ok(version.max(known))
    }
}
