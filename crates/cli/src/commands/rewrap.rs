//! `keyward rewrap`: wraps a tenant's data keys under its current root key and version.

use std::{
    ops::ControlFlow,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use clap::Args;
use keyward_core::TenantId;
use keyward_engine::{RewrapOptions, RewrapReport};

use crate::{
    failure::Failure,
    render::{
        progress, size,
        table::{pairs, table},
    },
    session::Session,
};

/// Wrap a tenant's data keys under its current root key; objects are not touched
#[derive(Debug, Args)]
pub struct Rewrap {
    /// The tenant
    tenant: TenantId,
    /// Change nothing; say what there is to do and how long it would take
    #[arg(long)]
    dry_run: bool,
    /// Try again what is quarantined
    #[arg(long)]
    retry_quarantined: bool,
}

impl Rewrap {
    pub async fn run(self, session: &Session) -> Result<u8, Failure> {
        let options = RewrapOptions {
            dry_run: self.dry_run,
            retry_quarantined: self.retry_quarantined,
            ..RewrapOptions::default()
        };
        let bar = progress::bar(session.output, 0, "rewrapping");
        let context = session.administrator()?;
        let stop = stop_on_interrupt();
        let report = session
            .workspace
            .engine
            .rewrap(&context, &self.tenant, options, &|progress| {
                bar.set_length(progress.total);
                bar.set_position(progress.rewrapped + progress.quarantined);
                if stop.load(Ordering::Relaxed) {
                    return ControlFlow::Break(());
                }
                ControlFlow::Continue(())
            })
            .await;
        bar.finish_and_clear();
        session.output.print(&report?, describe)
    }
}

/// Set once the user interrupts: the run ends after the batch under way. Who interrupts twice doesn't
/// want to wait for that; nothing is harmed by it either.
fn stop_on_interrupt() -> Arc<AtomicBool> {
    const INTERRUPTED: i32 = 130;
    let stop = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&stop);
    tokio::spawn(async move {
        while tokio::signal::ctrl_c().await.is_ok() {
            if asked.swap(true, Ordering::Relaxed) {
                std::process::exit(INTERRUPTED);
            }
        }
    });
    stop
}

fn describe(report: &RewrapReport) -> String {
    let progress = &report.progress;
    let keys = |number| size::count(number, "data key");
    let under = format!("{} version {}", report.root_key, report.version);
    if report.dry_run {
        let remaining = progress.remaining_seconds.map(|seconds| {
            size::duration(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX))
        });
        return pairs(&[
            ("to rewrap", Some(keys(progress.total))),
            ("under", Some(under)),
            ("provider calls", Some(report.kms_calls.to_string())),
            ("would take", remaining),
        ]);
    }
    let mut text = pairs(&[
        ("rewrapped", Some(keys(progress.rewrapped))),
        ("under", Some(under)),
        ("rate", Some(format!("{:.0}/s", progress.rate))),
        ("quarantined", Some(keys(report.quarantine.len() as u64))),
    ]);
    if report.stopped {
        text += "\nStopped as asked; `keyward rewrap` does the rest.\n";
    }
    if report.remaining.is_empty() {
        text += "\nNothing is left under an older key or version.\n";
    } else {
        let rows = report.remaining.iter().map(|left| {
            vec![
                left.root_key.to_string(),
                left.root_key_version.to_string(),
                left.keys.to_string(),
            ]
        });
        let left = table(&["root key", "version", "data keys left"], rows.collect(), "");
        text += &format!("\n{left}");
    }
    if !report.quarantine.is_empty() {
        let rows = report.quarantine.iter().map(|one| {
            vec![
                one.key.to_string(),
                one.code.clone(),
                one.attempts.to_string(),
                one.reason.clone(),
            ]
        });
        let set = table(&["quarantined", "code", "attempts", "reason"], rows.collect(), "");
        text += &format!("\n{set}");
    }
    text
}
