//! Failure tables: each operation, failing at each of its steps, leaves all of it or nothing.
//!
//! No step fails by a hook in Keyward: a trigger that another program has put into the database refuses
//! one table's rows, a provider refuses or its answer is lost, a folder is full or read-only, another
//! connection holds the lock.

mod crash_state;

use keyward_core::{Code, DatasetName, ObjectName, TenantId};
use keyward_engine::{AuditFilter, Engine, EngineError, RewrapOptions, RootKeyRotation, Source};
use keyward_kms::Reason;
use keyward_store::tables::{
    audit_records::{self, Page},
    data_keys, datasets, garbage, intents, key_transitions, objects, root_keys,
    tenants::{self, TenantState},
};
use keyward_testkit::TestWorkspace;
use keyward_tests::{behind, crash::TENANTS, skip::skip};

use crash_state::State;

/// Where a step can fail: the table, and what is done to its rows.
const STEPS: [(&str, &str); 17] = [
    ("objects", "INSERT"),
    ("objects", "UPDATE"),
    ("objects", "DELETE"),
    ("garbage", "INSERT"),
    ("data_keys", "INSERT"),
    ("data_keys", "UPDATE"),
    ("datasets", "UPDATE"),
    ("root_keys", "UPDATE"),
    ("tenants", "UPDATE"),
    ("key_transitions", "INSERT"),
    ("intents", "INSERT"),
    ("intents", "UPDATE"),
    ("audit_records", "INSERT"),
    ("audit_head", "UPDATE"),
    ("object_totals", "UPDATE"),
    ("object_totals", "INSERT"),
    ("garbage", "DELETE"),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operation {
    Write,
    Replace,
    Delete,
    Read,
    RotateDataKey,
    RotateRootKey,
    ReplaceRootKey,
    Rewrap,
    Rekey,
    Suspend,
    Revoke,
    RevokeAtProvider,
    Restore,
    Sweep,
}

/// Each operation, and how many of the steps it has at the least.
const OPERATIONS: [(Operation, usize); 14] = [
    (Operation::Write, 4),
    (Operation::Replace, 5),
    (Operation::Delete, 5),
    (Operation::Read, 2),
    (Operation::RotateDataKey, 6),
    (Operation::RotateRootKey, 7),
    (Operation::ReplaceRootKey, 6),
    (Operation::Rewrap, 3),
    (Operation::Rekey, 3),
    (Operation::Suspend, 5),
    (Operation::Revoke, 5),
    (Operation::RevokeAtProvider, 7),
    (Operation::Restore, 5),
    (Operation::Sweep, 3),
];

impl Operation {
    /// Whether it is one transaction. Those that do something outside are several: the intent or the list
    /// of what is to be deleted first.
    fn is_one_transaction(self) -> bool {
        !matches!(self, Self::RotateRootKey | Self::RevokeAtProvider | Self::Sweep)
    }

    /// Brings about what the operation needs.
    async fn prepare(self, place: &Place, step: usize) {
        let Place { workspace, acme, docs } = place;
        let engine = &workspace.engine;
        match self {
            Self::Rewrap => {
                let rotation = RootKeyRotation::NewVersion;
                engine.rotate_root_key(&workspace.admin(), acme, rotation).await.unwrap();
            }
            Self::Rekey => {
                engine.rotate_data_key(&workspace.admin(), acme, docs).await.unwrap();
            }
            Self::Restore => {
                engine.revoke(&workspace.admin(), acme, "a drill", false).await.unwrap();
            }
            Self::ReplaceRootKey => {
                let key = workspace.key(&format!("acme-{step}"), acme);
                workspace.prove(acme, &key).await;
            }
            Self::Delete => {
                // A failed try may have left it, a good one has not.
                workspace.put(acme, docs, "to be deleted", b"x").await.unwrap();
            }
            Self::Sweep => {
                let folder = workspace.objects().join("acme/docs/objects/00");
                std::fs::create_dir_all(&folder).unwrap();
                std::fs::write(folder.join("0".repeat(32)), "nobody's").unwrap();
            }
            _ => {}
        }
    }

    async fn run(self, place: &Place, step: usize) -> Result<(), EngineError> {
        let Place { workspace, acme, docs } = place;
        let engine = &workspace.engine;
        let admin = workspace.admin();
        match self {
            Self::Write => workspace.put(acme, docs, &format!("new {step}"), b"new").await,
            Self::Replace => workspace.put(acme, docs, "replaced", &step.to_le_bytes()).await,
            Self::Delete => {
                let name = "to be deleted".parse().unwrap();
                engine.delete(&workspace.application(), acme, docs, &name).await
            }
            Self::Read => workspace.get(acme, docs, "kept").await.map(drop),
            Self::RotateDataKey => engine.rotate_data_key(&admin, acme, docs).await.map(drop),
            Self::RotateRootKey => {
                engine.rotate_root_key(&admin, acme, RootKeyRotation::NewVersion).await.map(drop)
            }
            Self::ReplaceRootKey => {
                let newest = engine.root_keys(acme).await.unwrap().len() as u32;
                let rotation = RootKeyRotation::NewKey(newest);
                engine.rotate_root_key(&admin, acme, rotation).await.map(drop)
            }
            Self::Rewrap => {
                engine.rewrap(&admin, acme, RewrapOptions::default(), &|_| {}).await.map(drop)
            }
            Self::Rekey => engine.rekey(&admin, acme, docs).await.map(drop),
            Self::Suspend => engine.suspend(&admin, acme, "a drill").await.map(drop),
            Self::Revoke => engine.revoke(&admin, acme, "a drill", false).await.map(drop),
            Self::RevokeAtProvider => engine.revoke(&admin, acme, "a drill", true).await.map(drop),
            Self::Restore => engine.restore(&admin, acme, true).await.map(drop),
            Self::Sweep => engine.sweep_orphans(&admin, std::time::Duration::ZERO).await.map(drop),
        }
    }
}

/// A workspace with two tenants and an object that must outlive everything.
struct Place {
    workspace: TestWorkspace,
    acme: TenantId,
    docs: DatasetName,
}

impl Place {
    async fn new() -> Self {
        Self::of(TestWorkspace::new().await).await
    }

    async fn of(workspace: TestWorkspace) -> Self {
        let (acme, docs, _) = workspace.tenant(TENANTS[0]).await;
        workspace.tenant(TENANTS[1]).await;
        workspace.put(&acme, &docs, "kept", b"kept").await.unwrap();
        workspace.put(&acme, &docs, "replaced", b"old").await.unwrap();
        Self { workspace, acme, docs }
    }

    /// The rows that an operation may change, but for the log and intents.
    async fn rows(&self) -> String {
        let store = self.workspace.store().await.unwrap();
        let mut reader = store.read().await.unwrap();
        let reader = &mut reader;
        let (acme, docs) = (&self.acme, &self.docs);
        let mut text = format!(
            "{:#?}{:#?}{:#?}{:#?}{:#?}{:#?}",
            tenants::list(reader).await.unwrap(),
            root_keys::list(reader, acme).await.unwrap(),
            datasets::list(reader, acme).await.unwrap(),
            data_keys::list(reader, acme, docs).await.unwrap(),
            objects::list(reader, acme, docs, "", None, 1000).await.unwrap(),
            garbage::list(reader, None, 1000).await.unwrap(),
        );
        for key in root_keys::list(reader, acme).await.unwrap() {
            let list = key_transitions::list(reader, &key.id.to_string()).await.unwrap();
            text.push_str(&format!("{list:?}"));
        }
        text
    }

    async fn is_as(&self, before: &str, what: &str) {
        let now = self.rows().await;
        let changed: Vec<_> =
            before.lines().zip(now.lines()).filter(|(before, now)| before != now).take(3).collect();
        assert!(now == before, "{what} changed rows: {changed:?}");
    }

    /// Opens the workspace as the next process and looks it over.
    async fn look_over(&self, state: &mut State) {
        let again = TestWorkspace::open_at(self.workspace.path()).await.unwrap();
        state.look_over(&again, &[], 4).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_operation_failing_at_each_step_leaves_all_or_nothing() {
    for (operation, least) in OPERATIONS {
        let place = Place::new().await;
        let mut state = State::default();
        let mut hit = Vec::new();
        for (step, (table, event)) in STEPS.into_iter().enumerate() {
            operation.prepare(&place, step).await;
            let what = format!("{operation:?} at {event} of {table}");
            let before = place.rows().await;
            let database = place.workspace.database();
            let trigger = format!(
                "CREATE TRIGGER injected BEFORE {event} ON {table}
                 BEGIN SELECT RAISE(ABORT, 'injected'); END"
            );
            behind::run(&database, &trigger).await;
            let done = operation.run(&place, step).await;
            behind::run(&database, "DROP TRIGGER injected").await;
            if let Err(error) = done {
                assert_eq!(error.code(), Code::StateCorrupt, "{what}: {error}");
                hit.push((table, event));
                if operation.is_one_transaction() {
                    place.is_as(&before, &what).await;
                }
            }
            state.allow_new(&["kept", "replaced", "to be deleted", &format!("new {step}")]);
            place.look_over(&mut state).await;
            let kept = place.workspace.get(&place.acme, &place.docs, "kept").await.unwrap();
            assert_eq!(kept, b"kept", "{what}");
        }
        assert!(hit.len() >= least, "{operation:?} failed at {hit:?} only");
        let again = TestWorkspace::open_at(place.workspace.path()).await.unwrap();
        state.look_deep(&again).await;
    }
}

/// What a read gives where its record can't be written: nothing, by whichever way.
#[tokio::test]
async fn no_record_no_plaintext() {
    let place = Place::new().await;
    let Place { workspace, acme, docs } = &place;
    let engine = &workspace.engine;
    let name: ObjectName = "kept".parse().unwrap();
    let trigger = "CREATE TRIGGER injected BEFORE INSERT ON audit_records
        BEGIN SELECT RAISE(ABORT, 'injected'); END";
    behind::run(&workspace.database(), trigger).await;
    let context = workspace.application();
    assert!(engine.read(&context, acme, docs, &name).await.is_err());
    assert!(engine.read_range(&context, acme, docs, &name, 0..4).await.is_err());
    let target = workspace.path().join("out");
    assert!(engine.read_to_file(&context, acme, docs, &name, &target).await.is_err());
    assert!(!target.exists());
    let sink = tempfile::tempfile().unwrap();
    let length = sink.try_clone().unwrap();
    assert!(engine.read_stream(&context, acme, docs, &name, sink).await.is_err());
    assert_eq!(length.metadata().unwrap().len(), 0, "not a byte has left");
    let leftovers = std::fs::read_dir(workspace.path()).unwrap();
    let mut names = leftovers.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert!(!names.any(|name| name.starts_with(".keyward-")), "no temporary file stays");
}

/// An outside effect whose answer is lost is found out by the next opening.
#[tokio::test]
async fn a_rotation_that_happened_without_an_answer_is_settled_by_the_next_opening() {
    let place = Place::new().await;
    let Place { workspace, acme, .. } = &place;
    workspace.faults.lose_answers();
    let lost = Operation::RotateRootKey.run(&place, 0).await.unwrap_err();
    assert_eq!(lost.code(), Code::KeyUnreachable);
    assert_eq!(open_intents(workspace).await, ["root-key.rotate"]);
    assert_eq!(version(&workspace.engine, acme).await, 1, "nothing is assumed");
    workspace.faults.set(None);

    let again = TestWorkspace::open_at(workspace.path()).await.unwrap();
    assert!(open_intents(&again).await.is_empty());
    assert_eq!(version(&again.engine, acme).await, 2);
    assert_eq!(settled(&again).await, ["root-key.rotate: found done"]);
    let done = again.engine.rewrap(&again.admin(), acme, RewrapOptions::default(), &|_| {}).await;
    let report = done.unwrap();
    assert_eq!((report.progress.rewrapped, report.remaining.len()), (1, 0));
    place.look_over(&mut known()).await;
}

/// The same where somebody notices the new version before the intent is settled.
#[tokio::test]
async fn a_version_noticed_meanwhile_does_not_hide_that_the_rotation_happened() {
    let place = Place::new().await;
    let Place { workspace, acme, .. } = &place;
    workspace.faults.lose_answers();
    Operation::RotateRootKey.run(&place, 0).await.unwrap_err();
    workspace.faults.set(None);
    Operation::Rewrap.run(&place, 0).await.unwrap();
    assert_eq!(version(&workspace.engine, acme).await, 2, "the rewrap has noticed");
    let again = TestWorkspace::open_at(workspace.path()).await.unwrap();
    assert_eq!(settled(&again).await, ["root-key.rotate: found done"]);
    assert_eq!(version(&again.engine, acme).await, 2);
    place.look_over(&mut known()).await;
}

#[tokio::test]
async fn a_rotation_that_did_not_happen_is_settled_as_such() {
    let place = Place::new().await;
    let Place { workspace, acme, .. } = &place;
    workspace.faults.set(Some(Reason::TimedOut));
    Operation::RotateRootKey.run(&place, 0).await.unwrap_err();
    // As long as the provider stays away the intent stays open, and the workspace opens all the same.
    let away = workspace.open_again().await.unwrap();
    assert_eq!(open_intents(workspace).await.len(), 1);
    drop(away);
    workspace.faults.set(None);
    let again = TestWorkspace::open_at(workspace.path()).await.unwrap();
    assert_eq!(settled(&again).await, ["root-key.rotate: found not done"]);
    assert_eq!(version(&again.engine, acme).await, 1);
    place.look_over(&mut known()).await;
}

#[tokio::test]
async fn a_refused_rotation_leaves_no_intent() {
    let place = Place::new().await;
    let Place { workspace, acme, .. } = &place;
    let throttled = Reason::Throttled { retry_after: None };
    for (reason, state) in
        [(throttled, TenantState::Active), (Reason::AccessDenied, TenantState::Suspended)]
    {
        workspace.faults.set(Some(reason));
        Operation::RotateRootKey.run(&place, 0).await.unwrap_err();
        workspace.faults.set(None);
        assert!(open_intents(workspace).await.is_empty(), "{reason:?}");
        assert_eq!(workspace.engine.tenant(acme).await.unwrap().state, state, "{reason:?}");
    }
    place.look_over(&mut known()).await;
}

#[tokio::test]
async fn disabling_and_enabling_without_an_answer_are_settled() {
    let place = Place::new().await;
    let Place { workspace, acme, docs } = &place;
    workspace.faults.lose_answers();
    let lost = Operation::RevokeAtProvider.run(&place, 0).await.unwrap_err();
    assert_eq!(lost.code(), Code::KeyUnreachable);
    let state = workspace.engine.tenant(acme).await.unwrap().state;
    assert_eq!(state, TenantState::Revoked, "locked all the same");
    let again = TestWorkspace::open_at(workspace.path()).await.unwrap();
    assert_eq!(settled(&again).await, ["root-key.state: found done"]);

    let lost = Operation::Restore.run(&place, 0).await.unwrap_err();
    assert_eq!(lost.code(), Code::KeyUnreachable);
    let refused = workspace.get(acme, docs, "kept").await.unwrap_err();
    assert_eq!(refused.code(), Code::TenantRevoked, "as locked as before");
    workspace.faults.set(None);
    let again = TestWorkspace::open_at(workspace.path()).await.unwrap();
    assert_eq!(settled(&again).await.len(), 2);
    place.look_over(&mut known()).await;
    assert_eq!(workspace.get(acme, docs, "kept").await.unwrap(), b"kept");
}

/// A provider that fails at any of its calls leaves what was there.
#[tokio::test]
async fn a_provider_that_fails_leaves_everything_as_it_was() {
    let throttled = Reason::Throttled { retry_after: None };
    for reason in [Reason::TimedOut, throttled, Reason::WrongCiphertext, Reason::Malformed] {
        for operation in [
            Operation::RotateDataKey,
            Operation::Rewrap,
            Operation::ReplaceRootKey,
            Operation::Restore,
        ] {
            let place = Place::new().await;
            operation.prepare(&place, 0).await;
            let before = place.rows().await;
            place.workspace.faults.set(Some(reason));
            let done = operation.run(&place, 0).await;
            place.workspace.faults.set(None);
            assert!(done.is_err(), "{operation:?} with {reason:?}");
            place.is_as(&before, &format!("{operation:?} with {reason:?}")).await;
            place.look_over(&mut known()).await;
        }
    }
}

/// What is derived from the rows and can't be published now is published later; the operation is done.
#[tokio::test]
async fn a_sidecar_that_cannot_be_written_is_written_by_the_next_opening() {
    let place = Place::new().await;
    let sidecar = place.workspace.objects().join("acme/docs/keys.json");
    let set_aside = place.workspace.path().join("keys.json");
    std::fs::rename(&sidecar, set_aside).unwrap();
    // No file can be renamed over a folder that isn't empty.
    std::fs::create_dir_all(sidecar.join("in the way")).unwrap();
    Operation::RotateDataKey.run(&place, 0).await.unwrap();
    Operation::RotateRootKey.run(&place, 0).await.unwrap();
    Operation::Rewrap.run(&place, 0).await.unwrap();
    std::fs::remove_dir_all(&sidecar).unwrap();
    place.look_over(&mut known()).await;
}

/// Another program holds the database's only write lock for longer than we wait.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_locked_database_fails_every_operation_and_changes_nothing() {
    // All at once, each on a workspace of its own: each waits its ten seconds.
    let each = OPERATIONS.map(|(operation, _)| {
        tokio::spawn(async move {
            let place = Place::new().await;
            operation.prepare(&place, 0).await;
            let before = place.rows().await;
            let mut holder = behind::connect(&place.workspace.database()).await;
            sqlx::query("BEGIN IMMEDIATE").execute(&mut holder).await.unwrap();
            let error = operation.run(&place, 0).await.unwrap_err();
            assert_eq!(error.code(), Code::DatabaseLocked, "{operation:?}: {error}");
            sqlx::query("ROLLBACK").execute(&mut holder).await.unwrap();
            place.is_as(&before, &format!("{operation:?}")).await;
            operation.run(&place, 0).await.unwrap();
            place.look_over(&mut known()).await;
        })
    });
    for one in each {
        one.await.unwrap();
    }
}

/// The disk under the objects is full, or read-only.
#[tokio::test]
async fn a_full_or_read_only_object_folder_keeps_what_is_there() {
    let test = "a_full_or_read_only_object_folder_keeps_what_is_there";
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("objects")).unwrap();
    let Some(disk) = behind::Mounted::over(&folder.path().join("objects"), "8m") else {
        return skip(test, "only root may mount file systems");
    };
    let place = Place::of(TestWorkspace::create_at(folder.path()).await.unwrap()).await;
    let Place { workspace, acme, docs } = &place;
    let before = place.rows().await;
    let large = vec![7; 1 << 20];
    let reader = || Source::Reader(Box::new(std::io::Cursor::new(vec![7; 1 << 20])));
    let name: ObjectName = "replaced".parse().unwrap();
    let application = workspace.application();

    let filler = disk.fill();
    for source in [Source::Bytes(large.clone().into()), reader()] {
        let full = workspace.engine.write(&application, acme, docs, &name, source).await;
        assert_eq!(full.unwrap_err().code(), Code::DiskFull);
    }
    place.is_as(&before, "a write to a full disk").await;
    assert_eq!(workspace.get(acme, docs, "replaced").await.unwrap(), b"old", "reading goes on");
    std::fs::remove_file(filler).unwrap();
    let staged = std::fs::read_dir(workspace.objects().join(".staging")).unwrap().count();
    assert_eq!(staged, 0, "nothing half-written stays");

    disk.read_only();
    for source in [Source::Bytes(large.into()), reader()] {
        let refused = workspace.engine.write(&application, acme, docs, &name, source).await;
        assert_eq!(refused.unwrap_err().code(), Code::NoPermission);
    }
    // Data keys are rows: rotating one works, and its sidecar comes later.
    Operation::RotateDataKey.run(&place, 0).await.unwrap();
    let read_only = TestWorkspace::open_at(folder.path()).await;
    assert!(read_only.is_ok(), "what can't be published keeps nobody from opening");
    assert_eq!(workspace.get(acme, docs, "replaced").await.unwrap(), b"old");
    disk.writable();
    workspace.put(acme, docs, "replaced", b"new").await.unwrap();
    place.look_over(&mut known()).await;
}

/// The disk under the database is full.
#[tokio::test]
async fn a_full_disk_under_the_database_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let Some(disk) = behind::Mounted::over(folder.path(), "8m") else {
        let test = "a_full_disk_under_the_database_loses_nothing";
        return skip(test, "only root may mount file systems");
    };
    let place = Place::of(TestWorkspace::create_at(folder.path()).await.unwrap()).await;
    let Place { workspace, acme, docs } = &place;
    // Until the log itself finds no room.
    let filler = disk.fill();
    let mut codes = Vec::new();
    for step in 0..30 {
        for operation in [
            Operation::Write,
            Operation::Replace,
            Operation::RotateDataKey,
            Operation::RotateRootKey,
            Operation::Rewrap,
            Operation::Read,
        ] {
            match operation.run(&place, step).await {
                Ok(()) => {}
                Err(error) => codes.push(error.code()),
            }
        }
    }
    assert!(codes.len() > 30, "{codes:?}");
    // A full key store is the provider's failure, and unreachable by its class.
    let known_codes = [Code::DiskFull, Code::KeyUnreachable];
    assert!(codes.iter().all(|code| known_codes.contains(code)), "{codes:?}");
    std::fs::remove_file(filler).unwrap();
    assert_eq!(workspace.get(acme, docs, "kept").await.unwrap(), b"kept");
    Operation::Replace.run(&place, 99).await.unwrap();
    let mut state = known();
    state.allow_new(&(0..30).map(|step| format!("new {step}")).collect::<Vec<_>>());
    place.look_over(&mut state).await;
    let again = TestWorkspace::open_at(folder.path()).await.unwrap();
    state.look_deep(&again).await;
}

