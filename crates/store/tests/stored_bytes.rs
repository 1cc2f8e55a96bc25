//! Stored bytes in a folder: whole or not at all, and each failure by its name.

mod common;

use std::time::Duration;

use bytes::Bytes;
use common::{Mounted, acme, dataset_name};
use futures::{StreamExt, TryStreamExt, stream};
use keyward_core::{Code, ObjectId};
use keyward_store::{
    Objects, ObjectsError,
    layout::{self, StoredPath},
};

fn path(id: u8) -> StoredPath {
    StoredPath::object(&acme(), &dataset_name(), &ObjectId::from_bytes([id; 16]))
}

async fn folder() -> (tempfile::TempDir, Objects) {
    let folder = tempfile::tempdir().unwrap();
    let objects = Objects::open(folder.path().to_str().unwrap()).await.unwrap();
    (folder, objects)
}

/// Every file in the folder, staged ones too.
fn files(folder: &std::path::Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let entry = entry.unwrap();
            match entry.file_type().unwrap().is_dir() {
                true => folders.push(entry.path()),
                false => found.push(entry.file_name().into_string().unwrap()),
            }
        }
    }
    found
}

#[tokio::test]
async fn what_is_put_is_got() {
    let (folder, objects) = folder().await;
    for (id, size) in [(1, 0), (2, 1), (3, 3 << 20)] {
        let bytes: Bytes = (0..size).map(|byte| byte as u8).collect();
        let pieces = bytes.chunks(70_000).map(|piece| Ok(Bytes::copy_from_slice(piece)));
        let written =
            objects.put::<ObjectsError>(&path(id), stream::iter(pieces.collect::<Vec<_>>())).await;
        assert_eq!(written.unwrap(), size as u64);
        assert_eq!(objects.get(&path(id)).await.unwrap(), bytes);
        assert_eq!(objects.head(&path(id)).await.unwrap().size, size as u64);
        let (length, pieces) = objects.get_stream(&path(id)).await.unwrap();
        let got: Vec<Bytes> = pieces.try_collect().await.unwrap();
        assert_eq!((length, got.concat()), (size as u64, bytes.to_vec()));
        let local = objects.local_path(&path(id)).unwrap();
        assert_eq!(std::fs::read(local).unwrap(), bytes);
    }
    assert_eq!(objects.get_range(&path(3), 5..9).await.unwrap(), [5, 6, 7, 8].as_slice());
    assert_eq!(objects.get_range(&path(3), 9..9).await.unwrap(), Bytes::new());
    let past = objects.get_range(&path(2), 0..2).await.unwrap_err();
    assert_eq!(past.code(), Code::StateCorrupt, "{past}");
    assert_eq!(files(folder.path()).len(), 3);
}

#[tokio::test]
async fn a_stream_that_fails_leaves_what_was_there() {
    let (folder, objects) = folder().await;
    objects.put_small(&path(1), Bytes::from_static(b"before")).await.unwrap();
    let pieces = stream::iter([
        Ok(Bytes::from_static(b"half")),
        Err(ObjectsError::Cut { path: "the source".into() }),
    ]);
    let error = objects.put(&path(1), pieces).await.unwrap_err();
    assert!(matches!(error, ObjectsError::Cut { .. }));
    let mut upload = objects.upload(&path(1)).await.unwrap();
    upload.write(Bytes::from_static(b"half")).await.unwrap();
    drop(upload);
    assert_eq!(objects.get(&path(1)).await.unwrap(), "before");
    assert_eq!(files(folder.path()).len(), 1, "no half-written file stays");
    objects.put_small(&path(1), Bytes::from_static(b"after")).await.unwrap();
    assert_eq!(objects.get(&path(1)).await.unwrap(), "after");
}

#[tokio::test]
async fn deleting_and_listing() {
    let (_folder, objects) = folder().await;
    let sidecar = StoredPath::sidecar(&acme(), &dataset_name());
    let entry = StoredPath::entry(&acme(), &dataset_name(), &ObjectId::from_bytes([1; 16]), 2);
    let elsewhere = StoredPath::sidecar(&"acme2".parse().unwrap(), &dataset_name());
    for path in [&path(1), &sidecar, &entry, &elsewhere] {
        objects.put_small(path, Bytes::from_static(b"x")).await.unwrap();
    }
    let list = |prefix: String| {
        let objects = objects.clone();
        async move {
            let found: Vec<_> = objects.list(&prefix).try_collect().await.unwrap();
            let mut paths: Vec<String> = found.into_iter().map(|stat| stat.path).collect();
            paths.sort_unstable();
            paths
        }
    };
    let mut expected = [path(1).to_string(), entry.to_string(), sidecar.to_string()];
    expected.sort_unstable();
    assert_eq!(list(layout::tenant_prefix(&acme())).await, expected);
    assert_eq!(list(layout::dataset_prefix(&acme(), &dataset_name())).await, expected);
    for _ in 0..2 {
        objects.delete(&path(1)).await.unwrap();
    }
    let error = objects.get(&path(1)).await.unwrap_err();
    assert_eq!(error.code(), Code::ObjectNotFound);
    assert_eq!(objects.head(&path(1)).await.unwrap_err().code(), Code::ObjectNotFound);
    let error = objects.get_stream(&path(1)).await.err().unwrap();
    assert_eq!(error.code(), Code::ObjectNotFound);
    assert_eq!(list(layout::tenant_prefix(&acme())).await.len(), 2);
}

