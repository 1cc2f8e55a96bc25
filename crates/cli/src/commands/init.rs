//! `keyward init`: makes a workspace.

use clap::Args;
use keyward_core::Region;
use keyward_secrets::Backing;
use keyward_workspace::{CreateOptions, NewSecrets, Workspace};

use crate::{
    arguments::Global,
    failure::Failure,
    passphrase,
    render::table::pairs,
    session::{folder, options},
};

/// Make a workspace
#[derive(Debug, Args)]
pub struct Init {
    /// The region that this workspace's engine runs in, as the provider spells it
    #[arg(long, default_value = "local")]
    region: Region,
    /// Where objects shall lie: a folder, or s3://, az:// or gs:// with a bucket; usually in the
    /// workspace
    #[arg(long, value_name = "URL")]
    objects: Option<String>,
    /// Where the workspace's own secrets shall rest: `keyring` or `passphrase`; usually the keyring,
    /// but with --passphrase-file a file sealed with that
    #[arg(long, value_name = "PLACE")]
    secrets: Option<Backing>,
}

#[derive(serde::Serialize)]
struct Made {
    workspace: String,
    id: String,
    region: Region,
    secrets: Backing,
    objects: String,
    origin: String,
    verifier_key: String,
}

impl Init {
    pub async fn run(self, global: &Global) -> Result<u8, Failure> {
        let usual = match global.passphrase_file {
            Some(_) => Backing::Passphrase,
            None => Backing::Keyring,
        };
        let secrets = match self.secrets.unwrap_or(usual) {
            Backing::Keyring => NewSecrets::Keyring,
            Backing::Passphrase => {
                NewSecrets::Passphrase(passphrase::new(global.passphrase_file.as_deref())?)
            }
        };
        let options = CreateOptions {
            region: self.region,
            objects: self.objects,
            secrets,
            open: options(global),
        };
        let workspace = Workspace::create(&folder(global)?, options).await?;
        workspace.engine.anchor_now().await?;
        let status = workspace.engine.status().await?;
        let made = Made {
            workspace: workspace.folder.display().to_string(),
            id: status.id,
            region: status.region,
            secrets: workspace.config.secrets,
            objects: status.objects_url,
            origin: status.origin,
            verifier_key: status.verifier_key,
        };
        global.output().print(&made, |made| {
            let table = pairs(&[
                ("workspace", Some(made.workspace.clone())),
                ("region", Some(made.region.to_string())),
                ("secrets", Some(made.secrets.to_string())),
                ("objects", Some(made.objects.clone())),
                ("log", Some(made.origin.clone())),
                ("verifier key", Some(made.verifier_key.clone())),
            ]);
            format!("{table}\nKeep the verifier key elsewhere: it checks the audit log.\n")
        })
    }
}
