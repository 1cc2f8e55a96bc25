//! The local key store, from its owner's side: the operator's own keys, where a tenant has no KMS.
//!
//! The store's own seal and lock decide; its changes are the owner's and not the engine's, as at any
//! provider. Only an administrator's window offers them.

use std::collections::{BTreeMap, BTreeSet};

use keyward_core::{Code, Role, TenantId, reference::LocalKey};
use keyward_kms::{
    KmsError,
    local::{Administration, KeyUse},
};
use tauri::State;

use crate::{
    desktop::Desktop,
    failure::{CommandError, parse},
    views::keystore::LocalKeyItem,
};

/// The keys of the local key store, the destroyed ones too.
#[tauri::command]
#[specta::specta]
pub async fn keystore_list(desktop: State<'_, Desktop>) -> Result<Vec<LocalKeyItem>, CommandError> {
    let records = administer(&desktop, |store| store.list()).await?;
    // A key whose file is damaged stands as its error: it is the doctor's to name.
    Ok(records.into_iter().flatten().map(Into::into).collect())
}

/// Makes a key that these tenants may wrap and unwrap with.
#[tauri::command]
#[specta::specta]
pub async fn keystore_create(
    desktop: State<'_, Desktop>,
    name: String,
    tenants: Vec<String>,
) -> Result<LocalKeyItem, CommandError> {
    let key: LocalKey = parse(&name)?;
    let tenants =
        tenants.iter().map(|tenant| parse::<TenantId>(tenant)).collect::<Result<Vec<_>, _>>()?;
    let both = || BTreeSet::from([KeyUse::Wrap, KeyUse::Unwrap]);
    let access: BTreeMap<_, _> = tenants.into_iter().map(|tenant| (tenant, both())).collect();
    Ok(administer(&desktop, move |store| store.create_key(&key, access)).await?.into())
}

/// Lets a tenant wrap and unwrap with a key.
#[tauri::command]
#[specta::specta]
pub async fn keystore_allow(
    desktop: State<'_, Desktop>,
    name: String,
    tenant: String,
) -> Result<(), CommandError> {
    let (key, tenant): (LocalKey, TenantId) = (parse(&name)?, parse(&tenant)?);
    let both = [KeyUse::Wrap, KeyUse::Unwrap];
    administer(&desktop, move |store| store.allow(&key, &tenant, &both)).await
}

/// Keeps a tenant from using a key.
#[tauri::command]
#[specta::specta]
pub async fn keystore_deny(
    desktop: State<'_, Desktop>,
    name: String,
    tenant: String,
) -> Result<(), CommandError> {
    let (key, tenant): (LocalKey, TenantId) = (parse(&name)?, parse(&tenant)?);
    administer(&desktop, move |store| store.deny(&key, &tenant)).await
}

/// Lets a key be used, or keeps everyone from using it.
#[tauri::command]
#[specta::specta]
pub async fn keystore_enable(
    desktop: State<'_, Desktop>,
    name: String,
    enabled: bool,
) -> Result<(), CommandError> {
    let key: LocalKey = parse(&name)?;
    let set = move |store: Administration<'_>| match enabled {
        true => store.enable(&key),
        false => store.disable(&key),
    };
    administer(&desktop, set).await
}

/// Gives a key a new version.
#[tauri::command]
#[specta::specta]
pub async fn keystore_rotate(
    desktop: State<'_, Desktop>,
    name: String,
) -> Result<u32, CommandError> {
    let key: LocalKey = parse(&name)?;
    administer(&desktop, move |store| store.rotate(&key)).await
}

/// Has a key deleted after a waiting time of so many days.
#[tauri::command]
#[specta::specta]
pub async fn keystore_schedule_deletion(
    desktop: State<'_, Desktop>,
    name: String,
    days: u32,
) -> Result<String, CommandError> {
    let key: LocalKey = parse(&name)?;
    let at = administer(&desktop, move |store| store.schedule_deletion(&key, days)).await?;
    Ok(at.to_rfc3339())
}

/// Cancels a deletion; the key is disabled then.
#[tauri::command]
#[specta::specta]
pub async fn keystore_cancel_deletion(
    desktop: State<'_, Desktop>,
    name: String,
) -> Result<(), CommandError> {
    let key: LocalKey = parse(&name)?;
    administer(&desktop, move |store| store.cancel_deletion(&key)).await
}

/// Puts a tag on a key: what answers a tag challenge.
#[tauri::command]
#[specta::specta]
pub async fn keystore_tag(
    desktop: State<'_, Desktop>,
    name: String,
    tag: String,
    value: String,
) -> Result<(), CommandError> {
    let key: LocalKey = parse(&name)?;
    administer(&desktop, move |store| store.tag(&key, &tag, &value)).await
}

/// Runs what blocks on the disk where it holds up nobody.
async fn administer<T: Send + 'static>(
    desktop: &Desktop,
    work: impl FnOnce(Administration<'_>) -> Result<T, KmsError> + Send + 'static,
) -> Result<T, CommandError> {
    if desktop.role() != Role::Administrator {
        let why = "the local key store is its owner's; work as administrator";
        return Err(CommandError::new(Code::NotAuthorised, why));
    }
    let session = desktop.session()?;
    let done =
        tokio::task::spawn_blocking(move || work(session.workspace.keystore.administration()));
    Ok(done.await.map_err(CommandError::unexpected)??)
}
