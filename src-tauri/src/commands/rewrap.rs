//! Rewraps: the forecast, and jobs that run on while pages come and go.

use std::ops::ControlFlow;

use keyward_engine::RewrapOptions;
use tauri::State;

use crate::{
    desktop::Desktop,
    failure::{CommandError, parse},
    views::rewrap::{JobItem, RewrapReportView},
};

/// What there is to rewrap, and how long it would take: a few keys are rewrapped for the time and thrown
/// away.
#[tauri::command]
#[specta::specta]
pub async fn rewrap_forecast(
    desktop: State<'_, Desktop>,
    tenant: String,
) -> Result<RewrapReportView, CommandError> {
    let (session, context) = desktop.request()?;
    let options = RewrapOptions { dry_run: true, ..RewrapOptions::default() };
    let tenant = parse(&tenant)?;
    let engine = &session.workspace.engine;
    Ok(engine.rewrap(&context, &tenant, options, &|_| ControlFlow::Continue(())).await?.into())
}

/// Starts a job.
#[tauri::command]
#[specta::specta]
pub async fn rewrap_start(
    desktop: State<'_, Desktop>,
    tenant: String,
    retry_quarantined: bool,
    batch: Option<u32>,
) -> Result<JobItem, CommandError> {
    let (session, context) = desktop.request()?;
    let tenant = parse(&tenant)?;
    let engine = &session.workspace.engine;
    let dry = RewrapOptions { dry_run: true, ..RewrapOptions::default() };
    let forecast = engine.rewrap(&context, &tenant, dry, &|_| ControlFlow::Continue(())).await?;
    let options = RewrapOptions { retry_quarantined, batch, ..RewrapOptions::default() };
    Ok(session.jobs.start(&context, &tenant, options, Some(forecast)).await?.into())
}

/// The jobs of this window's process, oldest first.
#[tauri::command]
#[specta::specta]
pub async fn rewrap_jobs(desktop: State<'_, Desktop>) -> Result<Vec<JobItem>, CommandError> {
    let (session, context) = desktop.request()?;
    Ok(session.jobs.list(&context).into_iter().map(Into::into).collect())
}

/// Has a job pause after the batch under way.
#[tauri::command]
#[specta::specta]
pub async fn rewrap_pause(
    desktop: State<'_, Desktop>,
    id: String,
) -> Result<JobItem, CommandError> {
    let (session, context) = desktop.request()?;
    Ok(session.jobs.pause(&context, &parse(&id)?).await?.into())
}

/// Runs a paused or failed job again.
#[tauri::command]
#[specta::specta]
pub async fn rewrap_resume(
    desktop: State<'_, Desktop>,
    id: String,
) -> Result<JobItem, CommandError> {
    let (session, context) = desktop.request()?;
    Ok(session.jobs.resume(&context, &parse(&id)?).await?.into())
}

/// Has a job end after the batch under way.
#[tauri::command]
#[specta::specta]
pub async fn rewrap_cancel(
    desktop: State<'_, Desktop>,
    id: String,
) -> Result<JobItem, CommandError> {
    let (session, context) = desktop.request()?;
    Ok(session.jobs.cancel(&context, &parse(&id)?).await?.into())
}
