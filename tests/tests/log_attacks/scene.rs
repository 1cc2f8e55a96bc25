//! A workspace as its owner left it, and an attacker who has its folder and the `sqlite3` command.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use keyward_ledger::SigningKey;
use keyward_tests::{
    command::{Terminal, keyward},
    skip::skip,
};
use serde_json::Value;

use crate::prepared::{prepared, vault};

/// What verifies an export: beside the `keyward` command.
const VERIFIER: &str = if cfg!(windows) { "keyward-verify.exe" } else { "keyward-verify" };

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
        if !program.with_file_name(VERIFIER).is_file() {
            skip(&name, "no `keyward-verify` command: `cargo build -p keyward-verify` makes it");
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
        let program = keyward("log_attacks").unwrap().with_file_name(VERIFIER);
        let output = Command::new(program)
            .args(arguments)
            .current_dir(self.terminal.path("."))
            .output()
            .unwrap();
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
