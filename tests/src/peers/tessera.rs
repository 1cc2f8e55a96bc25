//! Tessera's POSIX log as a peer: how many entries a second become durable in it.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use serde::Deserialize;

/// The program `tests/peers/go-tessera`.
pub struct Tessera(PathBuf);

/// What Tessera's POSIX log does, measured with several settings.
#[derive(Clone, Debug, Deserialize)]
pub struct Rates {
    /// The module's version.
    #[serde(rename = "tessera")]
    pub version: String,
    /// Callers at a time, each waiting for its entry.
    pub callers: usize,
    /// One for each setting.
    pub runs: Vec<Rate>,
    /// The best of them.
    pub entries_per_second: f64,
}

/// What one setting gave.
#[derive(Clone, Debug, Deserialize)]
pub struct Rate {
    /// Entries at which a batch is written.
    pub batch_size: u32,
    /// Milliseconds after which a batch is written that isn't full.
    pub batch_age_ms: f64,
    /// Whether that is what Tessera does unless told otherwise.
    pub default: bool,
    /// Entries that became durable.
    pub entries: u64,
    /// The time that they took.
    pub seconds: f64,
    /// One by the other.
    pub entries_per_second: f64,
}

impl Tessera {
    /// `None` where it isn't built.
    #[must_use]
    pub fn find() -> Option<Self> {
        super::go::find("go-tessera", "go-tessera").map(Self)
    }

    /// Appends the lines of a file, one entry each, with so many callers at a time. Each setting has a new
    /// log in a folder of its own under `folder`, which decides the disk, and ends after `limit` if not
    /// with the file.
    ///
    /// # Errors
    /// What the program printed, where it failed.
    pub fn append(
        &self,
        entries: &Path,
        folder: &Path,
        callers: usize,
        limit: Duration,
    ) -> Result<Rates, String> {
        let output = Command::new(&self.0)
            .arg("-entries")
            .arg(entries)
            .arg("-folder")
            .arg(folder)
            .args(["-callers", &callers.to_string()])
            .args(["-limit", &format!("{}ms", limit.as_millis())])
            .stdin(Stdio::null())
            .output()
            .map_err(|error| format!("it does not start: {error}"))?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).trim().to_owned());
        }
        serde_json::from_slice(&output.stdout).map_err(|error| error.to_string())
    }
}
