//! What an operation can fail with.

use std::sync::Arc;

use keyward_core::{
    ChallengeId, Code, ContextError, DataKeyId, DatasetName, KeyState, Provider, Region, RootKeyId,
    TenantId, TransitionError,
};
use keyward_envelope::EnvelopeError;
use keyward_kms::KmsError;
use keyward_ledger::LedgerError;
use keyward_secrets::SecretsError;
use keyward_siem::SiemError;
use keyward_store::{ObjectsError, StoreError, tables::tenants::TenantState};
use keyward_witness::WitnessError;

use crate::LogFault;

/// The failure of an operation. Its [`code`](EngineError::code) is stable; its text is for people.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The provider of a root key.
    #[error(transparent)]
    Kms(#[from] KmsError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The object store.
    #[error(transparent)]
    Objects(#[from] ObjectsError),
    /// A ciphertext.
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
    /// The audit log.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// A place that keeps checkpoints, or a witness.
    #[error(transparent)]
    Witness(#[from] WitnessError),
    /// A provider's credential can't be kept or forgotten.
    #[error(transparent)]
    Secrets(#[from] SecretsError),
    /// The log couldn't be sent to a receiver.
    #[error(transparent)]
    Siem(SiemError),
    /// A caller's context pair.
    #[error(transparent)]
    Context(#[from] ContextError),
    /// A transition that key states don't have.
    #[error(transparent)]
    Transition(#[from] TransitionError),
    /// The failure of a call or a transaction that several operations waited for.
    #[error(transparent)]
    Shared(#[from] Arc<EngineError>),
    /// A failure that is in the log already, in the transaction of what it changed. Never leaves the
    /// engine.
    #[error(transparent)]
    Recorded(Box<EngineError>),
    /// A caller's reader or writer.
    #[error("{what}: {source}")]
    Io {
        /// What was read or written.
        what: String,
        /// The system's error.
        #[source]
        source: std::io::Error,
    },
    /// The role or its tenant scope doesn't allow the action.
    #[error("role `{role}` may not do `{action}`{}; ask somebody whose role allows it", scope(.tenant))]
    NotAuthorised {
        /// The role.
        role: String,
        /// The action.
        action: &'static str,
        /// The tenant it was about.
        tenant: Option<TenantId>,
    },
    /// The request was made for an engine in another region.
    #[error(
        "the request is for region `{asked}`, and this engine runs in `{here}`; send it to one there"
    )]
    ForeignRegion {
        /// The request's region.
        asked: Region,
        /// The engine's region.
        here: Region,
    },
    /// The engine's region is not one where the root key may be used.
    #[error(
        "root key `{key}` has no reference in region `{region}`, only in {allowed}; run this in one of those"
    )]
    KeyNotInRegion {
        /// The root key.
        key: RootKeyId,
        /// The engine's region.
        region: Region,
        /// Where it may be used.
        allowed: String,
    },
    /// The data may not lie where this workspace stores it.
    #[error(
        "dataset `{dataset}` may lie in {allowed} only, and this workspace stores in `{region}`; use a workspace there"
    )]
    Residency {
        /// The dataset.
        dataset: DatasetName,
        /// Where it would have been written.
        region: Region,
        /// Where it may lie.
        allowed: String,
    },
    /// The tenant isn't active.
    #[error("tenant `{tenant}` is {state}{}; {}", because(.why), next_step(*.state))]
    TenantNotActive {
        /// The tenant.
        tenant: TenantId,
        /// Its state.
        state: TenantState,
        /// The code that brought it there.
        why: Option<String>,
    },
    /// The key's state doesn't allow the use.
    #[error("key `{key}` is {state} and may not {what}")]
    KeyState {
        /// The key's id.
        key: String,
        /// Its state.
        state: KeyState,
        /// What was wanted.
        what: &'static str,
    },
    /// There is no such tenant.
    #[error("there is no tenant `{0}`; `keyward tenant list` shows them")]
    TenantNotFound(TenantId),
    /// There is no such dataset.
    #[error("tenant `{tenant}` has no dataset `{dataset}`; `keyward dataset create` makes one")]
    DatasetNotFound {
        /// The tenant.
        tenant: TenantId,
        /// The dataset.
        dataset: DatasetName,
    },
    /// There is no such object.
    #[error("there is no object `{name}`; `keyward ls` shows what is there")]
    ObjectNotFound {
        /// The object's name.
        name: String,
    },
    /// There is no such root key.
    #[error("root key `{0}` is not registered; `keyward key list` shows what is")]
    RootKeyNotFound(RootKeyId),
    /// The tenant has no active root key.
    #[error("tenant `{0}` has no active root key; register one and answer its challenge")]
    NoActiveRootKey(TenantId),
    /// There is no such challenge.
    #[error("there is no challenge `{0}`; start one with `keyward challenge start`")]
    ChallengeNotFound(ChallengeId),
    /// The challenge's time is over.
    #[error("challenge `{0}` has expired; start another one")]
    ChallengeExpired(ChallengeId),
    /// The challenge was answered before.
    #[error("challenge `{0}` was answered before; start another one")]
    ChallengeUsed(ChallengeId),
    /// The answer is wrong. The challenge is spent.
    #[error(
        "the answer does not prove ownership: {why}; the challenge is spent, start another one"
    )]
    ChallengeFailed {
        /// What is missing.
        why: &'static str,
    },
    /// A probe found that the key doesn't keep tenants apart, or can't be used.
    #[error("the key did not pass its probes: {why}")]
    ProbeFailed {
        /// What it did.
        why: &'static str,
    },
    /// It's there already.
    #[error("{what} `{name}` exists already; choose another name")]
    AlreadyExists {
        /// Which kind of thing.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// Another tenant has proven to own the key.
    #[error("the key is registered by another tenant; each tenant brings a key of its own")]
    KeyOfAnotherTenant,
    /// Somebody else changed it meanwhile.
    #[error("`{0}` was changed by somebody else meanwhile; look again and repeat")]
    ChangedMeanwhile(String),
    /// No provider is set up for the reference.
    #[error("no provider for `{0}` keys is set up in this workspace")]
    ProviderNotConfigured(Provider),
    /// The provider doesn't let Keyward do it with this key.
    #[error("{0}")]
    Unsupported(&'static str),
    /// Stored ciphertext isn't the one that belongs under this name.
    #[error("what is stored as `{name}` does not open as that object; restore it from a copy")]
    CiphertextRejected {
        /// The object's name.
        name: String,
    },
    /// Something else must be done first.
    #[error("{0}")]
    NotFinished(String),
    /// A stored row isn't what Keyward wrote.
    #[error("{0} is damaged; run `keyward audit verify` and restore from a copy")]
    StateCorrupt(String),
    /// The log's tables don't agree with its records.
    #[error(transparent)]
    Log(Box<LogFault>),
    /// There is no such record.
    #[error("there is no record {seq}; the log has {size}, from 0 on")]
    RecordNotFound {
        /// The record.
        seq: u64,
        /// How many there are.
        size: u64,
    },
    /// The log has no such day.
    #[error("the log has no records of {0}; `keyward audit days` shows the days that it has")]
    LogDayNotFound(chrono::NaiveDate),
    /// A record that is asked for lies in an archive.
    #[error(
        "record {seq} is of {day}, which is archived; `keyward audit fetch {day}` brings it back"
    )]
    LogDayAway {
        /// Its day.
        day: chrono::NaiveDate,
        /// The record.
        seq: u64,
    },
    /// A day's archive isn't what was written.
    #[error(
        "the archive of {day} (`{path}`) {fault}; keep it as evidence and put a copy of the file in its place"
    )]
    ArchiveDiffers {
        /// The day.
        day: chrono::NaiveDate,
        /// The file.
        path: String,
        /// How it differs.
        fault: crate::ArchiveFault,
    },
    /// The database is older than a checkpoint of it that is kept elsewhere.
    #[error(
        "the database is older than {place} says: that keeps a checkpoint over {kept} records{at}, and the database has {here}; put the newer database back, or, if that is lost, have an administrator run `keyward audit accept-rollback --reason TEXT`, which is recorded"
    )]
    LogRolledBack {
        /// What keeps the checkpoint.
        place: String,
        /// How many records that has.
        kept: u64,
        /// When it was kept, where that is known.
        at: String,
        /// How many records the database has.
        here: u64,
    },
    /// The database holds another log than a checkpoint of it that is kept elsewhere.
    #[error(
        "the database holds another history than {place} says: its first {kept} records are not those of the checkpoint kept there{at} (the database has {here}); keep both as evidence and put the right database back, or have an administrator run `keyward audit accept-rollback --reason TEXT`, which is recorded"
    )]
    LogForked {
        /// What keeps the checkpoint.
        place: String,
        /// How many records that has.
        kept: u64,
        /// When it was kept, where that is known.
        at: String,
        /// How many records the database has.
        here: u64,
    },
    /// The database names another key for its log than the one that is among the secrets.
    #[error(
        "the database says that its log is signed by `{named}`, and the key among the workspace's secrets is `{ours}`: one of them was replaced; keep both as evidence and open the database with the secrets it was made with"
    )]
    OtherLogKey {
        /// The verifier key of the key among the secrets.
        ours: String,
        /// The verifier key that the database names.
        named: String,
    },
    /// What a place keeps under this log's name isn't this log's.
    #[error(
        "what {place} keeps is no checkpoint of this log: {cause}; look who wrote there, and if the database is the right one, have an administrator run `keyward audit accept-rollback --reason TEXT`, which is recorded"
    )]
    AnchorForeign {
        /// What keeps it.
        place: String,
        /// Why it isn't.
        cause: LedgerError,
    },
    /// A place doesn't answer.
    #[error("{place} does not answer; look whether it waits for somebody")]
    AnchorSilent {
        /// The place.
        place: String,
    },
    /// There is no such witness.
    #[error("there is no witness `{0}`; `keyward audit witness list` shows them")]
    WitnessNotFound(String),
    /// The log keeps no checkpoint of this size.
    #[error(
        "no checkpoint over {size} records is kept; leave it out for the newest, or name a kept one"
    )]
    CheckpointNotKept {
        /// The size that was asked for.
        size: u64,
    },
    /// An argument is out of its range.
    #[error("{0}")]
    InvalidInput(String),
    /// A data key that was there is gone.
    #[error("data key `{0}` is not in the database")]
    DataKeyNotFound(DataKeyId),
}

