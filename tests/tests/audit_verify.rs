//! What `audit verify` finds of what was done to the database behind Keyward's back, each change by the
//! words that tell people where to look.

use std::{fs, path::Path};

use keyward_core::Code;
use keyward_engine::{EngineError, VerifyOptions};
use keyward_testkit::TestWorkspace;
use keyward_tests::behind;
use sqlx::Row as _;

/// A workspace with more records than a tile holds, closed; and its database's bytes.
struct Ground {
    folder: tempfile::TempDir,
    bytes: Vec<u8>,
}

impl Ground {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let workspace = TestWorkspace::create_at(folder.path()).await.unwrap();
        let (acme, docs, _) = workspace.tenant("acme").await;
        for number in 0..5 {
            workspace.put(&acme, &docs, &format!("object-{number}"), b"x").await.unwrap();
        }
        let admin = workspace.admin();
        let tenants: Vec<_> = (0..300).map(|id| format!("t-{id}").parse().unwrap()).collect();
        let registered = tenants.iter().map(|id| workspace.engine.register_tenant(&admin, id, "t"));
        for registered in futures::future::join_all(registered).await {
            registered.unwrap();
        }
        workspace.clock.advance(chrono::TimeDelta::days(1));
        workspace.put(&acme, &docs, "next day", b"x").await.unwrap();
        let database = workspace.database();
        drop(workspace);
        behind::run(&database, "PRAGMA wal_checkpoint(TRUNCATE)").await;
        Self { bytes: fs::read(&database).unwrap(), folder }
    }

    /// Verifies a copy of the log after something was done to the database, with its triggers dropped.
    async fn after(&self, text: &str, options: &VerifyOptions) -> Result<(), EngineError> {
        let copy = tempfile::tempdir().unwrap();
        copy_below(self.folder.path(), copy.path());
        let database = copy.path().join("keyward.db");
        fs::write(&database, &self.bytes).unwrap();
        drop_triggers(&database).await;
        behind::run(&database, text).await;
        let workspace = TestWorkspace::open_at(copy.path()).await.unwrap();
        workspace.clock.advance(chrono::TimeDelta::days(1));
        let officer = workspace.officer();
        workspace.engine.audit_verify_with(&officer, options, &|_, _| {}).await.map(drop)
    }
}

