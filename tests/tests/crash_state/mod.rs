//! What must hold after a kill, a full disk, a failure at any step.
//!
//! | of | is asserted |
//! | --- | --- |
//! | a released result | its record, by request and action, with outcome `ok` |
//! | a released refusal or failure | its record, `denied` or `failed` |
//! | an object | last released bytes, or whole the one that was being written |
//! | an object's row | its id and data key version are those of the last record about it, and the other way round: no record without its row, no row without its record |
//! | tenants, root keys, data keys, challenges | state and version are the last record's |
//! | an intent | settled in its row and in the log once the workspace is open |
//! | the log | sequence without a gap; tiles on every level, head and signed checkpoint are of these records; `verify` finds nothing |
//! | files | each row's are there; after a sweep there are no others; the sidecar is the rows' |

mod log;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    path::Path,
    time::Duration,
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use futures::StreamExt as _;
use keyward_core::{DatasetName, EncryptionContext, KeyState, TenantId};
use keyward_engine::{RewrapOptions, RewrapProgress, Sidecar};
use keyward_kms::RootKeyService;
use keyward_store::{
    Reader,
    layout::StoredPath,
    tables::{
        challenges, data_keys, datasets, garbage, intents, objects, root_key_references, root_keys,
        tenants::{self, TenantState},
    },
};
use keyward_testkit::TestWorkspace;
use keyward_tests::crash::{Line, TENANTS, sha256};

use log::Log;

/// What failures under load are no faults: what was asked for wasn't allowed or wrong on purpose, the
/// tenant is locked or its root key suspended or disabled at that moment, the object isn't there, or
/// somebody was quicker.
const EXPECTED_CODES: [&str; 8] = [
    "not-authorised",
    "challenge-failed",
    "tenant-revoked",
    "tenant-suspended",
    "key-state",
    "key-disabled",
    "object-not-found",
    "changed-meanwhile",
];

/// What is known of the workspace from everything that was released and recorded so far.
#[derive(Default)]
pub struct State {
    /// Results that were released.
    pub released: u64,
    /// Refusals and failures that were released.
    refused: u64,
    /// Codes of failures in times in which not even a refusal's record can be written.
    unrecorded: Vec<&'static str>,
    log: Log,
    objects: BTreeMap<(String, String), Allowed>,
    actions: BTreeMap<String, u64>,
    settled_intents: u64,
    swept: u64,
}

/// What an object may be after a kill.
#[derive(Default)]
struct Allowed {
    /// What it was when a result was last released; `None`: not there.
    last: Option<String>,
    /// What was begun since, and neither released nor failed. One at most: each object has one writer.
    begun: Option<Option<String>>,
    /// Nothing is known of it yet.
    unknown: bool,
}

impl State {
    /// Checks everything that is cheap, after each kill.
    pub async fn look_over(&mut self, workspace: &TestWorkspace, lines: &[Line], round: u64) {
        self.take_in(lines);
        let news = self.log.catch_up(workspace).await;
        self.settled_intents += news.settled_intents;
        for line in lines {
            let recorded = match line {
                Line::Released { action, request, .. } => news.has(request, action),
                Line::Failed { action, request, .. } => {
                    news.has_failure(request, action) || !self.unrecorded.is_empty()
                }
                Line::Ready | Line::Begun { .. } => true,
            };
            assert!(recorded, "round {round}: released, but not in the log: {line:?}");
        }
        assert!(self.log.intents.is_empty(), "round {round}: {:?}", self.log.intents);
        {
            let store = workspace.store().await.unwrap();
            let mut reader = store.read().await.unwrap();
            let open = intents::list_open(&mut reader).await.unwrap();
            assert!(open.is_empty(), "round {round}: {open:?}");
            for tenant in TENANTS {
                let tenant: TenantId = tenant.parse().unwrap();
                self.states_agree(&mut reader, &tenant).await;
                sidecar_is_current(&mut reader, workspace, &tenant).await;
                rows_have_files(&mut reader, workspace, &tenant).await;
            }
        }
        for tenant in TENANTS {
            let tenant: TenantId = tenant.parse().unwrap();
            if workspace.engine.tenant(&tenant).await.unwrap().state != TenantState::Active {
                workspace.engine.restore(&workspace.admin(), &tenant, true).await.unwrap();
            }
            if round.is_multiple_of(4) {
                rewrap_finishes(workspace, &tenant).await;
            }
        }
        self.read_all(workspace, round).await;
    }

