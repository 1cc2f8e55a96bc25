//! kill -9 under load: whatever moment a process dies at, nothing is lost, nothing is half done, and log
//! and state agree.
//!
//! A worker process with 64 callers at once writes, replaces, reads, deletes, rotates, rewraps, rekeys,
//! revokes, restores, challenges and is refused on one workspace, and prints each result once it was
//! released. It is killed, the workspace is opened again and looked over, and the next worker goes on
//! with what the last one left.
//!
//! | killed | how often | looked over |
//! | --- | --- | --- |
//! | one worker, from its start on or under load | 100 times | after each |
//! | two workers on one workspace, together | 10 times | after each |
//!
//! What is asserted then is listed in `crash_state`: after each kill released results and refusals have
//! their records, records and rows agree in both directions, objects are whole, intents settled, log,
//! tiles and head one; after some and at the end the whole log is verified, each data key opened, each
//! file named.
//!
//! `KEYWARD_CRASH_ROUNDS` sets the number of kills (1,000 takes some minutes), `KEYWARD_CRASH_SEED` the
//! seed that is printed.

mod crash_state;

use std::{
    io::{BufRead, BufReader},
    os::unix::process::ExitStatusExt,
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc::{self, Receiver},
    thread::JoinHandle,
    time::{Duration, SystemTime},
};

use keyward_testkit::TestWorkspace;
use keyward_tests::{
    crash::{Line, TENANTS},
    random::Random,
};

use crash_state::State;

const ROUNDS: u64 = 100;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_any_moment_nothing_is_lost_or_half_done() {
    let rounds = setting("KEYWARD_CRASH_ROUNDS").unwrap_or(ROUNDS);
    kill_and_look(rounds, seed(), &["only"]).await;
}

/// Two processes on one workspace, each with its own writers and both rotating, revoking and restoring
/// the same tenants; killed together.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_on_one_workspace_lose_nothing() {
    let rounds = setting("KEYWARD_CRASH_ROUNDS").unwrap_or(ROUNDS) / 10;
    kill_and_look(rounds.max(1), seed(), &["first", "second"]).await;
}

async fn kill_and_look(rounds: u64, seed: u64, workers: &[&str]) {
    let mut random = Random::new(seed);
    let folder = folder();
    let workspace = TestWorkspace::create_at(folder.path()).await.unwrap();
    for tenant in TENANTS {
        workspace.tenant(tenant).await;
    }
    drop(workspace);

    let mut state = State::default();
    for round in 1..=rounds {
        let lines = work_and_die(folder.path(), &mut random, workers);
        let workspace = TestWorkspace::open_at(folder.path()).await;
        let workspace = workspace.unwrap_or_else(|error| panic!("round {round}: {error}"));
        state.look_over(&workspace, &lines, round).await;
        if round.is_multiple_of(40) || round == rounds {
            state.look_deep(&workspace).await;
        }
    }
    println!("{rounds} kills: {state}");
    assert!(state.released > rounds, "the load was no load: {state}");
}

/// Runs workers for a while, kills them, and gives what they had printed.
fn work_and_die(folder: &Path, random: &mut Random, workers: &[&str]) -> Vec<Line> {
    let mut running: Vec<_> =
        workers.iter().map(|name| Worker::start(folder, random.number(), name)).collect();
    // Mostly from when the load begins; now and then while the workspace is still being opened.
    if random.below(8) != 0 {
        for worker in &running {
            let ready = worker.ready.recv_timeout(Duration::from_secs(60));
            ready.expect("the worker opens the workspace");
        }
    }
    std::thread::sleep(Duration::from_micros(5_000 + random.below(595_000)));
    for worker in &mut running {
        worker.process.kill().unwrap();
    }
    running.into_iter().flat_map(Worker::end).collect()
}

/// A running worker.
struct Worker {
    process: Child,
    ready: Receiver<()>,
    reader: JoinHandle<Vec<Line>>,
}

impl Worker {
    fn start(folder: &Path, seed: u64, name: &str) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_crash_worker"))
            .arg(folder)
            .args([&seed.to_string(), name])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let out = BufReader::new(process.stdout.take().unwrap());
        let (send_ready, ready) = mpsc::channel();
        let reader = std::thread::spawn(move || {
            let mut lines = Vec::new();
            for line in out.lines() {
                // The last one may be cut.
                let Ok(line) = serde_json::from_str(&line.unwrap()) else { break };
                if matches!(line, Line::Ready) {
                    send_ready.send(()).unwrap();
                }
                lines.push(line);
            }
            lines
        });
        Self { process, ready, reader }
    }

    /// What a killed worker had printed.
    fn end(mut self) -> Vec<Line> {
        let status = self.process.wait().unwrap();
        assert_eq!(status.signal(), Some(9), "the worker ended by itself: {status}");
        self.reader.join().unwrap()
    }
}

fn seed() -> u64 {
    let seed = setting("KEYWARD_CRASH_SEED").unwrap_or_else(|| {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        since.expect("it is after 1970").as_millis() as u64
    });
    println!("KEYWARD_CRASH_SEED={seed}");
    seed
}

/// In memory where that can be: a killed process loses nothing that it had written, on a disk neither,
/// and without the disk's waiting times there is more to be killed in.
fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().expect("a number"))
}
