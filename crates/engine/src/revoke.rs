//! Revokes a tenant: everything is locked at once.

use std::time::Duration;

use chrono::{DateTime, Utc};
use keyward_core::{EncryptionContext, KeyState, RootKeyReference, SecretKey, TenantId};
use keyward_kms::ErrorClass;
use keyward_ledger::{Action, Outcome};
use keyward_store::tables::{
    intents, root_keys,
    tenants::{self, TenantState},
};

use crate::{
    Engine, EngineError, OperationContext,
    operation::Entry,
    require,
    revocations::{detail as revocation, stamp},
    transition,
    workspace::random,
};

/// How long a provider is watched for its first refusal after the key was disabled there.
const WATCH: Duration = Duration::from_secs(60);

/// The measured time line of a revocation, as its records in the log have it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Revoked {
    /// Whose keys.
    pub tenant: TenantId,
    /// When it was asked for.
    pub asked_at: DateTime<Utc>,
    /// When the tenant was revoked: with this record every process refuses.
    pub revoked_at: DateTime<Utc>,
    /// How many unwrapped keys this process held and wiped.
    pub evicted: usize,
    /// When the provider had disabled the root key, if that was asked for.
    pub disabled_at: Option<DateTime<Utc>>,
    /// When the provider first refused the key after that. `None` where it wasn't asked for, or still
    /// answered a minute later.
    pub first_refusal_at: Option<DateTime<Utc>>,
}

/// A step that a revocation has taken, told while it goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(tag = "step", rename_all = "kebab-case")]
pub enum RevokeStep {
    /// The revocation is durable.
    Recorded {
        /// The time in its record.
        at: DateTime<Utc>,
    },
    /// This process has wiped what it held.
    Evicted {
        /// How many unwrapped data keys.
        keys: usize,
    },
    /// The provider has disabled the root key.
    Disabled {
        /// When it said so.
        at: DateTime<Utc>,
    },
    /// The provider refuses the root key.
    FirstRefusal {
        /// When it first did.
        at: DateTime<Utc>,
        /// How long after it had disabled the key.
        after_ms: u64,
    },
    /// The provider answered to the last, and is watched no longer.
    StillAnswers {
        /// For how long it was watched.
        watched_seconds: u64,
    },
}

/// How to revoke.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Revocation<'a> {
    pub(crate) reason: &'a str,
    pub(crate) at_provider: bool,
    /// Whether it is a drill: it does the same, and its record says so.
    pub(crate) drill: bool,
}

impl Engine {
    /// Locks the tenant at once: caches evicted, reads and writes refused. With `at_provider` the root
    /// key is also disabled where it lives, and the provider is watched until it refuses.
    ///
    /// # Errors
    /// [`EngineError::TenantNotActive`] where it is revoked or off-boarded already; the provider's
    /// failure to disable the key (the tenant is revoked all the same).
    pub async fn revoke(
        &self,
        context: &OperationContext,
        tenant: &TenantId,
        reason: &str,
        at_provider: bool,
    ) -> Result<Revoked, EngineError> {
        self.revoke_with(context, tenant, reason, at_provider, &|_| {}).await
    }

    /// As [`revoke`](Self::revoke), and tells each step once it is taken.
    ///
    /// # Errors
    /// As for [`revoke`](Self::revoke).
    pub async fn revoke_with(
        &self,
        context: &OperationContext,
        tenant: &TenantId,
        reason: &str,
        at_provider: bool,
        steps: &(dyn Fn(RevokeStep) + Sync),
    ) -> Result<Revoked, EngineError> {
        let how = Revocation { reason, at_provider, drill: false };
        self.revoke_tenant(context, tenant, how, steps).await
    }

