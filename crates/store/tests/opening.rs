//! Opening a database: each way in which that can't be done has its own error and code, and leaves the
//! file as it was.

mod common;

use std::time::Duration;

use common::{Mounted, acme, behind, data_keys, empty, meddle, time, with_tenant};
use keyward_core::Code;
use keyward_store::{
    Store, StoreError,
    tables::{data_keys as keys, tenants},
};
use sqlx::Executor as _;

#[tokio::test]
async fn a_missing_database_is_not_made() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("none.db");
    let error = Store::open(&path).await.unwrap_err();
    assert_eq!(error.code(), Code::WorkspaceNotFound);
    assert!(!path.exists());
    let error = Store::create(&folder.path().join("no/such/folder.db")).await.unwrap_err();
    assert_eq!(error.code(), Code::Machine);
}

#[tokio::test]
async fn nothing_is_created_over_what_is_there() {
    let place = with_tenant().await;
    let error = Store::create(place.store.path()).await.unwrap_err();
    assert_eq!(error.code(), Code::AlreadyExists);
    let other = place.folder.path().join("letter.txt");
    std::fs::write(&other, "Dear database,\n".repeat(1_000)).unwrap();
    assert_eq!(Store::create(&other).await.unwrap_err().code(), Code::AlreadyExists);
    assert!(std::fs::read_to_string(&other).unwrap().starts_with("Dear"));
}

#[tokio::test]
async fn a_create_that_was_killed_can_be_done_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keyward.db");
    std::fs::write(&path, "").unwrap();
    assert_eq!(Store::open(&path).await.unwrap_err().code(), Code::StateCorrupt);
    meddle(&path, "PRAGMA journal_mode = WAL").await.unwrap();
    let store = Store::create(&path).await.unwrap();
    assert!(tenants::list(&mut store.read().await.unwrap()).await.unwrap().is_empty());
}

#[tokio::test]
async fn migrations_run_once() {
    let place = with_tenant().await;
    for _ in 0..2 {
        let again = Store::open(place.store.path()).await.unwrap();
        let mut reader = again.read().await.unwrap();
        assert_eq!(tenants::list(&mut reader).await.unwrap().len(), 1);
    }
    let mut connection = behind(place.store.path()).await;
    let applied: Vec<(i64, String)> =
        sqlx::query_as("SELECT version, name FROM schema_versions ORDER BY version")
            .fetch_all(&mut connection)
            .await
            .unwrap();
    assert_eq!(applied.len(), 3);
    assert_eq!(applied[0], (1, "0001_workspace".into()));
    let modes: (String, i64) = (
        sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&mut connection).await.unwrap(),
        sqlx::query_scalar(
            // But the full text index and the tables that it makes for itself.
            "SELECT COUNT(*) FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE '%STRICT%'
                 AND name NOT LIKE 'audit_text%'",
        )
        .fetch_one(&mut connection)
        .await
        .unwrap(),
    );
    assert_eq!(modes, ("wal".into(), 0), "WAL, and every table is STRICT");
}

#[tokio::test]
async fn a_newer_database_is_left_alone() {
    let place = with_tenant().await;
    let path = place.store.path().to_owned();
    meddle(&path, "INSERT INTO schema_versions VALUES (4, '0004_future', '2027-01-01T00:00:00Z')")
        .await
        .unwrap();
    let error = Store::open(&path).await.unwrap_err();
    assert!(matches!(error, StoreError::Newer { found: 4, known: 3 }), "{error}");
    assert_eq!(error.code(), Code::WorkspaceNewer);
}

#[tokio::test]
async fn a_file_that_is_no_database_is_said_to_be_damaged() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keyward.db");
    let text = "not a database at all ".repeat(1_000);
    std::fs::write(&path, &text).unwrap();
    assert_eq!(Store::open(&path).await.unwrap_err().code(), Code::StateCorrupt);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
}

