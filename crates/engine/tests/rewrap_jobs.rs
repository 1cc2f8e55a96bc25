//! Rewraps as jobs: watched, paused, resumed, cancelled, one a tenant.

use std::{sync::Arc, time::Duration};

use keyward_core::{Code, Role, TenantId};
use keyward_engine::{RewrapJob, RewrapJobState, RewrapJobs, RewrapOptions, RootKeyRotation};
use keyward_kms::Reason;
use keyward_testkit::TestWorkspace;

/// A tenant with so many data keys to rewrap.
async fn rotated(workspace: &TestWorkspace, id: &str, keys: u32) -> TenantId {
    let (tenant, docs, _) = workspace.tenant(id).await;
    for _ in 1..keys {
        workspace.engine.rotate_data_key(&workspace.admin(), &tenant, &docs).await.unwrap();
    }
    let rotation = RootKeyRotation::NewVersion;
    workspace.engine.rotate_root_key(&workspace.admin(), &tenant, rotation).await.unwrap();
    tenant
}

fn small_batches() -> RewrapOptions {
    RewrapOptions { batch: Some(2), ..RewrapOptions::default() }
}

/// The only job, once it is so.
async fn when(
    workspace: &TestWorkspace,
    jobs: &RewrapJobs,
    so: impl Fn(&RewrapJob) -> bool,
) -> RewrapJob {
    let mut changes = jobs.subscribe();
    let wait = async {
        loop {
            if let Some(job) = jobs.list(&workspace.admin()).into_iter().find(|job| so(job)) {
                return job;
            }
            changes.changed().await.unwrap();
        }
    };
    tokio::time::timeout(Duration::from_secs(30), wait).await.expect("it gets there")
}

#[tokio::test]
async fn a_job_runs_to_its_end_and_keeps_its_forecast() {
    let workspace = TestWorkspace::new().await;
    let acme = rotated(&workspace, "acme", 6).await;
    let jobs = RewrapJobs::new(Arc::clone(&workspace.engine));
    let dry = RewrapOptions { dry_run: true, ..RewrapOptions::default() };
    let forecast = workspace
        .engine
        .rewrap(&workspace.admin(), &acme, dry, &keyward_engine::RewrapProgress::unwatched)
        .await
        .unwrap();
    let admin = workspace.admin();
    let job = jobs.start(&admin, &acme, small_batches(), Some(forecast)).await.unwrap();
    assert_eq!((job.state, job.id), (RewrapJobState::Running, admin.request));
    let job = when(&workspace, &jobs, |job| job.state == RewrapJobState::Done).await;
    assert_eq!((job.progress.rewrapped, job.progress.total), (6, 6));
    assert_eq!(job.forecast.unwrap().progress.total, 6);
    assert!(job.report.unwrap().remaining.is_empty());
    assert!(job.ended_at.is_some() && job.error.is_none() && job.stopping.is_none());
}

#[tokio::test]
async fn a_job_is_paused_resumed_and_cancelled() {
    let workspace = TestWorkspace::new().await;
    let acme = rotated(&workspace, "acme", 12).await;
    let jobs = RewrapJobs::new(Arc::clone(&workspace.engine));
    let id = jobs.start(&workspace.admin(), &acme, small_batches(), None).await.unwrap().id;
    let asked = jobs.pause(&workspace.admin(), &id).await.unwrap();
    assert_eq!(asked.stopping, Some(RewrapJobState::Paused));
    let paused = when(&workspace, &jobs, |job| job.state == RewrapJobState::Paused).await;
    assert!(paused.progress.rewrapped < 12 && paused.ended_at.is_some());
    let second = jobs.start(&workspace.admin(), &acme, small_batches(), None).await.unwrap_err();
    assert_eq!(second.code(), Code::NotFinished);

    jobs.resume(&workspace.admin(), &id).await.unwrap();
    jobs.pause(&workspace.admin(), &id).await.unwrap();
    let paused = when(&workspace, &jobs, |job| job.state == RewrapJobState::Paused).await;
    assert!(paused.progress.rewrapped < 12);
    jobs.resume(&workspace.admin(), &id).await.unwrap();
    let done = when(&workspace, &jobs, |job| job.state == RewrapJobState::Done).await;
    assert_eq!((done.progress.rewrapped, done.progress.total), (12, 12));
    for refused in [
        jobs.resume(&workspace.admin(), &id).await,
        jobs.pause(&workspace.admin(), &id).await,
        jobs.cancel(&workspace.admin(), &id).await,
    ] {
        assert_eq!(refused.unwrap_err().code(), Code::NotFinished);
    }
    let nothing_left = jobs.start(&workspace.admin(), &acme, small_batches(), None).await.unwrap();
    let done = when(&workspace, &jobs, |job| {
        job.id == nothing_left.id && job.state == RewrapJobState::Done
    });
    assert_eq!(done.await.progress.total, 0);
}

