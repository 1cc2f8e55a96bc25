//! Lists a dataset's objects.

use keyward_core::{DatasetName, ObjectName, TenantId};
use keyward_ledger::Action;
use keyward_store::tables::objects;

use crate::{Engine, EngineError, OperationContext, operation::Entry, require};

/// One page of objects, by name.
#[derive(Clone, Debug, serde::Serialize)]
pub struct ListPage {
    /// The objects.
    pub objects: Vec<objects::Object>,
    /// Give this as `after` for the next page. `None` where this is the last.
    pub next: Option<ObjectName>,
}

impl Engine {
    /// A page of objects whose names start with `prefix`, after the name `after`; `limit` is at most
    /// 1,000. Opens no key and so leaves no record but a refusal's.
    ///
    /// # Errors
    /// [`EngineError::DatasetNotFound`].
    pub async fn list(
        &self,
        context: &OperationContext,
        tenant: &TenantId,
        dataset: &DatasetName,
        prefix: &str,
        after: Option<&ObjectName>,
        limit: u32,
    ) -> Result<ListPage, EngineError> {
        let entry = Entry::of(Action::ObjectList, tenant).with("dataset", dataset.as_str());
        self.guard(context, entry, async {
            let limit = limit.clamp(1, 1000);
            let mut reader = self.store.read().await?;
            require::dataset(&mut reader, tenant, dataset).await?;
            let objects = objects::list(&mut reader, tenant, dataset, prefix, after, limit).await?;
            let next = (objects.len() == limit as usize)
                .then(|| objects.last().map(|object| object.name.clone()))
                .flatten();
            Ok(ListPage { objects, next })
        })
        .await
    }
}
