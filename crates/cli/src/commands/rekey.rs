//! `keyward rekey`: moves objects to their dataset's current data key.

use clap::Args;
use keyward_core::{Code, DatasetName, TenantId};

use crate::{
    failure::Failure,
    render::{progress, size, table::pairs},
    session::Session,
};

/// Move a dataset's objects to its current data key; their bodies are not touched
#[derive(Debug, Args)]
pub struct Rekey {
    /// The tenant
    tenant: TenantId,
    /// The dataset
    dataset: DatasetName,
}

impl Rekey {
    pub async fn run(self, session: &Session) -> Result<u8, Failure> {
        let context = session.administrator()?;
        let spinner = progress::spinner(session.output, "rekeying");
        let result = session.workspace.engine.rekey(&context, &self.tenant, &self.dataset).await;
        spinner.finish_and_clear();
        let rekeyed = result?;
        // What didn't open is the data's fault: the rest is done all the same.
        let status = match rekeyed.failed.is_empty() {
            true => 0,
            false => Code::CiphertextRejected.class().status(),
        };
        session
            .output
            .print(&rekeyed, |rekeyed| {
                let mut text = pairs(&[
                    ("data key", Some(rekeyed.data_key.clone())),
                    ("moved", Some(size::count(rekeyed.moved, "object"))),
                    ("left", Some(size::count(rekeyed.remaining, "object"))),
                ]);
                for name in &rekeyed.failed {
                    text += &format!("does not open: {name}\n");
                }
                text
            })
            .map(|_| status)
    }
}
