//! How smoothly the map of all tenants moves in the real window, and how soon it is there.
//!
//! The times are those between the frames that the web view gives the page while one event a frame
//! zooms or drags. They tell what a hand feels, drawing by the system included as far as it holds up
//! the next frame.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use super::session::{Window, WindowError};

/// What runs in the page.
const SCRIPT: &str = include_str!("frames.js");

/// The page with the map.
const PAGE: &str = "#/hierarchy";

/// Times of frames, in milliseconds.
#[derive(Clone, Debug, PartialEq)]
pub struct Frames {
    /// How many there were.
    pub count: usize,
    /// Half of them took no longer.
    pub median_ms: f64,
    /// 95 of 100 took no longer.
    pub p95_ms: f64,
    /// None took longer.
    pub worst_ms: f64,
}

/// How the map of all tenants behaved.
#[derive(Clone, Debug, PartialEq)]
pub struct MapTimes {
    /// From going to the page until its first picture.
    pub first_picture: Duration,
    /// Frames while it is zoomed in and out by the wheel, in milliseconds.
    pub zoom: Vec<f64>,
    /// Frames while it is dragged, close enough that tenants show their names.
    pub pan: Vec<f64>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Measured {
    Times { first: f64, zoom: Vec<f64>, pan: Vec<f64> },
    Failed { failed: String },
}

impl Window {
    /// Goes to the map of all tenants from any other page, then zooms and drags it for so many frames
    /// each.
    ///
    /// # Errors
    /// [`WindowError::NotReady`] where there is no map, [`WindowError::Driving`].
    pub async fn map_times(&self, frames: usize) -> Result<MapTimes, WindowError> {
        let arguments = vec![PAGE.into(), frames.into()];
        let told = self.client().execute_async(SCRIPT, arguments).await?;
        match serde_json::from_value(told.clone()) {
            Ok(Measured::Times { first, zoom, pan }) => {
                let first_picture = Duration::from_secs_f64(first.max(0.0) / 1e3);
                Ok(MapTimes { first_picture, zoom, pan })
            }
            Ok(Measured::Failed { failed }) => Err(not_ready(&failed)),
            Err(_) => Err(not_ready(&Value::to_string(&told))),
        }
    }
}

impl MapTimes {
    /// All frames.
    pub fn frames(&self) -> impl Iterator<Item = f64> + '_ {
        self.zoom.iter().chain(&self.pan).copied()
    }
}

impl Frames {
    /// Sums times up; none where there is nothing to sum up.
    #[must_use]
    pub fn of(mut times: Vec<f64>) -> Option<Self> {
        times.sort_by(f64::total_cmp);
        let worst_ms = *times.last()?;
        let median_ms = *times.get((times.len() - 1) / 2)?;
        let p95_ms = *times.get((times.len() * 95).div_ceil(100) - 1)?;
        Some(Self { count: times.len(), median_ms, p95_ms, worst_ms })
    }
}

fn not_ready(shows: &str) -> WindowError {
    WindowError::NotReady { page: PAGE.into(), shows: shows.into() }
}

#[cfg(test)]
mod tests {
    use super::Frames;

    #[test]
    fn times_are_summed_up_by_rank() {
        let frames = Frames::of((1..=100).rev().map(f64::from).collect()).unwrap();
        assert_eq!(frames, Frames { count: 100, median_ms: 50.0, p95_ms: 95.0, worst_ms: 100.0 });
        assert_eq!(Frames::of(vec![7.0]).unwrap().p95_ms, 7.0);
        assert_eq!(Frames::of(Vec::new()), None);
    }
}
