//! A database that is corrupt, newer, or not this workspace's.

use keyward_core::Code;
use keyward_engine::VerifyOptions;
use keyward_testkit::TestWorkspace;
use keyward_tests::behind;

use crate::Place;

#[tokio::test]
async fn a_newer_workspace_is_left_alone() {
    let place = Place::new().await;
    let database = place.workspace.database();
    let newer = "INSERT INTO schema_versions VALUES (9999, '9999_future', '2030-01-01T00:00:00Z')";
    behind::run(&database, newer).await;
    let refused = TestWorkspace::open_at(place.workspace.path()).await.map(drop).unwrap_err();
    assert_eq!(refused.code(), Code::WorkspaceNewer);
    assert!(refused.to_string().contains("9999"), "{refused}");
    behind::run(&database, "DELETE FROM schema_versions WHERE version = 9999").await;
    place.fresh().await;
}

#[tokio::test]
async fn a_corrupt_database_opens_nothing_and_is_not_made_worse() {
    let place = Place::new().await;
    let Place { workspace, acme, docs, .. } = &place;
    for number in 0..50 {
        workspace.put(acme, docs, &format!("object {number}"), b"secret").await.unwrap();
    }
    // A copy without a write-ahead log, which would mend the damage.
    let vacuumed = workspace.path().join("vacuumed.db");
    behind::run(&workspace.database(), &format!("VACUUM INTO '{}'", vacuumed.display())).await;
    let good = std::fs::read(&vacuumed).unwrap();
    // A folder of its own each time: an engine that was dropped writes its last anchor yet, and SQLite its
    // write-ahead log into the file.
    let place_of = |bytes: &[u8]| {
        let folder = tempfile::tempdir().unwrap();
        let copied = std::process::Command::new("cp")
            .arg("-a")
            .args([workspace.path().join("objects"), workspace.path().join("keystore")])
            .arg(folder.path())
            .status();
        assert!(copied.unwrap().success());
        std::fs::write(folder.path().join("keyward.db"), bytes).unwrap();
        folder
    };

    for (what, damage) in [
        ("its header overwritten", (|bytes| header(bytes)) as fn(&mut Vec<u8>)),
        ("its schema overwritten", |bytes| schema(bytes)),
        ("emptied", Vec::clear),
        ("text", |bytes| *bytes = b"not a database at all ".repeat(1_000)),
    ] {
        let mut bytes = good.clone();
        damage(&mut bytes);
        let folder = place_of(&bytes);
        let refused = TestWorkspace::open_at(folder.path()).await.map(drop).unwrap_err();
        assert_eq!(refused.code(), Code::StateCorrupt, "{what}: {refused}");
        let left = std::fs::read(folder.path().join("keyward.db")).unwrap();
        assert_eq!(left, bytes, "{what}: it is left as it was");
    }

    // Any one page: whatever still works tells the truth, and what doesn't says that it is damaged.
    let page = 4096;
    for number in 1..good.len() / page {
        let mut bytes = good.clone();
        bytes[number * page..(number + 1) * page].fill(0xa5);
        let folder = place_of(&bytes);
        let opened = match TestWorkspace::open_at(folder.path()).await {
            Ok(opened) => opened,
            Err(refused) => {
                assert_eq!(refused.code(), Code::StateCorrupt, "page {number}: {refused}");
                continue;
            }
        };
        for object in [0, 25, 49] {
            match opened.get(acme, docs, &format!("object {object}")).await {
                Ok(read) => assert_eq!(read, b"secret", "page {number}"),
                Err(error) => {
                    assert_eq!(error.code(), Code::StateCorrupt, "page {number}: {error}");
                }
            }
        }
        if let Err(found) = opened.store().await.unwrap().check().await {
            assert_eq!(found.code(), Code::StateCorrupt, "page {number}");
            continue;
        }
        // The bytes of a long value are not SQLite's to judge. Only the log has such, and verification
        // knows what they should be.
        let options = VerifyOptions { search_index: true, ..VerifyOptions::default() };
        let verified =
            opened.engine.audit_verify_with(&opened.officer(), &options, &|_, _| {}).await;
        let code = verified.map(drop).expect_err(&format!("page {number} is found")).code();
        assert!(matches!(code, Code::LogNotVerified | Code::StateCorrupt), "page {number}: {code}");
    }

    let folder = place_of(&good);
    let opened = TestWorkspace::open_at(folder.path()).await.unwrap();
    assert_eq!(opened.get(acme, docs, "object 7").await.unwrap(), b"secret");
    opened.engine.audit_verify(&opened.officer(), &|_, _| {}).await.unwrap();
}

fn header(bytes: &mut [u8]) {
    bytes[..16].fill(0);
}

/// The first page holds the table of tables after its header of 100 bytes.
fn schema(bytes: &mut [u8]) {
    bytes[100..4096].fill(0x5a);
}
