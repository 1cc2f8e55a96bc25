//! `keyward rm`: deletes objects.

use clap::Args;
use keyward_core::{DatasetName, ObjectName, TenantId};

use crate::{failure::Failure, render::size, session::Session};

/// Delete objects
#[derive(Debug, Args)]
pub struct Rm {
    /// The tenant
    tenant: TenantId,
    /// The dataset
    dataset: DatasetName,
    /// The objects' names
    #[arg(required = true)]
    names: Vec<ObjectName>,
}

#[derive(serde::Serialize)]
struct Deleted {
    deleted: Vec<ObjectName>,
    failed: Vec<Failed>,
}

#[derive(serde::Serialize)]
struct Failed {
    name: ObjectName,
    error: Failure,
}

impl Rm {
    pub async fn run(self, session: &Session) -> Result<u8, Failure> {
        let mut done = Deleted { deleted: Vec::new(), failed: Vec::new() };
        for name in self.names {
            let context = session.application()?;
            let engine = &session.workspace.engine;
            match engine.delete(&context, &self.tenant, &self.dataset, &name).await {
                Ok(()) => done.deleted.push(name),
                Err(error) => done.failed.push(Failed { name, error: error.into() }),
            }
        }
        if !session.output.json {
            done.failed.iter().for_each(|failed| failed.error.report(false));
        }
        let worst = done.failed.iter().map(|failed| failed.error.status()).max().unwrap_or(0);
        session
            .output
            .print(&done, |done| {
                format!("deleted {}", size::count(done.deleted.len() as u64, "object"))
            })
            .map(|_| worst)
    }
}
