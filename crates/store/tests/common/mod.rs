//! What the store's tests share: a workspace's database in a folder of its own, with a tenant in it.
// Each test file uses its own part of this.
#![allow(dead_code, unreachable_pub)]

pub mod log;

use std::path::{Path, PathBuf};

use chrono::{DateTime, TimeDelta, Utc};
use keyward_core::{
    Custody, DataKeyId, DatasetName, KeyState, LoggedNames, Provider, RootKeyId, TenantId,
};
use keyward_store::{
    Connection, Store,
    tables::{
        data_keys::{self, NewDataKey},
        datasets::{self, Dataset},
        root_keys::{self, RootKey},
        tenants::{self, Tenant, TenantState},
    },
};
use sqlx::{Connection as _, Executor as _, SqliteConnection};

/// A database that goes with its folder.
pub struct Place {
    pub folder: tempfile::TempDir,
    pub store: Store,
}

/// A new, empty database.
pub async fn empty() -> Place {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::create(&folder.path().join("keyward.db")).await.unwrap();
    Place { folder, store }
}

/// A database with tenant `acme`, its root key 1 and its dataset `invoices`.
pub async fn with_tenant() -> Place {
    let place = empty().await;
    let mut write = place.store.write().await.unwrap();
    tenant(&mut write, "acme").await;
    write.commit().await.unwrap();
    place
}

/// Adds a tenant with root key 1 and dataset `invoices`.
pub async fn tenant(connection: &mut Connection, id: &str) {
    let id: TenantId = id.parse().unwrap();
    let row = Tenant {
        id: id.clone(),
        display_name: format!("{id} GmbH"),
        state: TenantState::Pending,
        state_code: None,
        state_since: time(0),
        epoch: 1,
        created_at: time(0),
        rotation_days: None,
        serving: tenants::Serving::default(),
    };
    tenants::insert(connection, &row).await.unwrap();
    root_keys::insert(connection, &root_key(id.as_str(), 1)).await.unwrap();
    let dataset = Dataset {
        tenant: id,
        name: dataset_name(),
        created_at: time(0),
        current_version: 1,
        regions: vec!["eu-central-1".parse().unwrap()],
        names: LoggedNames::Plain,
        sidecar_stale: false,
    };
    datasets::insert(connection, &dataset).await.unwrap();
}

/// A root key before its activation.
pub fn root_key(tenant: &str, number: u32) -> RootKey {
    RootKey {
        id: RootKeyId { tenant: tenant.parse().unwrap(), number },
        identity: format!("local:{tenant}-{number}"),
        provider: Provider::Local,
        custody: Custody::Provider,
        state: KeyState::PreActivation,
        version: 1,
        version_since: time(0),
        registered_at: time(0),
        activated_at: None,
    }
}

/// A data key of `acme/invoices`.
pub fn data_key(version: u32, root_key: u32, root_key_version: u32) -> NewDataKey {
    NewDataKey {
        key: data_key_id(version),
        state: KeyState::Active,
        root_key,
        root_key_version,
        wrapped: version.to_be_bytes().repeat(20),
        created_at: time(0),
    }
}

/// Adds data keys 1 to `count` of `acme/invoices`, wrapped by root key 1 version 1.
pub async fn data_keys(store: &Store, count: u32) {
    let rows: Vec<_> = (1..=count).map(|version| data_key(version, 1, 1)).collect();
    let mut write = store.write().await.unwrap();
    data_keys::insert_many(&mut write, &rows).await.unwrap();
    write.commit().await.unwrap();
}

pub fn data_key_id(version: u32) -> DataKeyId {
    DataKeyId { tenant: acme(), dataset: dataset_name(), version }
}

pub fn acme() -> TenantId {
    "acme".parse().unwrap()
}

pub fn dataset_name() -> DatasetName {
    "invoices".parse().unwrap()
}

/// A moment, `seconds` after a fixed one, with microseconds.
pub fn time(seconds: i64) -> DateTime<Utc> {
    let start: DateTime<Utc> = "2026-11-24T10:00:00.000001Z".parse().unwrap();
    start + TimeDelta::seconds(seconds)
}

/// A connection behind the store's back, as an attacker or another program has it.
pub async fn behind(path: &Path) -> SqliteConnection {
    SqliteConnection::connect(&format!("sqlite://{}", path.display())).await.unwrap()
}

/// Runs SQL behind the store's back.
pub async fn meddle(path: &Path, text: &'static str) -> Result<(), sqlx::Error> {
    let mut connection = behind(path).await;
    connection.execute(text).await?;
    connection.close().await
}

/// A small file system of its own, unmounted when dropped; `None` where we may not mount.
pub struct Mounted {
    pub path: PathBuf,
    _folder: tempfile::TempDir,
}

impl Mounted {
    pub fn new(size: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_owned();
        let options = format!("size={size}");
        mount(&["-t", "tmpfs", "-o", &options, "tmpfs", path.to_str().unwrap()])
            .then_some(Self { path, _folder: folder })
    }

    pub fn read_only(&self) {
        assert!(mount(&["-o", "remount,ro", self.path.to_str().unwrap()]));
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg("-l").arg(&self.path).status();
    }
}

fn mount(arguments: &[&str]) -> bool {
    let run = std::process::Command::new("mount").args(arguments).output();
    run.is_ok_and(|done| done.status.success())
}
