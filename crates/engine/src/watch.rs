//! Watches root keys, so that a revocation at a provider is noticed without traffic, and its end too.
//!
//! Each active root key is probed at an interval, and at once when a call of its tenant was denied or not
//! answered. A probe is an unwrap of a throwaway key, which nothing but access to the root key answers. What
//! a probe finds is settled as any call's failure is: a denial evicts and suspends.
//!
//! **What heals by itself**: a tenant that a denial suspended is restored once its root key passes every probe
//! that a restoration by hand takes. It was its owner who refused, and it is its owner who allows again. What
//! somebody suspended or revoked in Keyward stays so until somebody restores it.

use std::{convert::Infallible, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use futures::StreamExt as _;
use keyward_core::{
    Code, EncryptionContext, KeyState, RootKeyId, RootKeyReference, SecretKey, TenantId,
};
use keyward_kms::ErrorClass;
use keyward_ledger::Action;
use keyward_store::tables::{
    tenant_totals,
    tenants::{self, TenantState},
};
use subtle::ConstantTimeEq;
use tokio::{task::AbortHandle, time::Instant};

use crate::{
    Engine, EngineError, OperationContext,
    audit_query::query_of,
    deny::Noticed,
    health::{KeyHealth, Probe},
    operation::Entry,
    workspace::random,
};

/// How many keys are probed at once.
const AT_ONCE: usize = 16;
/// No key is probed out of turn more often than this: a thousand failing readers are one alarm.
const BETWEEN_ALARMS: Duration = Duration::from_secs(1);

/// How root keys are watched.
#[derive(Clone, Copy, Debug)]
pub struct WatchSettings {
    /// How often each is probed.
    pub interval: Duration,
}

impl Default for WatchSettings {
    fn default() -> Self {
        Self { interval: Duration::from_secs(30) }
    }
}

/// What was noticed.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum WatchEvent {
    /// A root key is denied; its tenant is suspended.
    Denied {
        /// Whose.
        tenant: TenantId,
        /// How.
        code: Code,
        /// When the probe was denied.
        at: DateTime<Utc>,
    },
    /// A root key doesn't answer, or not as it should. Its tenant stays as it is.
    Failing {
        /// Whose.
        tenant: TenantId,
        /// How.
        code: Code,
        /// Since when.
        at: DateTime<Utc>,
    },
    /// A root key answers again.
    Answers {
        /// Whose.
        tenant: TenantId,
        /// Since when it had failed.
        since: DateTime<Utc>,
    },
    /// A suspended tenant reads and writes again, since its root key answers.
    Healed {
        /// Who.
        tenant: TenantId,
        /// When.
        at: DateTime<Utc>,
    },
}

/// A watch that goes on for as long as this value lives.
pub struct Watcher(AbortHandle);

