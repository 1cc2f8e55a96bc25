//! `keyward audit days`: the log's days, and where their records are.

use clap::Args;
use keyward_engine::LogDay;

use crate::{
    failure::Failure,
    render::{size, table::table, time},
    session::Session,
};

/// No arguments: there are a few hundred days a year.
#[derive(Debug, Args)]
pub struct Days {}

impl Days {
    pub async fn run(self, session: &Session) -> Result<u8, Failure> {
        let context = session.officer()?;
        let days = session.workspace.engine.audit_days(&context).await?;
        let document = serde_json::json!({ "days": days });
        session.output.print(&document, |_| days_table(&days))
    }
}

fn days_table(days: &[LogDay]) -> String {
    let rows = days.iter().map(|day| {
        let (archived, file) = match &day.archived {
            Some(archive) => {
                let file = format!("{} ({})", archive.file.path, size::bytes(archive.file.bytes));
                (time(archive.at), file)
            }
            None => (String::new(), String::new()),
        };
        vec![
            day.day.to_string(),
            day.first.to_string(),
            day.records.to_string(),
            day.sealed.as_ref().map(|seal| time(seal.at)).unwrap_or_default(),
            archived,
            if day.here { "here" } else { "in the archive" }.to_owned(),
            file,
        ]
    });
    let header = ["day", "first", "records", "sealed", "archived", "records are", "archive"];
    table(&header, rows.collect(), "no records")
}
