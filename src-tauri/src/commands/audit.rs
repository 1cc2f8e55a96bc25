//! The audit log: pages, counts, records with their proofs, verification, days and exports.

use std::{fs::File, io::BufWriter};

use chrono::NaiveDate;
use keyward_engine::{
    ArchiveDays, AuditCountFilter, AuditStart, CountApart, CountStep, ExportFormat, ExportRange,
    VerifyOptions,
};
use keyward_ledger::{Action, Outcome};
use specta::Type;
use tauri::{AppHandle, State, ipc::Channel};

use crate::{
    desktop::Desktop,
    dialogs,
    failure::{CommandError, parse, parse_optional},
    views::audit::{
        AuditFilterInput, CountItem, DayItem, Progress, RecordPage, RecordProof, VerifiedView,
        WrittenView,
    },
};

/// Where a page starts, and which way it goes.
#[derive(Clone, Copy, Debug, serde::Deserialize, serde::Serialize, Type)]
#[serde(rename_all = "kebab-case", tag = "from", content = "seq")]
pub enum PageStart {
    /// The newest, backwards.
    Newest,
    /// Those before this record, backwards.
    Before(u64),
    /// The oldest, forwards.
    Oldest,
    /// Those after this record, forwards.
    After(u64),
}

/// How long a time is counted together.
#[derive(Clone, Copy, Debug, serde::Deserialize, serde::Serialize, Type)]
#[serde(rename_all = "lowercase")]
pub enum Step {
    /// Each hour.
    Hour,
    /// Each UTC day.
    Day,
}

/// What is counted apart within a time.
#[derive(Clone, Copy, Debug, serde::Deserialize, serde::Serialize, Type)]
#[serde(rename_all = "lowercase")]
pub enum Apart {
    /// Nothing.
    Nothing,
    /// Each tenant.
    Tenant,
    /// Each action.
    Action,
    /// Each outcome.
    Outcome,
}

/// The words that records' actions and outcomes have.
#[derive(Clone, Debug, serde::Serialize, Type)]
pub struct AuditWords {
    /// Every action.
    pub actions: Vec<String>,
    /// Every outcome.
    pub outcomes: Vec<String>,
}

/// The words that a filter can ask for.
#[tauri::command]
#[specta::specta]
pub fn audit_words() -> AuditWords {
    AuditWords {
        actions: Action::ALL.iter().map(|action| action.as_str().to_owned()).collect(),
        outcomes: Outcome::ALL.iter().map(|outcome| outcome.as_str().to_owned()).collect(),
    }
}

/// A page of at most 1,000 records that pass the filter.
#[tauri::command]
#[specta::specta]
pub async fn audit_query(
    desktop: State<'_, Desktop>,
    filter: AuditFilterInput,
    start: PageStart,
    limit: u32,
) -> Result<RecordPage, CommandError> {
    let (session, context) = desktop.request()?;
    let start = match start {
        PageStart::Newest => AuditStart::Newest,
        PageStart::Before(seq) => AuditStart::Before(seq),
        PageStart::Oldest => AuditStart::Oldest,
        PageStart::After(seq) => AuditStart::After(seq),
    };
    let engine = &session.workspace.engine;
    Ok(engine.audit_query(&context, &filter.parse()?, start, limit).await?.into())
}

/// How many records there are by hour or day. Of the filter, tenant, action, outcome and times count.
#[tauri::command]
#[specta::specta]
pub async fn audit_counts(
    desktop: State<'_, Desktop>,
    filter: AuditFilterInput,
    step: Step,
    apart: Apart,
) -> Result<Vec<CountItem>, CommandError> {
    let (session, context) = desktop.request()?;
    let asked = filter.parse()?;
    let filter = AuditCountFilter {
        tenant: asked.tenant,
        action: asked.action,
        outcome: asked.outcome,
        since: asked.since,
        until: asked.until,
    };
    let step = match step {
        Step::Hour => CountStep::Hour,
        Step::Day => CountStep::Day,
    };
    let apart = match apart {
        Apart::Nothing => CountApart::Nothing,
        Apart::Tenant => CountApart::Tenant,
        Apart::Action => CountApart::Action,
        Apart::Outcome => CountApart::Outcome,
    };
    let counts = session.workspace.engine.audit_counts(&context, &filter, step, apart).await?;
    Ok(counts.into_iter().map(Into::into).collect())
}

