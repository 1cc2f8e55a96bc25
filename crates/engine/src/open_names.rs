//! Opens the digests of objects' names in the audit log.

use std::collections::{BTreeMap, BTreeSet};

use keyward_core::{DataKeyId, DatasetName, ObjectId, ObjectName, TenantId};
use keyward_kms::ErrorClass;
use keyward_ledger::Action;
use keyward_store::tables::{data_keys, objects};

use crate::{Engine, EngineError, NameKey, OperationContext, operation::Entry, require};

/// Objects read from the database at once.
const PAGE: u32 = 1000;

/// Names with their digests.
#[derive(Clone, Debug, serde::Serialize)]
pub struct OpenedNames {
    /// Whose.
    pub tenant: TenantId,
    /// Of which dataset.
    pub dataset: DatasetName,
    /// Each name under each of the dataset's data keys, in the order of the digests.
    pub names: Vec<OpenedName>,
    /// Data keys that don't open: digests under these are none of the above.
    pub closed: Vec<String>,
}

/// A name under one data key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct OpenedName {
    /// As a record's `name_digest`.
    pub digest: String,
    /// As a record's `name_key`.
    pub key: String,
    /// The name.
    pub name: ObjectName,
    /// The object that bears the name now.
    pub id: Option<ObjectId>,
}

impl Engine {
    /// The digests of the names of a dataset's objects, and of `given` ones, which may be names of
    /// objects that are no more. Asks the root key to open the dataset's data keys, and holds some 300
    /// bytes for each name and data key in memory.
    ///
    /// # Errors
    /// [`EngineError::NotAuthorised`] to all but the tenant's approver,
    /// [`EngineError::TenantNotActive`], [`EngineError::DatasetNotFound`], the provider's failure.
    pub async fn open_names(
        &self,
        context: &OperationContext,
        tenant: &TenantId,
        dataset: &DatasetName,
        given: &[ObjectName],
    ) -> Result<OpenedNames, EngineError> {
        let entry = Entry::of(Action::AuditNames, tenant)
            .with("dataset", dataset.as_str())
            .with("given", given.len());
        self.guard(context, entry.clone(), async {
            let row = self.active_tenant_row(tenant).await?;
            let rows = {
                let mut reader = self.store.read().await?;
                require::dataset(&mut reader, tenant, dataset).await?;
                data_keys::list(&mut reader, tenant, dataset).await?
            };
            let (mut keys, mut closed) = (Vec::new(), Vec::new());
            for key in rows {
                if !key.state.may_unwrap() {
                    closed.push(key.key.to_string());
                    continue;
                }
                match self.unlock(context, &row, &key).await {
                    Ok(opened) => keys.push((key.key, NameKey::derive(&opened.key.reveal()))),
                    // This one is damaged; the others open all the same.
                    Err(error) if is_rejected(&error) => closed.push(key.key.to_string()),
                    Err(error) => return Err(error),
                }
            }
            let names = self.existing_and(tenant, dataset, given).await?;
            let opened = digests(&keys, &names);

            let mut write = self.begin().await?;
            // A denial or revocation since wins.
            require::active_tenant(&mut write, tenant).await?;
            let entry = entry
                .with("data_keys", keys.len())
                .with("existing", names.values().flatten().count());
            self.commit(write, context, vec![entry]).await?;
            Ok(OpenedNames {
                tenant: tenant.clone(),
                dataset: dataset.clone(),
                names: opened,
                closed,
            })
        })
        .await
    }

    /// The names of the dataset's objects with their ids, and the given ones.
    async fn existing_and(
        &self,
        tenant: &TenantId,
        dataset: &DatasetName,
        given: &[ObjectName],
    ) -> Result<BTreeMap<ObjectName, Option<ObjectId>>, EngineError> {
        let mut names: BTreeMap<_, _> = given.iter().map(|name| (name.clone(), None)).collect();
        let mut after: Option<ObjectName> = None;
        loop {
            let mut reader = self.store.read().await?;
            let page =
                objects::list(&mut reader, tenant, dataset, "", after.as_ref(), PAGE).await?;
            let Some(last) = page.last() else { return Ok(names) };
            after = Some(last.name.clone());
            names.extend(page.into_iter().map(|object| (object.name, Some(object.id))));
        }
    }
}

fn digests(
    keys: &[(DataKeyId, NameKey)],
    names: &BTreeMap<ObjectName, Option<ObjectId>>,
) -> Vec<OpenedName> {
    let mut opened = BTreeSet::new();
    for (id, key) in keys {
        opened.extend(names.iter().map(|(name, object)| OpenedName {
            digest: key.digest(name),
            key: id.to_string(),
            name: name.clone(),
            id: *object,
        }));
    }
    opened.into_iter().collect()
}

/// Whether the provider says that this is no wrap of its key.
fn is_rejected(error: &EngineError) -> bool {
    error.as_kms().is_some_and(|kms| kms.class() == ErrorClass::Rejected)
}