impl EngineError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::Kms(error) => error.code(),
            Self::Store(error) => error.code(),
            Self::Objects(error) => error.code(),
            Self::Envelope(error) => error.code(),
            Self::Ledger(error) => error.code(),
            Self::Witness(error) => error.code(),
            Self::Secrets(error) => error.code(),
            Self::LogRolledBack { .. } => Code::LogRolledBack,
            Self::LogForked { .. } | Self::AnchorForeign { .. } => Code::LogForked,
            Self::AnchorSilent { .. } => Code::WitnessUnreachable,
            Self::WitnessNotFound(_) => Code::WitnessNotFound,
            Self::Shared(error) => error.code(),
            Self::Recorded(error) => error.code(),
            Self::Context(_) | Self::InvalidInput(_) => Code::InvalidInput,
            Self::Transition(_) | Self::KeyState { .. } => Code::KeyState,
            Self::Io { source, .. } => io_code(source),
            Self::NotAuthorised { .. } => Code::NotAuthorised,
            Self::ForeignRegion { .. } | Self::KeyNotInRegion { .. } | Self::Residency { .. } => {
                Code::WrongRegion
            }
            Self::TenantNotActive { state, .. } => match state {
                TenantState::Suspended => Code::TenantSuspended,
                TenantState::Revoked => Code::TenantRevoked,
                TenantState::Offboarded => Code::TenantOffboarded,
                TenantState::Pending | TenantState::Active => Code::TenantNotActive,
            },
            Self::NoActiveRootKey(_) => Code::TenantNotActive,
            Self::TenantNotFound(_) => Code::TenantNotFound,
            Self::DatasetNotFound { .. } => Code::DatasetNotFound,
            Self::ObjectNotFound { .. } => Code::ObjectNotFound,
            Self::RootKeyNotFound(_) => Code::RootKeyNotFound,
            Self::ChallengeNotFound(_) => Code::ChallengeNotFound,
            Self::ChallengeExpired(_) => Code::ChallengeExpired,
            Self::ChallengeUsed(_) => Code::ChallengeUsed,
            Self::ChallengeFailed { .. } => Code::ChallengeFailed,
            Self::ProbeFailed { .. } => Code::ProbeFailed,
            Self::AlreadyExists { .. } => Code::AlreadyExists,
            Self::KeyOfAnotherTenant => Code::KeyOfAnotherTenant,
            Self::ChangedMeanwhile(_) => Code::ChangedMeanwhile,
            Self::ProviderNotConfigured(_) => Code::ProviderNotConfigured,
            Self::Unsupported(_) => Code::UnsupportedByProvider,
            Self::CiphertextRejected { .. } => Code::CiphertextRejected,
            Self::NotFinished(_) | Self::LogDayAway { .. } => Code::NotFinished,
            Self::LogDayNotFound(_) => Code::LogDayNotFound,
            Self::ArchiveDiffers { .. } => Code::LogNotVerified,
            Self::Log(_) | Self::OtherLogKey { .. } => Code::LogNotVerified,
            Self::RecordNotFound { .. } | Self::CheckpointNotKept { .. } => Code::RecordNotFound,
            Self::Siem(error) => error.code(),
            Self::StateCorrupt(_) | Self::DataKeyNotFound(_) => Code::StateCorrupt,
        }
    }

    /// The provider's failure in this, if it is one.
    pub(crate) fn as_kms(&self) -> Option<&KmsError> {
        match self {
            Self::Kms(error) => Some(error),
            Self::Shared(error) => error.as_kms(),
            Self::Recorded(error) => error.as_kms(),
            _ => None,
        }
    }

    pub(crate) fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }
}

