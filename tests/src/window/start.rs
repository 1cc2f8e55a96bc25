//! How long the window takes from the application's start to its first page with data, and by which parts.

use std::time::{Duration, SystemTime};

use serde::Deserialize;
use serde_json::Value;

use super::session::{Window, WindowError};

/// What runs in the page.
const SCRIPT: &str = include_str!("start.js");

/// A start, part by part. How long nobody unlocks the window is in none of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StartTimes {
    /// From the process's start until its web view begins to load the pages.
    pub window: Duration,
    /// From then until they are there, and ask to be unlocked.
    pub ui: Duration,
    /// From unlocking by the keyring until the workspace is open.
    pub workspace: Duration,
    /// From then until the first page shows its data.
    pub page: Duration,
    /// What all processes used of all cores until then.
    pub used: Duration,
}

/// Milliseconds, `origin` since 1970 and the others since that.
#[derive(Deserialize)]
struct Marks {
    origin: f64,
    ui: f64,
    unlocked: f64,
    open: f64,
    shown: f64,
}

impl StartTimes {
    /// All parts together.
    #[must_use]
    pub fn whole(&self) -> Duration {
        self.window + self.ui + self.workspace + self.page
    }
}

impl Window {
    /// Unlocks a window that was just opened on a workspace whose secrets rest in the keyring, and tells how
    /// long its start took.
    ///
    /// # Errors
    /// [`WindowError::NotReady`], [`WindowError::Driving`].
    pub async fn start_times(&self) -> Result<StartTimes, WindowError> {
        let told = self.client().execute_async(SCRIPT, Vec::new()).await?;
        let untold =
            |what: &str| WindowError::NotReady { page: "overview".into(), shows: what.into() };
        let marks: Marks =
            serde_json::from_value(told.clone()).map_err(|_| untold(&Value::to_string(&told)))?;
        let processes =
            self.processes().ok_or_else(|| untold("the application's process isn't found"))?;
        let started = processes.started().and_then(since_1970);
        let started = started.ok_or_else(|| untold("the system doesn't tell when it started"))?;
        let part = |from: f64, to: f64| Duration::from_secs_f64((to - from).max(0.0) / 1e3);
        Ok(StartTimes {
            window: part(started, marks.origin),
            ui: part(0.0, marks.ui),
            workspace: part(marks.unlocked, marks.open),
            page: part(marks.open, marks.shown),
            used: processes.used(),
        })
    }
}

fn since_1970(time: SystemTime) -> Option<f64> {
    Some(time.duration_since(SystemTime::UNIX_EPOCH).ok()?.as_secs_f64() * 1e3)
}
