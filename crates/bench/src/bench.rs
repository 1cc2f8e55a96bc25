//! One run: which rows are wanted, what they gave, and whether that is enough.

use std::path::PathBuf;

use tokio::runtime::Runtime;

use crate::error::BenchError;

/// A measurement, and what it stands beside.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Row {
    /// Names it, on the command line as well.
    pub name: String,
    /// Ours.
    pub value: f64,
    /// What both values count.
    pub unit: &'static str,
    /// What ours stands beside.
    pub beside: String,
    /// The other's.
    pub beside_value: f64,
    /// Ours in terms of the other's; above 1 is better, whatever the unit.
    pub ratio: f64,
    /// The least ratio that is enough. 0 where nothing is demanded.
    pub at_least: f64,
}

impl Row {
    /// A row of rates: more is better.
    pub fn rate(name: &str, unit: &'static str, beside: &str, [ours, other]: [f64; 2]) -> Self {
        let (name, beside) = (name.to_owned(), beside.to_owned());
        let ratio = ours / other;
        Self { name, value: ours, unit, beside, beside_value: other, ratio, at_least: 0.0 }
    }

    /// A row of costs: less is better.
    pub fn cost(name: &str, unit: &'static str, beside: &str, [ours, other]: [f64; 2]) -> Self {
        Self { ratio: other / ours, ..Self::rate(name, unit, beside, [ours, other]) }
    }

    /// What is demanded of it.
    pub fn at_least(self, ratio: f64) -> Self {
        Self { at_least: ratio, ..self }
    }

    fn is_enough(&self) -> bool {
        // A ratio that is no number is not enough.
        self.at_least == 0.0 || self.ratio >= self.at_least
    }
}

/// A run.
pub struct Bench {
    /// Small sizes and few rounds.
    pub quick: bool,
    /// Where what waits runs.
    pub runtime: Runtime,
    /// The large workspace to measure the desktop console on, if not its own.
    pub workspace: Option<PathBuf>,
    wanted: Option<String>,
    rows: Vec<Row>,
    skipped: Vec<(String, String)>,
}

impl Bench {
    /// A run of the rows whose name starts with `wanted`, or of all.
    pub fn new(wanted: Option<String>, quick: bool, runtime: Runtime) -> Self {
        Self { quick, runtime, workspace: None, wanted, rows: Vec::new(), skipped: Vec::new() }
    }

    /// Whether a row, or a group of rows by the start of their names, is part of this run.
    pub fn wants(&self, name: &str) -> bool {
        self.wanted.as_ref().is_none_or(|wanted| name.starts_with(wanted.as_str()))
    }

    /// Whether any row of a group is part of this run: `file` is asked for by `file-encrypt` too.
    pub fn wants_group(&self, group: &str) -> bool {
        self.wants(group) || self.wanted.as_ref().is_some_and(|wanted| wanted.starts_with(group))
    }

    /// What was asked for by name.
    pub fn wanted(&self) -> Option<&str> {
        self.wanted.as_deref()
    }

    /// One of two sizes.
    pub fn size<T>(&self, of_record: T, quick: T) -> T {
        if self.quick { quick } else { of_record }
    }

    /// Takes a row, and prints it at once: the run takes minutes.
    pub fn row(&mut self, row: Row) {
        if !self.wants(&row.name) {
            return;
        }
        if self.rows.is_empty() {
            println!(
                "{:<28} {:>12} {:<8} {:<40} {:>12} {:>7} {:>8}",
                "what", "value", "unit", "beside", "its value", "ratio", "at least"
            );
        }
        let demanded = match row.at_least {
            0.0 => "-".to_owned(),
            least => format!("{least:.2}"),
        };
        println!(
            "{:<28} {:>12} {:<8} {:<40} {:>12} {:>7.2} {:>8}{}",
            row.name,
            figure(row.value),
            row.unit,
            row.beside,
            figure(row.beside_value),
            row.ratio,
            demanded,
            if row.is_enough() { "" } else { "  short" },
        );
        self.rows.push(row);
    }

    /// Leaves a row out, by name and with the reason.
    pub fn skip(&mut self, name: &str, reason: &str) {
        if self.wants(name) {
            self.skipped.push((name.to_owned(), reason.to_owned()));
        }
    }

    /// The rows as a JSON list.
    pub fn json(&self) -> Result<String, BenchError> {
        Ok(serde_json::to_string_pretty(&self.rows)? + "\n")
    }

    /// Says what was left out and what falls short, and whether the run succeeded.
    pub fn conclude(&self) -> bool {
        for (name, reason) in &self.skipped {
            println!("skipped: {name} ({reason})");
        }
        for row in self.rows.iter().filter(|row| !row.is_enough()) {
            println!("short: {} is {:.2}, and must be {:.2}", row.name, row.ratio, row.at_least);
        }
        if self.quick {
            println!("--quick: these are no figures of record");
        }
        self.rows.iter().all(Row::is_enough)
    }
}

/// Where files of a measurement lie: in memory where the system has such a folder, since a disk would
/// only measure itself.
pub fn memory_folder() -> PathBuf {
    let shared = PathBuf::from("/dev/shm");
    if shared.is_dir() { shared } else { std::env::temp_dir() }
}

/// A figure with about four digits.
fn figure(value: f64) -> String {
    match value.abs() {
        1000.0.. => format!("{value:.0}"),
        100.0.. => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bench(wanted: Option<&str>) -> Bench {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        Bench::new(wanted.map(String::from), true, runtime)
    }

    #[test]
    fn rows_are_chosen_by_the_start_of_their_names() {
        assert!(bench(None).wants("file-encrypt"));
        assert!(bench(Some("file")).wants("file-encrypt"));
        assert!(!bench(Some("file-d")).wants("file-encrypt"));
        assert!(bench(Some("file-d")).wants_group("file"));
        assert!(!bench(Some("rewrap")).wants_group("file"));
    }

    #[test]
    fn a_run_fails_with_a_row_that_falls_short() {
        let mut run = bench(None);
        run.row(Row::rate("a", "MB/s", "b", [2.0, 1.0]).at_least(1.0));
        run.row(Row::cost("c", "MiB", "d", [64.0, 32.0]));
        assert!(run.conclude(), "nothing is demanded of `c`");
        run.row(Row::rate("e", "MB/s", "f", [0.0, 0.0]).at_least(1.0));
        assert!(!run.conclude(), "no number is not enough");
    }

    #[test]
    fn json_has_the_promised_fields() {
        let mut run = bench(None);
        run.row(Row::cost("a", "MiB", "b", [32.0, 64.0]).at_least(1.0));
        let json: serde_json::Value = serde_json::from_str(&run.json().unwrap()).unwrap();
        assert_eq!(
            json,
            serde_json::json!([{ "name": "a", "value": 32.0, "unit": "MiB", "beside": "b",
                "beside_value": 64.0, "ratio": 2.0, "at_least": 1.0 }])
        );
    }
}