    pub(crate) async fn revoke_tenant(
        &self,
        context: &OperationContext,
        tenant: &TenantId,
        how: Revocation<'_>,
        steps: &(dyn Fn(RevokeStep) + Sync),
    ) -> Result<Revoked, EngineError> {
        let asked_at = self.clock.now();
        let mut entry = Entry::of(Action::TenantRevoke, tenant)
            .with("reason", how.reason)
            .with("at_provider", how.at_provider);
        if how.drill {
            entry = entry.with("drill", true);
        }
        self.guard(context, entry.clone(), async {
            let mut write = self.begin().await?;
            let row = require::tenant(&mut write, tenant).await?;
            if !matches!(row.state, TenantState::Active | TenantState::Suspended) {
                return Err(EngineError::TenantNotActive {
                    tenant: tenant.clone(),
                    state: row.state,
                    why: row.state_code,
                });
            }
            let now = self.clock.now();
            tenants::set_state(
                &mut write,
                tenant,
                TenantState::Revoked,
                Some(tenants::BY_HAND),
                now,
            )
            .await?;
            let root = self.wrapping_root_key(&mut write, tenant).await?;
            if root.state == KeyState::Active {
                transition::root_key(&mut write, &root, KeyState::Suspended, now, how.reason)
                    .await?;
            }
            let reference = self.reference(&mut write, &root.id).await;
            let mut revoked = Revoked {
                tenant: tenant.clone(),
                asked_at,
                revoked_at: now,
                // Before the commit and after: a key opened in between is wiped too.
                evicted: self.cache.evict_tenant(tenant),
                disabled_at: None,
                first_refusal_at: None,
            };
            let entry = entry
                .root_key(&root.id, root.version)
                .with(revocation::ASKED_AT, stamp(asked_at))
                .with(revocation::REVOKED_AT, stamp(now))
                .with(revocation::EVICTED, revoked.evicted);
            self.commit(write, context, vec![entry]).await?;
            steps(RevokeStep::Recorded { at: now });
            let late = self.cache.evict_tenant(tenant);
            if late > 0 {
                let entry = Entry::of(Action::TenantRevoke, tenant).with(revocation::LATE, late);
                self.record(context, entry).await?;
                revoked.evicted += late;
            }
            steps(RevokeStep::Evicted { keys: revoked.evicted });
            if how.at_provider {
                let reference = reference?;
                let disabled = self.set_enabled(context, &root, &reference, false).await?;
                revoked.disabled_at = Some(disabled);
                steps(RevokeStep::Disabled { at: disabled });
                revoked.first_refusal_at =
                    self.measure_refusal(context, &root, &reference, disabled, steps).await?;
            }
            Ok(revoked)
        })
        .await
    }

    /// Watches the provider until it refuses a key that it has disabled, and records what it saw.
    async fn measure_refusal(
        &self,
        context: &OperationContext,
        root: &root_keys::RootKey,
        reference: &RootKeyReference,
        disabled: DateTime<Utc>,
        steps: &(dyn Fn(RevokeStep) + Sync),
    ) -> Result<Option<DateTime<Utc>>, EngineError> {
        let refused = self.watch_refusal(reference, &root.id.tenant).await;
        let entry =
            Entry::of(Action::RootKeyState, &root.id.tenant).root_key(&root.id, root.version);
        let (entry, step) = match refused {
            Some(at) => {
                let after = (at - disabled).num_milliseconds();
                let after_ms = u64::try_from(after).unwrap_or_default();
                let entry = entry
                    .with("at_provider", "first-refusal")
                    .with(revocation::FIRST_REFUSAL_AT, stamp(at))
                    .with("after_ms", after_ms);
                (entry, RevokeStep::FirstRefusal { at, after_ms })
            }
            None => {
                let watched_seconds = WATCH.as_secs();
                let entry = entry
                    .with("at_provider", "still-answers")
                    .with(revocation::WATCHED_SECONDS, watched_seconds);
                (entry, RevokeStep::StillAnswers { watched_seconds })
            }
        };
        self.record(context, entry).await?;
        steps(step);
        Ok(refused)
    }

