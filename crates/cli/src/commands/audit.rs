//! `keyward audit`: the log.

mod archive;
mod days;
mod fetch;
mod names;
mod seal;

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};
use keyward_core::TenantId;
use keyward_engine::AuditFilter;
use keyward_ledger::Record;
use serde_json::Value;

use crate::{
    failure::Failure,
    render::{
        progress, size,
        table::{pairs, table},
        time,
    },
    session::Session,
};

/// Look into the audit log, verify it, export it
#[derive(Debug, Subcommand)]
pub enum Audit {
    /// List records, newest first
    List(List),
    /// Recompute every record's hash, the tree and the checkpoint's signature
    Verify,
    /// Say which names the digests of a dataset's objects in the log stand for
    Names(names::Names),
    /// List the log's days: which are sealed, which archived, and where their records are
    Days(days::Days),
    /// Close past days: they take no more records, and the newest checkpoint is kept
    Seal(seal::Seal),
    /// Move sealed days' records from the database into encrypted files; their hashes stay
    Archive(archive::Archive),
    /// Bring an archived day's records back into the database, each checked against its hash
    Fetch(fetch::Fetch),
    /// Let the records of a day that was fetched go again
    Release(fetch::Release),
    /// Show or set how long records stay in the database, and what archives are encrypted under
    Retention(archive::Retention),
    /// Write the whole log into a new folder, for others to verify
    Export {
        /// The folder to make
        folder: PathBuf,
    },
}

/// Which records.
#[derive(Debug, Args)]
pub struct List {
    /// Of this tenant
    #[arg(long)]
    tenant: Option<TenantId>,
    /// About this key: `rk:TENANT/NUMBER` or `dk:TENANT/DATASET/VERSION`
    #[arg(long)]
    key: Option<String>,
    /// Of this action, like `object.read`
    #[arg(long)]
    action: Option<String>,
    /// With this outcome: ok, denied, failed or intent
    #[arg(long)]
    outcome: Option<String>,
    /// By this actor
    #[arg(long)]
    actor: Option<String>,
    /// At this time or later, like 2026-11-24T10:00:00Z
    #[arg(long, value_name = "TIME")]
    since: Option<DateTime<Utc>>,
    /// Before this time
    #[arg(long, value_name = "TIME")]
    until: Option<DateTime<Utc>>,
    /// Before this sequence number
    #[arg(long, value_name = "SEQ")]
    before: Option<u64>,
    /// At most so many
    #[arg(long, value_name = "COUNT", default_value_t = 50)]
    limit: u64,
}

impl Audit {
    pub async fn run(self, session: &Session) -> Result<u8, Failure> {
        let engine = &session.workspace.engine;
        let context = session.officer()?;
        match self {
            Self::List(list) => list.run(session).await,
            Self::Names(names) => names.run(session).await,
            Self::Days(days) => days.run(session).await,
            Self::Seal(seal) => seal.run(session).await,
            Self::Archive(archive) => archive.run(session).await,
            Self::Fetch(fetch) => fetch.run(session).await,
            Self::Release(release) => release.run(session).await,
            Self::Retention(retention) => retention.run(session).await,
            Self::Verify => {
                let bar = progress::bar(session.output, 0, "verifying");
                let verified = engine
                    .audit_verify(&context, &|done, total| {
                        bar.set_length(total);
                        bar.set_position(done);
                    })
                    .await;
                bar.finish_and_clear();
                session.output.print(&verified?, |verified| {
                    pairs(&[
                        ("verified", Some(size::count(verified.records, "record"))),
                        ("root", Some(verified.root.clone())),
                        ("log", Some(verified.origin.clone())),
                        ("clock steps back", Some(verified.clock_steps.to_string())),
                    ])
                })
            }
            Self::Export { folder } => {
                let exported = engine.audit_export(&context, &folder).await?;
                session.output.print(&exported, |exported| {
                    format!(
                        "exported {} to {}",
                        size::count(exported.records, "record"),
                        exported.folder.display()
                    )
                })
            }
        }
    }
}

impl List {
    async fn run(self, session: &Session) -> Result<u8, Failure> {
        let filter = AuditFilter {
            tenant: self.tenant,
            key: self.key,
            action: self.action,
            outcome: self.outcome,
            actor: self.actor,
            since: self.since,
            until: self.until,
            search: None,
        };
        let (mut records, mut before, mut next) = (Vec::new(), self.before, None);
        let context = session.officer()?;
        loop {
            let left = self.limit.saturating_sub(records.len() as u64).min(1000);
            let Some(wanted) = u32::try_from(left).ok().filter(|wanted| *wanted > 0) else { break };
            let page =
                session.workspace.engine.audit_query(&context, &filter, before, wanted).await?;
            records.extend(page.records);
            next = page.next;
            before = page.next;
            if before.is_none() {
                break;
            }
        }
        let list: Vec<Value> = records.iter().map(value).collect::<Result<_, _>>()?;
        let document = serde_json::json!({ "records": list, "next": next });
        session.output.print(&document, |_| records_table(&records))
    }
}

/// A record as it stands in the log.
fn value(record: &Record) -> Result<Value, Failure> {
    let text = record.to_canonical().map_err(Failure::unexpected)?;
    serde_json::from_str(&text).map_err(Failure::unexpected)
}

fn records_table(records: &[Record]) -> String {
    let rows = records.iter().map(|record| {
        let about = match (&record.key, &record.tenant) {
            (Some(key), _) => key.to_string(),
            (None, Some(tenant)) => tenant.to_string(),
            (None, None) => String::new(),
        };
        let ended = match &record.code {
            Some(code) => format!("{} ({code})", record.outcome.as_str()),
            None => record.outcome.as_str().to_owned(),
        };
        vec![
            record.seq.to_string(),
            time(record.time),
            record.actor.to_string(),
            record.role.to_string(),
            record.action.as_str().to_owned(),
            ended,
            about,
        ]
    });
    let header = ["seq", "time", "actor", "role", "action", "outcome", "about"];
    table(&header, rows.collect(), "no records")
}
