//! A key store in a temporary folder, with a clock that the test turns.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use chrono::{DateTime, Duration, Utc};
use keyward_core::{EncryptionContext, RootKeyReference, SecretKey, reference::LocalKey};
use keyward_kms::{
    KmsError, Reason,
    local::{AccessList, KeyUse, LocalKeyStore, StoreId},
};
use tempfile::TempDir;

pub struct Bench {
    pub store: LocalKeyStore,
    pub folder: TempDir,
    seconds: Arc<AtomicI64>,
}

impl Bench {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let id = StoreId::from_bytes([0xab; 16]);
        let store = LocalKeyStore::create(folder.path(), sealing(), id).unwrap();
        let seconds = Arc::new(AtomicI64::new(0));
        let bench = Self { store, folder, seconds };
        Self { store: bench.with_clock(bench.store.clone()), ..bench }
    }

    /// A store with one key that `acme` may use.
    pub fn with_key() -> (Self, LocalKey, RootKeyReference) {
        let bench = Self::new();
        let key: LocalKey = "acme-root".parse().unwrap();
        bench.store.administration().create_key(&key, access("acme")).unwrap();
        (bench, key.clone(), key.into())
    }

    /// Another handle on the same folder, as another process has one.
    pub fn second_handle(&self) -> LocalKeyStore {
        self.with_clock(LocalKeyStore::open(self.folder.path(), sealing()).unwrap())
    }

    pub fn pass(&self, time: Duration) {
        self.seconds.fetch_add(time.num_seconds(), Ordering::SeqCst);
    }

    fn with_clock(&self, store: LocalKeyStore) -> LocalKeyStore {
        let seconds = self.seconds.clone();
        let start: DateTime<Utc> = "2026-11-24T10:00:00Z".parse().unwrap();
        store
            .with_clock(Arc::new(move || start + Duration::seconds(seconds.load(Ordering::SeqCst))))
    }
}

pub fn sealing() -> SecretKey {
    SecretKey::new([9; 32])
}

pub fn access(tenant: &str) -> AccessList {
    [(tenant.parse().unwrap(), KeyUse::ALL.into())].into()
}

pub fn context(tenant: &str) -> EncryptionContext {
    EncryptionContext::for_tenant(&tenant.parse().unwrap())
}

pub fn secret() -> SecretKey {
    SecretKey::new([5; 32])
}

/// The reason of a failure, or `None` for a success.
pub fn reason<T>(result: Result<T, KmsError>) -> Option<Reason> {
    result.err().map(|error| error.reason)
}

pub fn read_json(path: &Path) -> serde_json::Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}
