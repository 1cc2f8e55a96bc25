//! How a command fails.

use std::{fmt, io, path::PathBuf};

/// Why a command failed.
#[derive(Debug)]
pub enum Error {
    /// The arguments make no sense.
    Usage(String),
    /// A file or folder can't be read or written.
    File { path: PathBuf, source: io::Error },
    /// A program can't be started.
    Start { program: String, source: io::Error },
    /// A program ended with a failure; it has said why itself.
    Failed { command: String, status: Option<i32> },
    /// A program's output isn't what it should be.
    Output { command: String, what: &'static str },
    /// System packages are missing and can't be installed from here.
    Packages { line: String },
    /// Node is missing or too old for the console's pages.
    Node { found: Option<String> },
    /// No skip is allowed, and something the tests need can't be had.
    NotReady { what: String, reason: String },
    /// Tests failed.
    Tests { failed: usize },
    /// Tests were skipped where none may be.
    Skipped { count: usize },
    /// Checks of `tidy` failed.
    Checks { failed: usize },
    /// There are no fuzz targets of that name.
    NoTarget { name: String, targets: Vec<String> },
    /// The app's icon can't be drawn.
    #[cfg(feature = "icons")]
    Drawing { reason: String },
}

impl Error {
    /// The exit status: 2 for wrong arguments, 1 for everything else.
    pub fn status(&self) -> u8 {
        if matches!(self, Self::Usage(_)) { 2 } else { 1 }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(what) => f.write_str(what),
            Self::File { path, source } => write!(f, "`{}`: {source}", path.display()),
            Self::Start { program, source } => {
                write!(f, "`{program}` can't be started: {source}; is it installed?")
            }
            Self::Failed { command, status: Some(status) } => {
                write!(f, "`{command}` failed with status {status}")
            }
            Self::Failed { command, status: None } => {
                write!(f, "`{command}` was ended by a signal")
            }
            Self::Output { command, what } => {
                write!(f, "the output of `{command}` {what}")
            }
            Self::Packages { line } => {
                write!(
                    f,
                    "system packages are missing; install them, then run this again:\n\n    {line}\n"
                )
            }
            Self::Node { found } => {
                let found = found.as_deref().unwrap_or("none");
                write!(
                    f,
                    "the console's pages are built with Node 20.19 or newer and npm, and there is {found}; \
                     get it from https://nodejs.org or your system's packages"
                )
            }
            Self::NotReady { what, reason } => {
                write!(f, "{what} can't be set up ({reason}), and KEYWARD_NO_SKIP allows no skip")
            }
            Self::Tests { failed } => write!(f, "{failed} tests failed"),
            Self::Skipped { count } => {
                write!(f, "{count} tests were skipped, and KEYWARD_NO_SKIP allows none")
            }
            Self::Checks { failed } => write!(f, "{failed} checks failed; see above"),
            Self::NoTarget { name, targets } => {
                write!(f, "`{name}` is no fuzz target; there are {}", targets.join(", "))
            }
            #[cfg(feature = "icons")]
            Self::Drawing { reason } => write!(f, "the icon can't be drawn: {reason}"),
        }
    }
}
