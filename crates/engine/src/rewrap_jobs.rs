//! Rewraps that run on while their caller goes on: started, watched, paused and resumed.
//!
//! A job is no more than this process's view of its runs. What is left to do stands in the database, so
//! that nothing is lost with a job: whoever starts one later, in whichever process, does what remains.

use std::{ops::ControlFlow, sync::Arc};

use chrono::{DateTime, Utc};
use keyward_core::{RequestId, RootKeyId, TenantId};
use keyward_ledger::Action;
use parking_lot::Mutex;
use tokio::sync::watch;

use crate::{
    Engine, EngineError, OperationContext, RewrapOptions, RewrapProgress, RewrapReport,
    operation::Entry, require,
};

/// Jobs that have ended and are still listed.
const ENDED_KEPT: usize = 100;

/// How a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RewrapJobState {
    /// Rewrapping.
    Running,
    /// Stopped until somebody resumes it.
    Paused,
    /// Stopped for good.
    Cancelled,
    /// Came to its end. Its report says what remains, if anything.
    Done,
    /// Ended by an error. May be resumed once its cause is gone.
    Failed,
}

/// Why a job failed.
#[derive(Clone, Debug, serde::Serialize)]
pub struct RewrapFailure {
    /// The stable code.
    pub code: &'static str,
    /// What to tell people.
    pub message: String,
}

/// A job.
#[derive(Clone, Debug, serde::Serialize)]
pub struct RewrapJob {
    /// The request that started it, which all records of its runs carry.
    pub id: RequestId,
    /// Whose data keys.
    pub tenant: TenantId,
    /// The root key they are to be under.
    pub root_key: RootKeyId,
    /// Its version.
    pub version: u32,
    /// How it stands.
    pub state: RewrapJobState,
    /// What it will be once the batch under way is committed, where that was asked for.
    pub stopping: Option<RewrapJobState>,
    /// How far it is, all its runs together; rate and remaining time are of the current run.
    pub progress: RewrapProgress,
    /// When it was started.
    pub started_at: DateTime<Utc>,
    /// When it ended, or was last paused.
    pub ended_at: Option<DateTime<Utc>>,
    /// The forecast that it was started on.
    pub forecast: Option<RewrapReport>,
    /// Why it failed.
    pub error: Option<RewrapFailure>,
    /// What its last run left, once that has ended without an error.
    pub report: Option<RewrapReport>,
}

/// The rewraps of one process. Cheap to clone; every clone has the same jobs.
#[derive(Clone)]
pub struct RewrapJobs {
    engine: Arc<Engine>,
    jobs: Arc<Mutex<Vec<Held>>>,
    changes: watch::Sender<u64>,
}

struct Held {
    job: RewrapJob,
    /// How its next run is to rewrap.
    options: RewrapOptions,
    /// How far the runs before the current one came.
    before: RewrapProgress,
}

impl RewrapJob {
    /// Whether its work is still its own: another job of the tenant would have to wait.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(self.state, RewrapJobState::Running | RewrapJobState::Paused)
    }
}

impl RewrapJobs {
    /// No jobs yet.
    #[must_use]
    pub fn new(engine: Arc<Engine>) -> Self {
        Self { engine, jobs: Arc::default(), changes: watch::Sender::new(0) }
    }

    /// Told whenever a job changes, by a number that only grows: call [`list`](Self::list) then. Whoever
    /// is slow misses numbers, never the last.
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// The jobs of the tenants that the context's role may see, in the order they were started.
    #[must_use]
    pub fn list(&self, context: &OperationContext) -> Vec<RewrapJob> {
        let seen = |job: &&RewrapJob| {
            self.engine.authorise(context, Action::AuditQuery, Some(&job.tenant)).is_ok()
        };
        self.jobs.lock().iter().map(|held| &held.job).filter(seen).cloned().collect()
    }

