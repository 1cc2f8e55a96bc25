//! `keyward tenant`: registering tenants, and looking at them.

use std::path::PathBuf;

use clap::Subcommand;
use keyward_core::TenantId;
use keyward_engine::{RootKeyView, RotationPeriod};
use keyward_store::tables::{approver_keys::ApproverKey, tenants};

use crate::{
    failure::Failure,
    render::{
        table::{pairs, table},
        time,
    },
    session::Session,
};

/// Register tenants and look at them
#[derive(Debug, Subcommand)]
pub enum Tenant {
    /// Register a tenant; it can do nothing until a root key of its own is proven
    Add {
        /// Its id: lower-case letters, digits and hyphens; never used again
        tenant: TenantId,
        /// What people call it
        #[arg(long, value_name = "TEXT")]
        name: Option<String>,
    },
    /// List all tenants
    List,
    /// Show a tenant, its root keys and its approvers
    Show {
        /// The tenant
        tenant: TenantId,
    },
    /// Refuse all reads and writes of a tenant until it is restored
    Suspend {
        /// The tenant
        tenant: TenantId,
        /// Why; for the log
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// Show or set for how many days a root key version may stay current
    RotationPeriod {
        /// The tenant; without one it is the period of all that have none of their own
        tenant: Option<TenantId>,
        /// Set it: 1 to 3650 days
        #[arg(long, value_name = "N")]
        days: Option<u32>,
        /// Set it back: a tenant's to the workspace's, the workspace's to 90 days
        #[arg(long, conflicts_with = "days")]
        default: bool,
    },
    /// Enrol an SSH public key that attests for the tenant
    Enroll {
        /// The tenant
        tenant: TenantId,
        /// The public key's file, in OpenSSH's form
        file: PathBuf,
    },
}

#[derive(serde::Serialize)]
struct Shown {
    #[serde(flatten)]
    tenant: tenants::Tenant,
    root_keys: Vec<RootKeyView>,
    approvers: Vec<ApproverKey>,
}

impl Tenant {
    pub async fn run(self, session: &Session) -> Result<u8, Failure> {
        let engine = &session.workspace.engine;
        match self {
            Self::Add { tenant, name } => {
                let context = session.administrator()?;
                let name = name.unwrap_or_else(|| tenant.to_string());
                let added = engine.register_tenant(&context, &tenant, &name).await?;
                session.output.print(&added, describe)
            }
            Self::List => {
                let list = serde_json::json!({ "tenants": engine.tenants().await? });
                let rows = engine.tenants().await?;
                session.output.print(&list, |_| tenants_table(&rows))
            }
            Self::Show { tenant } => {
                let context = session.administrator()?;
                let shown = Shown {
                    tenant: engine.tenant(&tenant).await?,
                    root_keys: engine.root_keys(&tenant).await?,
                    approvers: engine.approvers(&context, &tenant).await?,
                };
                session.output.print(&shown, |shown| {
                    let keys = super::key::keys_table(&shown.root_keys);
                    let approvers = approvers_table(&shown.approvers);
                    format!("{}\n{keys}\n{approvers}", describe(&shown.tenant))
                })
            }
            Self::Suspend { tenant, reason } => {
                let context = session.administrator()?;
                let suspended = engine.suspend(&context, &tenant, &reason).await?;
                session.output.print(&suspended, describe)
            }
            Self::RotationPeriod { tenant, days, default } => {
                let context = session.administrator()?;
                let tenant = tenant.as_ref();
                let period = if default || days.is_some() {
                    engine.set_rotation_period(&context, tenant, days).await?
                } else {
                    engine.rotation_period(&context, tenant).await?
                };
                session.output.print(&period, describe_period)
            }
            Self::Enroll { tenant, file } => {
                let text = std::fs::read_to_string(&file)
                    .map_err(|error| Failure::io("read", file.display(), &error))?;
                let context = session.administrator()?;
                let enrolled = engine.enroll_approver(&context, &tenant, &text).await?;
                session.output.print(&enrolled, |key| approvers_table(std::slice::from_ref(key)))
            }
        }
    }
}

/// One tenant.
pub fn describe(tenant: &tenants::Tenant) -> String {
    pairs(&[
        ("tenant", Some(tenant.id.to_string())),
        ("name", Some(tenant.display_name.clone())),
        ("state", Some(tenant.state.to_string())),
        ("reason", tenant.state_code.clone()),
        ("since", Some(time(tenant.state_since))),
    ])
}

/// Several tenants.
pub fn tenants_table(tenants: &[tenants::Tenant]) -> String {
    let rows = tenants.iter().map(|tenant| {
        vec![
            tenant.id.to_string(),
            tenant.state.to_string(),
            tenant.state_code.clone().unwrap_or_default(),
            time(tenant.state_since),
            tenant.display_name.clone(),
        ]
    });
    let none = "no tenants; `keyward tenant add` registers one";
    table(&["tenant", "state", "reason", "since", "name"], rows.collect(), none)
}

fn describe_period(period: &RotationPeriod) -> String {
    let whose = if period.own { "the tenant's own" } else { "the workspace's" };
    pairs(&[
        ("tenant", period.tenant.as_ref().map(ToString::to_string)),
        ("rotation due after", Some(format!("{} days, {whose} period", period.days))),
    ])
}

fn approvers_table(keys: &[ApproverKey]) -> String {
    let rows = keys
        .iter()
        .map(|key| vec![key.fingerprint.clone(), key.comment.clone(), time(key.enrolled_at)]);
    table(&["approver key", "comment", "enrolled"], rows.collect(), "no approver keys")
}
