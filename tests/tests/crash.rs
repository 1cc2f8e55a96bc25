//! kill -9 under load: whatever moment a process dies at, nothing is lost, nothing is half done, and log
//! and state agree.
//!
//! A worker process writes, replaces, reads, deletes, rotates, rewraps, rekeys, revokes and restores on
//! one workspace, and prints each result once it was released. It is killed, the workspace is opened
//! again and looked over, and the next worker goes on with what the last one left.
//!
//! `KEYWARD_CRASH_ROUNDS` sets the number of kills, `KEYWARD_CRASH_SEED` the seed that is printed.

mod crash_state;

use std::{
    io::{BufRead, BufReader},
    os::unix::process::ExitStatusExt,
    path::Path,
    process::{Command, Stdio},
    sync::mpsc,
    time::{Duration, SystemTime},
};

use keyward_testkit::TestWorkspace;
use keyward_tests::{
    crash::{Line, TENANTS},
    random::Random,
};

use crash_state::State;

const ROUNDS: u64 = 200;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_any_moment_nothing_is_lost_or_half_done() {
    let rounds = setting("KEYWARD_CRASH_ROUNDS").unwrap_or(ROUNDS);
    let seed = setting("KEYWARD_CRASH_SEED").unwrap_or_else(|| {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        since.expect("it is after 1970").as_millis() as u64
    });
    println!("KEYWARD_CRASH_SEED={seed}");
    let mut random = Random::new(seed);
    let folder = folder();
    let workspace = TestWorkspace::create_at(folder.path()).await.unwrap();
    for tenant in TENANTS {
        workspace.tenant(tenant).await;
    }
    drop(workspace);

    let mut state = State::default();
    for round in 1..=rounds {
        let lines = work_and_die(folder.path(), &mut random);
        let workspace = TestWorkspace::open_at(folder.path()).await;
        let workspace = workspace.unwrap_or_else(|error| panic!("round {round}: {error}"));
        state.look_over(&workspace, &lines, round).await;
        if round % 40 == 0 || round == rounds {
            state.look_deep(&workspace).await;
        }
    }
    println!("{rounds} kills: {state}");
    assert!(state.released > rounds, "the load was no load: {state}");
}

/// Runs a worker for a while, kills it, and gives what it had printed.
fn work_and_die(folder: &Path, random: &mut Random) -> Vec<Line> {
    let mut worker = Command::new(env!("CARGO_BIN_EXE_crash_worker"))
        .arg(folder)
        .arg(random.next().to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let out = BufReader::new(worker.stdout.take().unwrap());
    let (ready, is_ready) = mpsc::channel();
    let reader = std::thread::spawn(move || {
        let mut lines = Vec::new();
        for line in out.lines() {
            // The last one may be cut.
            let Ok(line) = serde_json::from_str(&line.unwrap()) else { break };
            if matches!(line, Line::Ready) {
                ready.send(()).unwrap();
            }
            lines.push(line);
        }
        lines
    });
    // Mostly from when the load begins; now and then while the workspace is still being opened.
    if random.below(8) != 0 {
        is_ready.recv_timeout(Duration::from_secs(60)).expect("the worker opens the workspace");
    }
    std::thread::sleep(Duration::from_micros(5_000 + random.below(395_000)));
    worker.kill().unwrap();
    let status = worker.wait().unwrap();
    assert_eq!(status.signal(), Some(9), "the worker ended by itself: {status}");
    reader.join().unwrap()
}

/// In memory where that can be: a killed process loses nothing that it had written, on a disk neither,
/// and without the disk's waiting times there is more to be killed in.
fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().expect("a number"))
}
