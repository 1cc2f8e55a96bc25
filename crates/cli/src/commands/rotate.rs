//! `keyward rotate`: new data keys and new root keys.

use clap::Subcommand;
use keyward_core::{DatasetName, TenantId};
use keyward_engine::RootKeyRotation;

use crate::{
    failure::Failure,
    render::{size, table::pairs},
    session::Session,
};

/// Rotate data keys and root keys
#[derive(Debug, Subcommand)]
pub enum Rotate {
    /// Give a dataset a new data key; what is written stays readable
    DataKey {
        /// The tenant
        tenant: TenantId,
        /// The dataset
        dataset: DatasetName,
    },
    /// Give a tenant's root key a new version, or put another proven key in its place
    RootKey {
        /// The tenant
        tenant: TenantId,
        /// The number of the root key that takes over; usually a new version of the same key
        #[arg(long, value_name = "NUMBER")]
        to: Option<u32>,
    },
}

impl Rotate {
    pub async fn run(self, session: &Session) -> Result<u8, Failure> {
        let engine = &session.workspace.engine;
        let context = session.administrator()?;
        match self {
            Self::DataKey { tenant, dataset } => {
                let rotated = engine.rotate_data_key(&context, &tenant, &dataset).await?;
                session.output.print(&rotated, |rotated| {
                    let table = pairs(&[
                        ("data key", Some(rotated.data_key.clone())),
                        ("deactivated", Some(rotated.deactivated.clone())),
                    ]);
                    format!("{table}\nMove older objects: keyward rekey {tenant} {dataset}\n")
                })
            }
            Self::RootKey { tenant, to } => {
                let rotation = to.map_or(RootKeyRotation::NewVersion, RootKeyRotation::NewKey);
                let rotated = engine.rotate_root_key(&context, &tenant, rotation).await?;
                session.output.print(&rotated, |rotated| {
                    let table = pairs(&[
                        ("root key", Some(rotated.root_key.clone())),
                        ("version", Some(rotated.version.to_string())),
                        ("deactivated", rotated.deactivated.clone()),
                        ("to rewrap", Some(size::count(rotated.to_rewrap, "data key"))),
                    ]);
                    format!("{table}\nRewrap them: keyward rewrap {tenant}\n")
                })
            }
        }
    }
}
