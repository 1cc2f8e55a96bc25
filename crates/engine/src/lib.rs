//! Keyward's operations, one file each, and the only crate that composes the others.
//!
//! Every operation takes an [`OperationContext`] first and runs in one order: authorise, bind, act,
//! record, release. See `docs/architecture.md`; to add one, see `docs/adding-an-operation.md`.
#![deny(missing_docs)]

// What operations share.
mod anchor;
mod archive;
mod authorise;
mod cache;
mod challenge_commands;
mod clock;
mod commit;
mod deny;
mod error;
mod follow;
mod health;
mod log;
mod log_tiles;
mod new_folder;
mod object_names;
mod open_doors;
mod operation;
mod probe;
mod providers;
mod recover;
mod require;
mod rewrap_on_read;
mod sidecar;
mod sidecar_turn;
mod transition;
mod unlock;
mod words;
mod workspace;

// The operations.
mod accept_rollback;
mod access_matrix;
mod answer_challenge;
mod attention;
mod audit_archive;
mod audit_days;
mod audit_export;
mod audit_fetch;
mod audit_forward;
mod audit_prove;
mod audit_query;
mod audit_retention;
mod audit_seal;
mod audit_show;
mod audit_tail;
mod audit_verify;
mod audit_witness;
mod azure_commands;
mod blast_radius;
mod create_dataset;
mod credentials;
mod delete;
mod drill;
mod enroll_approver;
mod exit_kit;
mod hierarchy;
mod key_policy;
mod list;
mod log_standing;
mod offboard;
mod open_names;
mod read;
mod register_root_key;
mod register_tenant;
mod rekey;
mod restore;
mod revocation_drill;
mod revocations;
mod revoke;
mod rewrap;
mod rewrap_jobs;
mod rotate_data_key;
mod rotate_root_key;
mod rotation_period;
mod serving;
mod set_dataset_names;
mod start_challenge;
mod status;
mod suspend;
mod sweep;
mod tenant_summaries;
mod watch;
mod write;

pub use accept_rollback::AcceptRollback;
pub use access_matrix::{AccessRow, AccessScope, access_matrix};
pub use anchor::unjudged_request;
pub use answer_challenge::{Answer, ChallengeStep};
pub use archive::{ArchiveFault, ArchiveFile};
pub use attention::{AttentionItem, AttentionKind, Urgency};
pub use audit_archive::{ArchiveDays, ArchivedDay};
pub use audit_days::{LogArchive, LogDay};
pub use audit_export::{ExportFormat, ExportRange, Exported, ExportedLines};
pub use audit_fetch::FetchedDay;
pub use audit_forward::{AuditCursor, ForwardEvent, Forwarded, Forwarding};
pub use audit_prove::{ProvedGrowth, ProvedRecord};
pub use audit_query::{
    AuditCount, AuditCountFilter, AuditFilter, AuditPage, AuditStart, CountApart, CountStep,
};
pub use audit_retention::{ArchiveDataset, AuditRetention};
pub use audit_seal::Sealed;
pub use audit_show::ShownRecord;
pub use audit_verify::{LogFault, Verified, VerifyOptions};
pub use audit_witness::{AnchorView, NewWitness, Taken, WitnessReport, WitnessView};
pub use blast_radius::{BlastRadius, LockedDataset, LockedRootKey};
pub use cache::CacheSettings;
pub use clock::{Clock, SystemClock};

pub use credentials::CredentialNote;
pub use drill::{DrillReport, Drilled};
pub use error::EngineError;
pub use exit_kit::ExitKit;
pub use health::{Failing, KeyHealth};
pub use hierarchy::{
    CachedKey, DatasetNode, KeysInState, RootKeyNode, RootKeyVersionNode, TenantHierarchy,
    WrappedDataset,
};
pub use key_policy::ReadKeyPolicy;
pub use list::ListPage;
pub use object_names::NameKey;
pub use offboard::Offboarded;
pub use open_names::{OpenedName, OpenedNames};
pub use operation::OperationContext;
pub use providers::Providers;
pub use read::ReadSummary;
pub use register_root_key::RootKeyView;

pub use log::LogIdentity;
pub use log_standing::{LogStanding, LogVerification};
pub use rekey::Rekeyed;
pub use restore::Restored;
pub use revocations::{RefusedOperation, RevocationCause, RevocationTimeline};
pub use revoke::{RevokeStep, Revoked};
pub use rewrap::{RewrapOptions, RewrapProgress, RewrapReport};
pub use rewrap_jobs::{RewrapFailure, RewrapJob, RewrapJobState, RewrapJobs};
pub use rotate_data_key::RotatedDataKey;
pub use rotate_root_key::{RootKeyRotation, RotatedRootKey};
pub use rotation_period::RotationPeriod;
pub use serving::{ServingChange, TenantServing};
pub use sidecar::{Sidecar, SidecarKey};
pub use start_challenge::{ChallengeKind, ChallengeView};
pub use status::{DataKeyCount, TenantStatus, WorkspaceStatus};
pub use sweep::Swept;
pub use tenant_summaries::{ChallengeSummary, RootKeySummary, TenantSummary};
pub use watch::{WatchEvent, WatchSettings, Watcher};
pub use workspace::{Parts, Settings};
pub use write::{Source, Written};

use keyward_core::Region;
use keyward_store::{Objects, Store};

/// One engine: one workspace in one region.
///
/// Cheap to share behind an `Arc`; every method takes `&self`.
pub struct Engine {
    pub(crate) store: Store,
    pub(crate) objects: Objects,
    pub(crate) providers: Providers,
    pub(crate) log: std::sync::Arc<log::Log>,
    /// Where the log's newest checkpoint is kept outside the database.
    pub(crate) anchors: std::sync::Arc<anchor::Anchors>,
    pub(crate) cache: cache::KeyCache,
    /// How root keys answer.
    pub(crate) health: health::Health,
    /// Wipes what other processes have made stale.
    pub(crate) _follower: follow::Follower,
    pub(crate) clock: std::sync::Arc<clock::ForwardClock>,
    pub(crate) region: Region,
    pub(crate) sidecar_turns: sidecar_turn::SidecarTurns,
    /// When replaced blobs were last looked for.
    pub(crate) last_sweep: parking_lot::Mutex<chrono::DateTime<chrono::Utc>>,
}
