//! Rotation of root keys, and how long one may stay current.

use keyward_engine::RootKeyRotation;
use specta::Type;
use tauri::State;

use crate::{
    desktop::Desktop,
    failure::{CommandError, parse, parse_optional},
};

/// What a rotation did.
#[derive(Clone, Debug, serde::Serialize, Type)]
pub struct RotatedView {
    /// The root key that wraps from now on.
    pub root_key: String,
    /// Its version at the provider.
    pub version: u32,
    /// The root key that was deactivated, if another took its place.
    pub deactivated: Option<String>,
    /// How many data keys are to be rewrapped.
    pub to_rewrap: u64,
}

/// Rotates a tenant's root key: to a new version, or to another proven key by its number.
#[tauri::command]
#[specta::specta]
pub async fn root_key_rotate(
    desktop: State<'_, Desktop>,
    tenant: String,
    to_key: Option<u32>,
) -> Result<RotatedView, CommandError> {
    let (session, context) = desktop.request()?;
    let rotation = to_key.map_or(RootKeyRotation::NewVersion, RootKeyRotation::NewKey);
    let engine = &session.workspace.engine;
    let rotated = engine.rotate_root_key(&context, &parse(&tenant)?, rotation).await?;
    Ok(RotatedView {
        root_key: rotated.root_key,
        version: rotated.version,
        deactivated: rotated.deactivated,
        to_rewrap: rotated.to_rewrap,
    })
}

/// For how many days a root key version may stay current.
#[derive(Clone, Debug, serde::Serialize, Type)]
pub struct PeriodView {
    /// The days that hold.
    pub days: u32,
    /// Whether they are the tenant's own, and not the workspace's.
    pub own: bool,
    /// The workspace's.
    pub default_days: u32,
}

/// The rotation period of a tenant, or the workspace's.
#[tauri::command]
#[specta::specta]
pub async fn rotation_period(
    desktop: State<'_, Desktop>,
    tenant: Option<String>,
) -> Result<PeriodView, CommandError> {
    let (session, context) = desktop.request()?;
    let tenant = parse_optional(tenant.as_deref())?;
    let period = session.workspace.engine.rotation_period(&context, tenant.as_ref()).await?;
    Ok(PeriodView { days: period.days, own: period.own, default_days: period.default_days })
}

/// Sets a tenant's rotation period, or the workspace's; no days is the workspace's, or the usual ones.
#[tauri::command]
#[specta::specta]
pub async fn rotation_period_set(
    desktop: State<'_, Desktop>,
    tenant: Option<String>,
    days: Option<u32>,
) -> Result<(), CommandError> {
    let (session, context) = desktop.request()?;
    let tenant = parse_optional(tenant.as_deref())?;
    session.workspace.engine.set_rotation_period(&context, tenant.as_ref(), days).await?;
    Ok(())
}
