//! `keyward tour`: a tenant's whole life on real files, each step told in one line with what it proved.
//!
//! It runs on a workspace of its own in a temporary folder, which is gone afterwards. A step that
//! doesn't prove what it says ends the tour with status 1.

mod aws;
mod files;
mod leaving;
mod life;
mod locking;
mod objects;
mod onboarding;
mod rotation;
mod telling;

use std::path::PathBuf;

use clap::Args;
use keyward_core::RootKeyReference;

use self::{life::Life, telling::Teller};
use crate::{arguments::Global, failure::Failure};

/// Show a tenant's whole life on real files, proving each step
#[derive(Debug, Args)]
pub struct Tour {
    /// A folder of files to use; usually the README, docs and sources of the current folder
    #[arg(long, value_name = "DIR")]
    files: Option<PathBuf>,
    /// Use a root key in AWS KMS instead of the local key store: at AWS_ENDPOINT_URL_KMS or
    /// AWS_ENDPOINT_URL, or else at a test server that is started for it
    #[arg(long)]
    aws: bool,
    /// The key in AWS KMS to use; usually one made at the test server. It is
    /// rotated, disabled and enabled again
    #[arg(long, value_name = "ARN", requires = "aws")]
    key: Option<RootKeyReference>,
}

impl Tour {
    pub async fn run(self, global: &Global) -> Result<u8, Failure> {
        if self.aws && self.key.is_none() && aws::endpoint(global).is_none() {
            return aws::run_beside_a_peer(global, self.files.as_deref());
        }
        let found = files::find(self.files.as_deref())?;
        let mut teller = Teller::new(global.output());
        // Stopped by hand it ends like any other tour: with its folder removed.
        let outcome = tokio::select! {
            outcome = walk_through(&self, global, found, &mut teller) => outcome,
            _ = tokio::signal::ctrl_c() => Err(Failure::unexpected("stopped")),
        };
        match outcome {
            Ok(checkpoint) => teller.finish(&checkpoint),
            // Whatever a step failed with, what fails here is the tour.
            Err(failure) => Err(Failure::unexpected(failure.message())),
        }
    }
}

/// All steps in order; gives the log's last checkpoint.
async fn walk_through(
    tour: &Tour,
    global: &Global,
    found: files::Found,
    teller: &mut Teller,
) -> Result<String, Failure> {
    let key = match (tour.aws, &tour.key) {
        (true, Some(key)) => Some(key.clone()),
        (true, None) => Some(aws::make_key(global)?),
        (false, _) => None,
    };
    let life = Life::begin(global, key, found).await?;
    teller.tell("workspace", life.workspace()).await?;
    teller.tell("register", life.register()).await?;
    teller.tell("key", life.add_key()).await?;
    teller.tell("challenge", life.prove_key()).await?;
    teller.tell("dataset", life.create_dataset()).await?;
    teller.tell("put", life.put()).await?;
    teller.tell("get", life.get()).await?;
    teller.tell("range", life.get_range()).await?;
    teller.tell("rotate data key", life.rotate_data_key()).await?;
    teller.tell("rekey", life.rekey()).await?;
    teller.tell("rotate root key", life.rotate_root_key()).await?;
    teller.tell("rewrap", life.rewrap()).await?;
    teller.tell("disable", life.disable()).await?;
    teller.tell("restore", life.enable_and_restore()).await?;
    teller.tell("revoke", life.revoke()).await?;
    teller.tell("restore", life.restore()).await?;
    teller.tell("second tenant", life.second_tenant()).await?;
    teller.tell("swapped object", life.swapped_object()).await?;
    teller.tell("exit kit", life.exit_kit()).await?;
    teller.tell("offboard", life.offboard()).await?;
    teller.tell("verify", life.verify()).await?;
    life.checkpoint().await
}

/// Fails the tour where a step didn't prove what it says.
fn must(holds: bool, otherwise: &str) -> Result<(), Failure> {
    if holds { Ok(()) } else { Err(Failure::unexpected(otherwise)) }
}
