//! `keyward audit archive`: sealed days' records move into encrypted files, and how long they stay until
//! then.

use chrono::NaiveDate;
use clap::Args;
use keyward_engine::{ArchiveDataset, ArchiveDays, ArchivedDay, AuditRetention};

use crate::{
    failure::Failure,
    render::{
        progress, size,
        table::{pairs, table},
    },
    session::Session,
};

/// Which days.
#[derive(Debug, Args)]
pub struct Archive {
    #[command(flatten)]
    days: Days,
    /// From now on, encrypt archives under data keys of this dataset, one of your own
    #[arg(long, value_name = "TENANT/DATASET")]
    under: Option<ArchiveDataset>,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Days {
    /// A sealed day (UTC), like 2026-10-23
    day: Option<NaiveDate>,
    /// All sealed days before this one that retention lets go
    #[arg(long, value_name = "DAY")]
    before: Option<NaiveDate>,
    /// All days that retention lets go, sealing those that aren't sealed: for a timer
    #[arg(long)]
    due: bool,
}

/// How the log is kept.
#[derive(Debug, Args)]
pub struct Retention {
    /// Keep a day's records in the database for so many whole days after it, at least 1
    #[arg(long, value_name = "DAYS")]
    keep_days: Option<u32>,
    /// Encrypt archives under data keys of this dataset, one of your own
    #[arg(long, value_name = "TENANT/DATASET")]
    under: Option<ArchiveDataset>,
}

impl Archive {
    pub async fn run(self, session: &Session) -> Result<u8, Failure> {
        let engine = &session.workspace.engine;
        let context = session.administrator()?;
        if let Some(under) = &self.under
            && engine.audit_retention(&context).await?.archive_under.as_ref() != Some(under)
        {
            engine.set_audit_retention(&context, None, Some(under)).await?;
        }
        let days = match (self.days.day, self.days.before) {
            (Some(day), _) => ArchiveDays::Day(day),
            (None, Some(before)) => ArchiveDays::Before(before),
            (None, None) => ArchiveDays::Due,
        };
        let bar = progress::bar(session.output, 0, "archiving days");
        let archived = engine
            .audit_archive(&context, days, &|done, total| {
                bar.set_length(total);
                bar.set_position(done);
            })
            .await;
        bar.finish_and_clear();
        let archived = archived?;
        let document = serde_json::json!({ "archived": archived });
        session.output.print(&document, |_| archived_table(&archived))
    }
}

impl Retention {
    pub async fn run(self, session: &Session) -> Result<u8, Failure> {
        let engine = &session.workspace.engine;
        let kept = if self.keep_days.is_none() && self.under.is_none() {
            engine.audit_retention(&session.officer()?).await?
        } else {
            let context = session.administrator()?;
            engine.set_audit_retention(&context, self.keep_days, self.under.as_ref()).await?
        };
        session.output.print(&kept, retention_text)
    }
}

fn archived_table(archived: &[ArchivedDay]) -> String {
    let rows = archived.iter().map(|day| {
        vec![
            day.day.to_string(),
            day.records.to_string(),
            if day.released { "the one before".into() } else { size::bytes(day.file.bytes) },
            day.file.data_key.clone(),
            day.file.path.clone(),
        ]
    });
    let header = ["day", "records", "file", "data key", "archive"];
    table(&header, rows.collect(), "no day to archive; `keyward audit days` shows them")
}

fn retention_text(kept: &AuditRetention) -> String {
    pairs(&[
        ("records stay", Some(size::count(u64::from(kept.keep_days), "whole day"))),
        (
            "archives under",
            Some(match &kept.archive_under {
                Some(under) => under.to_string(),
                None => "no dataset yet".into(),
            }),
        ),
        ("for good", Some("hashes, checkpoints and archives".into())),
    ])
}
