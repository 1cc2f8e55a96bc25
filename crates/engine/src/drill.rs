//! A drill of a denial that nobody announces: how long it takes until a key that its owner disabled is out of
//! memory, and refused.
//!
//! It runs under a tenant's own settings, on a tenant and a local key made for it, with the watch as it is set.
//! What was measured becomes a record of the log, and the report is that record's proof: signed with the log's
//! key, and verified by anybody's C2SP tools.

use std::{collections::BTreeSet, time::Duration};

use chrono::{DateTime, Utc};
use keyward_core::{LoggedNames, Role, RootKeyReference, TenantId};
use keyward_kms::{
    RootKeyService as _,
    local::{KeyUse, LocalKeyStore},
};
use keyward_ledger::{Action, Record};
use keyward_store::tables::{
    audit_pages::{self, Filter, Page},
    tenants::{Serving, TenantState},
};

use crate::{
    Engine, EngineError, OperationContext, ProvedRecord, ServingChange, Source, WatchSettings,
    operation::Entry,
    require,
    revocation_drill::{Throwaway, administer, steps_of},
    revocations::{stamp, timelines},
    workspace::random,
};

/// How often it is looked whether the tenant is locked.
const LOOK: Duration = Duration::from_millis(5);
/// How often the object is read while it still can be. Each read is a record.
const READ: Duration = Duration::from_secs(1);

/// What was measured. Times are this engine's.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct DrillReport {
    /// Under whose settings.
    pub tenant: TenantId,
    /// The tenant that was made for it.
    pub throwaway: TenantId,
    /// For how long keys served from memory.
    pub cache_seconds: u64,
    /// For how long they could have served through an outage.
    pub grant_seconds: u64,
    /// How often the root key was probed.
    pub interval_ms: u64,
    /// When the key store had disabled the key.
    pub disabled_at: DateTime<Utc>,
    /// When the object could last be read.
    pub last_read_at: DateTime<Utc>,
    /// When a call was first denied.
    pub noticed_at: DateTime<Utc>,
    /// When the unwrapped keys were wiped.
    pub evicted_at: DateTime<Utc>,
    /// How many they were.
    pub evicted: u64,
    /// When a read was first refused.
    pub refused_at: DateTime<Utc>,
    /// With which code.
    pub refused_with: String,
}

impl DrillReport {
    /// Milliseconds from when the key was disabled until the keys were wiped.
    #[must_use]
    pub fn evicted_after_ms(&self) -> i64 {
        (self.evicted_at - self.disabled_at).num_milliseconds()
    }

    /// Milliseconds from when the key was disabled until a read was refused.
    #[must_use]
    pub fn refused_after_ms(&self) -> i64 {
        (self.refused_at - self.disabled_at).num_milliseconds()
    }
}

/// A drill's report, and its proof.
#[derive(Clone, Debug)]
pub struct Drilled {
    /// What was measured.
    pub report: DrillReport,
    /// Its record in the log.
    pub seq: u64,
    /// The proof of that record (C2SP tlog-proof), with the record in it.
    pub proof: ProvedRecord,
}

impl Engine {
    /// Runs the drill under a tenant's settings. What was made for it is taken away: the key is deleted after
    /// the key store's waiting time, and the throwaway tenant stays listed as off-boarded.
    ///
    /// # Errors
    /// The gate's (it takes an administrator or a security officer), and those of each step;
    /// [`EngineError::NotFinished`] where the key was still served long after it had to be refused.
    pub async fn drill(
        &self,
        context: &OperationContext,
        keystore: &LocalKeyStore,
        tenant: &TenantId,
        watch: WatchSettings,
    ) -> Result<Drilled, EngineError> {
        let entry = Entry::of(Action::TenantDrill, tenant);
        self.guard(context, entry.clone(), async {
            let row = require::tenant(&mut *self.store.read().await?, tenant).await?;
            let throwaway = Throwaway::new()?;
            let steps = &steps_of(context);
            let measured =
                self.measure_denial(steps, keystore, &throwaway, &row.serving, watch).await;
            let cleared = self.clear(steps, keystore, &throwaway).await;
            let report = DrillReport { tenant: tenant.clone(), ..measured? };
            cleared?;
            self.record(context, recorded(entry, &report)).await?;
            let seq = self.drill_record(context, tenant).await?;
            let proof = self.audit_prove(context, seq, None).await?;
            Ok(Drilled { report, seq, proof })
        })
        .await
    }

