//! A workspace as its owner left it, and an attacker who has its folder and the `sqlite3` command.
//!
//! The workspace is made once and kept beside the build, since every test runs in a process of its own;
//! each test attacks a copy. Its log has four days, made with a clock that goes ahead of the system's,
//! which the command then follows: two archived ones of a few records, one of more than a tile of them,
//! and the newest, on which the others were sealed.

use std::{
    fs::{self, File},
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::Arc,
    time::{Duration, SystemTime},
};

use chrono::{DateTime, TimeDelta, Utc};
use keyward_core::{Actor, Role};
use keyward_engine::{ArchiveDataset, ArchiveDays, Clock, Engine, Parts, Providers, Settings};
use keyward_kms::local::LocalKeyStore;
use keyward_ledger::SigningKey;
use keyward_secrets::Vault;
use keyward_store::{Objects, Store};
use keyward_tests::{
    command::{PASSPHRASE, Terminal, keyward},
    skip::skip,
};
use serde_json::Value;

/// Objects that are put on the third day: as many records, and more than a tile has.
const OBJECTS: usize = 290;

/// A copy of the prepared workspace, to be attacked.
pub struct Scene {
    /// Its owner.
    pub terminal: Terminal,
}

/// How a command that doesn't do what it was told ended.
#[derive(Debug)]
pub struct Ended {
    /// The exit status.
    pub status: i32,
    /// The stable code.
    pub code: String,
    /// The message.
    pub message: String,
}

/// One day of the log.
#[derive(Clone, Debug)]
pub struct Day {
    /// As the log writes it.
    pub day: String,
    /// Its first record.
    pub first: u64,
    /// The record after its last.
    pub end: u64,
}

impl Scene {
    /// `None` once the test called `name` is recorded as skipped.
    pub fn new(name: &str) -> Option<Self> {
        let name = format!("log_attacks::{name}");
        let program = keyward(&name)?;
        if Command::new("sqlite3").arg("--version").output().is_err() {
            skip(&name, "no `sqlite3` command: `cargo xtask setup` names its package");
            return None;
        }
        let terminal = Terminal::new(&name)?;
        copy(&prepared(&program), &terminal.path("."));
        Some(Self { terminal })
    }

    /// The workspace's database.
    pub fn database(&self) -> PathBuf {
        self.terminal.path("workspace/keyward.db")
    }

