//! Tells what each step proved, and how long it took.

use std::{future::Future, time::Instant};

use anstyle::{AnsiColor, Style};

use crate::{failure::Failure, output::Output, render::size};

const GOOD: Style = AnsiColor::Green.on_default().bold();
const BAD: Style = AnsiColor::Red.on_default().bold();
const DIM: Style = Style::new().dimmed();

/// Tells the steps as they come, or with `--json` all at the end.
pub struct Teller {
    output: Output,
    began: Instant,
    steps: Vec<Step>,
}

#[derive(serde::Serialize)]
struct Step {
    step: &'static str,
    proved: String,
    seconds: f64,
}

#[derive(serde::Serialize)]
struct Told<'a> {
    steps: &'a [Step],
    seconds: f64,
    checkpoint: &'a str,
}

impl Teller {
    /// Nothing told yet.
    pub fn new(output: Output) -> Self {
        Self { output, began: Instant::now(), steps: Vec::new() }
    }

    /// Runs a step and tells what it proved.
    ///
    /// # Errors
    /// [`Failure`] of the step, with its name.
    pub async fn tell(
        &mut self,
        step: &'static str,
        run: impl Future<Output = Result<String, Failure>>,
    ) -> Result<(), Failure> {
        let began = Instant::now();
        match run.await {
            Ok(proved) => {
                let took = began.elapsed();
                let time = size::duration(took);
                self.line(&format!("{GOOD}✓{GOOD:#} {proved} {DIM}{time}{DIM:#}"));
                self.steps.push(Step { step, proved, seconds: took.as_secs_f64() });
                Ok(())
            }
            Err(failure) => {
                self.line(&format!("{BAD}✗{BAD:#} {step}"));
                let message = format!("the step `{step}` failed: {}", failure.message());
                Err(Failure::unexpected(message))
            }
        }
    }

    /// Tells how it ended.
    ///
    /// # Errors
    /// As [`Output::print`].
    pub fn finish(self, checkpoint: &str) -> Result<u8, Failure> {
        let took = self.began.elapsed();
        let told = Told { steps: &self.steps, seconds: took.as_secs_f64(), checkpoint };
        self.output.print(&told, |told| {
            let steps = size::count(told.steps.len() as u64, "step");
            format!(
                "\nThe log's last checkpoint:\n\n{checkpoint}\n{steps}, each proved, in {}.\n",
                size::duration(took)
            )
        })
    }

    fn line(&self, text: &str) {
        if !self.output.json {
            // Colours only where a terminal shows them.
            anstream::println!("{text}");
        }
    }
}
