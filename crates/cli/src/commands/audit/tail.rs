//! `keyward audit tail`: the newest records, and those that come.

use std::{
    io::{self, Write},
    time::Duration,
};

use clap::Args;
use keyward_engine::{AuditFilter, AuditStart};
use keyward_ledger::Record;

use super::{filters::Filters, record};
use crate::{failure::Failure, session::Session};

/// How long one question waits. A signal ends the process at any moment.
const WAIT: Duration = Duration::from_secs(60);

/// The last records, and how to follow.
#[derive(Debug, Args)]
pub struct Tail {
    /// So many of the newest records first
    #[arg(short = 'n', long, value_name = "COUNT", default_value_t = 10)]
    lines: u32,
    /// Go on with records as they come, of any process, until interrupted
    #[arg(short, long)]
    follow: bool,
    #[command(flatten)]
    filters: Filters,
}

impl Tail {
    /// Prints one table or document; what follows comes record by record, with `--json` a line of JSON each,
    /// since what goes on for ever is no one document.
    pub async fn run(self, session: &Session) -> Result<u8, Failure> {
        let engine = &session.workspace.engine;
        let context = session.officer()?;
        let filter = self.filters.filter(None);
        // Before the page is read: what is written meanwhile comes with it, or with the next question.
        let everything = AuditFilter::default();
        let newest = engine.audit_query(&context, &everything, AuditStart::Newest, 1).await?;
        let mut after = newest.records.first().map(|record| record.seq);
        let mut records = Vec::new();
        if self.lines > 0 {
            let lines = self.lines.min(1000);
            let page = engine.audit_query(&context, &filter, AuditStart::Newest, lines).await?;
            records = page.records;
            records.reverse();
        }
        if !self.follow {
            let list = records.iter().map(record::value).collect::<Result<Vec<_>, _>>()?;
            let document = serde_json::json!({ "records": list });
            return session.output.print(&document, |_| record::records_table(&records));
        }
        if !records.is_empty() {
            print(session, &records, true)?;
        }
        after = after.max(records.last().map(|record| record.seq));
        loop {
            let page = engine.audit_tail(&context, &filter, after, 1000, WAIT).await?;
            after = page.next;
            if !page.records.is_empty() {
                print(session, &page.records, false)?;
            }
        }
    }
}

/// Prints records at once: a reader of a pipe waits for them.
fn print(session: &Session, records: &[Record], header: bool) -> Result<(), Failure> {
    let mut text = String::new();
    if session.output.json {
        for record in records {
            text += &record::value(record)?.to_string();
            text.push('\n');
        }
    } else if header {
        text = record::records_table(records);
    } else {
        text = record::records_table(records)
            .lines()
            .skip(1)
            .fold(text, |text, line| text + line + "\n");
    }
    let mut stdout = io::stdout().lock();
    stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
        .map_err(|error| Failure::io("write", "standard output", &error))
}