    /// What `sqlite3` prints for a statement that does.
    pub fn sql(&self, text: &str) -> String {
        let output = sqlite3(&self.database(), text);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && error.is_empty(), "{text:.300}: {error}");
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    }

    /// A number that `sqlite3` prints.
    pub fn number(&self, text: &str) -> u64 {
        self.sql(text).parse().unwrap()
    }

    /// Has `sqlite3` refuse statements because a trigger does.
    pub fn trigger_refuses(&self, text: &str, says: &str) {
        let before = self.sql("SELECT total(length(body)), max(seq) FROM audit_records");
        let output = sqlite3(&self.database(), &format!("BEGIN; {text}; COMMIT;"));
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && error.contains(says), "{text:.300}: {error}");
        assert_eq!(self.sql("SELECT total(length(body)), max(seq) FROM audit_records"), before);
    }

    /// Does what a trigger refuses, in the way of somebody who has read the schema: the triggers go first
    /// and are put back after, so that nothing but the log itself can tell.
    pub fn attack(&self, text: &str, trigger_says: &str) {
        self.trigger_refuses(text, trigger_says);
        self.unguarded(text);
    }

    /// As [`attack`](Self::attack), of what no trigger forbids.
    pub fn unguarded(&self, text: &str) {
        let triggers = "FROM sqlite_schema WHERE type = 'trigger'";
        let drop = self.sql(&format!("SELECT 'DROP TRIGGER ' || name || ';' {triggers}"));
        let create = self.sql(&format!("SELECT sql || ';' {triggers} ORDER BY name"));
        self.sql(&format!("BEGIN; {drop} {text}; {create} COMMIT;"));
        assert_eq!(self.sql(&format!("SELECT sql || ';' {triggers} ORDER BY name")), create);
    }

    /// The log's days.
    pub fn days(&self) -> [Day; 4] {
        let list = self.sql(
            "SELECT day, first, COALESCE(records, (SELECT size FROM audit_head) - first)
             FROM audit_days ORDER BY first",
        );
        let days = list.lines().map(|line| {
            let [day, first, records] =
                line.split('|').collect::<Vec<_>>().try_into().expect("three columns");
            let (first, records): (u64, u64) = (first.parse().unwrap(), records.parse().unwrap());
            Day { day: day.into(), first, end: first + records }
        });
        days.collect::<Vec<_>>().try_into().expect("four days")
    }

    /// A record of the third day, which is sealed and whose records are in the database. It is in the
    /// second tile: of the first an export has only hashes, since two days in it are archived.
    pub fn target(&self) -> u64 {
        self.days()[2].end - 20
    }

    /// How many records the log has.
    pub fn size(&self) -> u64 {
        self.number("SELECT size FROM audit_head")
    }

    /// A command that must do.
    pub fn does(&self, arguments: &[&str]) -> Value {
        self.terminal.json(arguments)
    }

    /// A command that must not do.
    pub fn refused(&self, arguments: &[&str]) -> Ended {
        let (status, code, message) = self.terminal.refused_saying(arguments);
        Ended { status, code, message }
    }

    /// Verification, that must find something.
    pub fn verify(&self) -> Ended {
        self.verify_with(&[])
    }

    /// As [`verify`](Self::verify), with more arguments.
    pub fn verify_with(&self, arguments: &[&str]) -> Ended {
        self.refused(&[&["audit", "verify"], arguments].concat())
    }

    /// What everything outside the database knows of the log is gone: what is found now, the database
    /// tells alone.
    pub fn forget_anchors(&self) {
        fs::remove_dir_all(self.terminal.path(".local")).unwrap();
    }

    /// From now on commands are run by an account that isn't the owner's, and witnesses.
    pub fn as_witness(&mut self) {
        self.account("witness");
    }

    /// By one that knows nothing of the log.
    pub fn as_nobody(&mut self) {
        self.account("nobody");
    }

    /// By the owner's again.
    pub fn as_owner(&mut self) {
        self.account(".");
    }

    fn account(&mut self, folder: &str) {
        let home = self.terminal.path(folder);
        fs::create_dir_all(&home).unwrap();
        self.terminal.set([("HOME", home.display().to_string())]);
    }

    /// The newest checkpoint, as somebody keeps it who verified the log now: the file's path.
    pub fn keep_checkpoint(&self) -> String {
        let note = self.sql("SELECT checkpoint FROM audit_head");
        self.terminal.file("kept.checkpoint", format!("{note}\n").as_bytes());
        self.terminal.path("kept.checkpoint").display().to_string()
    }

    /// The log's verifier key.
    pub fn key(&self) -> String {
        self.sql("SELECT value FROM workspace WHERE key = 'verifier_key'")
    }

    /// The log's signing key, stolen with the passphrase.
    pub fn stolen_key(&self) -> SigningKey {
        SigningKey::from_seed(&vault(&self.terminal).load("log-seed").unwrap().unwrap())
    }

    /// `keyward-verify` on an export: its status and what it says.
    pub fn stranger(&self, arguments: &[&str]) -> (i32, String) {
        let program = keyward("log_attacks").unwrap().with_file_name("keyward-verify");
        let output = Command::new(program)
            .args(arguments)
            .current_dir(self.terminal.path("."))
            .output()
            .expect("`cargo build -p keyward-verify` makes it");
        let text = [output.stdout, output.stderr].concat();
        (output.status.code().unwrap(), String::from_utf8(text).unwrap())
    }
}

impl Ended {
    /// That the log is found not to verify, and the message has all of this in it: what is wrong, where,
    /// and what to do.
    #[track_caller]
    pub fn says(&self, parts: &[&str]) {
        self.ends(7, "log-not-verified", parts);
    }

    /// As [`says`](Self::says), with another code.
    #[track_caller]
    pub fn ends(&self, status: i32, code: &str, parts: &[&str]) {
        assert_eq!((self.status, self.code.as_str()), (status, code), "{}", self.message);
        for part in parts {
            assert!(self.message.contains(part), "`{part}` isn't in: {}", self.message);
        }
    }
}

/// Copies a folder as `cp -a` does, or what is in it into one that is there.
pub fn copy(from: &Path, to: &Path) {
    let from = if to.exists() { from.join(".") } else { from.into() };
    let copied = Command::new("cp").arg("-a").arg(from).arg(to).status().unwrap();
    assert!(copied.success());
}

/// Puts a folder in another one's place.
pub fn put_back(from: &Path, to: &Path) {
    fs::remove_dir_all(to).unwrap();
    copy(from, to);
}

fn sqlite3(database: &Path, text: &str) -> Output {
    let mut child = Command::new("sqlite3")
        .args(["-batch", "-bail"])
        .arg(database)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It ends with its input, and prints little until then.
    let mut input = child.stdin.take().unwrap();
    let _ = input.write_all(text.as_bytes());
    drop(input);
    child.wait_with_output().unwrap()
}

