//! Disks that are full or read-only, and a database that another program has locked.
//!
//! | what fails | what is asserted |
//! | --- | --- |
//! | the sidecar's file | the operation is done, the next opening publishes it |
//! | the database's lock, for longer than we wait | each operation fails with its code and changes nothing |
//! | the object folder: full, read-only | writes fail and leave nothing, reads go on |
//! | the disk under it all: full | nothing half done; once there is room, it goes on |
//! | the same under 64 callers, three times | released results have their records, failed ones left nothing; once there is room, all go on without a restart; the log verifies |
//! | the disk under it all: read-only | nothing opens |

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use keyward_core::{Code, ObjectName};
use keyward_engine::Source;
use keyward_testkit::TestWorkspace;
use keyward_tests::{behind, crash::CALLERS, random::Random, skip::skip};

use crate::{OPERATIONS, Operation, Place, callers::Calls, crash_state::State, known};

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

/// The disk under the database gets full, again and again, while 64 callers work.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_under_64_callers_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let Some(disk) = behind::Mounted::over(folder.path(), "32m") else {
        return skip(
            "a_full_disk_under_64_callers_loses_nothing",
            "only root may mount file systems",
        );
    };
    let place = Place::of(TestWorkspace::create_at(folder.path()).await.unwrap()).await;
    let calls = &Calls::new(&place);
    let over = &AtomicBool::new(false);
    let callers = (0..CALLERS).map(|caller| async move {
        let mut random = Random::new(caller);
        while !over.load(Ordering::SeqCst) {
            calls.any(caller, &mut random).await;
            // Failing takes no time: the others are to have their turns too.
            tokio::task::yield_now().await;
        }
    });
    let filling = async {
        for _ in 0..3 {
            tokio::time::sleep(Duration::from_millis(400)).await;
            let filler = disk.fill();
            tokio::time::sleep(Duration::from_millis(200)).await;
            std::fs::remove_file(filler).unwrap();
        }
        tokio::time::sleep(Duration::from_millis(400)).await;
        over.store(true, Ordering::SeqCst);
    };
    tokio::join!(futures::future::join_all(callers), filling);

    let failed = calls.failed();
    assert!(failed.get("disk-full").is_some_and(|times| *times > CALLERS), "{failed:?}");
    // There is room: everybody goes on, in the engine that has seen it all.
    calls.all_go_on().await;

    let mut state = State::default();
    state.allow_new(&["kept", "replaced"]);
    // A key store that finds no room is out of reach.
    state.allow_unrecorded(&["disk-full", "key-unreachable"]);
    let lines = calls.lines();
    let again = TestWorkspace::open_at(folder.path()).await.unwrap();
    state.look_over(&again, &lines, 4).await;
    state.look_deep(&again).await;
    println!("{state}; {failed:?}");
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