/// The file system under the whole workspace is read-only.
#[tokio::test]
async fn a_read_only_workspace_refuses_and_releases_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let Some(disk) = behind::Mounted::over(folder.path(), "16m") else {
        let test = "a_read_only_workspace_refuses_and_releases_nothing";
        return skip(test, "only root may mount file systems");
    };
    drop(Place::of(TestWorkspace::create_at(folder.path()).await.unwrap()).await);
    settle_connections().await;
    disk.read_only();
    let refused = TestWorkspace::open_at(folder.path()).await.map(drop).unwrap_err();
    assert_eq!(refused.code(), Code::NoPermission, "{refused}");
    disk.writable();
    let again = TestWorkspace::open_at(folder.path()).await.unwrap();
    let mut state = known();
    state.look_over(&again, &[], 4).await;
}

/// Connections of a dropped store close on threads of their own.
async fn settle_connections() {
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
}

/// The objects that every place has.
fn known() -> State {
    let mut state = State::default();
    state.allow_new(&["kept", "replaced", "to be deleted", "new 0"]);
    state
}

async fn open_intents(workspace: &TestWorkspace) -> Vec<String> {
    let store = workspace.store().await.unwrap();
    let open = intents::list_open(&mut *store.read().await.unwrap()).await.unwrap();
    open.into_iter().map(|intent| intent.operation).collect()
}

async fn version(engine: &Engine, tenant: &TenantId) -> u32 {
    engine.root_keys(tenant).await.unwrap()[0].key.version
}

/// What the records of settled intents say was found, oldest first.
async fn settled(workspace: &TestWorkspace) -> Vec<String> {
    let store = workspace.store().await.unwrap();
    let filter = AuditFilter { action: Some("intent.settle".into()), ..AuditFilter::default() };
    let mut reader = store.read().await.unwrap();
    let rows = audit_records::page(&mut reader, &filter, Page::Newest, 100).await.unwrap();
    let found = |row: &audit_records::AuditRecord| {
        let record: serde_json::Value = serde_json::from_str(&row.body).unwrap();
        let details = &record["details"];
        format!(
            "{}: {}",
            details["operation"].as_str().unwrap(),
            details["found"].as_str().unwrap()
        )
    };
    rows.iter().rev().map(found).collect()
}