impl Watcher {
    /// Begins to watch.
    ///
    /// # Errors
    /// The gate's.
    pub fn start(
        engine: &Arc<Engine>,
        context: OperationContext,
        settings: WatchSettings,
    ) -> Result<Self, EngineError> {
        engine.authorise(&context, Action::TenantRestore, None)?;
        let engine = Arc::clone(engine);
        let watching = async move {
            let Err(error) = engine.watch(&context, settings, &|_| {}).await;
            tracing::error!(%error, "root keys are not watched");
        };
        Ok(Self(tokio::spawn(watching).abort_handle()))
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// A root key that is watched.
struct Watched {
    root: RootKeyId,
    tenant: tenants::Tenant,
}

impl Engine {
    /// Watches until dropped, and tells what it notices. One round that fails is followed by the next.
    ///
    /// # Errors
    /// The gate's.
    pub async fn watch(
        &self,
        context: &OperationContext,
        settings: WatchSettings,
        events: &(dyn Fn(WatchEvent) + Sync),
    ) -> Result<Infallible, EngineError> {
        self.guard(context, Entry::new(Action::TenantRestore), async { Ok(()) }).await?;
        self.watch_those(context, settings, None, events).await
    }

    /// Watches one tenant's root key, for an operation that has passed the gate. Alarms are left to whoever
    /// watches all.
    pub(crate) async fn watch_one(
        &self,
        context: &OperationContext,
        settings: WatchSettings,
        tenant: &TenantId,
    ) -> Result<Infallible, EngineError> {
        self.watch_those(context, settings, Some(tenant), &|_| {}).await
    }

    async fn watch_those(
        &self,
        context: &OperationContext,
        settings: WatchSettings,
        one: Option<&TenantId>,
        events: &(dyn Fn(WatchEvent) + Sync),
    ) -> Result<Infallible, EngineError> {
        let mut next = Instant::now();
        let mut alarms_from = next;
        loop {
            let only = tokio::select! {
                () = tokio::time::sleep_until(next) => None,
                alarmed = async {
                    tokio::time::sleep_until(alarms_from).await;
                    self.health.alarms().await
                }, if one.is_none() => Some(alarmed),
            };
            match &only {
                None => next = Instant::now() + settings.interval,
                Some(_) => alarms_from = Instant::now() + BETWEEN_ALARMS,
            }
            let round = async {
                let watched = self.watched(one).await?;
                let watched = watched.into_iter().filter(|watched| {
                    only.as_ref().is_none_or(|only| only.contains(&watched.tenant.id))
                });
                futures::stream::iter(watched)
                    .for_each_concurrent(AT_ONCE, |watched| self.look(context, watched, events))
                    .await;
                Ok::<_, EngineError>(())
            };
            if let Err(error) = round.await {
                tracing::warn!(%error, "a round of watching root keys failed");
            }
        }
    }

    /// How root keys answer, as this process has seen it. Leaves no record but a refusal's.
    ///
    /// # Errors
    /// [`EngineError::NotAuthorised`].
    pub async fn key_health(
        &self,
        context: &OperationContext,
    ) -> Result<Vec<KeyHealth>, EngineError> {
        let own = crate::audit_query::seen_by(&context.role, None);
        self.guard(context, query_of(own.as_ref()), async {
            let mut list = self.health.list();
            list.retain(|health| own.as_ref().is_none_or(|own| health.key.tenant == *own));
            Ok(list)
        })
        .await
    }

    /// The wrapping root keys of all tenants whose state a probe can change or prove.
    async fn watched(&self, one: Option<&TenantId>) -> Result<Vec<Watched>, EngineError> {
        let mut reader = self.store.read().await?;
        let mut newest = std::collections::BTreeMap::new();
        for row in tenant_totals::root_keys(&mut reader, one).await? {
            if matches!(row.state, KeyState::Active | KeyState::Suspended) {
                newest
                    .entry(row.id.tenant.clone())
                    .and_modify(|root: &mut RootKeyId| {
                        if root.number < row.id.number {
                            *root = row.id.clone();
                        }
                    })
                    .or_insert(row.id);
            }
        }
        let tenants = tenant_totals::tenants(&mut reader, one).await?;
        let watched = tenants.into_iter().filter_map(|tenant| {
            let root = newest.remove(&tenant.id)?;
            let locked = matches!(tenant.state, TenantState::Suspended | TenantState::Revoked);
            (locked || tenant.state == TenantState::Active).then_some(Watched { root, tenant })
        });
        Ok(watched.collect())
    }

    /// One probe of one key, and what follows from it.
    async fn look(
        &self,
        context: &OperationContext,
        watched: Watched,
        events: &(dyn Fn(WatchEvent) + Sync),
    ) {
        let Watched { root, tenant } = &watched;
        let state = tenant.state;
        if let Err(error) = self.open_doors(context, root, state != TenantState::Active).await {
            tracing::warn!(tenant = %tenant.id, %error, "a key's other regions were not looked at");
        }
        let heals = heals(tenant);
        if state != TenantState::Active && !heals {
            return;
        }
        let reference = async {
            let mut reader = self.store.read().await?;
            self.reference(&mut reader, root).await
        };
        let Ok(reference) = reference.await else { return };
        let (code, class) = match self.probe_access(root, &reference).await {
            Ok(failed_since) => {
                if let Some(since) = failed_since {
                    events(WatchEvent::Answers { tenant: tenant.id.clone(), since });
                }
                if heals {
                    self.heal(context, &tenant.id, events).await;
                }
                return;
            }
            Err(error) => (error.code(), error.as_kms().map(keyward_kms::KmsError::class)),
        };
        let at = self.clock.now();
        let Some(class) = class else {
            tracing::warn!(tenant = %tenant.id, %code, "a root key could not be probed");
            return;
        };
        let news = self.health.failed(root, class, code, at);
        let id = tenant.id.clone();
        match class {
            ErrorClass::Denied if state == TenantState::Active => {
                self.deny_noticed(context, tenant, code, Noticed::Watching).await;
                events(WatchEvent::Denied { tenant: id, code, at });
            }
            ErrorClass::Denied => {}
            _ if news => events(WatchEvent::Failing { tenant: id, code, at }),
            _ => {}
        }
    }

    /// That the root key unwraps for this tenant now. Gives since when it had not, if it hadn't.
    async fn probe_access(
        &self,
        root: &RootKeyId,
        reference: &RootKeyReference,
    ) -> Result<Option<DateTime<Utc>>, EngineError> {
        let service = self.providers.of(reference)?;
        let context = EncryptionContext::for_tenant(&root.tenant);
        let probe = match self.health.probe(root) {
            Some(probe) => probe,
            None => {
                let secret = SecretKey::new(random()?);
                let blob = service.wrap(reference, &context, &secret).await?.blob;
                let probe = Probe { secret: Arc::new(secret), blob: blob.into() };
                self.health.set_probe(root, Some(probe.clone()));
                probe
            }
        };
        let began = Instant::now();
        let unwrapped = service.unwrap(reference, &context, &probe.blob).await;
        if unwrapped.as_ref().is_err_and(|error| error.class() == ErrorClass::Rejected) {
            // Another key may stand behind the reference now. The next round wraps anew.
            self.health.set_probe(root, None);
        }
        if !bool::from(unwrapped?.expose().ct_eq(probe.secret.expose())) {
            self.health.set_probe(root, None);
            return Err(EngineError::ProbeFailed { why: "it unwraps another key than it wrapped" });
        }
        let failing = self.health.answered(root, self.clock.now(), began.elapsed());
        Ok(failing.map(|failing| failing.since))
    }

    async fn heal(
        &self,
        context: &OperationContext,
        tenant: &TenantId,
        events: &(dyn Fn(WatchEvent) + Sync),
    ) {
        // A request of its own for each, so that records can be told apart.
        let own = match self.context(context.actor.clone(), context.role.clone()) {
            Ok(own) => own,
            Err(error) => return tracing::warn!(%tenant, %error, "a tenant was not restored"),
        };
        match self.restore_noticed(&own, tenant).await {
            Ok(_) => events(WatchEvent::Healed { tenant: tenant.clone(), at: self.clock.now() }),
            Err(error) => {
                tracing::warn!(%tenant, %error, "a tenant's root key answers, and it was not restored")
            }
        }
    }
}

/// Whether a tenant is restored by itself once its root key answers: a denial suspended it, and nobody has
/// locked it in Keyward.
pub(crate) fn heals(tenant: &tenants::Tenant) -> bool {
    let denied = tenant.state_code.as_deref().is_some_and(|code| code != tenants::BY_HAND);
    tenant.state == TenantState::Suspended && denied
}
