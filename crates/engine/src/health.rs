//! How root keys answer, as this process has seen it: in memory alone, since another process sees for
//! itself.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use chrono::{DateTime, Utc};
use keyward_core::{Code, RootKeyId, SecretKey, TenantId};
use keyward_kms::ErrorClass;
use parking_lot::Mutex;
use tokio::sync::Notify;

/// How one root key answers.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct KeyHealth {
    /// The root key.
    #[serde(serialize_with = "as_text")]
    pub key: RootKeyId,
    /// When it last answered a call.
    pub answered_at: Option<DateTime<Utc>>,
    /// How long that call took, in microseconds.
    pub took_us: Option<u64>,
    /// How it fails now, if it does.
    pub failing: Option<Failing>,
}

/// How a root key fails.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Failing {
    /// The class of the failure.
    pub class: ErrorClass,
    /// Its code.
    pub code: Code,
    /// Since when every call has failed so.
    pub since: DateTime<Utc>,
}

/// All of them.
#[derive(Default)]
pub(crate) struct Health {
    keys: Mutex<HashMap<RootKeyId, Seen>>,
    alarmed: Mutex<BTreeSet<TenantId>>,
    alarm: Notify,
}

#[derive(Default)]
struct Seen {
    answered_at: Option<DateTime<Utc>>,
    took_us: Option<u64>,
    failing: Option<Failing>,
    probe: Option<Probe>,
}

/// A throwaway key that a root key has wrapped, to be unwrapped again and again. It protects nothing.
#[derive(Clone)]
pub(crate) struct Probe {
    pub(crate) secret: Arc<SecretKey>,
    pub(crate) blob: Arc<[u8]>,
}

impl Health {
    /// A call was answered. Gives how the key failed until then.
    pub(crate) fn answered(
        &self,
        key: &RootKeyId,
        at: DateTime<Utc>,
        took: std::time::Duration,
    ) -> Option<Failing> {
        let mut keys = self.keys.lock();
        let seen = keys.entry(key.clone()).or_default();
        seen.answered_at = Some(at);
        seen.took_us = u64::try_from(took.as_micros()).ok();
        seen.failing.take()
    }

    /// A call failed. Tells whether it is news.
    pub(crate) fn failed(
        &self,
        key: &RootKeyId,
        class: ErrorClass,
        code: Code,
        at: DateTime<Utc>,
    ) -> bool {
        let mut keys = self.keys.lock();
        let seen = keys.entry(key.clone()).or_default();
        if seen.failing.as_ref().is_some_and(|failing| failing.class == class) {
            return false;
        }
        seen.failing = Some(Failing { class, code, since: at });
        true
    }

    /// When a key last answered.
    pub(crate) fn answered_at(&self, key: &RootKeyId) -> Option<DateTime<Utc>> {
        self.keys.lock().get(key)?.answered_at
    }

    pub(crate) fn probe(&self, key: &RootKeyId) -> Option<Probe> {
        self.keys.lock().get(key)?.probe.clone()
    }

    pub(crate) fn set_probe(&self, key: &RootKeyId, probe: Option<Probe>) {
        self.keys.lock().entry(key.clone()).or_default().probe = probe;
    }

    /// Has a tenant's keys probed at once, where somebody watches.
    pub(crate) fn alarm(&self, tenant: &TenantId) {
        self.alarmed.lock().insert(tenant.clone());
        self.alarm.notify_one();
    }

    /// Waits for alarms, and takes them.
    pub(crate) async fn alarms(&self) -> BTreeSet<TenantId> {
        loop {
            let alarmed = std::mem::take(&mut *self.alarmed.lock());
            if !alarmed.is_empty() {
                return alarmed;
            }
            self.alarm.notified().await;
        }
    }

    /// What is known, by key.
    pub(crate) fn list(&self) -> Vec<KeyHealth> {
        let keys = self.keys.lock();
        let mut list: Vec<_> = keys
            .iter()
            .map(|(key, seen)| KeyHealth {
                key: key.clone(),
                answered_at: seen.answered_at,
                took_us: seen.took_us,
                failing: seen.failing.clone(),
            })
            .collect();
        list.sort_by(|a, b| a.key.cmp(&b.key));
        list
    }
}

fn as_text<S: serde::Serializer>(key: &RootKeyId, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(key)
}
