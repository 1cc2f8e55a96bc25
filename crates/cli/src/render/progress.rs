//! Progress on standard error, and only where that is a terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use crate::output::Output;

/// A bar over a known number of things.
pub fn bar(output: Output, total: u64, what: &'static str) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(total), target(output));
    style(&bar, "{msg} {wide_bar:.green} {pos}/{len}  {rate}  {eta} left");
    bar.set_message(what);
    bar
}

/// A mark that something is going on, for as long as nobody knows how far it is.
pub fn spinner(output: Output, what: &'static str) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, target(output));
    style(&bar, "{spinner} {msg} {pos}");
    bar.set_message(what);
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}

/// Nothing is drawn where standard error is no terminal: indicatif looks itself.
fn target(output: Output) -> ProgressDrawTarget {
    if output.json || output.quiet {
        ProgressDrawTarget::hidden()
    } else {
        ProgressDrawTarget::stderr()
    }
}

fn style(bar: &ProgressBar, template: &str) {
    // A template of ours that doesn't parse leaves the usual style.
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.with_key("rate", rate));
    }
}

/// Things a second, without the decimals that nobody reads.
fn rate(state: &ProgressState, out: &mut dyn std::fmt::Write) {
    let _ = write!(out, "{:.0}/s", state.per_sec());
}
