//! `desktop-map*`, `desktop-audit-scroll*`, `desktop-memory`: in the open window.

use keyward_tests::window::{PAGES, Window};

use super::scene::Scene;
use crate::{
    bench::{Bench, Row},
    error::BenchError,
    samples::Samples,
};

/// How soon the map of all tenants is there, in milliseconds.
const FIRST_PICTURE: f64 = 1000.0;
/// What a frame may take at the median, and 95 of 100 at most.
const FRAME: [f64; 2] = [33.0, 60.0];
/// How long a part of the log's table may be without a record.
const BLANK: f64 = 100.0;

/// The sizes of the window, and what rows of each are called.
const SIZES: [(&str, u32, u32); 2] = [("", 1280, 800), ("-large", 1920, 1080)];

const ALLOWED: &str = "what is allowed";

/// Measures what is wanted, in one window. Memory is last: the pages have been gone through by then.
pub fn rows(bench: &mut Bench, scene: &Scene) -> Result<(), BenchError> {
    let wanted = ["desktop-map", "desktop-audit-scroll", "desktop-memory"]
        .map(|name| bench.wants_group(name));
    if !wanted.contains(&true) {
        return Ok(());
    }
    let [map, scroll, memory] = wanted;
    let window = bench.runtime.block_on(async {
        let window = scene.window().await?;
        window.unlock().await?;
        window.ready("overview").await?;
        Ok::<_, BenchError>(window)
    })?;
    let measured = (|| {
        let first = memory_of(&window)?;
        if map {
            self::map(bench, &window)?;
        }
        if scroll {
            self::scroll(bench, &window)?;
        }
        if memory {
            self::memory(bench, &window, first)?;
        }
        Ok(())
    })();
    bench.runtime.block_on(window.close())?;
    measured
}

fn map(bench: &mut Bench, window: &Window) -> Result<(), BenchError> {
    let mut pictures = Samples::default();
    for (size, width, height) in SIZES {
        let mut frames = Vec::new();
        for _ in 0..bench.size(5, 1) {
            let times = bench.runtime.block_on(async {
                window.size(width, height).await?;
                window.go("settings").await?;
                window.map_times(120).await
            })?;
            pictures.add(times.first_picture);
            frames.extend(times.frames());
        }
        let Some(frames) = keyward_tests::window::Frames::of(frames) else {
            return Err(BenchError::Unmeasured("the map has no frames".into()));
        };
        let times = [("p50", frames.median_ms), ("p95", frames.p95_ms)];
        for ((name, time), allowed) in times.into_iter().zip(FRAME) {
            let name = format!("desktop-map{size}-frames-{name}");
            bench.row(Row::cost(&name, "ms", ALLOWED, [time, allowed]).at_least(1.0));
        }
    }
    let first = pictures.median() * 1e3;
    let row = Row::cost("desktop-map-first", "ms", ALLOWED, [first, FIRST_PICTURE]);
    bench.row(row.at_least(1.0));
    Ok(())
}

fn scroll(bench: &mut Bench, window: &Window) -> Result<(), BenchError> {
    // What the web view's clock doesn't tell apart: no blank at all is shorter than that.
    let (mut blank, mut arriving) = (1.0_f64, 1.0_f64);
    for _ in 0..bench.size(3, 1) {
        let times = bench.runtime.block_on(async {
            window.size(1280, 800).await?;
            window.go("settings").await?;
            window.scroll_times(240).await
        })?;
        if !bench.quick && times.rows < 1_000_000 {
            return Err(BenchError::Unmeasured(format!("the log has {} records", times.rows)));
        }
        blank = blank.max(times.blank.as_secs_f64() * 1e3);
        arriving = arriving.max(times.arriving.as_secs_f64() * 1e3);
    }
    let row = Row::cost("desktop-audit-scroll", "ms", ALLOWED, [blank, BLANK]);
    bench.row(row.at_least(1.0));
    // Until others are here, rows stay: how long they are others than those of the place.
    bench.row(Row::cost(
        "desktop-audit-scroll-arrive",
        "ms",
        "a blank that is allowed",
        [arriving, BLANK],
    ));
    Ok(())
}

fn memory(bench: &mut Bench, window: &Window, first: f64) -> Result<(), BenchError> {
    bench.runtime.block_on(async {
        window.size(1280, 800).await?;
        for page in PAGES {
            // The tenants that the demonstration has; those of a large workspace have numbers.
            let page = page.replace("acme", "t00001").replace("initech", "t00002");
            window.go(&page).await?;
        }
        Ok::<_, BenchError>(())
    })?;
    let after = memory_of(window)?;
    bench.row(Row::cost("desktop-memory", "MiB", "the same at its first page", [after, first]));
    Ok(())
}

/// The memory of all of the window's processes, in MiB.
fn memory_of(window: &Window) -> Result<f64, BenchError> {
    let bytes = window.processes().and_then(|processes| processes.memory());
    let untold = || BenchError::Unmeasured("the system doesn't tell processes' memory".into());
    Ok(bytes.ok_or_else(untold)? as f64 / f64::from(1 << 20))
}
