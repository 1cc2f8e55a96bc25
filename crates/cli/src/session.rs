//! What every command starts from: the open workspace, and who asks.

use std::path::PathBuf;

use keyward_core::{Actor, Role};
use keyward_engine::{AcceptRollback, OperationContext};
use keyward_secrets::Backing;
use keyward_workspace::{
    AwsSettings, AzureSettings, HsmSettings, OpenOptions, Workspace, os_account,
};

use crate::{arguments::Global, failure::Failure, output::Output, passphrase};

/// An open workspace with what the command line says of everything.
pub struct Session {
    /// The workspace.
    pub workspace: Workspace,
    /// How results are printed.
    pub output: Output,
    actor: Actor,
    role: Option<Role>,
}

impl Session {
    /// Opens the workspace that the command line names.
    ///
    /// # Errors
    /// [`Failure`] of the opening.
    pub async fn open(global: &Global) -> Result<Self, Failure> {
        Self::open_with(global, None).await
    }

    /// Opens it also where it is older than its anchors say, and has that recorded.
    ///
    /// # Errors
    /// [`Failure`] of the opening.
    pub async fn open_accepting(global: &Global, reason: String) -> Result<Self, Failure> {
        let role = global.role.clone().unwrap_or(Role::Administrator);
        Self::open_with(global, Some(AcceptRollback { reason, role })).await
    }

    async fn open_with(global: &Global, accept: Option<AcceptRollback>) -> Result<Self, Failure> {
        let folder = folder(global)?;
        let mut options = OpenOptions { accept, ..options(global) };
        if Workspace::config(&folder)?.secrets == Backing::Passphrase {
            options.passphrase = passphrase::existing(global.passphrase_file.as_deref())?;
        }
        let actor = options.actor.clone();
        let workspace = Workspace::open(&folder, options).await?;
        Ok(Self { workspace, output: global.output(), actor, role: global.role.clone() })
    }

    /// Has the log's newest checkpoint kept outside the database before this process ends.
    ///
    /// # Errors
    /// [`Failure`] where what is kept contradicts the database.
    pub async fn close(&self) -> Result<(), Failure> {
        Ok(self.workspace.engine.anchor_now().await?)
    }

    /// The context of a request in the role that the command line names, or else in `usual`.
    ///
    /// # Errors
    /// [`Failure`] where the system has no randomness.
    pub fn context(&self, usual: Role) -> Result<OperationContext, Failure> {
        let role = self.role.clone().unwrap_or(usual);
        Ok(self.workspace.engine.context(self.actor.clone(), role)?)
    }

    /// The context of an administrator's request.
    ///
    /// # Errors
    /// As [`context`](Self::context).
    pub fn administrator(&self) -> Result<OperationContext, Failure> {
        self.context(Role::Administrator)
    }

    /// The context of an application's request.
    ///
    /// # Errors
    /// As [`context`](Self::context).
    pub fn application(&self) -> Result<OperationContext, Failure> {
        self.context(Role::Application)
    }

    /// The context of a security officer's request.
    ///
    /// # Errors
    /// As [`context`](Self::context).
    pub fn officer(&self) -> Result<OperationContext, Failure> {
        self.context(Role::SecurityOfficer)
    }
}

/// The workspace's folder: the one that is named, else in the platform's place for data.
pub fn folder(global: &Global) -> Result<PathBuf, Failure> {
    if let Some(folder) = &global.workspace {
        return Ok(folder.clone());
    }
    directories::ProjectDirs::from("", "", "keyward")
        .map(|places| places.data_dir().join("workspace"))
        .ok_or_else(|| {
            Failure::usage("this account has no home folder; name one with `--workspace`")
        })
}

/// How a workspace is opened, but for its passphrase.
pub fn options(global: &Global) -> OpenOptions {
    let aws =
        AwsSettings { profile: global.aws_profile.clone(), endpoint: global.aws_endpoint.clone() };
    let azure = AzureSettings {
        endpoint: global.azure_endpoint.clone(),
        ca_file: global.azure_ca_file.clone(),
        credential: global.azure_credential.clone().unwrap_or_default(),
    };
    let hsm = HsmSettings { modules: global.pkcs11_module.clone() };
    OpenOptions { aws, azure, hsm, state: state(), ..OpenOptions::new(os_account()) }
}

/// The account's folder for what outlives a workspace: where its checkpoints are kept, and its witness.
pub fn state() -> Option<PathBuf> {
    let places = directories::ProjectDirs::from("", "", "keyward")?;
    // Only Linux has a folder for state; elsewhere it is below the one for data.
    Some(places.state_dir().map_or_else(|| places.data_local_dir().join("state"), PathBuf::from))
}
