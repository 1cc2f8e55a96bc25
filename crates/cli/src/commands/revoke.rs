//! `keyward revoke`: locks a tenant at once.

use clap::Args;
use keyward_core::TenantId;

use crate::{
    failure::Failure,
    render::{size, table::pairs, time},
    session::Session,
};

/// Lock a tenant at once: keys wiped from memory, reads and writes refused
#[derive(Debug, Args)]
pub struct Revoke {
    /// The tenant
    tenant: TenantId,
    /// Why; for the log
    #[arg(long, value_name = "TEXT", default_value = "by hand")]
    reason: String,
    /// Disable the root key where it lives too, and watch until its provider refuses
    #[arg(long)]
    at_provider: bool,
    /// The tenant's id once more
    #[arg(long, value_name = "TENANT")]
    confirm: TenantId,
}

impl Revoke {
    pub async fn run(self, session: &Session) -> Result<u8, Failure> {
        confirmed(&self.tenant, &self.confirm)?;
        let context = session.administrator()?;
        let revoked = session
            .workspace
            .engine
            .revoke(&context, &self.tenant, &self.reason, self.at_provider)
            .await?;
        session.output.print(&revoked, |revoked| {
            pairs(&[
                ("revoked", Some(revoked.tenant.to_string())),
                ("at", Some(time(revoked.revoked_at))),
                ("wiped", Some(size::count(revoked.evicted as u64, "cached key"))),
                ("disabled at provider", revoked.disabled_at.map(time)),
                ("first refusal", revoked.first_refusal_at.map(time)),
            ])
        })
    }
}

/// Guards what can't be taken back by a slip of the hand.
///
/// # Errors
/// [`Failure`] where another tenant is named.
pub fn confirmed(tenant: &TenantId, confirm: &TenantId) -> Result<(), Failure> {
    if tenant == confirm {
        return Ok(());
    }
    Err(Failure::usage(format_args!(
        "`--confirm {confirm}` does not name tenant `{tenant}`; nothing was done"
    )))
}