#[tokio::test]
async fn a_cancelled_job_leaves_whole_batches_and_another_may_start() {
    let workspace = TestWorkspace::new().await;
    let acme = rotated(&workspace, "acme", 8).await;
    let jobs = RewrapJobs::new(Arc::clone(&workspace.engine));
    let id = jobs.start(&workspace.admin(), &acme, small_batches(), None).await.unwrap().id;
    jobs.pause(&workspace.admin(), &id).await.unwrap();
    when(&workspace, &jobs, |job| job.state == RewrapJobState::Paused).await;
    jobs.cancel(&workspace.admin(), &id).await.unwrap();
    let cancelled = when(&workspace, &jobs, |job| job.state == RewrapJobState::Cancelled).await;
    assert_eq!(cancelled.progress.rewrapped % 2, 0);
    jobs.start(&workspace.admin(), &acme, small_batches(), None).await.unwrap();
    let done = when(&workspace, &jobs, |job| job.state == RewrapJobState::Done).await;
    assert_eq!(done.progress.total, 8 - cancelled.progress.rewrapped);
}

#[tokio::test]
async fn a_failed_job_says_why_and_is_resumed() {
    let workspace = TestWorkspace::new().await;
    let acme = rotated(&workspace, "acme", 4).await;
    let jobs = RewrapJobs::new(Arc::clone(&workspace.engine));
    workspace.faults.set(Some(Reason::TimedOut));
    let id = jobs.start(&workspace.admin(), &acme, small_batches(), None).await.unwrap().id;
    let failed = when(&workspace, &jobs, |job| job.state == RewrapJobState::Failed).await;
    assert_eq!(failed.error.unwrap().code, Code::KeyUnreachable.as_str());
    workspace.faults.set(None);
    jobs.resume(&workspace.admin(), &id).await.unwrap();
    let done = when(&workspace, &jobs, |job| job.state == RewrapJobState::Done).await;
    assert!(done.error.is_none());
    assert_eq!(done.progress.rewrapped, 4);
}

#[tokio::test]
async fn jobs_are_for_those_who_may_see_and_change_them() {
    let workspace = TestWorkspace::new().await;
    let acme = rotated(&workspace, "acme", 2).await;
    let umbrella = rotated(&workspace, "umbrella", 2).await;
    let jobs = RewrapJobs::new(Arc::clone(&workspace.engine));
    let id = jobs.start(&workspace.admin(), &acme, small_batches(), None).await.unwrap().id;
    jobs.start(&workspace.admin(), &umbrella, small_batches(), None).await.unwrap();
    let approver = workspace.context(Role::TenantApprover(umbrella.clone()));
    let seen: Vec<_> = jobs.list(&approver).into_iter().map(|job| job.tenant).collect();
    assert_eq!(seen, [umbrella]);
    assert_eq!(jobs.list(&workspace.officer()).len(), 2);
    let refused = jobs.cancel(&workspace.officer(), &id).await.unwrap_err();
    assert_eq!(refused.code(), Code::NotAuthorised);
    let refused = jobs.start(&workspace.officer(), &acme, small_batches(), None).await.unwrap_err();
    assert_eq!(refused.code(), Code::NotAuthorised);
}