    async fn measure_denial(
        &self,
        context: &OperationContext,
        keystore: &LocalKeyStore,
        throwaway: &Throwaway,
        serving: &Serving,
        watch: WatchSettings,
    ) -> Result<DrillReport, EngineError> {
        let Throwaway { tenant, key, dataset, object } = throwaway;
        self.register_tenant(context, tenant, "A drill").await?;
        let access = [(tenant.clone(), BTreeSet::from(KeyUse::ALL))].into();
        administer(keystore, key, |store, key| store.administration().create_key(key, access))
            .await?;
        let reference = RootKeyReference::Local(key.clone());
        self.prove_throwaway(context, tenant, &reference).await?;
        self.create_dataset(context, tenant, dataset, &[], LoggedNames::Plain).await?;
        let own = |seconds: Option<u32>| seconds.map(|seconds| Duration::from_secs(seconds.into()));
        let change = ServingChange {
            cache: Some(own(serving.cache_seconds)),
            grant: Some(own(serving.grant_seconds)),
            ..ServingChange::default()
        };
        let served = self.set_serving(context, tenant, change).await?;
        let application = OperationContext { role: Role::Application, ..context.clone() };
        let source = Source::Bytes(b"written to be locked".to_vec().into());
        self.write(&application, tenant, dataset, object, source).await?;

        let measured = async {
            // The owner disables the key at a moment that has nothing to do with the probes'.
            let wait = u32::from_le_bytes(random()?);
            tokio::time::sleep(watch.interval.mul_f64(f64::from(wait) / f64::from(u32::MAX))).await;
            self.read(&application, tenant, dataset, object).await?;
            keystore.set_enabled(&reference, false).await?;
            let disabled_at = self.clock.now();
            let mut last_read_at = disabled_at;
            let mut next_read = tokio::time::Instant::now() + READ;
            loop {
                tokio::time::sleep(LOOK).await;
                let row = require::tenant(&mut *self.store.read().await?, tenant).await?;
                if row.state == TenantState::Active && tokio::time::Instant::now() < next_read {
                    continue;
                }
                next_read = tokio::time::Instant::now() + READ;
                match self.read(&application, tenant, dataset, object).await {
                    Ok(_) => last_read_at = self.clock.now(),
                    Err(refusal) => {
                        return Ok((disabled_at, last_read_at, self.clock.now(), refusal));
                    }
                }
            }
        };
        let longest = watch.interval * 3 + Duration::from_secs(served.cache_seconds + 30);
        let timed = tokio::time::timeout(longest, measured);
        let (disabled_at, last_read_at, refused_at, refusal) = tokio::select! {
            measured = timed => measured.map_err(|_| EngineError::NotFinished(format!(
                "the drill's key was disabled and tenant `{tenant}` could still be read; keep the log and ask for help"
            )))?,
            stopped = self.watch_one(context, watch, tenant) => Err(match stopped {
                Err(error) => error,
                Ok(never) => match never {},
            }),
        }?;
        let mut reader = self.store.read().await?;
        let newest = timelines(&mut reader, Some(tenant), 1).await?.into_iter().next();
        let line = newest.ok_or_else(|| EngineError::StateCorrupt("the drill's records".into()))?;
        Ok(DrillReport {
            tenant: tenant.clone(),
            throwaway: tenant.clone(),
            cache_seconds: served.cache_seconds,
            grant_seconds: served.grant_seconds,
            interval_ms: u64::try_from(watch.interval.as_millis()).unwrap_or(u64::MAX),
            disabled_at,
            last_read_at,
            noticed_at: line.began_at,
            evicted_at: line.evicted_at.unwrap_or(line.recorded_at),
            evicted: line.evicted,
            refused_at,
            refused_with: refusal.code().to_string(),
        })
    }

    /// The record that this request's drill has left.
    async fn drill_record(
        &self,
        context: &OperationContext,
        tenant: &TenantId,
    ) -> Result<u64, EngineError> {
        let filter = Filter {
            tenant: Some(tenant.clone()),
            action: Some(Action::TenantDrill.as_str().into()),
            ..Filter::default()
        };
        let mut reader = self.store.read().await?;
        for row in audit_pages::page(&mut reader, &filter, Page::Newest, 100).await? {
            let record = Record::parse(&row.body)?;
            if record.request == context.request {
                return Ok(record.seq);
            }
        }
        Err(EngineError::StateCorrupt("the drill's record".into()))
    }
}

fn recorded(entry: Entry, report: &DrillReport) -> Entry {
    entry
        .with("throwaway", report.throwaway.as_str())
        .with("provider", keyward_core::Provider::Local.as_str())
        .with("cache_seconds", report.cache_seconds)
        .with("grant_seconds", report.grant_seconds)
        .with("interval_ms", report.interval_ms)
        .with("disabled_at", stamp(report.disabled_at))
        .with("last_read_at", stamp(report.last_read_at))
        .with("noticed_at", stamp(report.noticed_at))
        .with("evicted_at", stamp(report.evicted_at))
        .with("evicted", report.evicted)
        .with("refused_at", stamp(report.refused_at))
        .with("refused_with", report.refused_with.as_str())
        .with("evicted_after_ms", report.evicted_after_ms())
        .with("refused_after_ms", report.refused_after_ms())
}
