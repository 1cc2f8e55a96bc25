//! `keyward restore`: lets a suspended or revoked tenant read and write again.

use clap::Args;
use keyward_core::TenantId;

use crate::{failure::Failure, render::table::pairs, session::Session};

/// Let a suspended or revoked tenant read and write again, if its root key answers
#[derive(Debug, Args)]
pub struct Restore {
    /// The tenant
    tenant: TenantId,
    /// Enable the root key where it lives first
    #[arg(long)]
    at_provider: bool,
}

impl Restore {
    pub async fn run(self, session: &Session) -> Result<u8, Failure> {
        let context = session.administrator()?;
        let engine = &session.workspace.engine;
        let restored = engine.restore(&context, &self.tenant, self.at_provider).await?;
        session.output.print(&restored, |restored| {
            pairs(&[
                ("restored", Some(restored.tenant.to_string())),
                ("root key", Some(restored.root_key.clone())),
                ("version", Some(restored.version.to_string())),
            ])
        })
    }
}
