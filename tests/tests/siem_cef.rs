//! CEF lines of every action and outcome, read and judged by others' libraries.

use std::{
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

use keyward_core::{Actor, RequestId, Role};
use keyward_ledger::{Action, Outcome, Record};
use keyward_siem::{LoggedRecord, Source, VERSION, cef};
use keyward_tests::peers::{python::python, source};
use serde_json::{Value, json};

fn record(action: Action, outcome: Outcome) -> Record {
    Record {
        seq: 7,
        time: "2026-11-24T10:23:01.123456Z".parse().unwrap(),
        actor: Actor("a=b|c\\d act=x\nΩ".into()),
        role: Role::TenantApprover("acme".parse().unwrap()),
        tenant: Some("acme".parse().unwrap()),
        key: Some("dk:acme/invoices/3".parse().unwrap()),
        key_version: Some(3),
        action,
        outcome,
        code: Some("key-denied".into()),
        region: "eu-central-1".parse().unwrap(),
        request: RequestId::from_bytes([0xab; 16]),
        details: json!({"name": "2026/a=b|c\\d\n.pdf", "files": "ü".repeat(5_000)})
            .as_object()
            .unwrap()
            .clone(),
    }
}

/// What the peer makes of each line.
fn read(python: &Path, lines: &str) -> Vec<Value> {
    let mut child = Command::new(python)
        .arg(source("python/cef.py"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("PYTHONUTF8", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let lines = lines.to_owned();
    // Beside reading, or both sides wait once the pipes are full.
    let writer = std::thread::spawn(move || input.write_all(lines.as_bytes()).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success());
    let answers = String::from_utf8(output.stdout).unwrap();
    answers.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn every_line_reads_as_it_is_meant() {
    let Some(python) = python("siem_cef::every_line_reads_as_it_is_meant") else { return };
    let mut from = Source::new("keyward.example/log".parse().unwrap());
    from.host = Some("db1.example".into());
    let mut cases = Vec::new();
    let mut lines = String::new();
    for action in Action::ALL {
        for outcome in Outcome::ALL {
            let body = record(*action, *outcome).to_canonical().unwrap();
            let logged = LoggedRecord::parse(&body).unwrap();
            lines.push_str(&cef::line(&logged, &from));
            lines.push('\n');
            cases.push((*action, logged.leaf.to_string()));
        }
    }
    let answers = read(&python, &lines);
    assert_eq!(answers.len(), cases.len());
    for (answer, (action, leaf)) in answers.iter().zip(cases) {
        assert_eq!(answer["faults"], json!([]));
        // The reader leaves escapes as they are.
        for (field, expected) in [
            ("CEFVersion", "0"),
            ("DeviceVersion", VERSION),
            ("DeviceEventClassID", action.as_str()),
            ("act", action.as_str()),
            ("externalId", "7"),
            ("rt", "1795515781123"),
            ("suser", "a\\=b|c\\\\d act\\=x\\nΩ"),
            ("spriv", "tenant-approver:acme"),
            ("tenant", "acme"),
            ("key", "dk:acme/invoices/3"),
            ("keyVersion", "3"),
            ("leafHash", &leaf.replace('=', "\\=")),
        ] {
            assert_eq!(answer["fields"][field], expected, "{field}");
        }
    }
}

#[test]
fn the_judge_finds_what_is_wrong() {
    let Some(python) = python("siem_cef::the_judge_finds_what_is_wrong") else { return };
    let body = record(Action::ObjectRead, Outcome::Ok).to_canonical().unwrap();
    let from = Source::new("keyward.example/log".parse().unwrap());
    let good = cef::line(&LoggedRecord::parse(&body).unwrap(), &from);
    let wrong = [
        good.replace(" suser=", " actor="),
        good.replace("externalId=7", &format!("externalId={}", "7".repeat(41))),
        good.replace("c\\\\d act", "c\\d act"),
        good.replace('…', "……"),
    ];
    let lines: String = wrong.iter().map(|line| format!("{line}\n")).collect();
    for (line, answer) in wrong.iter().zip(read(&python, &lines)) {
        assert_ne!(*line, good);
        assert_ne!(answer["faults"], json!([]), "{line}");
    }
}
