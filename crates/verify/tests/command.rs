//! The command as it is called: exit status, text and JSON.

mod fixture;

use std::{
    path::Path,
    process::{Command, Output},
};

use fixture::{Log, key, log_key, origin, witness_key, write};
use serde_json::Value;
use tempfile::TempDir;

fn run(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_keyward-verify"))
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap()
}

/// The exit status and the document.
fn json(folder: &Path, arguments: &[&str]) -> (i32, Value) {
    let output = run(folder, &[arguments, &["--json"]].concat());
    (output.status.code().unwrap(), serde_json::from_slice(&output.stdout).unwrap())
}

fn text(folder: &Path, arguments: &[&str]) -> (i32, String) {
    let output = run(folder, arguments);
    (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
}

/// A folder `log`, proofs and checkpoints of a log of 300 records beside it.
fn files() -> (TempDir, Log) {
    let (folder, log) = (TempDir::new().unwrap(), Log::new(300, "alice"));
    log.write(&folder.path().join("log"));
    write(folder.path(), "old", log.note(200).to_string());
    write(folder.path(), "new", log.note(300).to_string());
    write(folder.path(), "link", log.consistency(200, 300).to_string());
    write(folder.path(), "7.tlog-proof", log.proof(7, true).to_string());
    write(folder.path(), "bare.tlog-proof", log.proof(7, false).to_string());
    write(folder.path(), "7.json", format!("{}\n", log.bodies[7]));
    write(folder.path(), "8.json", &log.bodies[8]);
    (folder, log)
}

#[test]
fn bundles() {
    let (folder, _) = files();
    let folder = folder.path();
    let (vkey, witness) = (log_key().to_string(), witness_key().to_string());
    let (status, found) =
        json(folder, &["bundle", "log", "--key", &vkey, "--witness", &witness, "--at", "old"]);
    assert_eq!(status, 0, "{found}");
    assert_eq!((&found["verified"], &found["records"]), (&true.into(), &300.into()));
    assert_eq!((&found["key_from_folder"], &found["key"]), (&false.into(), &vkey.into()));
    assert_eq!(found["continues"]["size"], 200);
    assert_eq!(found["cosigned"][0]["witness"], witness);

    let (status, shown) = text(folder, &["bundle", "log"]);
    assert_eq!(status, 0);
    assert!(shown.starts_with("verified: all 300 records of `example.com/log`"), "{shown}");
    assert!(shown.contains("compare it with one from elsewhere"), "{shown}");

    let bundle = folder.join("log/tile/entries/000");
    let mut bytes = std::fs::read(&bundle).unwrap();
    bytes[500] ^= 1;
    std::fs::write(bundle, bytes).unwrap();
    let (status, found) = json(folder, &["bundle", "log"]);
    assert_eq!((status, &found["verified"]), (1, &false.into()));
    assert_eq!((&found["code"], &found["record"]), (&"log-not-verified".into(), &2.into()));
    let (status, shown) = text(folder, &["bundle", "log"]);
    assert_eq!(status, 1);
    assert!(shown.starts_with("NOT VERIFIED: record 2 was altered"), "{shown}");
}

#[test]
fn proofs() {
    let (folder, log) = files();
    let folder = folder.path();
    let vkey = log_key().to_string();
    let proof =
        |arguments: &[&str]| json(folder, &[&["proof"], arguments, &["--key", &vkey]].concat());
    let (status, found) = proof(&["7.tlog-proof"]);
    assert_eq!((status, &found["index"]), (0, &7.into()), "{found}");
    assert_eq!(found["record"], log.bodies[7]);
    assert_eq!(proof(&["7.tlog-proof", "--witness", &witness_key().to_string()]).0, 0);
    assert_eq!(proof(&["bare.tlog-proof", "--record", "7.json"]).0, 0);
    assert_eq!(proof(&["bare.tlog-proof", "--record", "8.json"]).0, 1);
    assert_eq!(proof(&["7.tlog-proof", "--record", "8.json"]).0, 1);
    assert_eq!(proof(&["bare.tlog-proof"]).0, 2);
    assert_eq!(proof(&["absent"]).0, 2);
    assert_eq!(proof(&["7.json"]).0, 1);
    let other = key(9).verifier(&origin("example.com/log")).to_string();
    assert_eq!(json(folder, &["proof", "7.tlog-proof", "--key", &other]).0, 1);
    // A record of another place, with a proof that it is there.
    let mut moved = log.clone();
    moved.bodies[7] = log.bodies[8].clone();
    write(folder, "moved", moved.proof(7, true).to_string());
    let (status, found) = proof(&["moved"]);
    assert_eq!(status, 1);
    assert!(found["message"].as_str().unwrap().contains("says that it is record 8"), "{found}");
}

#[test]
fn checkpoints() {
    let (folder, _) = files();
    let folder = folder.path();
    let vkey = log_key().to_string();
    let check = |arguments: &[&str]| {
        json(folder, &[&["checkpoints"], arguments, &["--key", &vkey]].concat())
    };
    for link in [["--proof", "link"], ["--bundle", "log"]] {
        let (status, found) = check(&["old", "new", link[0], link[1]]);
        assert_eq!(
            (status, &found["old"]["size"], &found["new"]["size"]),
            (0, &200.into(), &300.into())
        );
        let (status, found) = check(&["new", "old", link[0], link[1]]);
        assert_eq!(status, 1);
        assert!(found["message"].as_str().unwrap().contains("rolled back"), "{found}");
    }
    assert_eq!(check(&["new", "new", "--bundle", "log"]).0, 0);
    let forked = Log::new(400, "mallory");
    write(folder, "forked", forked.note(300).to_string());
    write(folder, "forked-old", forked.note(200).to_string());
    write(folder, "forked-link", forked.consistency(100, 300).to_string());
    for arguments in [
        ["new", "forked", "--bundle", "log"],
        ["forked-old", "new", "--bundle", "log"],
        ["forked-old", "new", "--proof", "link"],
        ["old", "forked", "--proof", "link"],
        ["old", "forked", "--proof", "forked-link"],
        ["old", "7.json", "--proof", "link"],
    ] {
        let (status, found) = check(&arguments);
        assert_eq!((status, &found["verified"]), (1, &false.into()), "{arguments:?} {found}");
    }
}

#[test]
fn a_wrong_command_line_is_neither_yes_nor_no() {
    let (folder, _) = files();
    let folder = folder.path();
    let vkey = log_key().to_string();
    for arguments in [
        &["bundle"][..],
        &["bundle", "absent", "--key", &vkey],
        &["bundle", "log", "--key", "not a key"],
        &["bundle", "log", "--key", &witness_key().to_string()],
        &["bundle", "log", "--witness", &vkey],
        &["bundle", "log", "--at", "absent"],
        &["proof", "7.tlog-proof"],
        &["checkpoints", "old", "new", "--key", &vkey],
        &["checkpoints", "old", "new", "--key", &vkey, "--proof", "link", "--bundle", "log"],
        &["elsewhere"],
    ] {
        let (status, found) = json(folder, arguments);
        assert_eq!((status, &found["code"]), (2, &"invalid-input".into()), "{arguments:?}");
    }
    assert_eq!(run(folder, &["--help"]).status.code(), Some(0));
}
