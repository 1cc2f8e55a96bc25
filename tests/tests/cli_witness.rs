//! The log's anchors and witnesses from the command line: what happens to a workspace's folder past
//! Keyward is found by the next command, and a public witness cosigns the real log.

use std::{fs, path::Path, process::Command};

use keyward_tests::{behind, command::Terminal, peers::litewitness::Litewitness};
use serde_json::Value;

fn made(name: &str) -> Option<Terminal> {
    let terminal = Terminal::new(name)?;
    terminal.json(&["init", "--secrets", "passphrase"]);
    Some(terminal)
}

fn tenant(terminal: &Terminal, id: &str) {
    terminal.json(&["tenant", "add", id]);
}

/// What anybody does who has the folder: `cp -a`, after nobody has it open.
fn copy(terminal: &Terminal, from: &str, to: &str) {
    let to = terminal.path(to);
    if to.exists() {
        fs::remove_dir_all(&to).unwrap();
    }
    let copied = Command::new("cp").arg("-a").arg(terminal.path(from)).arg(&to).status().unwrap();
    assert!(copied.success());
}

fn message(terminal: &Terminal, arguments: &[&str]) -> String {
    let output = terminal.run(arguments, b"");
    assert!(!output.status.success(), "{arguments:?}");
    String::from_utf8(output.stderr).unwrap()
}

