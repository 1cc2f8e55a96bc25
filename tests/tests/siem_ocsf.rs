//! Events of every action and outcome, judged by the schema that the OCSF project publishes.

use std::{
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

use keyward_core::{Actor, RequestId, Role};
use keyward_ledger::{Action, Outcome, Record};
use keyward_siem::{LoggedRecord, Source, ocsf};
use keyward_tests::peers::{python::python, source};
use serde_json::{Value, json};

/// Records of an action: as full as they come, and as bare.
fn records(action: Action, outcome: Outcome) -> Vec<Record> {
    let full = |key: Option<&str>, role: Role| Record {
        seq: 7,
        time: "2026-11-24T10:23:01.123456Z".parse().unwrap(),
        actor: Actor("alice \"Ω\"\n".into()),
        role,
        tenant: Some("acme".parse().unwrap()),
        key: key.map(|key| key.parse().unwrap()),
        key_version: key.map(|_| 3),
        action,
        outcome,
        code: (outcome != Outcome::Ok).then(|| "key-denied".into()),
        region: "eu-central-1".parse().unwrap(),
        request: RequestId::from_bytes([0xab; 16]),
        details: json!({
            "bytes": 1024, "cached": true, "challenge": "c".repeat(32), "dataset": "invoices",
            "fingerprint": "SHA256:abc", "id": "d".repeat(32), "name": "2026/11/Grüße.pdf",
            "paths": ["a", null, {"b": 1}],
        })
        .as_object()
        .unwrap()
        .clone(),
    };
    let mut bare = full(None, Role::Administrator);
    (bare.tenant, bare.code) = (None, None);
    bare.details.clear();
    vec![
        full(Some("dk:acme/invoices/3"), Role::Application),
        full(Some("rk:acme/1"), Role::TenantApprover("acme".parse().unwrap())),
        full(None, Role::SecurityOfficer),
        bare,
    ]
}

fn event(record: &Record, cloud: Option<&str>) -> Value {
    let mut source = Source::new("keyward.example/log".parse().unwrap());
    source.cloud_provider = cloud.map(Into::into);
    let body = record.to_canonical().unwrap();
    ocsf::event(&LoggedRecord::parse(&body).unwrap(), &source)
}

/// What the peer finds wrong with each event.
fn faults(python: &Path, events: &[Value]) -> Vec<Vec<String>> {
    let mut child = Command::new(python)
        .arg(source("python/ocsf.py"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines: String = events.iter().map(|event| format!("{event}\n")).collect();
    let mut input = child.stdin.take().unwrap();
    // Beside reading, or both sides wait once the pipes are full.
    let writer = std::thread::spawn(move || input.write_all(lines.as_bytes()).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success());
    let found: Vec<Vec<String>> = output
        .stdout
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect();
    assert_eq!(found.len(), events.len());
    found
}

#[test]
fn every_event_is_valid() {
    let Some(python) = python("siem_ocsf::every_event_is_valid") else { return };
    let mut events = Vec::new();
    for action in Action::ALL {
        for outcome in Outcome::ALL {
            for record in records(*action, *outcome) {
                events.extend([None, Some("AWS")].map(|cloud| event(&record, cloud)));
            }
        }
    }
    assert_eq!(events.len(), Action::ALL.len() * Outcome::ALL.len() * 4 * 2);
    for (event, faults) in events.iter().zip(faults(&python, &events)) {
        assert!(faults.is_empty(), "{faults:#?}\n{event:#}");
    }
}

#[test]
fn the_judge_finds_what_is_wrong() {
    let Some(python) = python("siem_ocsf::the_judge_finds_what_is_wrong") else { return };
    // Each event, and what the judge must say of it.
    let mut events: Vec<(Value, String)> = Vec::new();
    for (action, own) in [
        (Action::ObjectRead, &["/api", "/api/operation", "/src_endpoint", "/actor"] as &[&str]),
        (Action::TenantSuspend, &["/entity"]),
    ] {
        let good = event(&records(action, Outcome::Ok)[0], Some("AWS"));
        // What the schema requires of both classes, of their objects and of the profile.
        let required = "/activity_id /category_uid /cloud /cloud/provider /metadata/product \
                        /metadata/version /severity_id /time /type_uid";
        for pointer in
            required.split(' ').filter(|text| !text.is_empty()).chain(own.iter().copied())
        {
            let mut less = good.clone();
            let (parent, name) = pointer.rsplit_once('/').unwrap();
            let parent = less.pointer_mut(parent).unwrap().as_object_mut().unwrap();
            assert!(parent.remove(name).is_some(), "{pointer}");
            events.push((less, format!("'{name}' is a required property")));
        }
        for (pointer, wrong, expected) in [
            ("/activity_id", json!(55), "55 is not one of"),
            ("/severity", json!("Fatal"), "severity is 'Fatal'"),
            ("/time", json!("2026-11-24T10:23:01Z"), "is not of type 'integer'"),
            ("/type_uid", json!(1), "type_uid is not"),
            ("/actor/user", json!({"type_id": 1}), "is not valid under any of the given schemas"),
            ("/metadata/profiles", json!([]), "'cloud'"),
            ("/class_uid", json!(1), "no class"),
        ] {
            let mut other = good.clone();
            *other.pointer_mut(pointer).unwrap() = wrong;
            events.push((other, expected.into()));
        }
        let mut more = good;
        more["tenant"] = json!("acme");
        events.push((more, "Additional properties are not allowed ('tenant'".into()));
    }
    let (events, expected): (Vec<_>, Vec<_>) = events.into_iter().unzip();
    for ((event, expected), faults) in events.iter().zip(expected).zip(faults(&python, &events)) {
        assert!(
            faults.iter().any(|fault| fault.contains(&expected)),
            "{expected}: {faults:#?}\n{event:#}"
        );
    }
}
