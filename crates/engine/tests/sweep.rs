//! Sweeping away stored files that nothing names.

use std::{path::PathBuf, time::Duration};

use keyward_core::Code;
use keyward_engine::{AuditFilter, AuditStart, Swept};
use keyward_testkit::TestWorkspace;

const HOUR: Duration = Duration::from_secs(3600);

/// A file in the dataset's folder, as old as a process that died long ago has left it.
fn leave(workspace: &TestWorkspace, name: &str, age: Duration) -> PathBuf {
    let folder = workspace.objects().join("acme/docs/objects").join(&name[..2]);
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join(name);
    std::fs::write(&path, "nobody's").unwrap();
    let file = std::fs::File::options().write(true).open(&path).unwrap();
    file.set_modified(std::time::SystemTime::now() - age).unwrap();
    path
}

#[tokio::test]
async fn only_old_files_that_nothing_names_go_and_the_log_says_which() {
    let workspace = TestWorkspace::new().await;
    let (acme, docs, _) = workspace.tenant("acme").await;
    let engine = &workspace.engine;
    workspace.put(&acme, &docs, "a", b"secret").await.unwrap();
    engine.rotate_data_key(&workspace.admin(), &acme, &docs).await.unwrap();
    engine.rekey(&workspace.admin(), &acme, &docs).await.unwrap();
    workspace.put(&acme, &docs, "b", b"too").await.unwrap();

    let old = leave(&workspace, &"0a".repeat(16), 2 * HOUR);
    let entry = leave(&workspace, &format!("{}.2.entry", "0b".repeat(16)), 2 * HOUR);
    let young = leave(&workspace, &"0c".repeat(16), HOUR / 2);
    let unknown = leave(&workspace, "0d-notes.txt", 2 * HOUR);
    // Another workspace's, in the same bucket.
    let theirs = workspace.objects().join("theirs/docs/objects/0e");
    std::fs::create_dir_all(&theirs).unwrap();
    std::fs::write(theirs.join("0e".repeat(16)), "theirs").unwrap();

    let swept = engine.sweep_orphans(&workspace.admin(), HOUR).await.unwrap();
    // Two messages, one detached entry, one sidecar, and the four left here.
    let expected = Swept { looked_at: 8, deleted: 2, bytes: 16, staged: 0, unknown: 1 };
    assert_eq!(swept, expected);
    assert!(!old.exists() && !entry.exists());
    assert!(young.exists() && unknown.exists() && theirs.join("0e".repeat(16)).exists());
    assert_eq!(workspace.get(&acme, &docs, "a").await.unwrap(), b"secret");
    assert_eq!(workspace.get(&acme, &docs, "b").await.unwrap(), b"too");

    let filter = AuditFilter { action: Some("storage.sweep".into()), ..AuditFilter::default() };
    let page =
        engine.audit_query(&workspace.officer(), &filter, AuditStart::Newest, 10).await.unwrap();
    let [sum, batch] = &page.records[..] else { panic!("{:?}", page.records) };
    assert_eq!(sum.details["deleted"], 2);
    assert_eq!(batch.tenant.as_ref(), Some(&acme));
    let mut files: Vec<_> = batch.details["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one.as_str().unwrap())
        .collect();
    files.sort_unstable();
    assert!(files[0].ends_with(&"0a".repeat(16)) && files[1].ends_with(".2.entry"), "{files:?}");

    let again = engine.sweep_orphans(&workspace.admin(), HOUR).await.unwrap();
    assert_eq!((again.looked_at, again.deleted), (6, 0));
}

#[tokio::test]
async fn a_sweep_is_for_administrators() {
    let workspace = TestWorkspace::new().await;
    for context in [workspace.application(), workspace.officer()] {
        let refused = workspace.engine.sweep_orphans(&context, HOUR).await.unwrap_err();
        assert_eq!(refused.code(), Code::NotAuthorised);
    }
}

/// Whatever is under way while a sweep runs stays.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sweep_beside_writes_and_rekeys_takes_nothing_of_theirs() {
    let workspace = TestWorkspace::new().await;
    let (acme, docs, _) = workspace.tenant("acme").await;
    let engine = &workspace.engine;
    let work = async {
        for round in 0..10_u8 {
            for number in 0..5 {
                workspace.put(&acme, &docs, &format!("{number}"), &[round; 500]).await.unwrap();
            }
            engine.rotate_data_key(&workspace.admin(), &acme, &docs).await.unwrap();
            engine.rekey(&workspace.admin(), &acme, &docs).await.unwrap();
        }
    };
    let sweep = async {
        for _ in 0..20 {
            // Longer than any of these writes takes to be recorded.
            let age = Duration::from_millis(2_000);
            engine.sweep_orphans(&workspace.admin(), age).await.unwrap();
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::join!(work, sweep);
    for number in 0..5 {
        let read = workspace.get(&acme, &docs, &format!("{number}")).await.unwrap();
        assert_eq!(read, [9; 500]);
    }
}