    /// Checks what takes longer: the whole log, every data key, every stored file.
    pub async fn look_deep(&mut self, workspace: &TestWorkspace) {
        for tenant in TENANTS {
            let tenant: TenantId = tenant.parse().unwrap();
            self.challenges_agree(workspace, &tenant).await;
            every_data_key_opens(workspace, &tenant).await;
            let rekeyed =
                workspace.engine.rekey(&workspace.admin(), &tenant, &docs()).await.unwrap();
            assert!(rekeyed.failed.is_empty() && rekeyed.remaining == 0, "{rekeyed:?}");
        }
        let swept =
            workspace.engine.sweep_orphans(&workspace.admin(), Duration::ZERO).await.unwrap();
        assert_eq!(swept.unknown, 0, "{swept:?}");
        self.swept += swept.deleted;
        files_are_named(workspace).await;
        let again =
            workspace.engine.sweep_orphans(&workspace.admin(), Duration::ZERO).await.unwrap();
        assert_eq!((again.deleted, again.staged), (0, 0));
        workspace.store().await.unwrap().check().await.unwrap();
        let verified =
            workspace.engine.audit_verify(&workspace.officer(), &|_, _| {}).await.unwrap();
        assert_eq!(verified.clock_steps, 0, "no record is older than the one before it");
    }

    /// Lets objects of the first tenant be whatever they are now: for tests that look at them themselves.
    #[allow(dead_code, reason = "each test that looks over uses its own part of this")]
    pub fn allow_new(&mut self, names: &[impl AsRef<str>]) {
        for name in names {
            self.object(TENANTS[0], name.as_ref()).unknown = true;
        }
    }

