//! What commands share in printing: tables, sizes, times, progress.

pub mod progress;
pub mod size;
pub mod table;

use chrono::{DateTime, SecondsFormat, Utc};

/// A time to the second, in UTC.
pub fn time(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}
