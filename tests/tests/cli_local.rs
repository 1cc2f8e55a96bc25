//! A tenant's whole life from the command line, one process for each command, on the local key store:
//! the documents' fields, the exit statuses, and that nothing printed is a secret.

use std::{fs, path::Path};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use keyward_tests::{
    command::{PASSPHRASE, Terminal, contains, fields},
    random::Random,
};
use serde_json::Value;

/// In everything that is stored below, to look for where it must not be.
const MARKER: &[u8] = b"a marker that no ciphertext has in it";

/// What one user does, step by step; each document's fields are kept for the snapshot.
struct Life {
    terminal: Terminal,
    documents: String,
}

impl Life {
    fn new(name: &str) -> Option<Self> {
        Some(Self { terminal: Terminal::new(name)?, documents: String::new() })
    }

    /// A command that must do.
    fn does(&mut self, arguments: &[&str]) -> Value {
        self.does_from(arguments, b"")
    }

    fn does_from(&mut self, arguments: &[&str], stdin: &[u8]) -> Value {
        let document = self.terminal.json_from(arguments, stdin);
        // What the command is, without what it is told.
        let words = arguments
            .iter()
            .take_while(|word| !word.starts_with('-') && !word.contains(['/', ':', '.']));
        let words: Vec<&str> = words.take(2).filter(|word| **word != "acme").copied().collect();
        self.documents += &format!("{}\n    {}\n", words.join(" "), fields(&document));
        document
    }

    /// The bytes that a `get` to standard output gives.
    fn gets(&self, arguments: &[&str]) -> Vec<u8> {
        let get = [&["get", "acme", "docs", "--output", "-"], arguments].concat();
        let output = self.terminal.run(&get, b"");
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && error.is_empty(), "{arguments:?}: {error}");
        output.stdout
    }

    /// What is refused and leaves no file behind.
    fn refuses_to_get(&self, name: &str) -> (i32, String) {
        let refused = self.terminal.refused(&["get", "acme", "docs", name, "--output", "refused"]);
        assert!(!self.terminal.path("refused").exists(), "nothing is released");
        refused
    }

    /// Everything up to the first dataset, with the challenge answered by the printed command.
    fn onboard(&mut self) {
        self.does(&["init", "--secrets", "passphrase"]);
        let added = self.does(&["tenant", "add", "acme", "--name", "Acme & Söhne"]);
        assert_eq!(
            (&added["display_name"], &added["state"]),
            (&"Acme & Söhne".into(), &"pending".into())
        );
        self.does(&["keystore", "create", "acme-root", "--allow", "acme"]);
        let key = self.does(&["key", "add", "acme", "local:acme-root"]);
        assert_eq!(
            (&key["state"], &key["proven"]),
            (&"pre-activation".into(), &Value::Bool(false))
        );
        let early = self.terminal.refused(&["dataset", "create", "acme", "docs"]);
        assert_eq!(early, (3, "tenant-not-active".into()));

        let challenge = self.does(&["challenge", "start", "rk:acme/1"]);
        let id = challenge["id"].as_str().unwrap();
        let nonce = self.decrypted(challenge["command"].as_str().unwrap());
        // It may come by standard input, as a shell's pipe gives it.
        let proven = self.does_from(
            &["challenge", "answer", id, "--nonce", "-"],
            format!("{}\n", BASE64_STANDARD.encode(&nonce)).as_bytes(),
        );
        assert_eq!((&proven["state"], &proven["proven"]), (&"active".into(), &Value::Bool(true)));
        self.terminal.never_printed(&nonce);
        let again = ["challenge", "answer", id, "--nonce", "AAAA"];
        assert_eq!(self.terminal.refused(&again), (3, "challenge-used".into()));
        self.does(&["dataset", "create", "acme", "docs"]);
    }

    /// What a printed command of the key store's owner decrypts. It is run word by word: nothing in it
    /// needs a shell.
    fn decrypted(&mut self, command: &str) -> Vec<u8> {
        let words: Vec<&str> = command.split(' ').skip(1).collect();
        let document = self.does(&words);
        self.terminal.forget_last();
        BASE64_STANDARD.decode(document["plaintext"].as_str().unwrap()).unwrap()
    }

    /// Every data key, as the tenant opens it with its own key store and the exit kit's files.
    fn data_keys(&mut self) -> Vec<Vec<u8>> {
        let kit = self.terminal.path("kit");
        let readme = fs::read_to_string(kit.join("README.md")).unwrap();
        let commands = readme
            .lines()
            .filter(|line| line.starts_with("keyward keystore decrypt "))
            .map(|line| {
                let (command, files) = line.split_once(" < ").unwrap();
                (command.to_owned(), files.split_whitespace().next().unwrap().to_owned())
            });
        let mut keys = Vec::new();
        for (command, wrapped) in commands.collect::<Vec<_>>() {
            let wrapped = fs::read(kit.join(wrapped)).unwrap();
            let words: Vec<&str> = command.split_whitespace().skip(1).collect();
            let output = self.terminal.run(&words, &wrapped);
            self.terminal.forget_last();
            assert!(output.status.success(), "{command}");
            assert_eq!(output.stdout.len(), 32);
            keys.push(output.stdout);
        }
        keys
    }
}

