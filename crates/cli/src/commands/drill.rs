//! `keyward drill`: measures how fast a key that its owner disabled is wiped and refused.

use std::{io::Write as _, path::PathBuf, time::Duration};

use clap::Args;
use keyward_core::TenantId;
use keyward_engine::WatchSettings;
use serde_json::json;

use super::audit::out;
use crate::{
    failure::Failure,
    render::{size, table::pairs, time},
    session::Session,
    time_span,
};

/// Disable a key made for it, unannounced, and measure how long it still serves under a tenant's settings
#[derive(Debug, Args)]
pub struct Drill {
    /// Whose settings; its keys and data are not touched
    tenant: TenantId,
    /// How often keys are probed meanwhile
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = time_span::interval)]
    interval: Duration,
    /// Write the report to this new file: the measurement's record in the log, with its proof signed by the
    /// log's key
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Drill {
    pub async fn run(self, session: &Session) -> Result<u8, Failure> {
        let context = session.administrator()?;
        let workspace = &session.workspace;
        let watch = WatchSettings { interval: self.interval };
        let engine = &workspace.engine;
        // Before anything is measured: a file that is there already is no reason to measure twice.
        let held = self.out.as_deref().map(|path| Ok::<_, Failure>((out::hold(path)?, path)));
        let held = held.transpose()?;
        let drilled = engine.drill(&context, &workspace.keystore, &self.tenant, watch).await?;
        let proof = drilled.proof.file.to_string();
        if let Some((mut held, path)) = held {
            held.write_all(proof.as_bytes())
                .map_err(|error| Failure::io("write", path.display(), &error))?;
            out::persist(held, path)?;
        }
        let key = engine.verifier_key().to_string();
        let (report, seq) = (&drilled.report, drilled.seq);
        let document = json!({
            "report": report,
            "evicted_after_ms": report.evicted_after_ms(),
            "refused_after_ms": report.refused_after_ms(),
            "seq": seq,
            "proof": proof,
            "key": key,
            "file": self.out,
        });
        session.output.print(&document, |_| {
            let check = self
                .out
                .as_ref()
                .map(|path| format!("`keyward-verify proof {} --key '{key}'`", path.display()));
            pairs(&[
                ("settings of", Some(report.tenant.to_string())),
                ("disabled", Some(time(report.disabled_at))),
                ("wiped after", Some(format!("{} ms", report.evicted_after_ms()))),
                ("wiped", Some(size::count(report.evicted, "cached key"))),
                ("refused after", Some(format!("{} ms", report.refused_after_ms()))),
                ("refused with", Some(report.refused_with.clone())),
                ("record", Some(seq.to_string())),
                ("check the report with", check),
            ])
        })
    }
}
