//! What is outside the database and keeps the log's newest checkpoint.

use keyward_engine::NewWitness;
use tauri::{AppHandle, State};

use crate::{
    desktop::Desktop,
    dialogs,
    failure::{CommandError, parse_optional},
    views::workspace::Witnesses,
};

/// What every place and witness says of the log; with `ask`, the witnesses are shown the newest
/// checkpoint.
#[tauri::command]
#[specta::specta]
pub async fn witnesses_show(
    desktop: State<'_, Desktop>,
    ask: bool,
) -> Result<Witnesses, CommandError> {
    let session = desktop.session()?;
    Ok(session.workspace.engine.witness_report(ask).await?.into())
}

/// Adds a witness by its verifier key and address, or a folder that keeps checkpoints: the dialog asks
/// for that one.
#[tauri::command]
#[specta::specta]
pub async fn witness_add(
    app: AppHandle,
    desktop: State<'_, Desktop>,
    key: Option<String>,
    url: Option<String>,
    with_folder: bool,
) -> Result<bool, CommandError> {
    let (session, context) = desktop.request()?;
    let folder = match with_folder {
        true => match dialogs::folder(&app).await {
            Some(folder) => Some(folder.display().to_string()),
            None => return Ok(false),
        },
        false => None,
    };
    let url = url.map(|url| url.trim().to_owned()).filter(|url| !url.is_empty());
    let new = NewWitness { key: parse_optional(key.as_deref())?, url, folder };
    session.workspace.engine.add_witness(&context, new).await?;
    Ok(true)
}

/// Removes a witness by its name.
#[tauri::command]
#[specta::specta]
pub async fn witness_remove(desktop: State<'_, Desktop>, name: String) -> Result<(), CommandError> {
    let (session, context) = desktop.request()?;
    session.workspace.engine.remove_witness(&context, &name).await?;
    Ok(())
}