/// A record, with the proof of its inclusion verified here.
#[tauri::command]
#[specta::specta]
pub async fn audit_show(
    desktop: State<'_, Desktop>,
    seq: u64,
) -> Result<RecordProof, CommandError> {
    let (session, context) = desktop.request()?;
    RecordProof::new(session.workspace.engine.audit_show(&context, seq).await?)
}

/// Verifies the whole log. What doesn't agree is the failure, with the record in `details.seq`.
#[tauri::command]
#[specta::specta]
pub async fn audit_verify(
    desktop: State<'_, Desktop>,
    search_index: bool,
    progress: Channel<Progress>,
) -> Result<VerifiedView, CommandError> {
    let (session, context) = desktop.request()?;
    let options = VerifyOptions { search_index, ..VerifyOptions::default() };
    let tell = |done, total| {
        // A page that was left listens no longer: verifying goes on.
        let _ = progress.send(Progress { done, total });
    };
    let engine = &session.workspace.engine;
    Ok(engine.audit_verify_with(&context, &options, &tell).await?.into())
}

/// Saves a record's proof file (C2SP tlog-proof) where the dialog says.
#[tauri::command]
#[specta::specta]
pub async fn audit_prove(
    app: AppHandle,
    desktop: State<'_, Desktop>,
    seq: u64,
) -> Result<Option<WrittenView>, CommandError> {
    let (session, context) = desktop.request()?;
    let proved = session.workspace.engine.audit_prove(&context, seq, None).await?;
    let Some(path) = dialogs::save(&app, &format!("record-{seq}.tlog-proof")).await else {
        return Ok(None);
    };
    dialogs::write(&path, proved.file.to_string().as_bytes())?;
    Ok(Some(WrittenView { path: path.display().to_string(), records: 1 }))
}

/// The log's days, oldest first.
#[tauri::command]
#[specta::specta]
pub async fn audit_days(desktop: State<'_, Desktop>) -> Result<Vec<DayItem>, CommandError> {
    let (session, context) = desktop.request()?;
    let days = session.workspace.engine.audit_days(&context).await?;
    Ok(days.into_iter().map(Into::into).collect())
}

/// Seals every day before today, and tells how many were.
#[tauri::command]
#[specta::specta]
pub async fn audit_seal(desktop: State<'_, Desktop>) -> Result<u32, CommandError> {
    let (session, context) = desktop.request()?;
    let sealed = session.workspace.engine.audit_seal(&context, None).await?;
    Ok(u32::try_from(sealed.days.len()).unwrap_or(u32::MAX))
}

/// Archives a sealed day.
#[tauri::command]
#[specta::specta]
pub async fn audit_archive(
    desktop: State<'_, Desktop>,
    day: String,
    progress: Channel<Progress>,
) -> Result<(), CommandError> {
    let (session, context) = desktop.request()?;
    let days = ArchiveDays::Day(parse::<NaiveDate>(&day)?);
    let tell = |done, total| drop(progress.send(Progress { done, total }));
    session.workspace.engine.audit_archive(&context, days, &tell).await?;
    Ok(())
}

/// Brings an archived day's records back.
#[tauri::command]
#[specta::specta]
pub async fn audit_fetch(
    desktop: State<'_, Desktop>,
    day: String,
    progress: Channel<Progress>,
) -> Result<(), CommandError> {
    let (session, context) = desktop.request()?;
    let tell = |done, total| drop(progress.send(Progress { done, total }));
    session.workspace.engine.audit_fetch(&context, parse(&day)?, &tell).await?;
    Ok(())
}