    /// The tenant's root key that wraps, or would if it weren't suspended.
    pub(crate) async fn wrapping_root_key(
        &self,
        connection: &mut keyward_store::Connection,
        tenant: &TenantId,
    ) -> Result<root_keys::RootKey, EngineError> {
        root_keys::list(connection, tenant)
            .await?
            .into_iter()
            .find(|key| matches!(key.state, KeyState::Active | KeyState::Suspended))
            .ok_or_else(|| EngineError::NoActiveRootKey(tenant.clone()))
    }

    /// Enables or disables a root key at its provider: intent first, outcome after. Gives the time of
    /// the provider's answer.
    pub(crate) async fn set_enabled(
        &self,
        context: &OperationContext,
        root: &root_keys::RootKey,
        reference: &RootKeyReference,
        enabled: bool,
    ) -> Result<DateTime<Utc>, EngineError> {
        let what = if enabled { "enable" } else { "disable" };
        let entry = Entry::of(Action::RootKeyState, &root.id.tenant)
            .root_key(&root.id, root.version)
            .with("at_provider", what);
        self.guard(context, entry.clone(), async {
            let mut write = self.begin().await?;
            let detail = serde_json::json!({ "number": root.id.number, "enable": enabled });
            self.open_intent(&mut write, context, Action::RootKeyState, &root.id.tenant, &detail)
                .await?;
            let opened = Entry { outcome: Outcome::Intent, ..entry.clone() };
            self.commit(write, context, vec![opened]).await?;

            let done = self.providers.of(reference)?.set_enabled(reference, enabled).await;
            match done {
                Ok(()) => {}
                // It may have happened: the next opening asks the provider.
                Err(error) if error.class() == ErrorClass::Unreachable => return Err(error.into()),
                Err(error) => {
                    return Err(self.settle_refused(context, entry, error.into()).await);
                }
            }
            let answered = self.clock.now();
            let mut write = self.begin().await?;
            intents::settle(&mut write, &context.request, "done", self.clock.now()).await?;
            let entry = entry.with(revocation::ANSWERED_AT, stamp(answered));
            self.commit(write, context, vec![entry]).await?;
            Ok(answered)
        })
        .await
    }

    /// Asks the provider until it refuses. A disabled key may keep answering for seconds, at some
    /// providers for minutes: what it does is measured, not assumed.
    async fn watch_refusal(
        &self,
        reference: &RootKeyReference,
        tenant: &TenantId,
    ) -> Option<DateTime<Utc>> {
        let service = self.providers.of(reference).ok()?;
        let context = EncryptionContext::for_tenant(tenant);
        let probe = SecretKey::new(random().ok()?);
        let watch = async {
            let mut pause = Duration::from_millis(10);
            loop {
                if let Err(error) = service.wrap(reference, &context, &probe).await
                    && error.class() == ErrorClass::Denied
                {
                    return self.clock.now();
                }
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(Duration::from_secs(2));
            }
        };
        tokio::time::timeout(WATCH, watch).await.ok()
    }

    /// Settles this request's intent as refused, with the record of the refusal, which it hands on.
    pub(crate) async fn settle_refused(
        &self,
        context: &OperationContext,
        entry: Entry,
        error: EngineError,
    ) -> EngineError {
        let settle = async {
            let mut write = self.begin().await?;
            intents::settle(&mut write, &context.request, "refused", self.clock.now()).await?;
            Ok::<_, EngineError>(write)
        };
        match settle.await {
            Ok(write) => self.commit_failure(write, context, entry, error).await,
            Err(unsettled) => unsettled,
        }
    }

    /// Writes down what is about to be done at the provider, for the next opening to settle if this
    /// process doesn't.
    pub(crate) async fn open_intent(
        &self,
        write: &mut keyward_store::Connection,
        context: &OperationContext,
        action: Action,
        tenant: &TenantId,
        detail: &serde_json::Value,
    ) -> Result<(), EngineError> {
        let now = self.clock.now();
        let detail = detail.to_string();
        Ok(intents::open(write, &context.request, action.as_str(), tenant, &detail, now).await?)
    }
}
