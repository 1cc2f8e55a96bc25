//! Views of rewraps: forecasts, jobs and what remains.

use keyward_engine::{RewrapJob, RewrapProgress, RewrapReport};
use specta::Type;

use super::{
    tenant::{QuarantineItem, WrappedItem},
    words::word,
};
use crate::failure::CommandError;

/// How far a rewrap is.
#[derive(Clone, Copy, Debug, serde::Serialize, Type)]
pub struct RewrapProgressView {
    /// Data keys to rewrap when it began.
    pub total: u64,
    /// Rewrapped so far.
    pub rewrapped: u64,
    /// Quarantined so far.
    pub quarantined: u64,
    /// Seconds since it began.
    pub seconds: f64,
    /// Data keys a second.
    pub rate: f64,
    /// Seconds to go at this rate.
    pub remaining_seconds: Option<f64>,
}

impl From<RewrapProgress> for RewrapProgressView {
    fn from(progress: RewrapProgress) -> Self {
        Self {
            total: progress.total,
            rewrapped: progress.rewrapped,
            quarantined: progress.quarantined,
            seconds: progress.seconds,
            rate: progress.rate,
            remaining_seconds: progress.remaining_seconds,
        }
    }
}

/// What a rewrap did or would do, and what remains.
#[derive(Clone, Debug, serde::Serialize, Type)]
pub struct RewrapReportView {
    /// Whose data keys.
    pub tenant: String,
    /// The root key they are to be under.
    pub root_key: String,
    /// Its version.
    pub version: u32,
    /// How far it came.
    pub progress: RewrapProgressView,
    /// Calls to providers: made, or forecast.
    pub kms_calls: u64,
    /// What is still wrapped under anything else, counted in the database. Empty is the proof that
    /// nothing is.
    pub remaining: Vec<WrappedItem>,
    /// What is quarantined, with reasons.
    pub quarantine: Vec<QuarantineItem>,
}

impl From<RewrapReport> for RewrapReportView {
    fn from(report: RewrapReport) -> Self {
        Self {
            tenant: report.tenant.to_string(),
            root_key: report.root_key,
            version: report.version,
            progress: report.progress.into(),
            kms_calls: report.kms_calls,
            remaining: report.remaining.into_iter().map(Into::into).collect(),
            quarantine: report.quarantine.into_iter().map(Into::into).collect(),
        }
    }
}

/// A rewrap that runs on in this process, or ended in it.
#[derive(Clone, Debug, serde::Serialize, Type)]
pub struct JobItem {
    /// The request that started it, which all its records carry.
    pub id: String,
    /// Whose data keys.
    pub tenant: String,
    /// The root key they are to be under.
    pub root_key: String,
    /// Its version.
    pub version: u32,
    /// `running`, `paused`, `cancelled`, `done` or `failed`.
    pub state: String,
    /// What it will be once the batch under way is committed.
    pub stopping: Option<String>,
    /// How far it is.
    pub progress: RewrapProgressView,
    /// When it was started.
    pub started_at: String,
    /// When it ended, or was last paused.
    pub ended_at: Option<String>,
    /// The forecast that it was started on.
    pub forecast: Option<RewrapReportView>,
    /// Why it failed.
    pub failure: Option<CommandError>,
    /// What its last run left.
    pub report: Option<RewrapReportView>,
}

impl From<RewrapJob> for JobItem {
    fn from(job: RewrapJob) -> Self {
        Self {
            id: job.id.to_string(),
            tenant: job.tenant.to_string(),
            root_key: job.root_key.to_string(),
            version: job.version,
            state: word(&job.state),
            stopping: job.stopping.map(|state| word(&state)),
            progress: job.progress.into(),
            started_at: job.started_at.to_rfc3339(),
            ended_at: job.ended_at.map(|at| at.to_rfc3339()),
            forecast: job.forecast.map(Into::into),
            failure: job.error.map(|error| CommandError::of(error.code, error.message)),
            report: job.report.map(Into::into),
        }
    }
}
