//! `keyward audit seal`: past days take no more records.

use chrono::NaiveDate;
use clap::Args;
use keyward_engine::Sealed;

use crate::{failure::Failure, render::size, session::Session};

/// Which days.
#[derive(Debug, Args)]
pub struct Seal {
    /// Only up to and with this day (UTC), like 2026-11-23
    #[arg(long, value_name = "DAY")]
    through: Option<NaiveDate>,
}

impl Seal {
    pub async fn run(self, session: &Session) -> Result<u8, Failure> {
        let context = session.administrator()?;
        let sealed = session.workspace.engine.audit_seal(&context, self.through).await?;
        session.output.print(&sealed, text)
    }
}

fn text(sealed: &Sealed) -> String {
    match (sealed.days.as_slice(), sealed.checkpoint) {
        ([first, .., last], Some(checkpoint)) => format!(
            "sealed {} from {first} to {last} with {}; kept the checkpoint over {}",
            size::count(sealed.days.len() as u64, "day"),
            size::count(sealed.records, "record"),
            size::count(checkpoint, "record"),
        ),
        ([day], Some(checkpoint)) => format!(
            "sealed {day} with {}; kept the checkpoint over {}",
            size::count(sealed.records, "record"),
            size::count(checkpoint, "record"),
        ),
        _ => "every past day is sealed already".into(),
    }
}
