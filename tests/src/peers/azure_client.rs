//! A tenant's own Azure client: Microsoft's for Python in the peers' Python, with nothing of ours in
//! between.

use std::{
    io::Write,
    path::PathBuf,
    process::{Command, Stdio},
};

use serde_json::Value;

use super::{azure::AzurePeer, python::python, source};

/// Microsoft's client as the owner of the peer's keys.
pub struct AzureClient {
    python: PathBuf,
    endpoint: String,
    environment: Vec<(&'static str, String)>,
}

impl AzureClient {
    /// `None` once the test called `name` is recorded as skipped.
    #[must_use]
    pub fn of(peer: &AzurePeer, name: &str) -> Option<Self> {
        let mut environment = peer.owners_environment();
        environment.push(("PEER_CA", peer.ca_file().display().to_string()));
        Some(Self { python: python(name)?, endpoint: peer.endpoint().into(), environment })
    }

    /// Does one thing and gives the answer. `tests/peers/azure/client.py` says what there is.
    ///
    /// # Panics
    /// Where the client raises anything.
    #[must_use]
    pub fn call(&self, action: &str, parameters: &Value) -> Value {
        self.try_call(action, parameters).unwrap_or_else(|error| panic!("{action}: {error}"))
    }

    /// The same, or what the client raised.
    ///
    /// # Errors
    /// The client's traceback.
    pub fn try_call(&self, action: &str, parameters: &Value) -> Result<Value, String> {
        let mut child = Command::new(&self.python)
            .arg(source("azure/client.py"))
            .args([&self.endpoint, action])
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
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned());
        }
        Ok(serde_json::from_slice(&output.stdout).expect("JSON"))
    }
}
