//! `keyward audit fetch` and `release`: an archived day's records come back, and go again.

use chrono::NaiveDate;
use clap::Args;
use keyward_engine::FetchedDay;

use crate::{
    failure::Failure,
    render::{progress, size},
    session::Session,
};

/// Which day.
#[derive(Debug, Args)]
pub struct Fetch {
    /// An archived day (UTC), like 2026-10-23
    day: NaiveDate,
}

/// Which day.
#[derive(Debug, Args)]
pub struct Release {
    /// A day that was fetched
    day: NaiveDate,
}

impl Fetch {
    pub async fn run(self, session: &Session) -> Result<u8, Failure> {
        let context = session.officer()?;
        let bar = progress::bar(session.output, 0, "fetching records");
        let fetched = session
            .workspace
            .engine
            .audit_fetch(&context, self.day, &|done, total| {
                bar.set_length(total);
                bar.set_position(done);
            })
            .await;
        bar.finish_and_clear();
        session.output.print(&fetched?, text)
    }
}

impl Release {
    pub async fn run(self, session: &Session) -> Result<u8, Failure> {
        let context = session.officer()?;
        let released = session.workspace.engine.audit_release(&context, self.day).await?;
        session.output.print(&released, text)
    }
}

fn text(day: &FetchedDay) -> String {
    let what = match (day.here, day.unchanged) {
        (true, false) => "fetched, each as its hash says",
        (true, true) => "here already",
        (false, false) => "released; the archive has them",
        (false, true) => "in the archive already",
    };
    format!("{}: {} from {} on {what}", day.day, size::count(day.records, "record"), day.first)
}