/// Copies a folder without its databases.
fn copy_below(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            fs::create_dir(&to).unwrap();
            copy_below(&entry.path(), &to);
        } else if !entry.file_name().to_string_lossy().contains(".db") {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

async fn drop_triggers(database: &Path) {
    let mut connection = behind::connect(database).await;
    let triggers = sqlx::query("SELECT name FROM sqlite_schema WHERE type = 'trigger'")
        .fetch_all(&mut connection)
        .await
        .unwrap();
    for trigger in triggers {
        let name: String = trigger.get("name");
        sqlx::query(sqlx::AssertSqlSafe(format!("DROP TRIGGER {name}")))
            .execute(&mut connection)
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn every_change_is_found_and_named() {
    let ground = Ground::new().await;
    let plain = VerifyOptions::default();
    let search = VerifyOptions { search_index: true, ..VerifyOptions::default() };
    ground.after("SELECT 1", &search).await.unwrap();

    // What is done, and what has to be said of it.
    let changes = [
        // Records.
        (
            "UPDATE audit_records SET body = replace(body, 'acme', 'evil') WHERE seq = 5",
            "record 5 was altered",
        ),
        ("UPDATE audit_records SET body = CAST(x'ff' || body AS TEXT) WHERE seq = 6", "record 6"),
        ("DELETE FROM audit_records WHERE seq = 9", "record 9 is missing"),
        ("DELETE FROM audit_records WHERE seq = 0", "record 0 is missing"),
        (
            "UPDATE audit_records SET seq = 9000 WHERE seq = 7;
             UPDATE audit_records SET seq = 7 WHERE seq = 8;
             UPDATE audit_records SET seq = 8 WHERE seq = 9000",
            "record stored as 7 says that it is record 8",
        ),
        (
            "INSERT INTO audit_records SELECT seq + 1, time, actor, tenant, key, action, outcome, body
             FROM audit_records ORDER BY seq DESC LIMIT 1",
            "signed by no checkpoint",
        ),
        (
            "PRAGMA ignore_check_constraints = 1;
             INSERT INTO audit_records SELECT -1, time, actor, tenant, key, action, outcome, body
             FROM audit_records WHERE seq = 3",
            "rows of records",
        ),
        ("DELETE FROM audit_records WHERE seq > 290", "are cut off"),
        // What queries filter on.
        ("UPDATE audit_records SET actor = action WHERE seq = 11", "record 11: the columns"),
        ("UPDATE audit_records SET tenant = 0 WHERE seq = 12", "record 12: the columns"),
        ("UPDATE audit_records SET time = time + 1 WHERE seq = 13", "record 13: the columns"),
        ("UPDATE audit_terms SET term = 'mallory' WHERE term = 'test'", "record 0: the columns"),
        // Tiles.
        (
            "UPDATE audit_tiles SET hashes = CAST(zeroblob(32) || substr(hashes, 33) AS BLOB)
             WHERE level = 0 AND tile = 0",
            "record 0 has no hash",
        ),
        (
            "UPDATE audit_tiles SET hashes = randomblob(length(hashes)) WHERE level = 1",
            "tile/1/000` does not have the hash over records 0 to 255",
        ),
        ("DELETE FROM audit_tiles WHERE level = 1", "tile/1/000` is missing"),
        (
            "UPDATE audit_tiles SET hashes = CAST(hashes || randomblob(32) AS BLOB)
             WHERE level = 0 AND tile = 1",
            "tile/0/001` has",
        ),
        ("INSERT INTO audit_tiles VALUES (0, 99, zeroblob(32))", "tile/0/099` lies beyond"),
        // Days and counts.
        ("UPDATE audit_days SET first = first - 1 WHERE first > 0", "record 3"),
        ("UPDATE audit_days SET first = 1 WHERE first = 0", "the log's days were altered"),
        ("DELETE FROM audit_days WHERE first > 0", "and lies in the day"),
        (
            "UPDATE audit_days SET sealed_at = '2026-01-01T00:00:00.000000Z', records = 9,
                checkpoint = 9 WHERE first = 0",
            "the log's days were altered",
        ),
        (
            "UPDATE audit_days SET sealed_at = '2026-01-01T00:00:00.000000Z', checkpoint = first + 400,
                records = (SELECT max(first) FROM audit_days), archived_at = '2026-01-01T00:00:00.000000Z',
                archive = '{}', here = 0 WHERE first = 0;
             UPDATE audit_days SET checkpoint = records WHERE first = 0",
            "is archived and not fetched",
        ),
        (
            "UPDATE audit_counts SET records = records + 1 WHERE tenant = -1",
            "the counts were altered",
        ),
        ("DELETE FROM audit_counts WHERE tenant > 0", "the counts were altered"),
        (
            "INSERT INTO audit_counts SELECT tenant, 7, action, outcome, 1 FROM audit_counts LIMIT 1",
            "the hour from 1970-01-01 07:00:00 UTC has 0 records",
        ),
        // Head and checkpoints.
        ("UPDATE audit_head SET frontier = zeroblob(length(frontier))", "does not have the edge"),
        ("UPDATE audit_head SET time = time + 1", "does not have the time"),
        (
            "UPDATE audit_head SET checkpoint = replace(checkpoint, 'keyward/', 'other/')",
            "of the log `other/",
        ),
        (
            "INSERT INTO audit_checkpoints SELECT 3, checkpoint FROM audit_head",
            "that is kept for 3 records was signed over",
        ),
        (
            "INSERT INTO audit_checkpoints SELECT 3, replace(checkpoint, char(10) || size, char(10) || 3)
             FROM audit_head",
            "the checkpoint that is kept for 3 records: the signature",
        ),
    ];
    let mut missed = Vec::new();
    for (text, expected) in changes {
        match ground.after(text, &plain).await {
            Err(found)
                if found.code() == Code::LogNotVerified && found.to_string().contains(expected) => {
            }
            other => missed.push(format!("{text}: {other:?}")),
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));

    // The words that search finds records by are looked at where that is asked for.
    for (text, seq) in [
        ("DELETE FROM audit_text WHERE rowid = 3", 3),
        ("INSERT INTO audit_text (rowid, words) VALUES (100000, 'smuggled')", 99_328),
    ] {
        ground.after(text, &plain).await.unwrap();
        let found = ground.after(text, &search).await.expect_err(text).to_string();
        let named = found.contains(&format!("record {seq} ")) || found.contains("record 100000 ");
        assert!(named, "{text}: {found}");
    }
}

/// A checkpoint that was kept in time tells even what whoever holds the key has rewritten as a whole.
#[tokio::test]
async fn an_older_copy_is_found_by_a_newer_checkpoint() {
    let ground = Ground::new().await;
    let workspace = TestWorkspace::open_at(ground.folder.path()).await.unwrap();
    workspace.clock.advance(chrono::TimeDelta::days(1));
    let id = "later".parse().unwrap();
    workspace.engine.register_tenant(&workspace.admin(), &id, "t").await.unwrap();
    let proved = workspace.engine.audit_prove(&workspace.officer(), 0, None).await.unwrap();
    drop(workspace);
    let options = VerifyOptions {
        continues: vec![proved.file.checkpoint.to_string()],
        ..VerifyOptions::default()
    };
    ground.after("SELECT 1", &VerifyOptions::default()).await.unwrap();
    let found = ground.after("SELECT 1", &options).await.unwrap_err();
    assert!(found.to_string().contains("rolled back"), "{found}");
}
