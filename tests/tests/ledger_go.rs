//! Keyward's log as Go sees it: `golang.org/x/mod/sumdb/note` opens our checkpoints, `tlog` computes our
//! roots from our records and checks our proofs, and we take the notes and proofs that they make.

use std::{
    io::{BufWriter, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use keyward_core::{Actor, DataKeyId, RequestId, Role, SecretKey};
use keyward_ledger::{
    Action, Checkpoint, Frontier, Hash, Origin, Outcome, Record, SigningKey, VerifierKey,
    leaf_hash, proof,
};
use keyward_tests::skip::skip;
use serde_json::{Value, json};

/// The sizes at which the log is compared: around nothing, around a tile, and a large one.
const SIZES: [u64; 9] = [0, 1, 2, 3, 255, 256, 257, 1_000, 65_536];

fn record(seq: u64) -> Record {
    let tenant: keyward_core::TenantId = "acme".parse().unwrap();
    Record {
        seq,
        time: chrono::DateTime::from_timestamp_micros(1_795_515_781_000_000 + seq as i64).unwrap(),
        actor: Actor("Ünal \"o'Neill\" \u{1f600}".into()),
        role: Role::Application,
        tenant: Some(tenant.clone()),
        key: Some(DataKeyId { tenant, dataset: "invoices".parse().unwrap(), version: 1 }.into()),
        key_version: Some(1),
        action: Action::ObjectWrite,
        outcome: Outcome::Ok,
        code: None,
        region: "eu-central-1".parse().unwrap(),
        request: RequestId::from_bytes(u128::from(seq).to_be_bytes()),
        details: json!({"bytes": seq, "object": "日本語\n<&>"}).as_object().unwrap().clone(),
    }
}

#[test]
fn go_agrees_on_records_roots_checkpoints_and_proofs() {
    let Some(go) = find_go() else { return skip("ledger_go", "no `go`") };
    let origin: Origin = "keyward.example/9f86d081884c7d65".parse().unwrap();
    let key = SigningKey::from_seed(&SecretKey::new([42; 32]));
    let vkey = key.verifier(&origin).to_string();

    let mut dialogue = Dialogue::default();
    let mut leaves: Vec<Hash> = Vec::new();
    let mut frontier = Frontier::new();
    let mut roots: Vec<(u64, Hash)> = Vec::new();
    for size in SIZES {
        while frontier.size() < size {
            let body = record(frontier.size()).to_canonical().unwrap();
            let leaf = leaf_hash(body.as_bytes());
            frontier.append(leaf);
            leaves.push(leaf);
            dialogue.tell(json!({"op": "append", "body": body}));
        }
        let root = frontier.root();
        dialogue.ask(json!({"op": "root"}), json!({"size": size, "root": root}));
        let note = Checkpoint { origin: origin.clone(), size, root }.sign(&key);
        dialogue.ask(
            json!({"op": "checkpoint", "vkey": vkey, "note": note}),
            json!({"origin": origin, "size": size, "root": root}),
        );
        // What we refuse, Go refuses too.
        let altered = note.replacen(&format!("\n{size}\n"), &format!("\n{}\n", size + 1), 1);
        dialogue.refuse(json!({"op": "checkpoint", "vkey": vkey, "note": altered}));

        // Proofs from some records to this size, and from every earlier size to it.
        for index in [0, 1, size / 2, size.saturating_sub(1)] {
            if index >= size {
                continue;
            }
            let path = proof::inclusion(&leaves, index).unwrap();
            dialogue.ask(
                json!({"op": "prove-record", "index": index, "size2": size}),
                json!({"proof": path}),
            );
            let leaf = leaves[index as usize];
            let check = json!({
                "op": "check-record", "index": index, "size2": size, "root2": root, "leaf": leaf, "proof": path,
            });
            dialogue.ask(check, json!({}));
            proof::verify_inclusion(index, size, &leaf, &path, root).unwrap();
        }
        for &(earlier, earlier_root) in roots.iter().filter(|(earlier, _)| *earlier > 0) {
            let path = proof::consistency(&leaves, earlier).unwrap();
            dialogue.ask(
                json!({"op": "prove-tree", "size1": earlier, "size2": size}),
                json!({"proof": path}),
            );
            let check = json!({
                "op": "check-tree", "size1": earlier, "size2": size, "root1": earlier_root, "root2": root,
                "proof": path,
            });
            dialogue.ask(check, json!({}));
            proof::verify_consistency(earlier, size, earlier_root, root, &path).unwrap();
        }
        roots.push((size, root));
    }
    dialogue.hold(&go);
}

#[test]
fn we_take_the_checkpoints_that_go_signs() {
    let Some(go) = find_go() else { return skip("ledger_go", "no `go`") };
    let checkpoint =
        Checkpoint { origin: "sum.example/log".parse().unwrap(), size: 7, root: leaf_hash(b"any") };
    let mut dialogue = Dialogue::default();
    let request = json!({"op": "sign", "name": checkpoint.origin, "text": checkpoint.to_string()});
    dialogue.ask(request, json!({}));
    let answer = dialogue.hold(&go).remove(0);
    let text = |field: &str| answer[field].as_str().unwrap().to_owned();
    let key: VerifierKey = text("vkey").parse().unwrap();
    assert_eq!(key.to_string(), text("vkey"));
    assert_eq!(Checkpoint::verify(&text("note"), &key), Ok(checkpoint));
}

/// Requests for the Go program, and what it has to answer.
#[derive(Default)]
struct Dialogue {
    requests: Vec<Value>,
    /// The fields that an answer must have, or nothing where it must be an error.
    expected: Vec<Option<Value>>,
    /// For each answer the request that it is to.
    asked: Vec<usize>,
}

impl Dialogue {
    fn tell(&mut self, request: Value) {
        self.requests.push(request);
    }

    fn ask(&mut self, request: Value, expected: Value) {
        self.asked.push(self.requests.len());
        self.requests.push(request);
        self.expected.push(Some(expected));
    }

    fn refuse(&mut self, request: Value) {
        self.asked.push(self.requests.len());
        self.requests.push(request);
        self.expected.push(None);
    }

    /// Runs the program, checks all answers and gives them.
    fn hold(self, go: &Path) -> Vec<Value> {
        let mut child = Command::new(go)
            .args(["run", "."])
            .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/peers/go-log"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = BufWriter::new(child.stdin.take().unwrap());
        let Self { requests, expected, asked } = self;
        // On a thread of its own: the program's answers may fill their pipe before it has read all.
        let requests = std::thread::spawn(move || {
            for request in &requests {
                writeln!(stdin, "{request}").unwrap();
            }
            stdin.flush().unwrap();
            requests
        });
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "the Go program fails: {}", output.status);
        let requests = requests.join().unwrap();
        let answers: Vec<Value> = String::from_utf8(output.stdout)
            .unwrap()
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(answers.len(), expected.len());
        for ((answer, expected), request) in answers.iter().zip(expected).zip(asked) {
            let request = &requests[request];
            let Some(expected) = expected else {
                assert!(answer.get("error").is_some(), "Go takes {request}");
                continue;
            };
            assert_eq!(answer.get("error"), None, "{request}");
            for (field, value) in expected.as_object().unwrap() {
                assert_eq!(&answer[field], value, "{field} of {request}");
            }
        }
        answers
    }
}

/// Go from the path, or from where its own installer puts it.
fn find_go() -> Option<PathBuf> {
    [PathBuf::from("go"), "/usr/local/go/bin/go".into()].into_iter().find(|go| {
        Command::new(go).arg("version").stdout(Stdio::null()).status().is_ok_and(|s| s.success())
    })
}
