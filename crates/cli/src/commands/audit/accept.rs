//! `keyward audit accept-rollback`: the decision to go on with an older database, or another one.

use clap::Args;

use crate::{arguments::Global, failure::Failure, session::Session};

/// Why.
#[derive(Debug, Args)]
pub struct AcceptRollback {
    /// Why, for those who read the log: it stays there with both checkpoints
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

impl AcceptRollback {
    /// Opens the workspace all the same.
    pub async fn run(self, global: &Global) -> Result<u8, Failure> {
        let session = Session::open_accepting(global, self.reason).await?;
        session.close().await?;
        let report = session.workspace.engine.witness_report(false).await?;
        session.output.print(&report, |report| {
            format!(
                "accepted, and recorded; the log goes on\n{}",
                super::anchors::anchors_table(report)
            )
        })
    }
}
