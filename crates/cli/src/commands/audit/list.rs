//! `keyward audit list` and `keyward audit search`: records, page by page.

use clap::Args;
use keyward_engine::{AuditFilter, AuditStart};
use keyward_ledger::Record;
use serde_json::Value;

use super::{filters::Filters, record};
use crate::{failure::Failure, session::Session};

/// Which records, from where, and how many.
#[derive(Debug, Args)]
pub struct List {
    #[command(flatten)]
    filters: Filters,
    #[command(flatten)]
    page: Page,
}

/// Which words, in which records.
#[derive(Debug, Args)]
pub struct Search {
    /// Words that a record has all of; the end of one may be left open: `invoic*`
    #[arg(required = true, value_name = "WORD")]
    words: Vec<String>,
    #[command(flatten)]
    filters: Filters,
    #[command(flatten)]
    page: Page,
}

/// From where, and how many.
#[derive(Debug, Args)]
struct Page {
    /// Oldest first
    #[arg(long)]
    oldest: bool,
    /// Before this sequence number, newest first
    #[arg(long, value_name = "SEQ", conflicts_with_all = ["after", "oldest"])]
    before: Option<u64>,
    /// After this sequence number, oldest first
    #[arg(long, value_name = "SEQ")]
    after: Option<u64>,
    /// At most so many
    #[arg(long, value_name = "COUNT", default_value_t = 50)]
    limit: u64,
}

impl List {
    pub async fn run(self, session: &Session) -> Result<u8, Failure> {
        self.page.print(session, &self.filters.filter(None)).await
    }
}

impl Search {
    pub async fn run(self, session: &Session) -> Result<u8, Failure> {
        let words = self.words.join(" ");
        self.page.print(session, &self.filters.filter(Some(words))).await
    }
}

impl Page {
    async fn print(&self, session: &Session, filter: &AuditFilter) -> Result<u8, Failure> {
        let context = session.officer()?;
        let (mut records, mut start, mut next) = (Vec::<Record>::new(), self.start(), None);
        loop {
            let left = self.limit.saturating_sub(records.len() as u64).min(1000);
            let Some(wanted) = u32::try_from(left).ok().filter(|wanted| *wanted > 0) else { break };
            let page =
                session.workspace.engine.audit_query(&context, filter, start, wanted).await?;
            records.extend(page.records);
            next = page.next;
            match (next, start) {
                (None, _) => break,
                (Some(seq), AuditStart::Newest | AuditStart::Before(_)) => {
                    start = AuditStart::Before(seq);
                }
                (Some(seq), AuditStart::Oldest | AuditStart::After(_)) => {
                    start = AuditStart::After(seq);
                }
            }
        }
        let list: Vec<Value> = records.iter().map(record::value).collect::<Result<_, _>>()?;
        let document = serde_json::json!({ "records": list, "next": next });
        session.output.print(&document, |_| record::records_table(&records))
    }

    fn start(&self) -> AuditStart {
        match (self.before, self.after) {
            (Some(before), _) => AuditStart::Before(before),
            (None, Some(after)) => AuditStart::After(after),
            (None, None) if self.oldest => AuditStart::Oldest,
            (None, None) => AuditStart::Newest,
        }
    }
}