#[tokio::test]
async fn damaged_pages_are_found() {
    let place = with_tenant().await;
    data_keys(&place.store, 2_000).await;
    let path = place.folder.path().join("copy.db");
    // A copy without the write-ahead log, so that the damage isn't mended from it.
    let mut connection = behind(place.store.path()).await;
    let copy = format!("VACUUM INTO '{}'", path.display());
    connection.execute(sqlx::AssertSqlSafe(copy)).await.unwrap();
    Store::open(&path).await.unwrap().check().await.unwrap();

    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 20_000].fill(0xa5);
    std::fs::write(&path, &bytes).unwrap();
    let store = Store::open(&path).await.unwrap();
    let error = store.check().await.unwrap_err();
    assert_eq!(error.code(), Code::StateCorrupt, "{error}");
}

#[tokio::test]
async fn a_dangling_row_is_found() {
    let place = with_tenant().await;
    place.store.check().await.unwrap();
    meddle(place.store.path(), "PRAGMA foreign_keys = OFF; DELETE FROM tenants").await.unwrap();
    let error = place.store.check().await.unwrap_err();
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_database_is_waited_for_and_then_said_to_be_locked() {
    let place = with_tenant().await;
    let mut other = behind(place.store.path()).await;
    other.execute("BEGIN IMMEDIATE").await.unwrap();
    // Reading goes on beside a writer.
    assert_eq!(tenants::list(&mut place.store.read().await.unwrap()).await.unwrap().len(), 1);
    let waiting = tokio::spawn({
        let store = place.store.clone();
        async move { store.write().await.map(drop) }
    });
    let error = waiting.await.unwrap().unwrap_err();
    assert_eq!(error.code(), Code::DatabaseLocked);

    let waiting = tokio::spawn({
        let store = place.store.clone();
        async move { store.write().await.map(drop) }
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    other.execute("ROLLBACK").await.unwrap();
    waiting.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_read_only_place_is_a_matter_of_permission() {
    let Some(mounted) = Mounted::new("8m") else {
        println!("skipped: a_read_only_place_is_a_matter_of_permission (may not mount)");
        return;
    };
    let path = mounted.path.join("keyward.db");
    drop(Store::create(&path).await.unwrap());
    // SQLite closes its files on another thread.
    tokio::time::sleep(Duration::from_millis(200)).await;
    mounted.read_only();
    assert_eq!(Store::open(&path).await.unwrap_err().code(), Code::NoPermission);
    let other = mounted.path.join("other.db");
    assert_eq!(Store::create(&other).await.unwrap_err().code(), Code::NoPermission);
}

#[tokio::test]
async fn a_full_disk_loses_nothing_that_was_committed() {
    let Some(mounted) = Mounted::new("2m") else {
        println!("skipped: a_full_disk_loses_nothing_that_was_committed (may not mount)");
        return;
    };
    let store = Store::create(&mounted.path.join("keyward.db")).await.unwrap();
    let mut write = store.write().await.unwrap();
    common::tenant(&mut write, "acme").await;
    write.commit().await.unwrap();

    let mut committed = 0;
    let error = loop {
        let rows: Vec<_> = (committed + 1..=committed + 500)
            .map(|version| common::data_key(version, 1, 1))
            .collect();
        let mut write = store.write().await.unwrap();
        if let Err(error) = keys::insert_many(&mut write, &rows).await {
            break error;
        }
        match write.commit().await {
            Ok(()) => committed += 500,
            Err(error) => break error,
        }
    };
    assert_eq!(error.code(), Code::DiskFull, "{error}");
    assert!(committed > 0);
    let mut reader = store.read().await.unwrap();
    let list = keys::list(&mut reader, &acme(), &common::dataset_name()).await.unwrap();
    assert_eq!(list.len(), committed as usize);

    // With room again, the same store goes on.
    let grown = std::process::Command::new("mount")
        .args(["-o", "remount,size=64m", mounted.path.to_str().unwrap()])
        .status()
        .unwrap();
    assert!(grown.success());
    let mut write = store.write().await.unwrap();
    tenants::set_state(&mut write, &acme(), tenants::TenantState::Active, None, time(1))
        .await
        .unwrap();
    write.commit().await.unwrap();
    store.check().await.unwrap();
}

#[tokio::test]
async fn the_file_is_its_owners_alone() {
    let place = empty().await;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(place.store.path()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
