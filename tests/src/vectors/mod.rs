//! Vectors that others published, run from a folder where they lie: they are no part of the project.
//!
//! A suite takes the folder and gives a row for each case; one whose file isn't there gives none.

mod esdk;
mod merkle;

use std::{fs, io, path::Path};

/// A case's id, and what went otherwise than its file says.
pub type Row = (String, Result<(), String>);

/// A suite of vectors.
pub struct Suite {
    /// The name of its folder.
    pub name: &'static str,
    run: fn(&Path) -> io::Result<Vec<Row>>,
}

/// Every suite. To add one, add its module and its line here.
pub const SUITES: &[Suite] =
    &[Suite { name: "esdk", run: esdk::run }, Suite { name: "merkle", run: merkle::run }];

impl Suite {
    /// Runs the suite on a folder laid out like the published one.
    ///
    /// # Errors
    /// Where the suite's files are there and can't be read.
    pub fn run(&self, folder: &Path) -> io::Result<Vec<Row>> {
        (self.run)(folder)
    }
}

/// The lines of a JSON lines file, parsed; none where there is no such file.
fn json_lines<T: serde::de::DeserializeOwned>(path: &Path) -> io::Result<Vec<T>> {
    let text = match fs::read_to_string(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        text => text?,
    };
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    lines.map(|line| serde_json::from_str(line).map_err(io::Error::other)).collect()
}
