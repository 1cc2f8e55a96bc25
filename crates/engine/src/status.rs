//! How things are: of a tenant, and of the workspace.

use keyward_core::{Provider, Region, Role, TenantId};
use keyward_ledger::Action;
use keyward_store::tables::{
    audit_head, data_keys, datasets, objects, quarantine, tenants, workspace,
};

use crate::{Engine, EngineError, OperationContext, RootKeyView, operation::Entry, require};

pub use keyward_store::tables::data_keys::WrappedBy as DataKeyCount;

/// A tenant, whole.
#[derive(Clone, Debug, serde::Serialize)]
pub struct TenantStatus {
    /// The tenant.
    #[serde(flatten)]
    pub tenant: tenants::Tenant,
    /// Its root keys.
    pub root_keys: Vec<RootKeyView>,
    /// Its datasets.
    pub datasets: Vec<datasets::Dataset>,
    /// Its data keys, by the root key and version that wrap them.
    pub data_keys: Vec<DataKeyCount>,
    /// How many of them aren't under the active root key's current version.
    pub to_rewrap: u64,
    /// Data keys that a rewrap couldn't move.
    pub quarantine: Vec<quarantine::Quarantined>,
    /// Its objects.
    pub objects: objects::Totals,
}

/// The workspace.
#[derive(Clone, Debug, serde::Serialize)]
pub struct WorkspaceStatus {
    /// Its id.
    pub id: String,
    /// The region that the engine runs in.
    pub region: Region,
    /// Where objects lie.
    pub objects_url: String,
    /// The log's origin line.
    pub origin: String,
    /// The key that verifies its checkpoints.
    pub verifier_key: String,
    /// How many records the log has.
    pub records: u64,
    /// The newest checkpoint.
    pub checkpoint: String,
    /// Which providers are set up.
    pub providers: Vec<Provider>,
    /// Unwrapped data keys in this process's memory.
    pub cached_keys: usize,
    /// Whether the system keeps them out of swap.
    pub memory_locked: bool,
    /// Its tenants.
    pub tenants: Vec<tenants::Tenant>,
}

impl Engine {
    /// A tenant's status.
    ///
    /// # Errors
    /// [`EngineError::TenantNotFound`].
    pub async fn tenant_status(
        &self,
        context: &OperationContext,
        id: &TenantId,
    ) -> Result<TenantStatus, EngineError> {
        // The data path may see what it writes to; everybody else, what the log may tell them.
        let action = match context.role {
            Role::Application => Action::ObjectList,
            _ => Action::AuditQuery,
        };
        self.guard(context, Entry::of(action, id), async {
            let root_keys = self.root_keys(id).await?;
            let mut reader = self.store.read().await?;
            let tenant = require::tenant(&mut reader, id).await?;
            let data_keys = data_keys::wrapped_by(&mut reader, id).await?;
            let active = root_keys.iter().find(|view| view.key.state.may_wrap());
            let to_rewrap = data_keys
                .iter()
                .filter(|count| {
                    active.is_none_or(|view| {
                        (count.root_key, count.root_key_version)
                            != (view.key.id.number, view.key.version)
                    })
                })
                .map(|count| count.keys)
                .sum();
            Ok(TenantStatus {
                tenant,
                datasets: datasets::list(&mut reader, id).await?,
                data_keys,
                to_rewrap,
                quarantine: quarantine::list(&mut reader, id).await?,
                objects: objects::tenant_totals(&mut reader, id).await?,
                root_keys,
            })
        })
        .await
    }

    /// The workspace's status.
    ///
    /// # Errors
    /// The store's.
    pub async fn status(&self) -> Result<WorkspaceStatus, EngineError> {
        let mut reader = self.store.read().await?;
        let row = workspace::get(&mut reader)
            .await?
            .ok_or_else(|| EngineError::StateCorrupt("the workspace's settings".into()))?;
        let head = audit_head::get(&mut reader).await?;
        let (cached_keys, memory_locked) = self.cache.held();
        Ok(WorkspaceStatus {
            id: row.id.to_string(),
            region: self.region.clone(),
            objects_url: row.objects_url,
            origin: row.origin,
            verifier_key: self.verifier_key().to_string(),
            records: head.size,
            checkpoint: head.checkpoint,
            providers: self.providers.kinds().collect(),
            cached_keys,
            memory_locked,
            tenants: tenants::list(&mut reader).await?,
        })
    }
}