    /// Failures with these codes are no faults, and no failure needs a record: for tests in which none
    /// can be written. What was released needs its own all the same.
    #[allow(dead_code, reason = "each test that looks over uses its own part of this")]
    pub fn allow_unrecorded(&mut self, codes: &[&'static str]) {
        self.unrecorded.extend(codes);
    }

    fn take_in(&mut self, lines: &[Line]) {
        for line in lines {
            match line {
                Line::Ready => {}
                Line::Begun { tenant, name, sha256 } => {
                    self.object(tenant, name).begun = Some(sha256.clone());
                }
                Line::Released { action, tenant, name, sha256, .. } => {
                    self.released += 1;
                    *self.actions.entry(action.clone()).or_default() += 1;
                    if let Some(name) = name {
                        let object = self.object(tenant, name);
                        if action == "object.read" {
                            assert_eq!(*sha256, object.last, "{line:?}");
                        } else {
                            object.begun = None;
                            object.last = sha256.clone();
                        }
                    }
                }
                Line::Failed { action, code, tenant, name, .. } => {
                    self.refused += 1;
                    // Restored already, by another process.
                    let restored = action == "tenant.restore" && code == "invalid-input";
                    let expected = [&EXPECTED_CODES[..], &self.unrecorded].concat();
                    assert!(restored || expected.contains(&code.as_str()), "{line:?}");
                    if let Some(name) = name {
                        let object = self.object(tenant, name);
                        if action == "object.read" {
                            let gone = code == "object-not-found";
                            assert!(!gone || object.last.is_none(), "it was there: {line:?}");
                        } else {
                            object.begun = None;
                        }
                    }
                }
            }
        }
    }

    fn object(&mut self, tenant: &str, name: &str) -> &mut Allowed {
        self.objects.entry((tenant.to_owned(), name.to_owned())).or_default()
    }

    /// Every object is its last released self or, whole, what was being made of it.
    async fn read_all(&mut self, workspace: &TestWorkspace, round: u64) {
        let mut named = BTreeSet::new();
        let reads: Vec<_> = self
            .objects
            .keys()
            .map(|(tenant, name)| async move {
                workspace.get(&tenant.parse().unwrap(), &docs(), name).await
            })
            .collect();
        let reads: Vec<_> = futures::stream::iter(reads).buffered(64).collect().await;
        for (((tenant, name), allowed), read) in self.objects.iter_mut().zip(reads) {
            let found = match read {
                Ok(plaintext) => Some(sha256(&plaintext)),
                Err(error) if error.code() == keyward_core::Code::ObjectNotFound => None,
                Err(error) => panic!("round {round}: `{tenant}/{name}`: {error}"),
            };
            let is_last = found == allowed.last;
            let is_next = allowed.begun.take().is_some_and(|begun| begun == found);
            let is_new = std::mem::take(&mut allowed.unknown);
            assert!(is_last || is_next || is_new, "round {round}: `{tenant}/{name}` is {found:?}");
            if found.is_some() {
                named.insert((tenant.clone(), name.clone()));
            }
            allowed.last = found;
        }
        for tenant in TENANTS {
            let listed = workspace
                .engine
                .list(&workspace.application(), &tenant.parse().unwrap(), &docs(), "", None, 1000)
                .await
                .unwrap();
            for object in listed.objects {
                let known = named.contains(&(tenant.to_owned(), object.name.to_string()));
                assert!(known, "round {round}: nobody wrote `{}`", object.name);
            }
        }
    }

    /// The rows of the tenant and its keys are what the last record about each says.
    async fn states_agree(&self, reader: &mut Reader, id: &TenantId) {
        let tenant = tenants::get(reader, id).await.unwrap().unwrap();
        let recorded = self.log.tenants[id.as_str()];
        assert_eq!(tenant.state, recorded, "tenant `{id}`");
        let mut wrapping = Vec::new();
        for key in root_keys::list(reader, id).await.unwrap() {
            let name = key.id.to_string();
            assert_eq!(Some(&key.version), self.log.versions.get(&name), "the version of `{name}`");
            match key.state {
                KeyState::Active | KeyState::Suspended => wrapping.push((name, key.state)),
                KeyState::PreActivation | KeyState::Deactivated => {}
                other => panic!("`{name}` is {other}"),
            }
        }
        let expected = match tenant.state {
            TenantState::Active => KeyState::Active,
            _ => KeyState::Suspended,
        };
        let active = self.log.active[id.as_str()].clone();
        assert_eq!(wrapping, [(active, expected)], "the one root key that wraps");
        let set = datasets::get(reader, id, &docs()).await.unwrap().unwrap();
        assert_eq!(set.current_version, self.log.data_keys[id.as_str()], "`{id}`'s data key");
        let keys = data_keys::list(reader, id, &docs()).await.unwrap();
        let versions: Vec<u32> = keys.iter().map(|key| key.key.version).collect();
        assert_eq!(versions, (1..=set.current_version).collect::<Vec<_>>(), "no data key is lost");
        for key in keys {
            let current = key.key.version == set.current_version;
            let expected = if current { KeyState::Active } else { KeyState::Deactivated };
            assert_eq!(key.state, expected, "`{}`", key.key);
        }
        let mut there = BTreeMap::new();
        for object in objects::list(reader, id, &docs(), "", None, 1000).await.unwrap() {
            let object_id = object.id.to_string();
            let recorded = self.log.wrapped_by.get(&object_id);
            assert_eq!(recorded, Some(&object.data_key_version), "`{}`", object.name);
            there.insert((id.to_string(), object.name.to_string()), object_id);
        }
        let mut recorded = self.log.objects.clone();
        recorded.retain(|(tenant, _), _| tenant == id.as_str());
        assert_eq!(there, recorded, "`{id}`'s objects");
    }

    /// Each challenge is what the last record about it says, and there are no others.
    async fn challenges_agree(&self, workspace: &TestWorkspace, id: &TenantId) {
        let store = workspace.store().await.unwrap();
        let mut reader = store.read().await.unwrap();
        for key in root_keys::list(&mut reader, id).await.unwrap() {
            for row in challenges::list(&mut reader, &key.id).await.unwrap() {
                let recorded = self.log.challenges.get(&row.id.to_string());
                assert_eq!(recorded, Some(&row.state), "challenge `{}`", row.id);
            }
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} results released ({:?}), {} refusals, {} records, {} intents settled by an opening, {} files swept",
            self.released,
            self.actions,
            self.refused,
            self.log.size(),
            self.settled_intents,
            self.swept
        )
    }
}

fn docs() -> DatasetName {
    "docs".parse().unwrap()
}

/// The published sidecar says what the rows say.
async fn sidecar_is_current(reader: &mut Reader, workspace: &TestWorkspace, tenant: &TenantId) {
    let path = workspace.objects().join(StoredPath::sidecar(tenant, &docs()).as_str());
    let sidecar: Sidecar = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let published: Vec<_> = sidecar
        .data_keys
        .into_iter()
        .map(|key| (key.version, key.state, key.root_key, key.root_key_version, key.wrapped))
        .collect();
    let rows = data_keys::list(reader, tenant, &docs()).await.unwrap();
    let rows: Vec<_> = rows
        .into_iter()
        .map(|row| {
            let root_key = format!("rk:{tenant}/{}", row.root_key);
            let wrapped = BASE64_STANDARD.encode(row.wrapped);
            (row.key.version, row.state, root_key, row.root_key_version, wrapped)
        })
        .collect();
    assert_eq!(published, rows, "the sidecar of `{tenant}`");
}

