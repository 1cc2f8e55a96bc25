//! What it takes to keep a checkpoint.

use chrono::{DateTime, Utc};
use keyward_ledger::Origin;

use crate::WitnessError;

/// A kept checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The signed note, as it lies there: nobody's word until it is verified.
    pub note: String,
    /// When it was put there, as far as the place knows.
    pub at: Option<DateTime<Utc>>,
}

/// A place outside the database that keeps one checkpoint of each log. Its calls block.
pub trait Place: Send + Sync {
    /// For people: `the OS keyring`, ``folder `/mnt/audit` ``.
    fn name(&self) -> String;

    /// The checkpoint of this log; `None` where none is kept.
    ///
    /// # Errors
    /// [`WitnessError`] where the place can't be reached.
    fn load(&self, origin: &Origin) -> Result<Option<Kept>, WitnessError>;

    /// Keeps a note in place of `expected`, durably, and only if that is what is there: `false` where it
    /// isn't, and nothing has changed. So of two processes neither puts an older one over a newer.
    ///
    /// # Errors
    /// [`WitnessError`] where the place can't be reached.
    fn swap(
        &self,
        origin: &Origin,
        expected: Option<&str>,
        note: &str,
        at: DateTime<Utc>,
    ) -> Result<bool, WitnessError>;
}
