//! Off-boards a tenant: Keyward forgets its keys for good.

use keyward_core::{KeyState, TenantId};
use keyward_ledger::Action;
use keyward_store::{
    Connection,
    layout::{self, StoredPath},
    tables::{
        audit_days, data_keys, datasets,
        garbage::{self, Garbage},
        objects, root_keys,
        tenants::{self, TenantState},
    },
};

use crate::{
    ArchiveFile, Engine, EngineError, OperationContext, audit_retention::retention,
    operation::Entry, require, transition,
};

/// What off-boarding did.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Offboarded {
    /// Who left.
    pub tenant: TenantId,
    /// How many wrapped data keys were wiped from the database.
    pub data_keys: u64,
    /// How many objects the tenant had.
    pub objects: u64,
    /// Whether its objects and sidecars were deleted too. Where not, the tenant opens them with its
    /// own key and its exit kit.
    pub data_deleted: bool,
}

impl Engine {
    /// Wipes the tenant's wrapped data keys from the database and drops its root keys. From then on
    /// Keyward can't open its data again.
    ///
    /// With `delete_data` its objects and sidecars are deleted as well; without, they stay where they
    /// are, and the tenant opens them with its own key and the sidecars in them.
    ///
    /// # Errors
    /// [`EngineError::TenantNotActive`] where it is off-boarded already; [`EngineError::NotFinished`] where
    /// archives of the log are encrypted under its data keys, or will be.
    pub async fn offboard(
        &self,
        context: &OperationContext,
        tenant: &TenantId,
        delete_data: bool,
    ) -> Result<Offboarded, EngineError> {
        let entry = Entry::of(Action::TenantOffboard, tenant).with("delete_data", delete_data);
        self.guard(context, entry.clone(), async {
            let known = self.tenant(tenant).await?;
            if known.state == TenantState::Offboarded {
                return Err(EngineError::TenantNotActive {
                    tenant: tenant.clone(),
                    state: known.state,
                    why: known.state_code,
                });
            }
            // What stays must be readable to its owner without us: no sidecar may be out of date.
            if !delete_data {
                self.publish_sidecars(Some(tenant)).await?;
            }
            // To the end: nobody who has read the rows before writes a file after it was deleted.
            let _turn = self.sidecar_turns.next().await?;
            let mut write = self.begin().await?;
            let row = require::tenant(&mut write, tenant).await?;
            if row.epoch != known.epoch {
                return Err(EngineError::ChangedMeanwhile(tenant.to_string()));
            }
            unneeded_for_archives(&mut write, tenant).await?;
            let now = self.clock.now();
            tenants::set_state(&mut write, tenant, TenantState::Offboarded, None, now).await?;
            for key in root_keys::list(&mut write, tenant).await? {
                if key.state != KeyState::Destroyed {
                    transition::root_key(&mut write, &key, KeyState::Destroyed, now, "off-boarded")
                        .await?;
                }
            }
            let wiped = data_keys::destroy_all(&mut write, tenant, now).await?;
            let totals = objects::tenant_totals(&mut write, tenant).await?;
            if delete_data {
                for object in objects::delete_all(&mut write, tenant).await? {
                    self.discard(&mut write, &object).await?;
                }
                for dataset in datasets::list(&mut write, tenant).await? {
                    let path = StoredPath::sidecar(tenant, &dataset.name).to_string();
                    garbage::insert(&mut write, &[Garbage { path, since: now }]).await?;
                }
            }
            datasets::clear_sidecars_stale(&mut write, tenant).await?;
            let evicted = self.cache.evict_tenant(tenant);
            let entry = entry
                .with("data_keys", wiped)
                .with("objects", totals.objects)
                .with("evicted", evicted);
            self.commit(write, context, vec![entry]).await?;
            self.cache.evict_tenant(tenant);
            if delete_data && let Err(error) = self.delete_tenant_blobs(tenant).await {
                tracing::warn!(%tenant, %error, "blobs stay until the next opening");
            }
            Ok(Offboarded {
                tenant: tenant.clone(),
                data_keys: wiped,
                objects: totals.objects,
                data_deleted: delete_data,
            })
        })
        .await
    }

    /// Deletes everything of the tenant that no row names any more, at once.
    async fn delete_tenant_blobs(&self, tenant: &TenantId) -> Result<(), EngineError> {
        let prefix = layout::tenant_prefix(tenant);
        loop {
            let mut rows =
                garbage::list(&mut *self.store.read().await?, Some(&prefix), 1000).await?;
            rows.retain(|row| row.path.starts_with(&prefix));
            if rows.is_empty() {
                return Ok(());
            }
            let paths: Vec<String> = rows.into_iter().map(|row| row.path).collect();
            self.delete_blobs(&paths).await?;
        }
    }
}

/// That nothing of the log is lost with the tenant's data keys.
async fn unneeded_for_archives(
    connection: &mut Connection,
    tenant: &TenantId,
) -> Result<(), EngineError> {
    let kept = retention(connection).await?;
    if kept.archive_under.is_some_and(|under| under.tenant == *tenant) {
        return Err(EngineError::NotFinished(format!(
            "archives of the log are to be encrypted under data keys of `{tenant}`; name another dataset first with `keyward audit retention --under TENANT/DATASET`"
        )));
    }
    for day in audit_days::list(connection).await? {
        let Some(file) = ArchiveFile::of(&day)? else { continue };
        if file.data_key(day.day)?.tenant == *tenant {
            return Err(EngineError::NotFinished(format!(
                "the log's archive of {} is encrypted under a data key of `{tenant}`, and would never open again; keep this tenant",
                day.day
            )));
        }
    }
    Ok(())
}
