//! How well the log's table keeps up with the scrollbar in the real window.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use super::{
    frames::Frames,
    session::{Window, WindowError},
};

/// What runs in the page.
const SCRIPT: &str = include_str!("scroll.js");

/// The page with the log.
const PAGE: &str = "#/audit";

/// How the table behaved while it was scrolled from the newest record to the oldest, and gone to places of.
#[derive(Clone, Debug, PartialEq)]
pub struct ScrollTimes {
    /// How many rows there are.
    pub rows: u64,
    /// The longest time in which a part of the table had no record.
    pub blank: Duration,
    /// The longest time from arriving at a place until each row is the one of that place.
    pub arriving: Duration,
    /// While the scrollbar is dragged.
    pub frames: Frames,
}

/// Milliseconds.
#[derive(Deserialize)]
#[serde(untagged)]
enum Measured {
    Times { rows: u64, blank: f64, arriving: f64, frames: Vec<f64> },
    Failed { failed: String },
}

impl Window {
    /// Goes to the log and drags its scrollbar from the newest record to the oldest within so many frames,
    /// then goes to places in between at once.
    ///
    /// # Errors
    /// [`WindowError::NotReady`], [`WindowError::Driving`].
    pub async fn scroll_times(&self, frames: usize) -> Result<ScrollTimes, WindowError> {
        let arguments = vec![PAGE.into(), frames.into()];
        let told = self.client().execute_async(SCRIPT, arguments).await?;
        let not_ready = |shows: String| WindowError::NotReady { page: PAGE.into(), shows };
        let time = |ms: f64| Duration::from_secs_f64(ms.max(0.0) / 1e3);
        match serde_json::from_value(told.clone()) {
            Ok(Measured::Times { rows, blank, arriving, frames }) => Ok(ScrollTimes {
                rows,
                blank: time(blank),
                arriving: time(arriving),
                frames: Frames::of(frames).ok_or_else(|| not_ready("no frame".into()))?,
            }),
            Ok(Measured::Failed { failed }) => Err(not_ready(failed)),
            Err(_) => Err(not_ready(Value::to_string(&told))),
        }
    }
}