impl From<SiemError> for EngineError {
    fn from(error: SiemError) -> Self {
        // What it has from us comes back as it was.
        match error {
            SiemError::Trail { source } => match source.downcast() {
                Ok(own) => *own,
                Err(source) => Self::Siem(SiemError::Trail { source }),
            },
            error => Self::Siem(error),
        }
    }
}

fn io_code(error: &std::io::Error) -> Code {
    use std::io::ErrorKind;
    match error.kind() {
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => Code::NoPermission,
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Code::DiskFull,
        ErrorKind::NotFound | ErrorKind::IsADirectory | ErrorKind::NotADirectory => {
            Code::InvalidInput
        }
        _ => Code::Machine,
    }
}

fn scope(tenant: &Option<TenantId>) -> String {
    tenant.as_ref().map(|tenant| format!(" for tenant `{tenant}`")).unwrap_or_default()
}

fn because(why: &Option<String>) -> String {
    why.as_ref().map(|why| format!(" ({why})")).unwrap_or_default()
}

fn next_step(state: TenantState) -> &'static str {
    match state {
        TenantState::Pending => "register a root key and answer its challenge",
        TenantState::Active => "nothing is to be done",
        TenantState::Suspended | TenantState::Revoked => {
            "once the key's owner allows access again, run `keyward restore`"
        }
        TenantState::Offboarded => "its data can be read with its exit kit only",
    }
}