async fn rows_have_files(reader: &mut Reader, workspace: &TestWorkspace, tenant: &TenantId) {
    for object in objects::list(reader, tenant, &docs(), "", None, 1000).await.unwrap() {
        for (path, size) in paths(&object) {
            let stored = std::fs::metadata(workspace.objects().join(&path));
            let stored = stored.unwrap_or_else(|error| panic!("`{path}` is named: {error}"));
            assert!(size.is_none_or(|size| size == stored.len()), "`{path}`");
        }
    }
}

/// The files that an object's row names, with what is known of their sizes.
fn paths(object: &objects::Object) -> Vec<(String, Option<u64>)> {
    let (tenant, dataset, id) = (&object.tenant, &object.dataset, &object.id);
    let message = StoredPath::object(tenant, dataset, id).to_string();
    let mut paths = vec![(message, Some(object.stored_size))];
    if object.detached {
        let entry = StoredPath::entry(tenant, dataset, id, object.data_key_version);
        paths.push((entry.to_string(), None));
    }
    paths
}

/// A rewrap that was cut short goes on where it was: nothing remains, and what was done isn't done again.
async fn rewrap_finishes(workspace: &TestWorkspace, tenant: &TenantId) {
    let before = wraps(workspace, tenant).await;
    let rewrap = async || {
        let options = RewrapOptions::default();
        workspace
            .engine
            .rewrap(&workspace.admin(), tenant, options, &RewrapProgress::unwatched)
            .await
            .unwrap()
    };
    let report = rewrap().await;
    assert!(report.remaining.is_empty() && report.quarantine.is_empty(), "{report:?}");
    let current = (report.root_key.clone(), report.version);
    let after = wraps(workspace, tenant).await;
    let mut moved = 0;
    for (version, (wrapper, wrapped)) in &before {
        let unchanged = after[version].1 == *wrapped;
        assert_eq!(unchanged, *wrapper == current, "data key {version} of `{tenant}`");
        moved += u64::from(!unchanged);
    }
    assert_eq!(report.progress.rewrapped, moved);
    assert_eq!(rewrap().await.progress.rewrapped, 0);
}

type Wraps = BTreeMap<u32, ((String, u32), Vec<u8>)>;

async fn wraps(workspace: &TestWorkspace, tenant: &TenantId) -> Wraps {
    let store = workspace.store().await.unwrap();
    let rows = data_keys::list(&mut store.read().await.unwrap(), tenant, &docs()).await.unwrap();
    rows.into_iter()
        .map(|row| {
            let wrapper = (format!("rk:{tenant}/{}", row.root_key), row.root_key_version);
            (row.key.version, (wrapper, row.wrapped))
        })
        .collect()
}

async fn every_data_key_opens(workspace: &TestWorkspace, tenant: &TenantId) {
    let store = workspace.store().await.unwrap();
    let mut reader = store.read().await.unwrap();
    for row in data_keys::list(&mut reader, tenant, &docs()).await.unwrap() {
        let root = keyward_core::RootKeyId { tenant: tenant.clone(), number: row.root_key };
        let references = root_key_references::list(&mut reader, &root).await.unwrap();
        let reference = references[0].reference.parse().unwrap();
        let context = EncryptionContext::for_data_key(&row.key);
        let opened = workspace.keystore.unwrap(&reference, &context, &row.wrapped).await;
        assert!(opened.is_ok(), "`{}` no longer opens: {:?}", row.key, opened.err());
    }
}

/// After a sweep each stored file is named by a row, or listed as garbage.
async fn files_are_named(workspace: &TestWorkspace) {
    let store = workspace.store().await.unwrap();
    let mut reader = store.read().await.unwrap();
    let mut named = BTreeSet::new();
    for tenant in TENANTS {
        let tenant = tenant.parse().unwrap();
        named.insert(StoredPath::sidecar(&tenant, &docs()).to_string());
        for object in objects::list(&mut reader, &tenant, &docs(), "", None, 1000).await.unwrap() {
            named.extend(paths(&object).into_iter().map(|(path, _)| path));
        }
    }
    let garbage = garbage::list(&mut reader, None, 100_000).await.unwrap();
    named.extend(garbage.into_iter().map(|row| row.path));
    let mut stored = Vec::new();
    files(&workspace.objects(), &workspace.objects(), &mut stored);
    for path in stored {
        assert!(named.contains(&path), "nothing names `{path}`");
    }
}

fn files(root: &Path, folder: &Path, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(root, &path, found);
        } else {
            found.push(path.strip_prefix(root).unwrap().to_str().unwrap().to_owned());
        }
    }
}
