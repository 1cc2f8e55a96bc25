//! `keyward offboard`: forgets a tenant's keys for good.

use clap::Args;
use keyward_core::TenantId;

use super::revoke::confirmed;
use crate::{
    failure::Failure,
    render::{size, table::pairs},
    session::Session,
};

/// Wipe a tenant's wrapped data keys: Keyward can never open its data again
#[derive(Debug, Args)]
pub struct Offboard {
    /// The tenant
    tenant: TenantId,
    /// Delete its objects and sidecars too
    #[arg(long)]
    delete_data: bool,
    /// The tenant's id once more
    #[arg(long, value_name = "TENANT")]
    confirm: TenantId,
}

impl Offboard {
    pub async fn run(self, session: &Session) -> Result<u8, Failure> {
        confirmed(&self.tenant, &self.confirm)?;
        let context = session.administrator()?;
        let engine = &session.workspace.engine;
        let gone = engine.offboard(&context, &self.tenant, self.delete_data).await?;
        session.output.print(&gone, |gone| {
            let data = if gone.data_deleted { "deleted" } else { "left where it is" };
            pairs(&[
                ("off-boarded", Some(gone.tenant.to_string())),
                ("wiped", Some(size::count(gone.data_keys, "data key"))),
                ("had", Some(size::count(gone.objects, "object"))),
                ("data", Some(data.into())),
            ])
        })
    }
}
