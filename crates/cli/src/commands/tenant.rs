//! `keyward tenant`: registering tenants, and looking at them.

use std::{path::PathBuf, time::Duration};

use clap::Subcommand;
use keyward_core::TenantId;
use keyward_engine::{RootKeyView, RotationPeriod, ServingChange, TenantServing};
use keyward_store::tables::{approver_keys::ApproverKey, tenants};

use crate::{
    failure::Failure,
    render::{
        table::{pairs, table},
        time,
    },
    session::Session,
    time_span,
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
    /// Show or set how a tenant's unwrapped keys serve; setting anything wipes those that are cached
    Set {
        /// The tenant
        tenant: TenantId,
        #[command(flatten)]
        serving: Serving,
    },
    /// Enrol an SSH public key that attests for the tenant
    Enroll {
        /// The tenant
        tenant: TenantId,
        /// The public key's file, in OpenSSH's form
        file: PathBuf,
    },
}

/// How keys serve
#[derive(Debug, clap::Args)]
pub struct Serving {
    /// For how long a key serves from memory once it is unwrapped: `5m`, `30s`, 0, or `default`
    #[arg(long, value_name = "TIME", value_parser = time_or_default)]
    cache_lifetime: Option<Setting<Duration>>,
    /// For how long after that it may serve while its provider is unreachable, never after a denial: `15m`,
    /// 0, or `default`
    #[arg(long, value_name = "TIME", value_parser = time_or_default)]
    grant_window: Option<Setting<Duration>>,
    /// Whether the root key's other regions may serve while this one is unreachable
    #[arg(long, value_name = "YES|NO", value_parser = yes_or_no)]
    other_regions: Option<bool>,
    /// How many calls to its provider the tenant may cause in a second, or `none`
    #[arg(long, value_name = "N", value_parser = number_or_none)]
    calls_per_second: Option<Setting<u32>>,
}

impl Serving {
    fn change(&self) -> Option<ServingChange> {
        let change = ServingChange {
            cache: self.cache_lifetime.map(Setting::value),
            grant: self.grant_window.map(Setting::value),
            other_regions: self.other_regions,
            calls_per_second: self.calls_per_second.map(Setting::value),
        };
        let given = [
            self.cache_lifetime.is_some(),
            self.grant_window.is_some(),
            self.other_regions.is_some(),
            self.calls_per_second.is_some(),
        ];
        given.contains(&true).then_some(change)
    }
}

/// A value of the tenant's own, or the usual.
#[derive(Clone, Copy, Debug)]
enum Setting<T> {
    Own(T),
    Usual,
}

impl<T> Setting<T> {
    fn value(self) -> Option<T> {
        match self {
            Self::Own(value) => Some(value),
            Self::Usual => None,
        }
    }
}

fn time_or_default(text: &str) -> Result<Setting<Duration>, String> {
    if text == "default" {
        return Ok(Setting::Usual);
    }
    time_span::parse(text).map(Setting::Own)
}

fn yes_or_no(text: &str) -> Result<bool, String> {
    match text {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err("say `yes` or `no`".into()),
    }
}

fn number_or_none(text: &str) -> Result<Setting<u32>, String> {
    if text == "none" {
        return Ok(Setting::Usual);
    }
    text.parse().map(Setting::Own).map_err(|_| "give a number, or `none`".into())
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
            Self::Set { tenant, serving } => {
                let context = session.administrator()?;
                let shown = match serving.change() {
                    Some(change) => engine.set_serving(&context, &tenant, change).await?,
                    None => engine.serving(&context, &tenant).await?,
                };
                session.output.print(&shown, describe_serving)
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

fn describe_serving(serving: &TenantServing) -> String {
    let own = |seconds: u64, own: Option<u32>| {
        Some(format!("{seconds} seconds{}", if own.is_some() { ", the tenant's own" } else { "" }))
    };
    let calls = serving.calls_per_second.map(|calls| calls.to_string());
    pairs(&[
        ("tenant", Some(serving.tenant.to_string())),
        ("cache lifetime", own(serving.cache_seconds, serving.own.cache_seconds)),
        ("grant window", own(serving.grant_seconds, serving.own.grant_seconds)),
        ("other regions", Some(if serving.other_regions { "yes" } else { "no" }.into())),
        ("calls per second", Some(calls.unwrap_or_else(|| "no cap".into()))),
    ])
}

fn approvers_table(keys: &[ApproverKey]) -> String {
    let rows = keys
        .iter()
        .map(|key| vec![key.fingerprint.clone(), key.comment.clone(), time(key.enrolled_at)]);
    table(&["approver key", "comment", "enrolled"], rows.collect(), "no approver keys")
}
