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
    /// The rate of the best of them.
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

    /// Appends the lines of a file, one entry each, with so many callers at a time, in every setting. Each
    /// has a new log in a folder of its own under `folder`, which decides the disk and has none yet, and
    /// ends after `limit` if not with the file.
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
        run(&mut self.command(entries, folder, callers, limit))
    }

    /// As [`append`](Self::append), in one setting only: for further rounds with the best of a first.
    ///
    /// # Errors
    /// As [`append`](Self::append).
    pub fn append_as(
        &self,
        setting: &Rate,
        entries: &Path,
        folder: &Path,
        callers: usize,
        limit: Duration,
    ) -> Result<Rates, String> {
        run(self
            .command(entries, folder, callers, limit)
            .args(["-batch-size", &setting.batch_size.to_string()])
            .args(["-batch-age", &format!("{}ms", setting.batch_age_ms)]))
    }

    fn command(&self, entries: &Path, folder: &Path, callers: usize, limit: Duration) -> Command {
        let mut command = Command::new(&self.0);
        command
            .arg("-entries")
            .arg(entries)
            .arg("-folder")
            .arg(folder)
            .args(["-callers", &callers.to_string()])
            .args(["-limit", &format!("{}ms", limit.as_millis())]);
        command
    }
}

impl Rates {
    /// The setting that gave the most.
    #[must_use]
    pub fn best(&self) -> Option<&Rate> {
        self.runs.iter().max_by(|a, b| a.entries_per_second.total_cmp(&b.entries_per_second))
    }
}

fn run(command: &mut Command) -> Result<Rates, String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("it does not start: {error}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).trim().to_owned());
    }
    serde_json::from_slice(&output.stdout).map_err(|error| error.to_string())
}
