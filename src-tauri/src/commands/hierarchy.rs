//! One tenant's keys as they hang together. All tenants at once are `tenants_list`.

use tauri::State;

use crate::{
    desktop::Desktop,
    failure::{CommandError, parse},
    views::hierarchy::HierarchyView,
};

/// A tenant's keys.
#[tauri::command]
#[specta::specta]
pub async fn hierarchy_show(
    desktop: State<'_, Desktop>,
    tenant: String,
) -> Result<HierarchyView, CommandError> {
    let (session, context) = desktop.request()?;
    Ok(session.workspace.engine.hierarchy(&context, &parse(&tenant)?).await?.into())
}
