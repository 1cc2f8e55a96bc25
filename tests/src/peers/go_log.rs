//! `golang.org/x/mod/sumdb/note` and `tlog`, the code behind Go's checksum database, as a peer: what the
//! program `tests/peers/go-log` is asked, and what it has to answer.

use std::{
    io::{BufWriter, Write},
    path::Path,
    process::{Command, Stdio},
};

use keyward_ledger::{Checkpoint, Hash};
use serde_json::{Value, json};

use super::source;

/// Requests for the Go program, and what it has to answer.
#[derive(Default)]
pub struct Dialogue {
    requests: Vec<Value>,
    /// The fields that an answer must have, or nothing where it must be an error.
    expected: Vec<Option<Value>>,
    /// For each answer the request that it is to.
    asked: Vec<usize>,
}

impl Dialogue {
    /// A request that has no answer.
    pub fn tell(&mut self, request: Value) {
        self.requests.push(request);
    }

    /// A request whose answer must be no error and have these fields.
    pub fn ask(&mut self, request: Value, expected: Value) {
        self.asked.push(self.requests.len());
        self.requests.push(request);
        self.expected.push(Some(expected));
    }

    /// A request that must be answered with an error.
    pub fn refuse(&mut self, request: Value) {
        self.asked.push(self.requests.len());
        self.requests.push(request);
        self.expected.push(None);
    }

    /// The checkpoint of a tlog-tiles folder, checked with the verifier key, and its root, by the tiles.
    pub fn ask_folder(&mut self, folder: &Path, vkey: &str, checkpoint: &Checkpoint) {
        let Checkpoint { origin, size, root } = checkpoint;
        self.ask(
            json!({"op": "folder", "folder": folder, "vkey": vkey}),
            json!({"origin": origin, "size": size, "root": root}),
        );
    }

    /// A record of a tlog-tiles folder: its inclusion, through the tiles, its text, and the proof if that
    /// is known.
    pub fn ask_folder_record(
        &mut self,
        folder: &Path,
        vkey: &str,
        index: u64,
        body: &str,
        proof: Option<&[Hash]>,
    ) {
        let mut expected = json!({"body": body});
        if let Some(proof) = proof {
            expected["proof"] = json!(proof);
        }
        self.ask(
            json!({"op": "folder-record", "folder": folder, "vkey": vkey, "index": index}),
            expected,
        );
    }

    /// That the log in a tlog-tiles folder has only grown since an earlier checkpoint, through the tiles;
    /// and the proof if that is known.
    pub fn ask_folder_grown(
        &mut self,
        folder: &Path,
        vkey: &str,
        earlier: &str,
        proof: Option<&[Hash]>,
    ) {
        let expected = proof.map_or_else(|| json!({}), |proof| json!({"proof": proof}));
        self.ask(
            json!({"op": "folder-grown", "folder": folder, "vkey": vkey, "note": earlier}),
            expected,
        );
    }

    /// Runs the program, checks all answers and gives them.
    ///
    /// # Panics
    /// Where an answer isn't as it has to be.
    pub fn hold(self, go: &Path) -> Vec<Value> {
        let mut child = Command::new(go)
            .args(["run", "."])
            .current_dir(source("go-log"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Go starts");
        let mut stdin = BufWriter::new(child.stdin.take().expect("its input is piped"));
        let Self { requests, expected, asked } = self;
        // On a thread of its own: the program's answers may fill their pipe before it has read all.
        let requests = std::thread::spawn(move || {
            for request in &requests {
                writeln!(stdin, "{request}").expect("it reads");
            }
            stdin.flush().expect("it reads");
            requests
        });
        let output = child.wait_with_output().expect("it ends");
        assert!(output.status.success(), "the Go program fails: {}", output.status);
        let requests = requests.join().expect("all is written");
        let answers: Vec<Value> = String::from_utf8(output.stdout)
            .expect("text")
            .lines()
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect();
        assert_eq!(answers.len(), expected.len());
        for ((answer, expected), request) in answers.iter().zip(expected).zip(asked) {
            let request = &requests[request];
            let Some(expected) = expected else {
                assert!(answer.get("error").is_some(), "Go takes {request}");
                continue;
            };
            assert_eq!(answer.get("error"), None, "{request}");
            for (field, value) in expected.as_object().expect("fields") {
                assert_eq!(&answer[field], value, "{field} of {request}");
            }
        }
        answers
    }
}
