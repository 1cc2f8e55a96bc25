//! A tenant's own AWS client: boto3 in the peers' Python, with nothing of ours in between.

use std::{
    io::Write,
    path::PathBuf,
    process::{Command, Stdio},
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Value, json};

use super::{aws::AwsPeer, python::python, source};

/// boto3 with the credentials of an account of the peer.
pub struct Boto {
    python: PathBuf,
    environment: Vec<(&'static str, String)>,
}

impl Boto {
    /// `None` once the test called `name` is recorded as skipped.
    #[must_use]
    pub fn of(peer: &AwsPeer, name: &str) -> Option<Self> {
        Some(Self { python: python(name)?, environment: peer.environment() })
    }

    /// Calls a method of a service's client and gives the answer. Bytes are [`bytes`] in both.
    ///
    /// # Panics
    /// Where boto3 raises anything.
    #[must_use]
    pub fn call(&self, service: &str, region: &str, method: &str, parameters: &Value) -> Value {
        let mut child = Command::new(&self.python)
            .arg(source("aws/boto.py"))
            .args([service, region, method])
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the peers' Python starts");
        let mut input = child.stdin.take().expect("it is piped");
        input.write_all(parameters.to_string().as_bytes()).expect("it reads");
        drop(input);
        let output = child.wait_with_output().expect("it ends");
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{service} {method}: {error}");
        serde_json::from_slice(&output.stdout).expect("JSON")
    }

    /// Runs a command in a shell where `aws` is the command of AWS, with the same credentials.
    ///
    /// # Panics
    /// Where it fails.
    pub fn shell(&self, command: &str) {
        let folder = self.python.parent().expect("a folder").display().to_string();
        let path = format!("{folder}:{}", std::env::var("PATH").unwrap_or_default());
        let output = Command::new("sh")
            .args(["-ec", command])
            .env("PATH", path)
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .output()
            .expect("a shell");
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{command}: {error}");
    }
}

/// Bytes as a parameter.
#[must_use]
pub fn bytes(bytes: &[u8]) -> Value {
    json!({ "base64": BASE64_STANDARD.encode(bytes) })
}

/// The base64 of bytes in an answer.
///
/// # Panics
/// Where there are none.
#[must_use]
pub fn base64_of(value: &Value) -> &str {
    value["base64"].as_str().expect("bytes")
}