fn plaintext(length: usize) -> Vec<u8> {
    let mut bytes = MARKER.to_vec();
    bytes.extend(Random::new(7).bytes(length - MARKER.len()));
    bytes
}

/// Every file at and below a path.
fn files(below: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(below).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

#[test]
fn a_tenant_s_whole_life() {
    let Some(mut life) = Life::new("cli_local::a_tenant_s_whole_life") else { return };
    life.onboard();

    // Written: a file, a folder, a stream.
    let (long, short) = (plaintext(300_000), plaintext(100));
    life.terminal.file("report.pdf", &long);
    for (name, bytes) in [("in/Grüße 世界.txt", &short[..]), ("in/sub/empty", b"")] {
        life.terminal.file(name, bytes);
    }
    assert_eq!(life.does(&["put", "acme", "docs", "report.pdf"])["bytes"], 300_000);
    let folder = life.does(&["put", "acme", "docs", "in", "--prefix", "folder"]);
    assert_eq!((&folder["objects"], &folder["bytes"]), (&2.into(), &100.into()));
    life.does_from(&["put", "acme", "docs", "-", "--name", "stream"], &long);
    let listed = life.does(&["ls", "acme", "docs"]);
    let names: Vec<&str> =
        listed["objects"].as_array().unwrap().iter().map(|o| o["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["folder/Grüße 世界.txt", "folder/sub/empty", "report.pdf", "stream"]);

    // Read: a file, a folder, a stream, ranges.
    let got = life.does(&["get", "acme", "docs", "report.pdf", "--output", "back.pdf"]);
    assert_eq!(got["read"][0]["file"], "back.pdf");
    assert!(fs::read(life.terminal.path("back.pdf")).unwrap() == long);
    let all = life.does(&["get", "acme", "docs", "--prefix", "folder/", "--output", "out"]);
    assert_eq!(all["objects"], 2);
    assert_eq!(fs::read(life.terminal.path("out/folder/Grüße 世界.txt")).unwrap(), short);
    assert!(life.gets(&["stream"]) == long);
    assert_eq!(life.gets(&["stream", "--range", "65530-65549"]), &long[65_530..65_550]);
    assert_eq!(life.gets(&["stream", "--range", "299990-"]), &long[299_990..]);
    let range = ["get", "acme", "docs", "stream", "--range", "0-9", "--output", "range"];
    assert_eq!(life.does(&range)["bytes"], 10);
    assert_eq!(fs::read(life.terminal.path("range")).unwrap(), &long[..10]);

    // Rotated, on both levels.
    let rotated = life.does(&["rotate", "data-key", "acme", "docs"]);
    assert_eq!(
        (&rotated["data_key"], &rotated["deactivated"]),
        (&"dk:acme/docs/2".into(), &"dk:acme/docs/1".into())
    );
    assert!(life.gets(&["report.pdf"]) == long);
    let rekeyed = life.does(&["rekey", "acme", "docs"]);
    assert_eq!((&rekeyed["moved"], &rekeyed["remaining"]), (&4.into(), &0.into()));
    assert_eq!(life.does(&["rotate", "root-key", "acme"])["to_rewrap"], 2);
    let forecast = life.does(&["rewrap", "acme", "--dry-run"]);
    assert_eq!((&forecast["total"], &forecast["rewrapped"]), (&2.into(), &0.into()));
    let rewrapped = life.does(&["rewrap", "acme"]);
    assert_eq!(
        (&rewrapped["rewrapped"], &rewrapped["remaining"]),
        (&2.into(), &Value::Array(Vec::new()))
    );
    assert_eq!(life.does(&["rewrap", "acme", "--dry-run"])["total"], 0);
    assert!(life.gets(&["report.pdf"]) == long);

    // Locked by us, and restored.
    let slip = ["revoke", "acme", "--confirm", "acne"];
    assert_eq!(life.terminal.refused(&slip), (2, "invalid-input".into()));
    life.does(&["revoke", "acme", "--confirm", "acme", "--reason", "asked to"]);
    assert_eq!(life.refuses_to_get("report.pdf"), (3, "tenant-revoked".into()));
    let (status, put) = life.terminal.ended(&["put", "acme", "docs", "report.pdf"], b"");
    assert_eq!((status, &put["objects"]), (3, &0.into()));
    assert_eq!(put["failed"][0]["error"]["code"], "tenant-revoked");
    life.does(&["restore", "acme"]);
    assert!(life.gets(&["report.pdf"]) == long);

    // Locked by the key's owner, and restored.
    life.does(&["keystore", "disable", "acme-root"]);
    assert_eq!(life.refuses_to_get("report.pdf"), (3, "key-disabled".into()));
    assert_eq!(life.refuses_to_get("report.pdf"), (3, "tenant-suspended".into()));
    assert_eq!(life.terminal.refused(&["restore", "acme"]), (3, "key-disabled".into()));
    life.does(&["keystore", "enable", "acme-root"]);
    life.does(&["restore", "acme"]);
    assert!(life.gets(&["report.pdf"]) == long);

    // How old its root key may grow: as long as it says, and then as the workspace does.
    let own = life.does(&["tenant", "rotation-period", "acme", "--days", "30"]);
    assert_eq!((&own["days"], &own["own"]), (&30.into(), &true.into()));
    life.does(&["tenant", "rotation-period", "--days", "60"]);
    life.does(&["tenant", "rotation-period", "acme", "--default"]);
    let period = life.does(&["tenant", "rotation-period", "acme"]);
    assert_eq!((&period["days"], &period["own"]), (&60.into(), &false.into()));

    // Looked at, and left.
    life.does(&["tenant", "show", "acme"]);
    life.does(&["tenant", "list"]);
    life.does(&["dataset", "list", "acme"]);
    life.does(&["key", "list", "acme"]);
    life.does(&["key", "history", "rk:acme/1"]);
    life.does(&["keystore", "list"]);
    let status = life.does(&["status", "acme"]);
    assert_eq!((&status["state"], &status["objects"]["objects"]), (&"active".into(), &4.into()));
    life.does(&["status"]);
    assert_eq!(life.does(&["doctor"])["ok"], true);
    let kit = life.does(&["exit-kit", "acme", "kit"]);
    assert_eq!((&kit["data_keys"], &kit["objects"]), (&2.into(), &4.into()));
    let keys = life.data_keys();
    assert_eq!(keys.len(), 2);
    assert_eq!(life.does(&["rm", "acme", "docs", "stream"])["deleted"][0], "stream");
    let gone = life.does(&["offboard", "acme", "--confirm", "acme"]);
    assert_eq!((&gone["data_keys"], &gone["data_deleted"]), (&2.into(), &false.into()));
    assert_eq!(life.refuses_to_get("report.pdf"), (3, "tenant-offboarded".into()));

    // The log of it all.
    let verified = life.does(&["audit", "verify"]);
    let denied = life.does(&["audit", "list", "--tenant", "acme", "--outcome", "denied"]);
    assert!(denied["records"].as_array().unwrap().iter().all(|one| one["outcome"] == "denied"));
    life.does(&["audit", "export", "log"]);
    life.does(&["audit", "export", "log.jsonl", "--format", "jsonl"]);
    let exported = fs::read_to_string(life.terminal.path("log.jsonl")).unwrap();
    assert!(exported.lines().count() as u64 >= verified["records"].as_u64().unwrap());
    insta::assert_snapshot!("documents", life.documents);
    insta::assert_snapshot!("log", log(&exported));

    // Nothing that was printed is a secret, and nothing at rest is one either.
    life.terminal.never_printed(PASSPHRASE.as_bytes());
    keys.iter().for_each(|key| life.terminal.never_printed(key));
    for file in
        [life.terminal.path("workspace"), life.terminal.path("log")].iter().flat_map(|at| files(at))
    {
        let bytes = fs::read(&file).unwrap();
        assert!(!contains(&bytes, PASSPHRASE.as_bytes()), "{}", file.display());
        assert!(!contains(&bytes, MARKER), "{}", file.display());
        assert!(!keys.iter().any(|key| contains(&bytes, key)), "{}", file.display());
    }
}

/// The log, a line for each record: who, what, about which key, how it ended.
fn log(records: &str) -> String {
    let mut text = String::new();
    for line in records.lines() {
        let record: Value = serde_json::from_str(line).unwrap();
        let field = |name: &str| record[name].as_str().unwrap_or("-");
        let names = ["role", "action", "key", "outcome", "code"].map(field);
        text += &format!("{}\n", names.join(" "));
    }
    text
}

#[test]
fn each_class_has_its_exit_status() {
    let name = "cli_local::each_class_has_its_exit_status";
    let Some(mut life) = Life::new(name) else { return };
    let missing = life.terminal.refused(&["status"]);
    assert_eq!(missing, (4, "workspace-not-found".into()));
    life.onboard();
    life.terminal.file("report", &plaintext(5000));
    life.does(&["put", "acme", "docs", "report"]);

    let kms = "arn:aws:kms:eu-central-1:123456789012:key/bfa21b20-ef48-4bb4-899f-d98ede46ac87";
    life.terminal.set([
        ("AWS_ACCESS_KEY_ID", "nobody".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "nothing".to_owned()),
    ]);
    let nobody = "http://127.0.0.1:1";
    for (arguments, status, code) in [
        (&["get", "acme", "docs", "report", "--range", "9-1"][..], 2, "invalid-input"),
        (&["put", "acme", "docs", "-"], 2, "invalid-input"),
        (&["get", "acme", "docs", "../report"], 2, "invalid-input"),
        (&["init", "--secrets", "passphrase"], 5, "already-exists"),
        (&["tenant", "show", "globex"], 4, "tenant-not-found"),
        (&["ls", "acme", "none"], 4, "dataset-not-found"),
        (&["get", "acme", "docs", "none"], 4, "object-not-found"),
        (&["challenge", "start", "rk:acme/9"], 4, "root-key-not-found"),
        (&["--role", "security-officer", "rotate", "root-key", "acme"], 3, "not-authorised"),
        (&["key", "add", "acme", "local:none"], 3, "key-not-found"),
        (&["--aws-endpoint", nobody, "key", "add", "acme", kms], 6, "key-unreachable"),
    ] {
        let refused = life.terminal.refused(arguments);
        assert_eq!(refused, (status, code.into()), "{arguments:?}");
    }

    // Another passphrase, none, and one from a file.
    life.terminal.set([("KEYWARD_PASSPHRASE", "tr0ub4dor&3".to_owned())]);
    assert_eq!(life.terminal.refused(&["status"]), (3, "wrong-passphrase".into()));
    life.terminal.unset("KEYWARD_PASSPHRASE");
    assert_eq!(life.terminal.refused(&["status"]), (2, "invalid-input".into()));
    life.terminal.file("passphrase", format!("{PASSPHRASE}\n").as_bytes());
    life.terminal.json(&["--passphrase-file", "passphrase", "status"]);
    life.terminal.never_printed(b"tr0ub4dor&3");
    life.terminal.never_printed(PASSPHRASE.as_bytes());
    life.terminal.set([("KEYWARD_PASSPHRASE", PASSPHRASE.to_owned())]);

    // 7: bytes that aren't what was written.
    let stored = files(&life.terminal.path("workspace/objects"))
        .into_iter()
        .find(|path| path.extension().is_none())
        .unwrap();
    let whole = fs::read(&stored).unwrap();
    let mut damaged = whole.clone();
    *damaged.last_mut().unwrap() ^= 1;
    fs::write(&stored, &damaged).unwrap();
    assert_eq!(life.refuses_to_get("report"), (7, "ciphertext-rejected".into()));
    fs::write(&stored, &whole).unwrap();
    assert_eq!(life.gets(&["report"]), plaintext(5000));

    // 7 and 8: a workspace that is damaged or of a newer Keyward.
    let file = life.terminal.path("workspace/workspace.json");
    let config = fs::read_to_string(&file).unwrap();
    fs::write(&file, config.replacen("\"format\": 1", "\"format\": 2", 1)).unwrap();
    assert_eq!(life.terminal.refused(&["status"]), (8, "workspace-newer".into()));
    let (status, doctor) = life.terminal.ended(&["doctor"], b"");
    assert_eq!((status, &doctor["ok"]), (8, &false.into()));
    fs::write(&file, "{").unwrap();
    assert_eq!(life.terminal.refused(&["status"]), (7, "state-corrupt".into()));
    fs::write(&file, config).unwrap();
    assert_eq!(life.terminal.json(&["audit", "verify"])["clock_steps"], 0);
}
