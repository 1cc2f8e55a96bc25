//! The kill switch: what it would lock, pulling it, and letting a tenant back in.

use keyward_core::{Code, TenantId};
use tauri::{State, ipc::Channel};

use crate::{
    desktop::Desktop,
    failure::{CommandError, parse, parse_optional},
    views::revocation::{BlastRadiusView, RevokeStepView, RevokedView, TimelineView},
};

/// What revoking a tenant would lock.
#[tauri::command]
#[specta::specta]
pub async fn blast_radius(
    desktop: State<'_, Desktop>,
    tenant: String,
) -> Result<BlastRadiusView, CommandError> {
    let (session, context) = desktop.request()?;
    Ok(session.workspace.engine.blast_radius(&context, &parse(&tenant)?).await?.into())
}

/// The last hundred revocations and denials, newest first: of a tenant, or of all.
#[tauri::command]
#[specta::specta]
pub async fn revocations_list(
    desktop: State<'_, Desktop>,
    tenant: Option<String>,
) -> Result<Vec<TimelineView>, CommandError> {
    let (session, context) = desktop.request()?;
    let tenant: Option<TenantId> = parse_optional(tenant.as_deref())?;
    let lines = session.workspace.engine.revocations(&context, tenant.as_ref()).await?;
    Ok(lines.into_iter().map(Into::into).collect())
}

/// Locks a tenant at once, and tells each step as it is taken. The tenant's id as it was typed must be
/// the tenant's: a hand that slipped types another.
#[tauri::command]
#[specta::specta]
pub async fn tenant_revoke(
    desktop: State<'_, Desktop>,
    tenant: String,
    typed: String,
    reason: String,
    at_provider: bool,
    steps: Channel<RevokeStepView>,
) -> Result<RevokedView, CommandError> {
    let (session, context) = desktop.request()?;
    let tenant: TenantId = parse(&tenant)?;
    if typed.trim() != tenant.to_string() {
        let why = "the typed name isn't the tenant's; type it as it stands above";
        return Err(CommandError::new(Code::InvalidInput, why));
    }
    // A page that was left listens no longer: the revocation goes on.
    let tell = |step| drop(steps.send(RevokeStepView::from(step)));
    let engine = &session.workspace.engine;
    Ok(engine.revoke_with(&context, &tenant, reason.trim(), at_provider, &tell).await?.into())
}

/// Revokes a throwaway tenant with a throwaway local key by every step of a real revocation, and gives its
/// time line.
#[tauri::command]
#[specta::specta]
pub async fn revocation_drill(
    desktop: State<'_, Desktop>,
    steps: Channel<RevokeStepView>,
) -> Result<TimelineView, CommandError> {
    let (session, context) = desktop.request()?;
    let tell = |step| drop(steps.send(RevokeStepView::from(step)));
    let workspace = &session.workspace;
    Ok(workspace.engine.revocation_drill(&context, &workspace.keystore, &tell).await?.into())
}

/// Lets a suspended or revoked tenant read and write again, if its root key answers. With `at_provider`
/// the key is first enabled where it lives.
#[tauri::command]
#[specta::specta]
pub async fn tenant_restore(
    desktop: State<'_, Desktop>,
    tenant: String,
    at_provider: bool,
) -> Result<(), CommandError> {
    let (session, context) = desktop.request()?;
    session.workspace.engine.restore(&context, &parse(&tenant)?, at_provider).await?;
    Ok(())
}
