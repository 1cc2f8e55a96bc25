//! `desktop-start*`: from the application's start to its first page with data, and by which parts.

use std::time::Duration;

use keyward_tests::window::StartTimes;

use super::scene::Scene;
use crate::{
    bench::{Bench, Row},
    error::BenchError,
    samples::Samples,
};

/// What a start may take, in milliseconds.
const LIMIT: f64 = 1000.0;

/// A part of a start.
type Part = fn(&StartTimes) -> Duration;

/// The parts, by what they are called.
const PARTS: [(&str, Part); 5] = [
    ("desktop-start-window", |times| times.window),
    ("desktop-start-ui", |times| times.ui),
    ("desktop-start-workspace", |times| times.workspace),
    ("desktop-start-page", |times| times.page),
    ("desktop-start-cpu", |times| times.used),
];

/// Measures several starts. The first, which reads the program from the disk, isn't one of them.
pub fn rows(bench: &mut Bench, scene: &Scene) -> Result<(), BenchError> {
    let mut wholes = Samples::default();
    let mut parts: [Samples; PARTS.len()] = Default::default();
    for round in 0..=bench.size(9, 2) {
        let times = bench.runtime.block_on(async {
            let window = scene.window().await?;
            let times = window.start_times().await;
            window.close().await?;
            Ok::<_, BenchError>(times?)
        })?;
        if round == 0 {
            continue;
        }
        wholes.add(times.whole());
        for ((_, part), samples) in PARTS.iter().zip(&mut parts) {
            samples.add(part(&times));
        }
    }
    let whole = wholes.median() * 1e3;
    let row = Row::cost("desktop-start", "ms", "what is allowed", [whole, LIMIT]);
    bench.row(row.at_least(1.0));
    for ((name, _), samples) in PARTS.iter().zip(&parts) {
        let part = samples.median() * 1e3;
        bench.row(Row::cost(name, "ms", "the whole start", [part, whole]));
    }
    Ok(())
}
