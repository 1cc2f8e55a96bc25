//! `keyward audit` from the command line: each subcommand's document, and what it refuses.

use std::{fs, process::Stdio, time::Duration};

use keyward_tests::command::{Terminal, fields, keyward};
use serde_json::Value;

/// A workspace with a tenant, two proven datasets' worth of records left out: registrations are enough.
fn terminal(name: &str) -> Option<Terminal> {
    let terminal = Terminal::new(name)?;
    terminal.json(&["init", "--secrets", "passphrase"]);
    for tenant in ["acme", "ben", "carol"] {
        terminal.json(&["tenant", "add", tenant]);
    }
    Some(terminal)
}

fn seqs(document: &Value) -> Vec<u64> {
    let records = document["records"].as_array().unwrap();
    records.iter().map(|record| record["seq"].as_u64().unwrap()).collect()
}

#[test]
fn records_are_found() {
    let Some(terminal) = terminal("cli_audit::records_are_found") else { return };
    let all = terminal.json(&["audit", "list"]);
    let newest = seqs(&all);
    assert!(
        newest.len() >= 4
            && newest.iter().rev().eq(seqs(&terminal.json(&["audit", "list", "--oldest"])).iter())
    );
    let two = terminal.json(&["audit", "list", "--oldest", "--limit", "2"]);
    assert_eq!((seqs(&two), &two["next"]), (vec![0, 1], &1.into()));
    assert_eq!(seqs(&terminal.json(&["audit", "list", "--after", "1", "--limit", "1"])), [2]);
    assert_eq!(seqs(&terminal.json(&["audit", "list", "--before", "1"])), [0]);
    let found = terminal.json(&["audit", "search", "BEN", "tenant.register"]);
    assert_eq!(found["records"].as_array().unwrap().len(), 1);
    assert_eq!(found["records"][0]["tenant"], "ben");
    assert!(seqs(&terminal.json(&["audit", "search", "be*", "--tenant", "acme"])).is_empty());
    assert_eq!(terminal.refused(&["audit", "search", "--", "-"]).1, "invalid-input");
    assert!(seqs(&terminal.json(&["audit", "list", "--until", "2020-01-01"])).is_empty());
    assert_eq!(seqs(&terminal.json(&["audit", "tail", "-n", "2"])).len(), 2);

    let counts = terminal.json(&["audit", "counts", "--by", "hour", "--apart", "tenant"]);
    assert_eq!(fields(&counts), "{counts: [{records: number, start: text, term: null}]}");
    let all: u64 = terminal.json(&["audit", "counts"])["counts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|count| count["records"].as_u64().unwrap())
        .sum();
    // The search that was refused is in the log as well.
    assert_eq!(all, newest.len() as u64 + 1);
    let text = terminal.run(&["audit", "counts", "--apart", "action"], b"");
    assert!(String::from_utf8(text.stdout).unwrap().contains("tenant.register"));
}

#[test]
fn a_record_is_shown_and_proven() {
    let Some(terminal) = terminal("cli_audit::a_record_is_shown_and_proven") else { return };
    let shown = terminal.json(&["audit", "show", "1"]);
    assert_eq!(shown["record"]["seq"], 1);
    assert_eq!(fields(&shown["checkpoint"]), "{origin: text, root: text, size: number}");
    let text = terminal.run(&["audit", "show", "1"], b"");
    assert!(String::from_utf8(text.stdout).unwrap().contains("proven"));
    assert_eq!(terminal.refused(&["audit", "show", "999"]), (4, "record-not-found".into()));

    let proved = terminal.json(&["audit", "prove", "1", "--out", "1.tlog-proof"]);
    assert_eq!(
        fs::read_to_string(terminal.path("1.tlog-proof")).unwrap(),
        proved["proof"].as_str().unwrap()
    );
    let key = proved["key"].as_str().unwrap().parse().unwrap();
    let keys = keyward_verify::Keys { logs: vec![key], witnesses: Vec::new() };
    let checked = keyward_verify::verify_proof(&terminal.path("1.tlog-proof"), &keys, None);
    assert_eq!(checked.unwrap().index, 1);
    let again = terminal.refused(&["audit", "prove", "1", "--out", "1.tlog-proof"]);
    assert_eq!(again, (5, "already-exists".into()));
    assert_eq!(terminal.refused(&["audit", "prove", "1", "--at", "1"]).0, 4);

    terminal.json(&["audit", "export", "early"]);
    terminal.json(&["tenant", "add", "dora"]);
    let grown =
        terminal.json(&["audit", "prove", "--continues", "early/checkpoint", "--out", "growth"]);
    assert!(grown["new"]["size"].as_u64() > grown["old"]["size"].as_u64());
    terminal.json(&["audit", "export", "late"]);
    let link = keyward_verify::Link::Proof(terminal.path("growth"));
    fs::write(
        terminal.path("new"),
        fs::read_to_string(terminal.path("growth")).unwrap().split_once("\n\n").unwrap().1,
    )
    .unwrap();
    keyward_verify::verify_checkpoints(
        &terminal.path("early/checkpoint"),
        &terminal.path("new"),
        &keys,
        &link,
    )
    .unwrap();
}

#[test]
fn verify_says_what_it_verified_and_doubts_with_an_exit_status() {
    let Some(terminal) = terminal("cli_audit::verify") else { return };
    terminal.json(&["audit", "export", "early"]);
    let verified = terminal.json(&["audit", "verify", "--search-index"]);
    assert_eq!((&verified["from"], &verified["search_index"]), (&0.into(), &true.into()));
    let kept = ["audit", "verify", "--checkpoint", "early/checkpoint"];
    assert_eq!(terminal.json(&kept)["continues"].as_array().unwrap().len(), 1);
    let since = terminal.json(&["audit", "verify", "--since", "early/checkpoint"]);
    assert!(since["from"].as_u64().unwrap() > 0);

    let note = fs::read_to_string(terminal.path("early/checkpoint")).unwrap();
    terminal.file(
        "forged",
        note.replacen("\n4\n", "\n3\n", 1).replacen("\n5\n", "\n3\n", 1).as_bytes(),
    );
    let (status, code) = terminal.refused(&["audit", "verify", "--checkpoint", "forged"]);
    assert_eq!((status, code.as_str()), (7, "log-not-verified"));
    assert_eq!(terminal.refused(&["audit", "verify", "--checkpoint", "none"]).0, 2);
}

#[test]
fn exports_are_folders_files_and_streams() {
    let Some(terminal) = terminal("cli_audit::exports") else { return };
    let exported = terminal.json(&["audit", "export", "log"]);
    assert_eq!(fields(&exported), "{archived: [], bodies: number, folder: text, records: number}");
    let options = keyward_verify::BundleOptions { complete: true, ..Default::default() };
    let folder = keyward_verify::Folder::open(&terminal.path("log")).unwrap();
    let report = keyward_verify::verify_bundle(&folder, &options, &mut |_, _| {}).unwrap();
    assert_eq!(report.records, exported["records"].as_u64().unwrap());
    assert_eq!(terminal.refused(&["audit", "export", "log"]), (5, "already-exists".into()));
    assert_eq!(terminal.refused(&["audit", "export"]).0, 2);
    assert_eq!(terminal.refused(&["audit", "export", "x", "--tenant", "acme"]).0, 2);

    for format in ["csv", "ocsf", "jsonl"] {
        let file = format!("log.{format}");
        let filters = ["--tenant", "acme", "--action", "tenant.register"];
        let arguments = ["audit", "export", file.as_str(), "--format", format];
        let exported = terminal.json(&[&arguments[..], &filters].concat());
        assert_eq!((&exported["format"], &exported["records"]), (&format.into(), &1.into()));
        let text = fs::read_to_string(terminal.path(&file)).unwrap();
        assert_eq!(text.lines().count(), if format == "csv" { 2 } else { 1 });
        assert_eq!(terminal.refused(&arguments), (5, "already-exists".into()));
        let streamed = terminal
            .run(&["audit", "export", "--format", format, "--action", "tenant.register"], b"");
        assert!(streamed.status.success());
        let lines = String::from_utf8(streamed.stdout).unwrap().lines().count();
        assert_eq!(lines, if format == "csv" { 4 } else { 3 });
    }
    let left: Vec<_> = fs::read_dir(terminal.path("")).unwrap().flatten().collect();
    assert!(left.iter().all(|entry| !entry.file_name().to_string_lossy().starts_with(".keyward-")));
}

/// Another process's records arrive in one that follows.
#[test]
fn tail_follows_other_processes() {
    let Some(terminal) = terminal("cli_audit::tail") else { return };
    let program = keyward("cli_audit::tail").unwrap();
    let mut following = std::process::Command::new(program)
        .args(["--json", "audit", "tail", "-n", "0", "--follow", "--action", "tenant.register"])
        .env_clear()
        .env("KEYWARD_WORKSPACE", terminal.path("workspace"))
        .env("KEYWARD_PASSPHRASE", keyward_tests::command::PASSPHRASE)
        .env("HOME", terminal.path(""))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let stdout = following.stdout.take().unwrap();
    let (sender, lines) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        use std::io::BufRead as _;
        let mut lines = std::io::BufReader::new(stdout).lines();
        while let Some(Ok(line)) = lines.next() {
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    // It may not have begun to follow yet: then the next one is seen.
    let seen = (0..20).find_map(|number| {
        terminal.json(&["tenant", "add", &format!("later-{number}")]);
        lines.recv_timeout(Duration::from_secs(2)).ok()
    });
    following.kill().unwrap();
    following.wait().unwrap();
    let record: Value = serde_json::from_str(&seen.expect("a record")).unwrap();
    assert_eq!(record["action"], "tenant.register");
}
