//! The log's records as lines: CSV, OCSF, or the records themselves.

use std::{
    io::{self, Write},
    str::FromStr,
};

use keyward_ledger::Action;
use keyward_siem::{LoggedRecord, SiemError, Source, csv::CsvWriter, ocsf};
use keyward_store::tables::audit_pages;

use crate::audit_query::checked;
use crate::{AuditFilter, AuditStart, Engine, EngineError, OperationContext, operation::Entry};

/// Records read at once.
const PAGE: u32 = 1000;

/// What the lines are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ExportFormat {
    /// Comma-separated values with a header (RFC 4180), for spreadsheets.
    Csv,
    /// An OCSF 1.5.0 event a line, for a SIEM or a data lake.
    Ocsf,
    /// A record's canonical JSON a line: the bytes that are a leaf of the tree.
    Jsonl,
}

/// What was written.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub struct ExportedLines {
    /// How.
    pub format: ExportFormat,
    /// How many records.
    pub records: u64,
}

impl ExportFormat {
    /// Its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Ocsf => "ocsf",
            Self::Jsonl => "jsonl",
        }
    }
}

impl FromStr for ExportFormat {
    type Err = EngineError;

    fn from_str(text: &str) -> Result<Self, EngineError> {
        [Self::Csv, Self::Ocsf, Self::Jsonl]
            .into_iter()
            .find(|format| format.as_str() == text)
            .ok_or_else(|| {
                let why = format!("there is no format `{text}`; there are csv, ocsf and jsonl");
                EngineError::InvalidInput(why)
            })
    }
}

impl Engine {
    /// Writes the records that pass the filter, oldest first, as lines. That it was done is recorded
    /// before the first line is written. Archived records are left out, unless their day was fetched.
    ///
    /// Lines are copies and prove nothing by themselves; CSV has no hashes, the others name each record's.
    ///
    /// # Errors
    /// [`EngineError::NotAuthorised`]; [`EngineError::Siem`] where a row isn't a record;
    /// [`EngineError::Io`] of the writer.
    pub async fn audit_export_lines<W: Write + Send>(
        &self,
        context: &OperationContext,
        filter: &AuditFilter,
        format: ExportFormat,
        out: W,
    ) -> Result<ExportedLines, EngineError> {
        let entry = Entry {
            tenant: filter.tenant.clone(),
            ..Entry::new(Action::AuditExport).with("format", format.as_str())
        };
        self.guard(context, entry.clone(), async {
            self.may_export_all(context)?;
            let filter = checked(filter.clone())?;
            let mut reader = self.store.snapshot().await?;
            self.record(context, entry).await?;
            let mut lines = Lines::new(format, Source::new(self.log_origin()), out)?;
            let (mut records, mut start) = (0, AuditStart::Oldest);
            loop {
                let page = audit_pages::page(&mut reader, &filter, start, PAGE).await?;
                for row in &page {
                    lines.write(&row.body)?;
                }
                records += page.len() as u64;
                match page.last().filter(|_| page.len() == PAGE as usize) {
                    Some(last) => start = AuditStart::After(last.seq),
                    None => break,
                }
            }
            lines.finish()?;
            Ok(ExportedLines { format, records })
        })
        .await
    }

    fn log_origin(&self) -> keyward_ledger::Origin {
        self.verifier_key().name().clone()
    }
}

/// Writes lines of one format.
enum Lines<W: Write> {
    Csv(Box<CsvWriter<W>>),
    Ocsf(Box<Source>, W),
    Jsonl(W),
}

impl<W: Write> Lines<W> {
    fn new(format: ExportFormat, source: Source, out: W) -> Result<Self, EngineError> {
        Ok(match format {
            ExportFormat::Csv => Self::Csv(Box::new(CsvWriter::new(out).map_err(failed)?)),
            ExportFormat::Ocsf => Self::Ocsf(Box::new(source), out),
            ExportFormat::Jsonl => Self::Jsonl(out),
        })
    }

    fn write(&mut self, body: &str) -> Result<(), EngineError> {
        match self {
            Self::Csv(rows) => rows.write(&LoggedRecord::parse(body)?.record).map_err(failed),
            Self::Ocsf(source, out) => {
                let event = ocsf::event(&LoggedRecord::parse(body)?, source);
                writeln!(out, "{event}").map_err(EngineError::io(OUT))
            }
            Self::Jsonl(out) => writeln!(out, "{body}").map_err(EngineError::io(OUT)),
        }
    }

    fn finish(self) -> Result<(), EngineError> {
        let mut out = match self {
            Self::Csv(rows) => rows.finish().map_err(failed)?,
            Self::Ocsf(_, out) | Self::Jsonl(out) => out,
        };
        out.flush().map_err(EngineError::io(OUT))
    }
}

/// What can't be written to.
const OUT: &str = "the export";

/// A writer's failure is told as such, whatever format it was in.
fn failed(error: SiemError) -> EngineError {
    match error {
        SiemError::Csv(error) if error.is_io_error() => {
            EngineError::io(OUT)(io::Error::from(error))
        }
        error => error.into(),
    }
}
