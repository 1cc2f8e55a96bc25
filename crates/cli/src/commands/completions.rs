//! `keyward completions`: what a shell needs to complete our commands.

use std::io::{self, Write};

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::{arguments::Arguments, failure::Failure};

/// Print a shell's completions
#[derive(Debug, Args)]
pub struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    pub fn run(self) -> Result<u8, Failure> {
        // Into memory first: the generator panics where it can't write.
        let mut text = Vec::new();
        clap_complete::generate(self.shell, &mut Arguments::command(), "keyward", &mut text);
        io::stdout()
            .write_all(&text)
            .map_err(|error| Failure::io("write", "standard output", &error))?;
        Ok(0)
    }
}