    /// Starts a job and gives it as it begins; its id is the request's, which all its records carry.
    /// Must be called within a Tokio runtime.
    ///
    /// # Errors
    /// [`EngineError::NotFinished`] where the tenant has a job that runs or is paused;
    /// [`EngineError::TenantNotActive`], [`EngineError::NoActiveRootKey`] and the gate's.
    pub async fn start(
        &self,
        context: &OperationContext,
        tenant: &TenantId,
        options: RewrapOptions,
        forecast: Option<RewrapReport>,
    ) -> Result<RewrapJob, EngineError> {
        let engine = &self.engine;
        let entry = Entry::of(Action::DataKeyRewrap, tenant).with("job", "start");
        engine
            .guard(context, entry, async {
                let root = {
                    let mut reader = engine.store.read().await?;
                    require::active_tenant(&mut reader, tenant).await?;
                    require::active_root_key(&mut reader, tenant).await?
                };
                let job = RewrapJob {
                    id: context.request,
                    tenant: tenant.clone(),
                    root_key: root.id,
                    version: root.version,
                    state: RewrapJobState::Running,
                    stopping: None,
                    progress: RewrapProgress::default(),
                    started_at: engine.clock.now(),
                    ended_at: None,
                    forecast,
                    error: None,
                    report: None,
                };
                {
                    let mut jobs = self.jobs.lock();
                    refuse_second(&jobs, tenant)?;
                    forget_oldest(&mut jobs);
                    let options = RewrapOptions { dry_run: false, ..options };
                    jobs.push(Held { job: job.clone(), options, before: job.progress });
                }
                self.run(context);
                Ok(job)
            })
            .await
    }

    /// Has a job pause after the batch under way. Waits for no batch; the job tells when it has.
    ///
    /// # Errors
    /// [`EngineError::InvalidInput`] where there is no such job, [`EngineError::NotFinished`] where it
    /// doesn't run, and the gate's.
    pub async fn pause(
        &self,
        context: &OperationContext,
        id: &RequestId,
    ) -> Result<RewrapJob, EngineError> {
        self.control(context, id, "pause", |jobs, at| {
            let job = &mut jobs[at].job;
            if job.state != RewrapJobState::Running {
                return Err(not_so(job, "pause"));
            }
            job.stopping.get_or_insert(RewrapJobState::Paused);
            Ok(())
        })
        .await
    }

    /// Has a job end after the batch under way. What was rewrapped stays so.
    ///
    /// # Errors
    /// As for [`pause`](Self::pause), but that a paused job can be cancelled too.
    pub async fn cancel(
        &self,
        context: &OperationContext,
        id: &RequestId,
    ) -> Result<RewrapJob, EngineError> {
        self.control(context, id, "cancel", |jobs, at| {
            let job = &mut jobs[at].job;
            match job.state {
                RewrapJobState::Running => job.stopping = Some(RewrapJobState::Cancelled),
                RewrapJobState::Paused => job.state = RewrapJobState::Cancelled,
                _ => return Err(not_so(job, "cancel")),
            }
            Ok(())
        })
        .await
    }

    /// Runs a paused or failed job again, which does whatever is still to be done; one that is about to
    /// pause goes on.
    ///
    /// # Errors
    /// As for [`pause`](Self::pause); [`EngineError::NotFinished`] also where another job of the tenant is
    /// open.
    pub async fn resume(
        &self,
        context: &OperationContext,
        id: &RequestId,
    ) -> Result<RewrapJob, EngineError> {
        let mut again = false;
        let job = self
            .control(context, id, "resume", |jobs, at| {
                let job = &jobs[at].job;
                match (job.state, job.stopping) {
                    (RewrapJobState::Running, Some(RewrapJobState::Paused)) => {}
                    (RewrapJobState::Paused, _) => again = true,
                    (RewrapJobState::Failed, _) => {
                        refuse_second(jobs, &job.tenant)?;
                        again = true;
                    }
                    _ => return Err(not_so(job, "resume")),
                }
                let held = &mut jobs[at];
                held.job.stopping = None;
                if again {
                    held.before = held.job.progress;
                    held.options.retry_quarantined = false;
                    let job = &mut held.job;
                    job.state = RewrapJobState::Running;
                    (job.ended_at, job.error, job.report) = (None, None, None);
                }
                Ok(())
            })
            .await?;
        if again {
            self.run(&OperationContext { request: *id, ..context.clone() });
        }
        Ok(job)
    }

    /// Changes a job, and records who wanted that.
    async fn control(
        &self,
        context: &OperationContext,
        id: &RequestId,
        verb: &'static str,
        change: impl FnOnce(&mut [Held], usize) -> Result<(), EngineError> + Send,
    ) -> Result<RewrapJob, EngineError> {
        let place = |jobs: &[Held]| jobs.iter().position(|held| held.job.id == *id);
        let unknown = || {
            EngineError::InvalidInput(format!("this process has no rewrap job `{id}`; look again"))
        };
        let known = {
            let jobs = self.jobs.lock();
            place(&jobs).map(|at| jobs[at].job.tenant.clone()).ok_or_else(unknown)?
        };
        let entry = Entry::of(Action::DataKeyRewrap, &known)
            .with("job", verb)
            .with("started_by", id.to_string());
        self.engine
            .guard(context, entry.clone(), async {
                let job = {
                    let mut jobs = self.jobs.lock();
                    let at = place(&jobs).ok_or_else(unknown)?;
                    change(&mut jobs, at)?;
                    jobs[at].job.clone()
                };
                self.changed();
                self.engine.record(context, entry).await?;
                Ok(job)
            })
            .await
    }

