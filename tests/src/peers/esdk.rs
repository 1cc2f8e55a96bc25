//! AWS Encryption SDKs as peers: a process that encrypts and decrypts case after case.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Value, json};

use super::{node::node, python::python, source};

/// A running peer, ended with the value that stands for it.
pub struct EsdkPeer {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

/// A raw AES key, as both sides name it.
#[derive(Clone, Copy)]
pub struct RawKey<'a> {
    /// The key namespace, or provider id.
    pub namespace: &'a str,
    /// The key name.
    pub name: &'a str,
    /// The key's 32 bytes.
    pub key: &'a [u8],
}

/// What a peer is to write.
#[derive(Clone, Copy)]
pub struct Wanted<'a> {
    /// The plaintext.
    pub plaintext: &'a [u8],
    /// The encryption context.
    pub context: &'a BTreeMap<String, String>,
    /// The algorithm suite's id.
    pub suite: u16,
    /// Bytes a frame.
    pub frame_length: u32,
}

/// What a peer has given: the bytes, and the encryption context in the message.
pub type Answer = (Vec<u8>, BTreeMap<String, String>);

impl EsdkPeer {
    /// Starts `aws-encryption-sdk` of PyPI, or gives `None` once the test is recorded as skipped.
    ///
    /// # Panics
    /// As all below, where the peer is there and doesn't do what it is for.
    #[must_use]
    pub fn python(name: &str) -> Option<Self> {
        Some(Self::start(Command::new(python(name)?).arg(source("python/esdk.py"))))
    }

    /// Starts `@aws-crypto/client-node` of npm, or gives `None` once the test is recorded as skipped.
    #[must_use]
    pub fn node(name: &str) -> Option<Self> {
        Some(Self::start(Command::new("node").arg(node(name)?.join("esdk.mjs"))))
    }

    fn start(command: &mut Command) -> Self {
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().expect("the peer starts");
        let input = process.stdin.take().expect("its input is piped");
        let output = BufReader::new(process.stdout.take().expect("its output is piped"));
        Self { process, input, output }
    }

    /// Has the peer open a message.
    ///
    /// # Errors
    /// The peer's own words where it refuses.
    pub fn decrypt(&mut self, key: RawKey<'_>, message: &[u8]) -> Result<Answer, String> {
        self.ask(json!({
            "do": "decrypt",
            "namespace": key.namespace,
            "name": key.name,
            "key": BASE64_STANDARD.encode(key.key),
            "message": BASE64_STANDARD.encode(message),
        }))
    }

    /// Has the peer write a message.
    ///
    /// # Errors
    /// The peer's own words where it refuses.
    pub fn encrypt(&mut self, key: RawKey<'_>, wanted: Wanted<'_>) -> Result<Answer, String> {
        self.ask(json!({
            "do": "encrypt",
            "namespace": key.namespace,
            "name": key.name,
            "key": BASE64_STANDARD.encode(key.key),
            "plaintext": BASE64_STANDARD.encode(wanted.plaintext),
            "context": wanted.context,
            "suite": wanted.suite,
            "frame_length": wanted.frame_length,
        }))
    }

    fn ask(&mut self, case: Value) -> Result<Answer, String> {
        writeln!(self.input, "{case}").expect("the peer reads");
        let mut line = String::new();
        self.output.read_line(&mut line).expect("the peer answers");
        let answer: Value = serde_json::from_str(&line).expect("the peer's answer is JSON");
        if let Some(error) = answer["error"].as_str() {
            return Err(error.to_owned());
        }
        let output = answer["output"].as_str().expect("the answer has its output");
        let context = serde_json::from_value(answer["context"].clone()).expect("text pairs");
        Ok((BASE64_STANDARD.decode(output).expect("base64"), context))
    }
}

impl Drop for EsdkPeer {
    fn drop(&mut self) {
        // Errors mean that it has ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
