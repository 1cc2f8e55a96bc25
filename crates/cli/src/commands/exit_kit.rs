//! `keyward exit-kit`: what a tenant needs to read its data without Keyward.

use std::path::PathBuf;

use clap::Args;
use keyward_core::TenantId;

use crate::{failure::Failure, render::size, session::Session};

/// Write what a tenant needs to read its data without Keyward
#[derive(Debug, Args)]
pub struct ExitKit {
    /// The tenant
    tenant: TenantId,
    /// The folder to make; usually `TENANT-exit-kit` here
    folder: Option<PathBuf>,
}

impl ExitKit {
    pub async fn run(self, session: &Session) -> Result<u8, Failure> {
        let context = session.administrator()?;
        let engine = &session.workspace.engine;
        let folder =
            self.folder.unwrap_or_else(|| PathBuf::from(format!("{}-exit-kit", self.tenant)));
        let kit = engine.exit_kit(&context, &self.tenant, &folder).await?;
        session.output.print(&kit, |kit| {
            format!(
                "wrote the exit kit of {} to {}: {}, {}, {}; start with its README.md",
                kit.tenant,
                kit.folder.display(),
                size::count(kit.datasets, "dataset"),
                size::count(kit.data_keys, "data key"),
                size::count(kit.objects, "object")
            )
        })
    }
}
