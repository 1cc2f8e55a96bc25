//! What needs a person, and how the log stands.

use tauri::State;

use crate::{
    desktop::Desktop,
    failure::CommandError,
    views::overview::{AttentionView, LogStandingView},
};

/// What needs a person now, most urgent first.
#[tauri::command]
#[specta::specta]
pub async fn attention_list(
    desktop: State<'_, Desktop>,
) -> Result<Vec<AttentionView>, CommandError> {
    let (session, context) = desktop.request()?;
    let items = session.workspace.engine.attention(&context).await?;
    Ok(items.into_iter().map(Into::into).collect())
}

/// How the log stands: when it was last verified, and what is kept outside says of it.
#[tauri::command]
#[specta::specta]
pub async fn log_standing(desktop: State<'_, Desktop>) -> Result<LogStandingView, CommandError> {
    let (session, context) = desktop.request()?;
    Ok(session.workspace.engine.log_standing(&context).await?.into())
}
