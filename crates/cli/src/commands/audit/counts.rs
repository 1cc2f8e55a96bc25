//! `keyward audit counts`: how many records there are, by hour or day.

use clap::{Args, ValueEnum};
use keyward_core::TenantId;
use keyward_engine::{AuditCountFilter, CountApart, CountStep};

use super::filters::Times;
use crate::{
    failure::Failure,
    render::{table::table, time},
    session::Session,
};

/// What to count.
#[derive(Debug, Args)]
pub struct Counts {
    /// Count each hour or each UTC day
    #[arg(long, value_enum, default_value_t = By::Day)]
    by: By,
    /// Count each of these apart
    #[arg(long, value_enum, value_name = "WHAT")]
    apart: Option<Apart>,
    /// Of this tenant
    #[arg(long)]
    tenant: Option<TenantId>,
    /// Of this action, like `object.read`
    #[arg(long)]
    action: Option<String>,
    /// With this outcome: ok, denied, failed or intent
    #[arg(long)]
    outcome: Option<String>,
    /// Whole hours alone are counted
    #[command(flatten)]
    times: Times,
}

/// How long a time is counted together.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum By {
    Hour,
    Day,
}

/// What is counted apart.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Apart {
    Tenant,
    Action,
    Outcome,
}

impl Counts {
    pub async fn run(self, session: &Session) -> Result<u8, Failure> {
        let filter = AuditCountFilter {
            tenant: self.tenant,
            action: self.action,
            outcome: self.outcome,
            since: self.times.since,
            until: self.times.until,
        };
        let step = match self.by {
            By::Hour => CountStep::Hour,
            By::Day => CountStep::Day,
        };
        let apart = match self.apart {
            None => CountApart::Nothing,
            Some(Apart::Tenant) => CountApart::Tenant,
            Some(Apart::Action) => CountApart::Action,
            Some(Apart::Outcome) => CountApart::Outcome,
        };
        let context = session.officer()?;
        let engine = &session.workspace.engine;
        let counts = engine.audit_counts(&context, &filter, step, apart).await?;
        session.output.print(&serde_json::json!({ "counts": counts }), |_| {
            let rows = counts.iter().map(|count| {
                let start = match self.by {
                    By::Hour => time(count.start),
                    By::Day => count.start.date_naive().to_string(),
                };
                let term = count.term.clone().unwrap_or_default();
                vec![start, term, count.records.to_string()]
            });
            table(&["from", "of", "records"], rows.collect(), "no records")
        })
    }
}