/// The prepared workspace, made by whichever test comes first.
fn prepared(program: &Path) -> PathBuf {
    let built = fs::metadata(program).unwrap().modified().unwrap();
    let built = built.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
    let place = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let lock = File::create(place.join("log_attacks.lock")).unwrap();
    lock.lock().unwrap();
    // Another day than today's is as good, but the log's days are counted from the one it was made on.
    let name = format!("log_attacks.{}.{}", Utc::now().date_naive(), built.as_nanos());
    let ready = place.join(&name);
    if !ready.exists() {
        for old in fs::read_dir(place).unwrap().map(Result::unwrap) {
            if old.file_name().to_string_lossy().starts_with("log_attacks.") && old.path().is_dir()
            {
                fs::remove_dir_all(old.path()).unwrap();
            }
        }
        let terminal = Terminal::new("log_attacks").unwrap();
        make(&terminal);
        let making = place.join(format!("{name}.making"));
        copy(&terminal.path("."), &making);
        fs::rename(making, &ready).unwrap();
    }
    ready
}

/// What its owner does.
fn make(terminal: &Terminal) {
    terminal.json(&["init", "--secrets", "passphrase"]);
    for tenant in ["ops", "acme"] {
        let key = format!("{tenant}-root");
        terminal.json(&["tenant", "add", tenant, "--name", tenant]);
        terminal.json(&["keystore", "create", &key, "--allow", tenant]);
        terminal.json(&["key", "add", tenant, &format!("local:{key}")]);
        let challenge = terminal.json(&["challenge", "start", &format!("rk:{tenant}/1")]);
        let command = challenge["command"].as_str().unwrap();
        let words: Vec<&str> = command.split(' ').skip(1).collect();
        let nonce = terminal.json(&words)["plaintext"].as_str().unwrap().to_owned();
        let id = challenge["id"].as_str().unwrap();
        terminal.json(&["challenge", "answer", id, "--nonce", &nonce]);
        terminal.json(&["dataset", "create", tenant, "docs"]);
    }
    days_pass(terminal, 1, false);
    for id in ["globex", "initech"] {
        terminal.json(&["tenant", "add", id, "--name", id]);
    }
    days_pass(terminal, 2, false);
    for number in 0..OBJECTS {
        terminal.file(&format!("in/report-{number:03}.pdf"), b"secret");
    }
    terminal.json(&["put", "acme", "docs", "in"]);
    // These tests are about their records; nobody reads them again.
    for objects in ["in", "workspace/objects/acme"] {
        fs::remove_dir_all(terminal.path(objects)).unwrap();
    }
    days_pass(terminal, 4, true);
    for id in ["umbrella", "hooli", "stark", "wayne"] {
        terminal.json(&["tenant", "add", id, "--name", id]);
    }
    terminal.json(&["audit", "verify", "--search-index"]);
}

/// Leaves a record so many days after today; then, if so told, seals what is past and archives the first
/// two days. The commands that follow have no earlier time than that.
fn days_pass(terminal: &Terminal, days: i64, archive: bool) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let folder = terminal.path("workspace");
        let secret = |name| vault(terminal).load(name).unwrap().unwrap();
        let keystore =
            LocalKeyStore::open(&folder.join("keystore"), secret("keystore-sealing")).unwrap();
        let parts = Parts {
            store: Store::open(&folder.join("keyward.db")).await.unwrap(),
            objects: Objects::open(folder.join("objects").to_str().unwrap()).await.unwrap(),
            providers: Providers::new().with(Arc::new(keystore)),
            signing_key: SigningKey::from_seed(&secret("log-seed")),
            settings: Settings::default(),
            anchors: Vec::new(),
            accept: None,
            clock: Box::new(Ahead(TimeDelta::days(days))),
        };
        let actor = Actor("owner".into());
        let engine = Engine::open(parts, actor.clone()).await.unwrap();
        let context = engine.context(actor, Role::Administrator).unwrap();
        let under: ArchiveDataset = "ops/docs".parse().unwrap();
        engine.set_audit_retention(&context, Some(1), Some(&under)).await.unwrap();
        if archive {
            engine.audit_seal(&context, None).await.unwrap();
            let days = engine.audit_days(&context).await.unwrap();
            for day in &days[..2] {
                let day = ArchiveDays::Day(day.day);
                engine.audit_archive(&context, day, &|_, _| ()).await.unwrap();
            }
        }
    });
}

fn vault(terminal: &Terminal) -> Vault {
    Vault::passphrase(terminal.path("workspace/secrets.json"), PASSPHRASE.to_owned().into())
}

/// The system's clock, some time later.
struct Ahead(TimeDelta);

impl Clock for Ahead {
    fn now(&self) -> DateTime<Utc> {
        Utc::now() + self.0
    }
}
