//! The log from the command line to a syslog receiver: all of it, in order, on from where it was, however
//! either side ends.
#![cfg(unix)]

use std::{
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use keyward_tests::{
    command::{PASSPHRASE, Terminal, keyward},
    receiver::Receiver,
};
use serde_json::Value;

fn start(name: &str) -> Option<(Terminal, Receiver, String)> {
    let terminal = Terminal::new(name)?;
    terminal.json(&["init", "--secrets", "passphrase"]);
    let receiver = Receiver::start();
    let address = receiver.address.to_string();
    Some((terminal, receiver, address))
}

/// The OCSF event in a message.
fn event(message: &str) -> &str {
    let (_, text) = message.split_once("] ").expect("a header");
    text
}

/// The sequence numbers of messages of OCSF events.
fn sequence(messages: &[String]) -> Vec<u64> {
    let number = |message: &String| {
        let event: Value = serde_json::from_str(event(message)).expect("an event");
        event["metadata"]["sequence"].as_u64().expect("a sequence number")
    };
    messages.iter().map(number).collect()
}

fn records(terminal: &Terminal) -> Vec<Value> {
    let listed = terminal.json(&["audit", "list", "--limit", "1000"]);
    listed["records"].as_array().expect("records").clone()
}

#[test]
fn a_receiver_gets_every_record_once_and_a_run_with_nothing_to_send_leaves_none() {
    let name = "a_receiver_gets_every_record_once_and_a_run_with_nothing_to_send_leaves_none";
    let Some((terminal, receiver, address)) = start(name) else { return };
    let forward =
        ["audit", "forward", "siem", "--to", &address, "--format", "ocsf", "--session", "2"];
    terminal.json(&["tenant", "add", "acme"]);
    let first = terminal.json(&forward);
    assert_eq!((&first["first"], &first["confirmation"]), (&0.into(), &"read-to-end".into()));
    let next = first["next"].as_u64().unwrap();
    assert_eq!(first["records"], next);
    assert_eq!(sequence(&receiver.messages()), (0..next).collect::<Vec<_>>());

    // Nothing but that the run has ended: a run for that would never be the last.
    let before = records(&terminal).len();
    for _ in 0..3 {
        assert_eq!(terminal.json(&forward)["records"], 0);
    }
    assert_eq!(records(&terminal).len(), before);

    terminal.json(&["tenant", "add", "zeta"]);
    let second = terminal.json(&forward);
    assert_eq!(second["first"], next);
    let next = second["next"].as_u64().unwrap();
    let messages = receiver.messages();
    assert_eq!(sequence(&messages), (0..next).collect::<Vec<_>>());
    let cursors = terminal.json(&["audit", "cursors"]);
    assert_eq!(cursors["cursors"], serde_json::json!([{"name": "siem", "seq": next}]));

    // The same events as an export has.
    let exported = terminal.run(&["audit", "export", "--format", "ocsf"], b"");
    assert!(exported.status.success(), "{}", String::from_utf8_lossy(&exported.stderr));
    let exported = String::from_utf8(exported.stdout).unwrap();
    let lines: Vec<&str> = exported.lines().take(messages.len()).collect();
    assert_eq!(messages.iter().map(|message| event(message)).collect::<Vec<_>>(), lines);

    // A receiver of its own, in CEF, from a record on.
    let from = (next - 2).to_string();
    let other = terminal.json(&["audit", "forward", "other", "--to", &address, "--from", &from]);
    assert_eq!(other["first"], next - 2);
    let cef = receiver.messages().split_off(messages.len());
    assert_eq!(cef.len() as u64, other["records"].as_u64().unwrap());
    assert!(cef.iter().all(|message| message.contains("] CEF:0|Keyward|")));
}

#[test]
fn a_run_that_fails_keeps_its_place_and_says_so() {
    let name = "a_run_that_fails_keeps_its_place_and_says_so";
    let Some((terminal, receiver, address)) = start(name) else { return };
    let forward = ["audit", "forward", "siem", "--to", &address, "--format", "ocsf"];
    receiver.leave_next(1);
    assert_eq!(terminal.refused(&forward), (6, "receiver-unreachable".into()));
    assert_eq!(terminal.json(&["audit", "cursors"])["cursors"][0]["seq"], 0);
    let newest = records(&terminal);
    let told = |record: &Value| {
        let outcome = record["outcome"].as_str().unwrap().to_owned();
        (record["action"].as_str().unwrap().to_owned(), outcome, record["details"].clone())
    };
    let target = format!("tcp://{address}");
    let details = |next: Option<u64>| {
        let mut details = serde_json::json!({
            "receiver": "siem", "target": target, "format": "ocsf", "first": 0
        });
        if let Some(next) = next {
            details["next"] = next.into();
        }
        details
    };
    assert_eq!(told(&newest[0]), ("audit.forward".into(), "failed".into(), details(Some(0))));
    assert_eq!(told(&newest[1]), ("audit.forward".into(), "intent".into(), details(None)));
    assert_eq!(newest[0]["code"], "receiver-unreachable");

    let sent = terminal.json(&forward);
    assert_eq!(sent["first"], 0);
    let next = sent["next"].as_u64().unwrap();
    assert_eq!(sequence(&receiver.messages()), (0..next).collect::<Vec<_>>());

    for role in ["security-officer", "application", "tenant-approver:acme"] {
        let refused = terminal.refused(&[&["--role", role], &forward[..]].concat());
        assert_eq!(refused, (3, "not-authorised".into()), "{role}");
    }
    for wrong in [&["--from", "1000"][..], &["--tls", "/nowhere"]] {
        let refused = terminal.refused(&[&forward[..], wrong].concat());
        assert_eq!(refused, (2, "invalid-input".into()), "{wrong:?}");
    }
    let refused = terminal.refused(&["audit", "forward", "a b", "--to", &address]);
    assert_eq!(refused, (2, "invalid-input".into()));
}

/// A forwarder that goes on until it is ended.
fn follow(terminal: &Terminal, name: &str, address: &str) -> Child {
    Command::new(keyward(name).expect("it was there"))
        .args(["--json", "audit", "forward", "siem", "--to", address, "--format", "ocsf"])
        .args(["--follow", "--session", "3"])
        .env("KEYWARD_WORKSPACE", terminal.path("workspace"))
        .env("KEYWARD_PASSPHRASE", PASSPHRASE)
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts")
}

/// Waits until the receiver is known to have so many records.
fn confirmed(terminal: &Terminal, records: u64) {
    let started = Instant::now();
    let cursor = || terminal.json(&["audit", "cursors"])["cursors"][0]["seq"].as_u64();
    while cursor().is_none_or(|next| next < records) {
        assert!(started.elapsed() < Duration::from_secs(30), "not confirmed");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn signal(child: &Child, signal: &str) {
    let sent = Command::new("kill").args([signal, &child.id().to_string()]).status();
    assert!(sent.expect("`kill`").success());
}

#[test]
fn one_that_follows_goes_on_after_either_side_was_killed() {
    let name = "one_that_follows_goes_on_after_either_side_was_killed";
    let Some((terminal, receiver, address)) = start(name) else { return };
    let names = |messages: &[String]| -> Vec<String> {
        let events = messages.iter().map(|message| event(message));
        let values = events.map(|event| serde_json::from_str::<Value>(event).expect("an event"));
        values.filter_map(|event| Some(event["metadata"]["tenant_uid"].as_str()?.into())).collect()
    };
    let has = |tenant: &'static str| {
        move |messages: &[String]| names(messages).contains(&tenant.to_owned())
    };

    // What another process writes arrives, and a receiver that leaves gets it the next time.
    let mut first = follow(&terminal, name, &address);
    confirmed(&terminal, 2);
    receiver.leave_next(1);
    terminal.json(&["tenant", "add", "acme"]);
    receiver.wait(has("acme"));
    signal(&first, "-KILL");
    first.wait().unwrap();

    terminal.json(&["tenant", "add", "zeta"]);
    let second = follow(&terminal, name, &address);
    receiver.wait(has("zeta"));
    confirmed(&terminal, 5);
    signal(&second, "-TERM");
    let output = second.wait_with_output().unwrap();
    assert!(output.status.success());
    let ended: Value = serde_json::from_slice(&output.stdout).unwrap();
    let next = ended["next"].as_u64().unwrap();
    assert!((2..next).contains(&ended["first"].as_u64().unwrap()), "{ended}");

    // First copies in order, and none left out; a kill costs no more than a session twice.
    let mut expected = 0;
    let mut twice = 0;
    for seq in sequence(&receiver.messages()) {
        if seq == expected {
            expected += 1;
        } else {
            assert!(seq < expected, "{seq} came before {expected}");
            twice += 1;
        }
    }
    assert_eq!(expected, next);
    assert!(twice <= 6, "{twice}");
    // It has stopped, and said so: three runs' starts and ends at most, however long they were.
    let forwards = records(&terminal);
    let forwards = forwards.iter().filter(|record| record["action"] == "audit.forward");
    let outcomes: Vec<_> = forwards.map(|record| record["outcome"].clone()).collect();
    assert_eq!(outcomes, ["ok", "intent", "intent"]);
}
