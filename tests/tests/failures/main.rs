//! Failure tables: each operation, failing at each of its steps, leaves all of it or nothing.
//!
//! No step fails by a hook in Keyward: a trigger that another program has put into the database refuses
//! one table's rows, a provider refuses or its answer is lost, a folder is full or read-only, another
//! connection holds the lock.

mod callers;
#[path = "../crash_state/mod.rs"]
mod crash_state;
mod disks;
mod faults;
mod mistakes;
mod provider;
mod transactions;

use keyward_core::{Code, DatasetName, ObjectName, TenantId};
use keyward_engine::{EngineError, RewrapOptions, RewrapProgress, RootKeyRotation};
use keyward_store::tables::{
    data_keys, datasets, garbage, key_transitions, objects, root_keys, tenants,
};
use keyward_testkit::TestWorkspace;
use keyward_tests::{behind, crash::TENANTS};

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
            Self::Rewrap => engine
                .rewrap(&admin, acme, RewrapOptions::default(), &RewrapProgress::unwatched)
                .await
                .map(drop),
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
        // A sidecar that lagged may have caught up: a rewrap that fails still writes those anew. None may
        // begin to lag.
        let caught_up = |(before, now): &(&str, &str)| {
            before.trim() == "sidecar_stale: true," && now.trim() == "sidecar_stale: false,"
        };
        let changed: Vec<_> = before
            .lines()
            .zip(now.lines())
            .filter(|(before, now)| before != now)
            .filter(|pair| !caught_up(pair))
            .take(3)
            .collect();
        assert!(changed.is_empty(), "{what} changed rows: {changed:?}");
        assert_eq!(now.lines().count(), before.lines().count(), "{what} added or removed rows");
    }

    /// Opens the workspace as the next process does.
    async fn open_again(&self) -> TestWorkspace {
        TestWorkspace::open_at(self.workspace.path()).await.unwrap()
    }

    /// Opens the workspace as the next process and looks it over.
    async fn look_over(&self, state: &mut State) {
        let again = self.open_again().await;
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

/// The objects that every place has.
fn known() -> State {
    let mut state = State::default();
    state.allow_new(&["kept", "replaced", "to be deleted", "new 0"]);
    state
}
