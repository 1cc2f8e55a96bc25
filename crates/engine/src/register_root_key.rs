//! Registers a tenant's root key: its reference only, never key material.

use keyward_core::{KeyState, RootKeyId, RootKeyReference, TenantId};
use keyward_ledger::Action;
use keyward_store::tables::{
    challenges::{self, ChallengeState},
    key_transitions, root_key_references, root_keys,
    tenants::{self, TenantState},
};

use crate::{Engine, EngineError, OperationContext, operation::Entry, require};

/// A registered root key with its references.
#[derive(Clone, Debug, serde::Serialize)]
pub struct RootKeyView {
    /// The key.
    #[serde(flatten)]
    pub key: root_keys::RootKey,
    /// Where it may be used, by which name.
    pub references: Vec<root_key_references::Reference>,
    /// Whether a challenge has proven that the tenant owns it.
    pub proven: bool,
}

impl Engine {
    /// Registers a root key. It is in pre-activation: it may answer challenges and nothing else.
    ///
    /// Several references name the same key in several regions (a multi-Region key). A reference that
    /// doesn't tell its region is taken to be in the engine's own.
    ///
    /// # Errors
    /// [`EngineError::KeyOfAnotherTenant`], [`EngineError::AlreadyExists`], the provider's failure, and
    /// [`EngineError::InvalidInput`] where the references name different keys.
    pub async fn register_root_key(
        &self,
        context: &OperationContext,
        tenant: &TenantId,
        references: &[RootKeyReference],
    ) -> Result<RootKeyView, EngineError> {
        let mut entry = Entry::of(Action::RootKeyRegister, tenant)
            .with("references", references.iter().map(ToString::to_string).collect::<Vec<_>>());
        self.guard(context, entry.clone(), async {
            let first = references.first().ok_or_else(|| {
                EngineError::InvalidInput("no key reference is given; paste the key's own".into())
            })?;
            require::tenant(&mut *self.store.read().await?, tenant).await?;
            let description = self.describe(first).await?;
            for other in &references[1..] {
                if self.describe(other).await?.identity != description.identity {
                    return Err(EngineError::InvalidInput(format!(
                        "`{first}` and `{other}` are different keys; register each on its own"
                    )));
                }
            }

            let mut write = self.begin().await?;
            let row = require::tenant(&mut write, tenant).await?;
            if row.state == TenantState::Offboarded {
                return Err(EngineError::TenantNotActive {
                    tenant: tenant.clone(),
                    state: row.state,
                    why: row.state_code,
                });
            }
            self.refuse_known(&mut write, tenant, &description.identity).await?;
            let number = root_keys::list(&mut write, tenant).await?.len() as u32 + 1;
            let now = self.clock.now();
            let key = root_keys::RootKey {
                id: RootKeyId { tenant: tenant.clone(), number },
                identity: description.identity,
                provider: first.provider(),
                custody: first.custody(),
                state: KeyState::PreActivation,
                version: description.version,
                version_since: now,
                registered_at: now,
                activated_at: None,
            };
            root_keys::insert(&mut write, &key).await?;
            let rows: Vec<_> = references
                .iter()
                .map(|reference| root_key_references::Reference {
                    region: reference.region().unwrap_or_else(|| self.region.clone()),
                    reference: reference.to_string(),
                    open_since: None,
                })
                .collect();
            root_key_references::insert(&mut write, &key.id, &rows).await?;
            let references = root_key_references::list(&mut write, &key.id).await?;
            entry = entry
                .clone()
                .root_key(&key.id, key.version)
                .with("identity", key.identity.as_str());
            self.commit(write, context, vec![entry]).await?;
            Ok(RootKeyView { key, references, proven: false })
        })
        .await
    }

    /// A tenant's root keys.
    ///
    /// # Errors
    /// [`EngineError::TenantNotFound`].
    pub async fn root_keys(&self, tenant: &TenantId) -> Result<Vec<RootKeyView>, EngineError> {
        let mut reader = self.store.read().await?;
        require::tenant(&mut reader, tenant).await?;
        let mut views = Vec::new();
        for key in root_keys::list(&mut reader, tenant).await? {
            let references = root_key_references::list(&mut reader, &key.id).await?;
            let proven = proven(&mut reader, &key.id).await?;
            views.push(RootKeyView { key, references, proven });
        }
        Ok(views)
    }

    /// A key's dated transitions, oldest first. `key` is `rk:TENANT/NUMBER` or `dk:TENANT/DATASET/VERSION`.
    ///
    /// # Errors
    /// The store's.
    pub async fn key_transitions(
        &self,
        key: &str,
    ) -> Result<Vec<key_transitions::Transition>, EngineError> {
        Ok(key_transitions::list(&mut *self.store.read().await?, key).await?)
    }

    /// Refuses a key that another tenant has proven, or this tenant has registered already.
    pub(crate) async fn refuse_known(
        &self,
        connection: &mut keyward_store::Connection,
        tenant: &TenantId,
        identity: &str,
    ) -> Result<(), EngineError> {
        for known in root_keys::by_identity(connection, identity).await? {
            if known.state == KeyState::Destroyed {
                continue;
            }
            if known.id.tenant == *tenant {
                return Err(EngineError::AlreadyExists {
                    what: "root key",
                    name: known.id.to_string(),
                });
            }
            // A reference that nobody has proven yet must not lock out the key's real owner.
            if known.state != KeyState::PreActivation {
                return Err(EngineError::KeyOfAnotherTenant);
            }
        }
        Ok(())
    }

    pub(crate) async fn active_tenant_row(
        &self,
        id: &TenantId,
    ) -> Result<tenants::Tenant, EngineError> {
        require::active_tenant(&mut *self.store.read().await?, id).await
    }
}

/// Whether a challenge about the key has been passed.
pub(crate) async fn proven(
    connection: &mut keyward_store::Connection,
    key: &RootKeyId,
) -> Result<bool, EngineError> {
    let passed = |challenge: &challenges::Challenge| challenge.state == ChallengeState::Passed;
    Ok(challenges::list(connection, key).await?.iter().any(passed))
}
