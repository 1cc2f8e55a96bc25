//! `keyward watch`: watches root keys in the foreground.

use std::time::Duration;

use clap::Args;
use keyward_engine::{WatchEvent, WatchSettings};

use crate::{failure::Failure, render::time, session::Session, time_span};

/// Probe every root key at an interval: lock tenants whose key is denied, and let them back in once it answers
#[derive(Debug, Args)]
pub struct Watch {
    /// How often each key is probed
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = time_span::interval)]
    interval: Duration,
}

impl Watch {
    pub async fn run(self, session: &Session) -> Result<u8, Failure> {
        let context = session.administrator()?;
        let settings = WatchSettings { interval: self.interval };
        let engine = &session.workspace.engine;
        if !session.output.json && !session.output.quiet {
            eprintln!(
                "probing every {} s; what is noticed is told here, and Ctrl-C ends it",
                self.interval.as_secs()
            );
        }
        let tell = |event| {
            // A reader that has gone away is no reason to stop watching.
            let _ = session.output.print(&event, words);
        };
        tokio::select! {
            stopped = engine.watch(&context, settings, &tell) => {
                let Err(error) = stopped;
                Err(error.into())
            }
            _ = tokio::signal::ctrl_c() => Ok(0),
        }
    }
}

fn words(event: &WatchEvent) -> String {
    match event {
        WatchEvent::Denied { tenant, code, at } => {
            format!("{} {tenant} is suspended: {code}\n", time(*at))
        }
        WatchEvent::Failing { tenant, code, at } => {
            format!("{} {tenant}'s root key fails: {code}\n", time(*at))
        }
        WatchEvent::Answers { tenant, since } => {
            format!("{tenant}'s root key answers again; it had failed since {}\n", time(*since))
        }
        WatchEvent::Healed { tenant, at } => {
            format!("{} {tenant} reads and writes again\n", time(*at))
        }
    }
}
