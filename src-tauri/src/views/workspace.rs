//! Views of the workspace and of who works in it.

use keyward_engine::{AnchorView, WitnessReport, WitnessView, WorkspaceStatus};
use specta::Type;

use crate::failure::CommandError;

/// How the window stands to its workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, Type)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// There is none in the folder.
    None,
    /// There is one, and it isn't open.
    Locked,
    /// It is open.
    Open,
    /// It can't be opened; the failure says why.
    Refused,
}

/// Everything that the first page needs.
#[derive(Clone, Debug, serde::Serialize, Type)]
pub struct WorkspaceStanding {
    /// How it stands.
    pub standing: Standing,
    /// The workspace's folder.
    pub folder: String,
    /// Whether its secrets are sealed with a passphrase. `false` is the OS keyring.
    pub passphrase: bool,
    /// Whether an OS keyring can be reached and used now; asked only where there is no workspace.
    pub keyring: Option<bool>,
    /// Why the keyring can't be used.
    pub keyring_failure: Option<CommandError>,
    /// Why the workspace can't be opened.
    pub failure: Option<CommandError>,
    /// Minutes without input after which the window locks itself.
    pub lock_after_minutes: u32,
    /// The console's version.
    pub version: String,
}

/// The open workspace.
#[derive(Clone, Debug, serde::Serialize, Type)]
pub struct WorkspaceView {
    /// Its id.
    pub id: String,
    /// Its folder.
    pub folder: String,
    /// The region that the engine runs in.
    pub region: String,
    /// Where objects lie.
    pub objects_url: String,
    /// The log's origin line.
    pub origin: String,
    /// The key that verifies its checkpoints.
    pub verifier_key: String,
    /// How many records the log has.
    pub records: u64,
    /// The newest checkpoint, a signed note.
    pub checkpoint: String,
    /// Which providers are set up.
    pub providers: Vec<String>,
    /// Unwrapped data keys in this process's memory.
    pub cached_keys: u32,
    /// Whether the system keeps them out of swap.
    pub memory_locked: bool,
    /// How many tenants it has.
    pub tenants: u32,
    /// Who works in the window: the account of the operating system.
    pub actor: String,
    /// In which role: `administrator`, `security-officer` or `tenant-approver:TENANT`.
    pub role: String,
    /// Where its secrets rest: `keyring` or `passphrase`.
    pub secrets: String,
    /// The AWS profile that the environment names: it goes before what is kept.
    pub aws_profile: Option<String>,
    /// The AWS endpoint that the environment names, likewise.
    pub aws_endpoint: Option<String>,
}

/// What is the workspace's own, besides its status.
pub struct WorkspaceFacts {
    /// Its folder.
    pub folder: String,
    /// Who works in the window.
    pub actor: String,
    /// In which role.
    pub role: String,
    /// Where its secrets rest.
    pub secrets: String,
    /// What the environment says of AWS.
    pub aws: keyward_workspace::AwsSettings,
}

impl WorkspaceView {
    /// The view of a status.
    pub fn new(status: WorkspaceStatus, facts: WorkspaceFacts) -> Self {
        Self {
            id: status.id,
            folder: facts.folder,
            region: status.region.to_string(),
            objects_url: status.objects_url,
            origin: status.origin,
            verifier_key: status.verifier_key,
            records: status.records,
            checkpoint: status.checkpoint,
            providers: status.providers.iter().map(|one| one.as_str().to_owned()).collect(),
            cached_keys: u32::try_from(status.cached_keys).unwrap_or(u32::MAX),
            memory_locked: status.memory_locked,
            tenants: u32::try_from(status.tenants.len()).unwrap_or(u32::MAX),
            actor: facts.actor,
            role: facts.role,
            secrets: facts.secrets,
            aws_profile: facts.aws.profile,
            aws_endpoint: facts.aws.endpoint,
        }
    }
}

/// What a place outside the database says of the log.
#[derive(Clone, Debug, serde::Serialize, Type)]
pub struct AnchorItem {
    /// The place.
    pub place: String,
    /// `current`, `behind`, `none`, `unreachable`, `rolled-back`, `forked` or `foreign`.
    pub found: String,
    /// How many records the checkpoint has that it keeps.
    pub size: Option<u64>,
    /// When it was kept.
    pub at: Option<String>,
    /// What is wrong, and what to do.
    pub detail: Option<String>,
}

impl From<AnchorView> for AnchorItem {
    fn from(view: AnchorView) -> Self {
        Self {
            place: view.place,
            found: view.found.into(),
            size: view.size,
            at: view.at.map(|at| at.to_rfc3339()),
            detail: view.detail,
        }
    }
}

/// A witness of the log.
#[derive(Clone, Debug, serde::Serialize, Type)]
pub struct WitnessItem {
    /// Its name, or the folder's path.
    pub name: String,
    /// What checks its cosignatures.
    pub key: Option<String>,
    /// Where it is asked.
    pub url: Option<String>,
    /// The folder where it is met.
    pub folder: Option<String>,
    /// Since when.
    pub added_at: String,
    /// Over how many records it cosigned last.
    pub cosigned: Option<u64>,
    /// When, by its own clock.
    pub cosigned_at: Option<String>,
    /// How many records have come since.
    pub behind: u64,
}

impl From<WitnessView> for WitnessItem {
    fn from(view: WitnessView) -> Self {
        Self {
            name: view.name,
            key: view.key,
            url: view.url,
            folder: view.folder,
            added_at: view.added_at.to_rfc3339(),
            cosigned: view.cosigned,
            cosigned_at: view.cosigned_at.map(|at| at.to_rfc3339()),
            behind: view.behind,
        }
    }
}

/// How the log stands to everything outside the database.
#[derive(Clone, Debug, serde::Serialize, Type)]
pub struct Witnesses {
    /// How many records the log has.
    pub records: u64,
    /// What every place and witness says.
    pub anchors: Vec<AnchorItem>,
    /// The witnesses.
    pub witnesses: Vec<WitnessItem>,
}

impl From<WitnessReport> for Witnesses {
    fn from(report: WitnessReport) -> Self {
        Self {
            records: report.records,
            anchors: report.anchors.into_iter().map(Into::into).collect(),
            witnesses: report.witnesses.into_iter().map(Into::into).collect(),
        }
    }
}
