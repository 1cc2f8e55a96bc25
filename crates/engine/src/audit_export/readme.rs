//! The texts in the folder: how to verify it, its keys, and what was left out.

use std::fmt;

use chrono::NaiveDate;
use keyward_ledger::VerifierKey;
use serde_json::json;

use super::folder::Written;

const TEMPLATE: &str = include_str!("README.md");

/// What the texts tell.
pub(super) struct Readme<'a> {
    pub(super) key: &'a VerifierKey,
    pub(super) size: u64,
    pub(super) written: &'a Written,
    pub(super) date: NaiveDate,
}

impl Readme<'_> {
    /// `keys`: the log's verifier key.
    pub(super) fn keys(&self) -> String {
        format!(
            "# The log's verifier key. Compare it with one that came from elsewhere.\n{}\n",
            self.key
        )
    }

    /// `archived.json`: which records aren't here.
    pub(super) fn archived(&self) -> String {
        let days = self.written.archived.iter();
        let days: Vec<_> = days
            .map(|day| json!({"day": day.day, "first": day.first, "records": day.records}))
            .collect();
        let left_out = self.written.left_out.iter();
        let left_out: Vec<_> =
            left_out.map(|run| json!({"first": run.start, "end": run.end})).collect();
        let document = json!({"archived_days": days, "left_out": left_out});
        format!("{document:#}\n")
    }

    /// What is missing, in words.
    fn left_out(&self) -> String {
        if self.written.left_out.is_empty() {
            return "Every record is here.".into();
        }
        let left_out: u64 = self.written.left_out.iter().map(|run| run.end - run.start).sum();
        let mut text = format!(
            "{left_out} records are not here, and their hashes are: the rest verifies as well without \
             them, and they can't have been changed since. `archived.json` lists them."
        );
        if !self.written.archived.is_empty() {
            let days: Vec<_> =
                self.written.archived.iter().map(|day| format!("`{}`", day.day)).collect();
            text += &format!(
                " These days are archived: {}. Bundles of 256 records that reach into one are left out \
                 whole. Where you need them, ask for `keyward audit fetch DAY` and another export.",
                days.join(", ")
            );
        }
        text
    }
}

impl fmt::Display for Readme<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = TEMPLATE
            .replace("{left_out}", &self.left_out())
            .replace("{version}", env!("CARGO_PKG_VERSION"))
            .replace("{date}", &self.date.to_string())
            .replace("{size}", &self.size.to_string())
            .replace("{origin}", self.key.name().as_str())
            .replace("{key}", &self.key.to_string());
        f.write_str(&text)
    }
}
