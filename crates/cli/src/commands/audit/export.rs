//! `keyward audit export`: the log as a folder that anybody verifies, or records as lines.

use std::{
    io::{self, BufWriter},
    path::{Path, PathBuf},
};

use clap::{Args, ValueEnum};
use keyward_engine::{AuditFilter, ExportFormat, ExportRange, ExportedLines};

use super::{filters::Filters, out};
use crate::{failure::Failure, render::size, session::Session};

/// What to write, and where.
#[derive(Debug, Args)]
pub struct Export {
    /// The folder to make; of a format of lines the file to make, else standard output
    path: Option<PathBuf>,
    /// What to write
    #[arg(long, value_enum, default_value_t = Format::Tiles)]
    format: Format,
    #[command(flatten)]
    filters: Filters,
}

/// What an export is.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// A folder with all hashes and, within the times, the records: `keyward-verify` checks it
    Tiles,
    /// Comma-separated values, for spreadsheets
    Csv,
    /// An OCSF 1.5 event a line
    Ocsf,
    /// A record's JSON a line
    Jsonl,
}

impl Export {
    pub async fn run(self, session: &Session) -> Result<u8, Failure> {
        let format = match self.format {
            Format::Tiles => return self.folder(session).await,
            Format::Csv => ExportFormat::Csv,
            Format::Ocsf => ExportFormat::Ocsf,
            Format::Jsonl => ExportFormat::Jsonl,
        };
        let filter = self.filters.filter(None);
        match self.path.filter(|path| path != Path::new("-")) {
            Some(path) => {
                let exported = to_file(session, &filter, format, &path).await?;
                let document = serde_json::json!({
                    "file": path, "format": exported.format, "records": exported.records,
                });
                session.output.print(&document, |_| {
                    format!(
                        "exported {} to {}",
                        size::count(exported.records, "record"),
                        path.display()
                    )
                })
            }
            None => {
                let context = session.officer()?;
                let out = BufWriter::new(io::stdout());
                session.workspace.engine.audit_export_lines(&context, &filter, format, out).await?;
                Ok(0)
            }
        }
    }

    async fn folder(self, session: &Session) -> Result<u8, Failure> {
        let Some(folder) = self.path else {
            return Err(Failure::usage("name the folder to make, or a --format of lines"));
        };
        let Some(times) = self.filters.only_times() else {
            let why = "a folder that verifies has all hashes and takes --since and --until alone; \
                       for others, choose a --format of lines";
            return Err(Failure::usage(why));
        };
        let range = ExportRange { since: times.since, until: times.until };
        let context = session.officer()?;
        let exported = session.workspace.engine.audit_export(&context, &folder, range).await?;
        session.output.print(&exported, |exported| {
            let mut text = format!(
                "exported {} to {}",
                size::count(exported.records, "record"),
                exported.folder.display()
            );
            if exported.bodies < exported.records {
                let left_out = size::count(exported.records - exported.bodies, "record");
                text += &format!("\nof {left_out} only the hashes: see archived.json");
            }
            text
        })
    }
}

/// Records into a new file, which is there whole or not at all.
async fn to_file(
    session: &Session,
    filter: &AuditFilter,
    format: ExportFormat,
    path: &Path,
) -> Result<ExportedLines, Failure> {
    let context = session.officer()?;
    let held = out::hold(path)?;
    let file = held.reopen().map_err(|error| Failure::io("write", path.display(), &error))?;
    let engine = &session.workspace.engine;
    let exported =
        engine.audit_export_lines(&context, filter, format, BufWriter::new(file)).await?;
    out::persist(held, path)?;
    Ok(exported)
}
