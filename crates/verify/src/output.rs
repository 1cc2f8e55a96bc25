//! What is printed: for people a few lines, with `--json` one document. Both go to standard output.

use std::fmt::{self, Display};

use keyward_ledger::Checkpoint;
use keyward_verify::{BundleReport, CheckpointsReport, Cosigned, ProofReport, VerifyError};
use serde::Serialize;

/// Something that was verified.
#[derive(Serialize)]
#[serde(untagged)]
pub enum Report {
    /// A folder.
    Bundle(Box<BundleReport>),
    /// A record's proof.
    Proof(Box<ProofReport>),
    /// Two checkpoints.
    Checkpoints(Box<CheckpointsReport>),
}

/// A document: whether it holds, and what was found.
#[derive(Serialize)]
struct Document<T> {
    verified: bool,
    #[serde(flatten)]
    found: T,
}

/// Why it doesn't hold.
#[derive(Serialize)]
struct Doubt {
    code: &'static str,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    record: Option<u64>,
}

/// How many clock steps are shown to people.
const SHOWN_STEPS: usize = 5;

impl Report {
    /// The whole output.
    pub fn render(&self, json: bool) -> String {
        if json { document(true, self) } else { self.to_string() }
    }
}

/// The output for what isn't verified.
pub fn render_error(error: &VerifyError, json: bool) -> String {
    let message = error.to_string();
    if json {
        let code = error.code().as_str();
        return document(false, Doubt { code, message, record: error.record() });
    }
    let word = if error.status() == 2 { "error" } else { "NOT VERIFIED" };
    format!("{word}: {}\n", plain(&message))
}

/// The output for a wrong command line, with `--json`.
pub fn render_usage(message: &str) -> String {
    let code = keyward_core::Code::InvalidInput.as_str();
    document(false, Doubt { code, message: message.into(), record: None })
}

fn document(verified: bool, found: impl Serialize) -> String {
    // INVARIANT: these types have string keys and nothing that can't be written.
    let text = serde_json::to_string_pretty(&Document { verified, found }).unwrap_or_default();
    text + "\n"
}

/// Text from a file, without what would steer a terminal.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

impl Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bundle(report) => bundle(report, f),
            Self::Proof(report) => proof(report, f),
            Self::Checkpoints(report) => checkpoints(report, f),
        }
    }
}

fn bundle(report: &BundleReport, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let size = report.checkpoint.size;
    writeln!(f, "verified: all {size} records of `{}`", report.checkpoint.origin)?;
    writeln!(f, "  root         {}", report.checkpoint.root)?;
    writeln!(f, "  signed by    {}", report.key)?;
    if report.key_from_folder {
        writeln!(
            f,
            "               this key came from the folder itself: compare it with one from elsewhere,\n\
             \x20              or give that with --key; until then nothing is known of who signed"
        )?;
    }
    cosigned(&report.cosigned, f)?;
    writeln!(f, "  read         {} records, {} hash tiles", report.records, report.tiles)?;
    if let Some(first) = report.first_archived {
        writeln!(
            f,
            "  not here     {} records, the first of them {first}: only their hashes were verified,\n\
             \x20              their texts are archived elsewhere or were left out",
            report.archived
        )?;
    }
    if let Some(time) = report.last_time {
        writeln!(f, "  last record  {time}")?;
    }
    for step in report.clock_steps.iter().take(SHOWN_STEPS) {
        writeln!(
            f,
            "  clock        set back before record {}: {} to {}",
            step.seq, step.before, step.time
        )?;
    }
    if report.clock_steps_in_all > SHOWN_STEPS as u64 {
        writeln!(f, "               {} times in all", report.clock_steps_in_all)?;
    }
    if let Some(earlier) = &report.continues {
        writeln!(f, "  continues    the older checkpoint over {} records", earlier.size)?;
    }
    Ok(())
}

fn proof(report: &ProofReport, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let Checkpoint { origin, size, root } = &report.checkpoint;
    writeln!(f, "verified: record {} is among the {size} records of `{origin}`", report.index)?;
    writeln!(f, "  record       {}", plain(&report.record))?;
    writeln!(f, "  root         {root}")?;
    writeln!(f, "  signed by    {}", report.key)?;
    cosigned(&report.cosigned, f)
}

fn checkpoints(report: &CheckpointsReport, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let (old, new) = (&report.old, &report.new);
    writeln!(f, "verified: both checkpoints are of one history of `{}`", new.origin)?;
    writeln!(f, "  older        {} records, root {}", old.size, old.root)?;
    writeln!(f, "  newer        {} records, root {}", new.size, new.root)?;
    writeln!(f, "  signed by    {}", report.key)?;
    cosigned(&report.cosigned, f)
}

fn cosigned(cosigned: &[Cosigned], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for Cosigned { witness, time, key_from_folder } in cosigned {
        write!(f, "  cosigned by  {witness} at {time}")?;
        f.write_str(if *key_from_folder { " (key from the folder)\n" } else { "\n" })?;
    }
    Ok(())
}
