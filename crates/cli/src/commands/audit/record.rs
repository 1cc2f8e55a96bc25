//! Records as they are printed.

use keyward_ledger::Record;
use serde_json::Value;

use crate::{
    failure::Failure,
    render::{table::table, time},
};

const HEADER: [&str; 7] = ["seq", "time", "actor", "role", "action", "outcome", "about"];

/// A record as it stands in the log.
pub fn value(record: &Record) -> Result<Value, Failure> {
    let text = record.to_canonical().map_err(Failure::unexpected)?;
    serde_json::from_str(&text).map_err(Failure::unexpected)
}

/// Records, a line each, under a header.
pub fn records_table(records: &[Record]) -> String {
    table(&HEADER, records.iter().map(cells).collect(), "no records")
}

/// How it ended.
pub fn ended(record: &Record) -> String {
    match &record.code {
        Some(code) => format!("{} ({code})", record.outcome.as_str()),
        None => record.outcome.as_str().to_owned(),
    }
}

/// What it was about.
pub fn about(record: &Record) -> String {
    match (&record.key, &record.tenant) {
        (Some(key), _) => key.to_string(),
        (None, Some(tenant)) => tenant.to_string(),
        (None, None) => String::new(),
    }
}

fn cells(record: &Record) -> Vec<String> {
    vec![
        record.seq.to_string(),
        time(record.time),
        record.actor.to_string(),
        record.role.to_string(),
        record.action.as_str().to_owned(),
        ended(record),
        about(record),
    ]
}
