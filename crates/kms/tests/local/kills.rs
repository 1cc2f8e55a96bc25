//! Writers killed at any moment: what they reported stands, and what they left opens.

use std::{
    env,
    io::{BufRead, BufReader},
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use keyward_kms::{RootKeyService, local::LocalKeyStore};

use crate::bench::{Bench, context, reason, sealing, secret};

/// Set in the inner process: the folder in which it is to rotate until it is killed.
const FOLDER: &str = "KEYWARD_TEST_ROTATE_IN";
const NAME: &str = "kills::a_killed_writer_takes_nothing_with_it";

#[tokio::test]
async fn a_killed_writer_takes_nothing_with_it() {
    if let Some(folder) = env::var_os(FOLDER) {
        let store = LocalKeyStore::open(folder.as_ref(), sealing()).unwrap();
        let key = "acme-root".parse().unwrap();
        loop {
            println!("rotated {}", store.administration().rotate(&key).unwrap());
        }
    }
    let (bench, _, reference) = Bench::with_key();
    let context = context("acme");
    let mut blobs = Vec::new();
    for round in 0..20 {
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--exact", NAME, "--nocapture"])
            .env(FOLDER, bench.folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        // The harness's own lines come first, and one of them without an end.
        let mut reported = 0;
        let mut note = |line: String| {
            if let Some((_, version)) = line.split_once("rotated ") {
                reported = version.parse().unwrap();
            }
        };
        lines.by_ref().take(4 + round % 5).for_each(|line| note(line.unwrap()));
        // From the middle of one change to the middle of another.
        thread::sleep(Duration::from_micros(37 * round as u64));
        child.kill().unwrap();
        child.wait().unwrap();
        lines.for_each(|line| note(line.unwrap()));

        let version = bench.store.describe(&reference).await.unwrap().version;
        // One more than was reported, if it died between the change and its report.
        assert!(
            reported > 0 && (reported..=reported + 1).contains(&version),
            "{reported} {version}"
        );
        blobs.push(bench.store.wrap(&reference, &context, &secret()).await.unwrap().blob);
    }
    for blob in blobs {
        assert_eq!(reason(bench.store.unwrap(&reference, &context, &blob).await), None);
    }
}
