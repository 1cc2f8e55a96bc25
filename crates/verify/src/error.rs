//! Why something isn't verified: one enum, with what to do next in each message.

use keyward_core::Code;
use keyward_ledger::LedgerError;

/// Why a folder, proof or checkpoint isn't verified.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// A file or folder that was named isn't there.
    #[error("there is no `{path}`; check the path")]
    NotFound {
        /// The path as given.
        path: String,
    },
    /// A proof file without its record.
    #[error("`{path}` does not hold the record; bring it with --record FILE")]
    NoRecord {
        /// The proof file.
        path: String,
    },
    /// No verifier key was given, and the folder brings none.
    #[error(
        "no --key is given and the folder has no `keys`; ask the log's operator for its verifier key"
    )]
    NoKey,
    /// A file can't be read.
    #[error("can't read `{path}`: {source}; what it holds is not verified")]
    Io {
        /// The file.
        path: String,
        /// Why not.
        source: std::io::Error,
    },
    /// Something else than a file is in a file's place.
    #[error("`{path}` is not a file; fetch the folder again")]
    NotFile {
        /// The path.
        path: String,
    },
    /// The folder lacks a file.
    #[error(
        "`{path}` is missing from the folder; fetch it again, and if it stays so, ask where it is"
    )]
    Missing {
        /// The file's path in the folder.
        path: String,
    },
    /// A file is longer than it can be.
    #[error(
        "`{path}` is longer than the {limit} bytes that it can have: it was altered; fetch it again"
    )]
    TooLong {
        /// The file.
        path: String,
        /// The most that it can have.
        limit: usize,
    },
    /// A file that should be text isn't UTF-8.
    #[error("`{path}` is not text: byte {at} is not UTF-8; fetch it again")]
    NotText {
        /// The file.
        path: String,
        /// The first wrong byte.
        at: usize,
    },
    /// A line of the folder's keys is none.
    #[error(
        "line {line} of `{path}` is neither a log's nor a witness's verifier key; bring the key with --key"
    )]
    InvalidKeys {
        /// The file.
        path: String,
        /// The line, from 1.
        line: usize,
    },
    /// A bundle holds more or fewer records than its tile has hashes.
    #[error(
        "`{path}` holds {found} records where {expected} belong: records from {first} on were cut or added; fetch it again, and if it stays so, keep it as evidence"
    )]
    BundleLength {
        /// The bundle's path in the folder.
        path: String,
        /// The first record that is missing or too many.
        first: u64,
        /// How many records belong there.
        expected: usize,
        /// How many there are.
        found: usize,
    },
    /// Records aren't in the folder that was to be complete.
    #[error(
        "{records} records from {first} on are not in the folder, only their hashes; have them fetched from the archive and exported again, or leave --complete out"
    )]
    Incomplete {
        /// How many.
        records: u64,
        /// The first.
        first: u64,
    },
    /// A consistency proof starts at another size than the older checkpoint's.
    #[error(
        "the proof starts at {found} records and the older checkpoint has {expected}; ask for the proof from {expected}"
    )]
    OtherStart {
        /// The older checkpoint's size.
        expected: u64,
        /// Where the proof starts.
        found: u64,
    },
    /// A file doesn't hold what it should.
    #[error("`{path}`: {cause}")]
    In {
        /// The file.
        path: String,
        /// What is wrong with it.
        cause: LedgerError,
    },
    /// The log doesn't verify.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl VerifyError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::NotFound { .. } | Self::NoRecord { .. } | Self::NoKey => Code::InvalidInput,
            _ => Code::LogNotVerified,
        }
    }

    /// The first record that the failure is about, where it is about one.
    #[must_use]
    pub fn record(&self) -> Option<u64> {
        match self {
            Self::BundleLength { first, .. } | Self::Incomplete { first, .. } => Some(*first),
            Self::In { cause, .. } | Self::Ledger(cause) => cause.seq(),
            _ => None,
        }
    }

    /// The process's exit status: 2 where the command line is at fault, 1 for any doubt.
    #[must_use]
    pub fn status(&self) -> u8 {
        if self.code() == Code::InvalidInput { 2 } else { 1 }
    }
}