/// Lets a fetched day's records go again; its archive stays.
#[tauri::command]
#[specta::specta]
pub async fn audit_release(desktop: State<'_, Desktop>, day: String) -> Result<(), CommandError> {
    let (session, context) = desktop.request()?;
    session.workspace.engine.audit_release(&context, parse(&day)?).await?;
    Ok(())
}

/// How the log is exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize, Type)]
#[serde(rename_all = "lowercase")]
pub enum ExportAs {
    /// A folder that verifies offline with `keyward-verify` or other C2SP tools.
    Bundle,
    /// Lines for a spreadsheet.
    Csv,
    /// OCSF 1.5 JSON lines.
    Ocsf,
    /// Each record's canonical JSON.
    Jsonl,
}

/// Exports what passes the filter, where the dialog says. A bundle takes the times of the filter alone:
/// it has all hashes.
#[tauri::command]
#[specta::specta]
pub async fn audit_export(
    app: AppHandle,
    desktop: State<'_, Desktop>,
    filter: AuditFilterInput,
    format: ExportAs,
) -> Result<Option<WrittenView>, CommandError> {
    let (session, context) = desktop.request()?;
    let filter = filter.parse()?;
    let (name, lines) = match format {
        ExportAs::Bundle => ("keyward-log", None),
        ExportAs::Csv => ("keyward-log.csv", Some(ExportFormat::Csv)),
        ExportAs::Ocsf => ("keyward-log.ocsf.jsonl", Some(ExportFormat::Ocsf)),
        ExportAs::Jsonl => ("keyward-log.jsonl", Some(ExportFormat::Jsonl)),
    };
    let Some(path) = dialogs::save(&app, name).await else { return Ok(None) };
    let shown = path.display().to_string();
    let engine = &session.workspace.engine;
    let Some(format) = lines else {
        let range = ExportRange { since: filter.since, until: filter.until };
        let exported = engine.audit_export(&context, &path, range).await?;
        return Ok(Some(WrittenView { path: shown, records: exported.bodies }));
    };
    let part = dialogs::beside(&path);
    let file = File::create(&part).map_err(|error| dialogs::unwritten(&part, &error))?;
    let written = engine.audit_export_lines(&context, &filter, format, BufWriter::new(file)).await;
    let written = written.inspect_err(|_| drop(std::fs::remove_file(&part)))?;
    std::fs::rename(&part, &path).map_err(|error| dialogs::unwritten(&path, &error))?;
    Ok(Some(WrittenView::lines(shown, written)))
}

/// The range of times that records are kept here for, and where archives go.
#[derive(Clone, Debug, serde::Serialize, Type)]
pub struct RetentionView {
    /// For how many whole days a day's records stay in the database, at least.
    pub keep_days: u32,
    /// The dataset whose data keys encrypt archives: `TENANT/DATASET`.
    pub archive_under: Option<String>,
}

/// How the log is kept.
#[tauri::command]
#[specta::specta]
pub async fn audit_retention(desktop: State<'_, Desktop>) -> Result<RetentionView, CommandError> {
    let (session, context) = desktop.request()?;
    let kept = session.workspace.engine.audit_retention(&context).await?;
    Ok(RetentionView {
        keep_days: kept.keep_days,
        archive_under: kept.archive_under.map(|dataset| dataset.to_string()),
    })
}

/// Sets how the log is kept.
#[tauri::command]
#[specta::specta]
pub async fn audit_retention_set(
    desktop: State<'_, Desktop>,
    keep_days: u32,
    archive_under: Option<String>,
) -> Result<(), CommandError> {
    let (session, context) = desktop.request()?;
    let under = parse_optional(archive_under.as_deref())?;
    let engine = &session.workspace.engine;
    engine.set_audit_retention(&context, Some(keep_days), under.as_ref()).await?;
    Ok(())
}