#[tokio::test]
async fn a_staged_file_is_committed_or_swept() {
    let (folder, objects) = folder().await;
    let staged = objects.stage_local().await.unwrap().unwrap();
    std::fs::write(&staged, b"whole").unwrap();
    objects.commit_local(&staged, &path(7)).await.unwrap();
    assert_eq!(objects.get(&path(7)).await.unwrap(), "whole");
    assert!(!staged.exists());

    let left = objects.stage_local().await.unwrap().unwrap();
    std::fs::write(&left, b"half").unwrap();
    assert_eq!(objects.sweep_staged(Duration::from_secs(3600)).await.unwrap(), 0);
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(objects.sweep_staged(Duration::ZERO).await.unwrap(), 1);
    assert_eq!(files(folder.path()).len(), 1);
}

#[tokio::test]
async fn a_file_cut_while_it_is_read_is_an_error_and_no_endless_stream() {
    let (_folder, objects) = folder().await;
    objects.put_small(&path(1), vec![1; 1 << 20].into()).await.unwrap();
    let (_, mut pieces) = objects.get_stream(&path(1)).await.unwrap();
    assert!(pieces.next().await.unwrap().is_ok());
    std::fs::write(objects.local_path(&path(1)).unwrap(), b"cut").unwrap();
    let rest = async {
        while let Some(piece) = pieces.next().await {
            piece?;
        }
        Ok::<_, ObjectsError>(())
    };
    let error = tokio::time::timeout(Duration::from_secs(5), rest).await.unwrap().unwrap_err();
    assert_eq!(error.code(), Code::StateCorrupt);
}

#[tokio::test]
async fn places_that_are_none() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("not/there");
    let missing = missing.to_str().unwrap();
    assert_eq!(Objects::open(missing).await.unwrap_err().code(), Code::ObjectNotFound);
    Objects::create(missing).await.unwrap();
    let url = url::Url::from_file_path(missing).unwrap().to_string();
    Objects::open(&url).await.unwrap();
    for place in ["ftp://host/x", "file://host/x", "s3://", "https://user:pass@host/x?sig=secret"] {
        let error = Objects::open(place).await.unwrap_err();
        assert_eq!(error.code(), Code::InvalidInput, "{place}: {error}");
        assert!(!error.to_string().contains("pass") && !error.to_string().contains("secret"));
    }
}

#[tokio::test]
async fn a_full_disk_and_a_read_only_one() {
    let Some(mounted) = Mounted::new("1m") else {
        println!("skipped: a_full_disk_and_a_read_only_one (may not mount)");
        return;
    };
    let objects = Objects::open(mounted.path.to_str().unwrap()).await.unwrap();
    objects.put_small(&path(1), vec![1; 1 << 18].into()).await.unwrap();
    let pieces = stream::iter((0..32).map(|_| Ok::<_, ObjectsError>(vec![2; 1 << 16].into())));
    let error = objects.put(&path(2), pieces).await.unwrap_err();
    assert_eq!(error.code(), Code::DiskFull, "{error}");
    assert_eq!(objects.get(&path(1)).await.unwrap().len(), 1 << 18);
    assert_eq!(objects.get(&path(2)).await.unwrap_err().code(), Code::ObjectNotFound);
    assert_eq!(files(&mounted.path).len(), 1);
    mounted.read_only();
    let error = objects.put_small(&path(1), Bytes::from_static(b"x")).await.unwrap_err();
    assert_eq!(error.code(), Code::NoPermission, "{error}");
    assert_eq!(objects.delete(&path(1)).await.unwrap_err().code(), Code::NoPermission);
}

#[tokio::test]
async fn a_bucket_that_does_not_answer_is_unreachable() {
    // Nothing listens on the port: it was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let endpoint = format!("http://127.0.0.1:{port}");
    let run = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["unreachable_bucket_child", "--exact", "--nocapture"])
        .env("KEYWARD_TEST_BUCKET", "s3://bucket/prefix")
        .env("AWS_ENDPOINT_URL", endpoint)
        .env("AWS_ALLOW_HTTP", "true")
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("AWS_REGION", "eu-central-1")
        .output()
        .unwrap();
    let out = String::from_utf8_lossy(&run.stdout);
    assert!(out.contains("storage-unreachable"), "{out}");
}

/// The child of the test above: a process of its own, since its settings are environment variables.
#[tokio::test]
async fn unreachable_bucket_child() {
    let Ok(place) = std::env::var("KEYWARD_TEST_BUCKET") else { return };
    let objects = Objects::open(&place).await.unwrap();
    let path = path(1);
    let error = objects.get(&path).await.unwrap_err();
    println!("{}", error.code());
}