fn anchors(terminal: &Terminal) -> Vec<(String, String)> {
    let report = terminal.json(&["audit", "anchors"]);
    let anchors = report["anchors"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    anchors.map(|anchor| (text(&anchor["place"]), text(&anchor["found"]))).collect()
}

#[test]
fn a_folder_copied_back_is_refused_and_named_and_accepted_for_the_record() {
    let Some(terminal) = made("cli_witness") else { return };
    tenant(&terminal, "acme");
    copy(&terminal, "workspace", "copy");
    tenant(&terminal, "globex");
    tenant(&terminal, "initech");
    assert!(matches!(anchors(&terminal).as_slice(), [(_, found)] if found == "current"));

    copy(&terminal, "copy", "workspace");
    assert_eq!(terminal.refused(&["tenant", "list"]), (7, "log-rolled-back".into()));
    assert_eq!(terminal.refused(&["audit", "verify"]), (7, "log-rolled-back".into()));
    let (status, checks) = terminal.ended(&["doctor"], b"");
    assert_eq!(status, 7, "{checks}");
    assert!(checks.to_string().contains("log-rolled-back"));
    let said = message(&terminal, &["status"]);
    for part in ["error[log-rolled-back]", "/.local/state/keyward/anchors`", "4 records", "has 2;"]
    {
        assert!(said.contains(part), "{part}: {said}");
    }
    let role = ["audit", "accept-rollback", "--reason", "no", "--role", "security-officer"];
    assert_eq!(terminal.refused(&role), (3, "not-authorised".into()));
    terminal.json(&["audit", "accept-rollback", "--reason", "restored from a backup"]);
    assert_eq!(
        terminal.refused(&["audit", "accept-rollback", "--reason", "again"]),
        (2, "invalid-input".into())
    );
    let list = terminal.json(&["audit", "list", "--action", "audit.accept"]);
    let details = &list["records"][0]["details"];
    assert_eq!(details["reason"], "restored from a backup");
    assert!(details["anchors"][0]["checkpoint"].as_str().unwrap().contains("\n4\n"));
    assert!(details["checkpoint"].as_str().unwrap().contains("\n2\n"));
    tenant(&terminal, "umbrella");
    terminal.json(&["audit", "verify"]);
}

#[tokio::test]
async fn swapped_databases_and_another_key_are_refused() {
    let Some(terminal) = made("cli_witness") else { return };
    let other = terminal.path("other").display().to_string();
    terminal.json(&["init", "--secrets", "passphrase", "--workspace", &other]);
    tenant(&terminal, "acme");
    copy(&terminal, "workspace", "kept");
    for end in ["", "-wal", "-shm"] {
        let name = format!("keyward.db{end}");
        let (here, there) =
            (terminal.path("workspace").join(&name), terminal.path("other").join(&name));
        let _ = fs::remove_file(&here);
        if there.exists() {
            fs::copy(there, here).unwrap();
        }
    }
    assert_eq!(terminal.refused(&["tenant", "list"]).0, 7, "another workspace's database");

    // Made to look right: the other log is still another key's.
    copy(&terminal, "kept", "workspace");
    let database = terminal.path("workspace/keyward.db");
    // Another digit within the signature, whichever is there.
    let edit = "UPDATE audit_head SET checkpoint = substr(checkpoint, 1, length(checkpoint) - 21)
        || CASE substr(checkpoint, length(checkpoint) - 20, 1) WHEN 'A' THEN 'B' ELSE 'A' END
        || substr(checkpoint, length(checkpoint) - 19)";
    behind::run(&database, edit).await;
    let (status, code) = terminal.refused(&["tenant", "list"]);
    assert_eq!(status, 7, "{code}");
}

#[test]
fn two_histories_from_one_copy_are_found_by_anchor_and_witness() {
    let Some(terminal) = made("cli_witness") else { return };
    tenant(&terminal, "acme");
    let key = terminal.json(&["status"])["verifier_key"].as_str().unwrap().to_owned();
    let own =
        terminal.json(&["audit", "witness", "init", "acme.example/w", "--secrets", "passphrase"]);
    let vkey = own["key"].as_str().unwrap().to_owned();
    terminal.json(&["audit", "witness", "add", &vkey]);
    terminal.json(&["audit", "witness", "request", "acme.example/w", "request"]);
    assert_eq!(
        terminal.refused(&["audit", "witness", "cosign", "request"]),
        (2, "invalid-input".into()),
        "it was not told the log's key"
    );
    let cosign = ["audit", "witness", "cosign", "request", "--key", &key, "--output", "cosigned"];
    let cosigned = terminal.json(&cosign);
    assert_eq!(cosigned["cosigned"][0]["size"], 3);
    let taken = terminal.json(&["audit", "witness", "take", "cosigned"]);
    assert_eq!(taken["taken"][0]["witness"], "acme.example/w");
    let listed = terminal.json(&["audit", "witness", "list"]);
    assert_eq!(listed["witnesses"][0]["cosigned"], 3);
    assert_eq!(terminal.json(&["audit", "witness", "status"])["logs"][0]["size"], 3);

    copy(&terminal, "workspace", "copy");
    tenant(&terminal, "globex");
    // From the workspace's folder, as a share or a copy shows it.
    let workspace = terminal.path("workspace").display().to_string();
    let cosigned = terminal.json(&["audit", "witness", "cosign", &workspace]);
    assert_eq!(cosigned["cosigned"][0]["since"], 3);

    // The copy goes on with its own history, where no anchor knows: under another home.
    let state = terminal.path(".local");
    fs::rename(&state, terminal.path("state")).unwrap();
    let fork = terminal.path("copy").display().to_string();
    for id in ["one", "two", "three", "four"] {
        terminal.json(&["tenant", "add", id, "--workspace", &fork]);
    }
    fs::remove_dir_all(&state).unwrap();
    fs::rename(terminal.path("state"), &state).unwrap();
    assert_eq!(
        terminal.refused(&["tenant", "list", "--workspace", &fork]),
        (7, "log-forked".into())
    );
    assert_eq!(terminal.refused(&["audit", "witness", "cosign", &fork]), (7, "log-forked".into()));
    let before = terminal.json(&["audit", "witness", "status"])["logs"][0]["size"].clone();
    assert_eq!(before, cosigned["cosigned"][0]["size"], "it stays with what it cosigned");
}

#[test]
fn a_folder_of_witnesses_is_warned_of_when_it_is_gone() {
    let Some(terminal) = made("cli_witness") else { return };
    fs::create_dir(terminal.path("share")).unwrap();
    terminal.json(&["audit", "witness", "add", "--folder", "share"]);
    let of = |folder: &Path| fs::read_dir(folder).unwrap().count();
    assert!(of(&terminal.path("share")) > 0, "anchored before the command ends");
    fs::rename(terminal.path("share"), terminal.path("elsewhere")).unwrap();
    let output = terminal.run(&["tenant", "list"], b"");
    assert!(output.status.success());
    let warned = String::from_utf8(output.stderr).unwrap();
    assert!(warned.contains("not kept") && warned.contains("share"), "{warned}");
    let doctor = terminal.json(&["doctor"]);
    let checks = doctor["checks"].as_array().unwrap().iter();
    let anchors: Vec<_> = checks.filter(|check| check["name"] == "anchor").collect();
    assert!(anchors.iter().any(|check| check["found"] == "warning"), "{anchors:?}");
    assert!(anchors.iter().any(|check| check["found"] == "ok"), "{anchors:?}");
}

#[tokio::test]
async fn a_public_witness_cosigns_our_log_and_no_older_copy() {
    let Some(witness) = Litewitness::start("cli_witness") else { return };
    let Some(terminal) = made("cli_witness") else { return };
    let key = terminal.json(&["status"])["verifier_key"].as_str().unwrap().parse().unwrap();
    witness.add_log(&key).await;
    terminal.json(&["audit", "witness", "add", witness.verifier_key(), "--url", &witness.url()]);
    tenant(&terminal, "acme");
    copy(&terminal, "workspace", "copy");
    tenant(&terminal, "globex");
    let report = terminal.json(&["audit", "anchors"]);
    let view = &report["witnesses"][0];
    assert_eq!(
        (view["cosigned"].as_u64(), view["behind"].as_u64()),
        (report["records"].as_u64(), Some(0))
    );
    assert!(anchors(&terminal).iter().all(|(_, found)| found == "current"));

    // Also where the account's own anchors are gone, the witness knows better than the older copy.
    copy(&terminal, "copy", "workspace");
    fs::remove_dir_all(terminal.path(".local")).unwrap();
    assert_eq!(terminal.refused(&["tenant", "list"]), (7, "log-rolled-back".into()));
    let said = message(&terminal, &["tenant", "list"]);
    assert!(said.contains("witness.example/keyward"), "{said}");

    // Gone on with, another history grows past what the witness has seen: it never cosigns that.
    terminal.json(&["audit", "accept-rollback", "--reason", "a test"]);
    for id in ["one", "two", "three"] {
        tenant(&terminal, id);
    }
    let listed = terminal.json(&["audit", "witness", "list"]);
    assert!(listed["witnesses"][0]["parted_at"].is_string());
}
