//! What goes to standard output: for people, or one JSON document.

use std::io::{self, Write};

use serde::Serialize;

use crate::failure::Failure;

/// How results are printed.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    /// One JSON document instead of text.
    pub json: bool,
    /// No progress.
    pub quiet: bool,
}

impl Output {
    /// Prints a command's result: `value` as JSON, or what `human` makes of it.
    ///
    /// # Errors
    /// [`Failure`] where standard output can't be written; a silent one where its reader has gone.
    pub fn print<T: Serialize>(
        self,
        value: &T,
        human: impl FnOnce(&T) -> String,
    ) -> Result<u8, Failure> {
        let text = if self.json {
            serde_json::to_string(value).map_err(Failure::unexpected)?
        } else {
            human(value)
        };
        let mut stdout = io::stdout().lock();
        let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
        write!(stdout, "{text}{end}")
            .and_then(|()| stdout.flush())
            .map_err(|error| Failure::io("write", "standard output", &error))?;
        Ok(0)
    }
}
