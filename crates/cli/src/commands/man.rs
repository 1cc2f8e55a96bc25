//! `keyward man`: the manual pages.

use std::path::PathBuf;

use clap::{Args, CommandFactory};

use crate::{arguments::Arguments, failure::Failure, output::Output, render::size};

/// Write the manual pages into a folder
#[derive(Debug, Args)]
pub struct Man {
    /// The folder, made where it isn't there
    folder: PathBuf,
}

#[derive(serde::Serialize)]
struct Written {
    folder: PathBuf,
    pages: u64,
}

impl Man {
    pub fn run(self, output: Output) -> Result<u8, Failure> {
        let io = |error| Failure::io("write", self.folder.display(), &error);
        std::fs::create_dir_all(&self.folder).map_err(io)?;
        clap_mangen::generate_to(Arguments::command(), &self.folder).map_err(io)?;
        let mut pages = 0;
        for entry in std::fs::read_dir(&self.folder).map_err(io)? {
            let name = entry.map_err(io)?.file_name();
            pages += u64::from(name.to_string_lossy().starts_with("keyward"));
        }
        output.print(&Written { folder: self.folder.clone(), pages }, |written| {
            format!("wrote {} to {}", size::count(written.pages, "page"), written.folder.display())
        })
    }
}