    /// Runs the job whose id is the context's request until it stops for a reason.
    fn run(&self, context: &OperationContext) {
        let (jobs, context) = (self.clone(), context.clone());
        self.changed();
        tokio::spawn(async move { while jobs.run_once(&context).await.is_continue() {} });
    }

    /// One run to its end or a stop; to go on where the stop was taken back too late for the run.
    async fn run_once(&self, context: &OperationContext) -> ControlFlow<()> {
        let id = &context.request;
        let started = self.with(id, |held| (held.job.tenant.clone(), held.options));
        let Some((tenant, options)) = started else { return ControlFlow::Break(()) };
        let observer = |progress: &RewrapProgress| {
            let stopping = self.with(id, |held| {
                held.job.progress = together(&held.before, progress);
                held.job.stopping.is_some()
            });
            self.changed();
            if stopping == Some(false) { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        };
        let outcome = self.engine.rewrap(context, &tenant, options, &observer).await;
        let now = self.engine.clock.now();
        let goes_on = self.with(id, |held| held.end(outcome, now)).unwrap_or(false);
        self.changed();
        if goes_on { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    }

    fn with<T>(&self, id: &RequestId, look: impl FnOnce(&mut Held) -> T) -> Option<T> {
        self.jobs.lock().iter_mut().find(|held| held.job.id == *id).map(look)
    }

    fn changed(&self) {
        self.changes.send_modify(|number| *number += 1);
    }
}

impl Held {
    /// Takes a run's outcome, and says whether the job is to run again.
    fn end(&mut self, outcome: Result<RewrapReport, EngineError>, now: DateTime<Utc>) -> bool {
        let job = &mut self.job;
        let asked = job.stopping.take();
        let (state, goes_on) = match &outcome {
            Err(_) => (RewrapJobState::Failed, false),
            // Stopped after what was the last batch anyway, it has nothing left to resume.
            Ok(report) if report.stopped && !report.remaining.is_empty() => {
                (asked.unwrap_or(RewrapJobState::Running), asked.is_none())
            }
            Ok(_) => (RewrapJobState::Done, false),
        };
        job.state = state;
        match outcome {
            Ok(report) => {
                job.version = report.version;
                job.report = Some(report);
            }
            Err(error) => {
                job.error =
                    Some(RewrapFailure { code: error.code().as_str(), message: error.to_string() });
            }
        }
        if goes_on {
            self.before = self.job.progress;
            self.options.retry_quarantined = false;
        } else {
            job.ended_at = Some(now);
        }
        goes_on
    }
}

/// A run's progress with that of the runs before it.
fn together(before: &RewrapProgress, run: &RewrapProgress) -> RewrapProgress {
    RewrapProgress {
        // What is left is counted anew by each run: others may have done some of it.
        total: before.rewrapped + before.quarantined + run.total,
        rewrapped: before.rewrapped + run.rewrapped,
        quarantined: before.quarantined + run.quarantined,
        seconds: before.seconds + run.seconds,
        rate: run.rate,
        remaining_seconds: run.remaining_seconds,
    }
}

fn refuse_second(jobs: &[Held], tenant: &TenantId) -> Result<(), EngineError> {
    let open = |held: &&Held| held.job.tenant == *tenant && held.job.is_open();
    match jobs.iter().find(open) {
        None => Ok(()),
        Some(held) => Err(EngineError::NotFinished(format!(
            "tenant `{tenant}` has a rewrap job already, which {}",
            match held.job.state {
                RewrapJobState::Paused => "is paused; resume it or cancel it first",
                _ => "is running; wait for its end or cancel it first",
            }
        ))),
    }
}

/// Makes room for one more: the log has what ended, this list needn't.
fn forget_oldest(jobs: &mut Vec<Held>) {
    let mut ended = jobs.iter().filter(|held| !held.job.is_open()).count();
    jobs.retain(|held| {
        let kept = held.job.is_open() || ended < ENDED_KEPT;
        ended -= usize::from(!kept);
        kept
    });
}

fn not_so(job: &RewrapJob, verb: &str) -> EngineError {
    let state = match job.state {
        RewrapJobState::Running => "running",
        RewrapJobState::Paused => "paused",
        RewrapJobState::Cancelled => "cancelled",
        RewrapJobState::Done => "done",
        RewrapJobState::Failed => "failed",
    };
    EngineError::NotFinished(format!(
        "the rewrap job of tenant `{}` is {state}, so there is nothing to {verb}; look again",
        job.tenant
    ))
}
