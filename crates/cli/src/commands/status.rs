//! `keyward status`: how a tenant or the workspace is.

use clap::Args;
use keyward_core::TenantId;
use keyward_engine::{TenantStatus, WitnessReport, WorkspaceStatus};

use super::{
    dataset::datasets_table,
    key::keys_table,
    tenant::{describe, tenants_table},
};
use crate::{
    failure::Failure,
    render::{
        size,
        table::{pairs, table},
    },
    session::Session,
};

/// Show how the workspace is, or a tenant
#[derive(Debug, Args)]
pub struct Status {
    /// The tenant; without one, the workspace
    tenant: Option<TenantId>,
}

#[derive(serde::Serialize)]
struct Whole {
    workspace: String,
    #[serde(flatten)]
    status: WorkspaceStatus,
    log_kept: WitnessReport,
}

impl Status {
    pub async fn run(self, session: &Session) -> Result<u8, Failure> {
        let engine = &session.workspace.engine;
        match self.tenant {
            Some(tenant) => {
                let context = session.administrator()?;
                let status = engine.tenant_status(&context, &tenant).await?;
                session.output.print(&status, of_tenant)
            }
            None => {
                let workspace = session.workspace.folder.display().to_string();
                let log_kept = engine.witness_report(false).await?;
                let whole = Whole { workspace, status: engine.status().await?, log_kept };
                session.output.print(&whole, of_workspace)
            }
        }
    }
}

fn of_workspace(whole: &Whole) -> String {
    let status = &whole.status;
    let providers: Vec<_> = status.providers.iter().map(|kind| kind.as_str()).collect();
    let text = pairs(&[
        ("workspace", Some(whole.workspace.clone())),
        ("region", Some(status.region.to_string())),
        ("objects", Some(status.objects_url.clone())),
        ("log", Some(status.origin.clone())),
        ("verifier key", Some(status.verifier_key.clone())),
        ("records", Some(status.records.to_string())),
        ("providers", Some(providers.join(" "))),
    ]);
    let anchors = super::audit::anchors::anchors_table(&whole.log_kept);
    format!("{text}\n{anchors}\n{}", tenants_table(&status.tenants))
}

fn of_tenant(status: &TenantStatus) -> String {
    let mut text = describe(&status.tenant);
    text += &pairs(&[
        ("objects", Some(status.objects.objects.to_string())),
        ("data", Some(size::bytes(status.objects.size))),
        ("stored", Some(size::bytes(status.objects.stored_size))),
        ("to rewrap", Some(size::count(status.to_rewrap, "data key"))),
    ]);
    text += &format!("\n{}", keys_table(&status.root_keys));
    text += &format!("\n{}", datasets_table(&status.datasets));
    if !status.quarantine.is_empty() {
        let rows = status.quarantine.iter().map(|one| {
            vec![
                one.key.to_string(),
                one.code.clone(),
                one.attempts.to_string(),
                one.reason.clone(),
            ]
        });
        let header = ["quarantined", "code", "attempts", "reason"];
        text += &format!("\n{}", table(&header, rows.collect(), ""));
    }
    text
}
