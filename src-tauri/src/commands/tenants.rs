//! Tenants, their datasets and approvers.

use keyward_core::LoggedNames;
use tauri::State;

use crate::{
    desktop::Desktop,
    failure::{CommandError, parse},
    views::tenant::{
        ApproverItem, DatasetItem, OffboardedView, TenantDetail, TenantRow, TenantView,
    },
};

/// All tenants; for a tenant's approver, that tenant alone.
#[tauri::command]
#[specta::specta]
pub async fn tenants_list(desktop: State<'_, Desktop>) -> Result<Vec<TenantRow>, CommandError> {
    let (session, context) = desktop.request()?;
    let rows = session.workspace.engine.tenant_summaries(&context).await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// A tenant, whole.
#[tauri::command]
#[specta::specta]
pub async fn tenant_show(
    desktop: State<'_, Desktop>,
    tenant: String,
) -> Result<TenantDetail, CommandError> {
    let (session, context) = desktop.request()?;
    Ok(session.workspace.engine.tenant_status(&context, &parse(&tenant)?).await?.into())
}

/// Registers a tenant.
#[tauri::command]
#[specta::specta]
pub async fn tenant_register(
    desktop: State<'_, Desktop>,
    id: String,
    display_name: String,
) -> Result<TenantView, CommandError> {
    let (session, context) = desktop.request()?;
    let name = display_name.trim();
    Ok(session.workspace.engine.register_tenant(&context, &parse(&id)?, name).await?.into())
}

/// Suspends a tenant by hand, until it is restored.
#[tauri::command]
#[specta::specta]
pub async fn tenant_suspend(
    desktop: State<'_, Desktop>,
    tenant: String,
    reason: String,
) -> Result<TenantView, CommandError> {
    let (session, context) = desktop.request()?;
    Ok(session.workspace.engine.suspend(&context, &parse(&tenant)?, reason.trim()).await?.into())
}

/// Forgets a tenant's keys for good.
#[tauri::command]
#[specta::specta]
pub async fn tenant_offboard(
    desktop: State<'_, Desktop>,
    tenant: String,
    delete_data: bool,
) -> Result<OffboardedView, CommandError> {
    let (session, context) = desktop.request()?;
    Ok(session.workspace.engine.offboard(&context, &parse(&tenant)?, delete_data).await?.into())
}

/// Creates a dataset with its data key.
#[tauri::command]
#[specta::specta]
pub async fn dataset_create(
    desktop: State<'_, Desktop>,
    tenant: String,
    name: String,
    regions: Vec<String>,
    names: String,
) -> Result<DatasetItem, CommandError> {
    let (session, context) = desktop.request()?;
    let regions = regions.iter().map(|region| parse(region)).collect::<Result<Vec<_>, _>>()?;
    let names: LoggedNames = parse(&names)?;
    let (tenant, name) = (parse(&tenant)?, parse(&name)?);
    let engine = &session.workspace.engine;
    Ok(engine.create_dataset(&context, &tenant, &name, &regions, names).await?.into())
}

/// Sets how the log holds the names of a dataset's objects.
#[tauri::command]
#[specta::specta]
pub async fn dataset_names(
    desktop: State<'_, Desktop>,
    tenant: String,
    name: String,
    names: String,
) -> Result<DatasetItem, CommandError> {
    let (session, context) = desktop.request()?;
    let (tenant, name, names) = (parse(&tenant)?, parse(&name)?, parse(&names)?);
    let engine = &session.workspace.engine;
    Ok(engine.set_dataset_names(&context, &tenant, &name, names).await?.into())
}

/// Gives a dataset a new data key for new objects.
#[tauri::command]
#[specta::specta]
pub async fn data_key_rotate(
    desktop: State<'_, Desktop>,
    tenant: String,
    dataset: String,
) -> Result<String, CommandError> {
    let (session, context) = desktop.request()?;
    let (tenant, dataset) = (parse(&tenant)?, parse(&dataset)?);
    let rotated = session.workspace.engine.rotate_data_key(&context, &tenant, &dataset).await?;
    Ok(rotated.data_key)
}

/// The keys whose signatures stand for a tenant.
#[tauri::command]
#[specta::specta]
pub async fn approvers_list(
    desktop: State<'_, Desktop>,
    tenant: String,
) -> Result<Vec<ApproverItem>, CommandError> {
    let (session, context) = desktop.request()?;
    let rows = session.workspace.engine.approvers(&context, &parse(&tenant)?).await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Enrols a key for a tenant, in OpenSSH's one-line form.
#[tauri::command]
#[specta::specta]
pub async fn approver_enroll(
    desktop: State<'_, Desktop>,
    tenant: String,
    public_key: String,
) -> Result<ApproverItem, CommandError> {
    let (session, context) = desktop.request()?;
    let tenant = parse(&tenant)?;
    Ok(session.workspace.engine.enroll_approver(&context, &tenant, &public_key).await?.into())
}
