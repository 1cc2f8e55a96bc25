//! Moves objects from older data key versions to the dataset's current one. Bodies are not touched,
//! and neither are headers: the object key's new wrap goes into an entry file beside the message
//! (`docs/adr/0002-rekey-by-detached-entry.md`).

use futures::{FutureExt, StreamExt, stream};
use keyward_core::{DataKeyId, DatasetName, EncryptionContext, SecretKey, TenantId};
use keyward_envelope::{
    Detached, Entry as ObjectEntry, Header, ObjectKeys, Parsed, RawAesKeyring, ReadLimits,
    ReadOptions,
};
use keyward_ledger::Action;
use keyward_store::{
    layout::StoredPath,
    tables::{
        garbage::{self, Garbage},
        objects::{self, Moved, Object},
        tenants,
    },
};
use serde_json::json;

use crate::{
    Engine, EngineError, OperationContext,
    operation::Entry,
    read::{header_start, lost},
    require,
    workspace::random,
};

/// Objects a transaction.
const BATCH: u32 = 256;
/// Objects fetched at the same time.
const CONCURRENT: usize = 16;

/// What was moved.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Rekeyed {
    /// The data key that the dataset's objects are under now.
    pub data_key: String,
    /// How many objects were moved.
    pub moved: u64,
    /// How many didn't open and were left where they are, with their names.
    pub failed: Vec<String>,
    /// How many are still under an older data key.
    pub remaining: u64,
}

impl Engine {
    /// Rekeys a dataset. Resumable: the work is whatever is still under an older version.
    ///
    /// # Errors
    /// [`EngineError::TenantNotActive`], [`EngineError::DatasetNotFound`], the provider's failure, the
    /// object store's.
    pub async fn rekey(
        &self,
        context: &OperationContext,
        tenant: &TenantId,
        dataset: &DatasetName,
    ) -> Result<Rekeyed, EngineError> {
        let entry = Entry::of(Action::ObjectRekey, tenant).with("dataset", dataset.as_str());
        self.guard(context, entry.clone(), async {
            let row = self.active_tenant_row(tenant).await?;
            let set = require::dataset(&mut *self.store.read().await?, tenant, dataset).await?;
            self.residency(&set.name, &set.regions)?;
            let to = DataKeyId {
                tenant: tenant.clone(),
                dataset: dataset.clone(),
                version: set.current_version,
            };
            let target = self.keyring(context, &row, &to).await?;
            let mut result =
                Rekeyed { data_key: to.to_string(), moved: 0, failed: Vec::new(), remaining: 0 };
            let mut after: Option<Object> = None;
            loop {
                let page = {
                    let mut reader = self.store.read().await?;
                    let after = after.as_ref().map(|last| (last.data_key_version, &last.name));
                    objects::rekey_page(&mut reader, tenant, dataset, to.version, after, BATCH)
                        .await?
                };
                let Some(last) = page.last() else { break };
                after = Some(last.clone());
                self.rekey_page(context, &row, &to, &target, page, &entry, &mut result).await?;
            }
            let mut reader = self.store.read().await?;
            result.remaining =
                objects::count_below(&mut reader, tenant, dataset, to.version).await?;
            drop(reader);
            Ok(result)
        })
        .await
    }

    #[expect(clippy::too_many_arguments, reason = "one page of one straight operation")]
    async fn rekey_page(
        &self,
        context: &OperationContext,
        tenant: &tenants::Tenant,
        to: &DataKeyId,
        target: &RawAesKeyring,
        page: Vec<Object>,
        entry: &Entry,
        result: &mut Rekeyed,
    ) -> Result<(), EngineError> {
        // Boxed: the compiler can't tell otherwise that this future may move between threads.
        let entries: Vec<_> = page
            .iter()
            .map(|object| self.write_entry(context, tenant, object, to, target).boxed())
            .collect();
        let outcomes: Vec<_> = stream::iter(entries).buffered(CONCURRENT).collect().await;
        let mut moved = Vec::new();
        for (object, outcome) in page.iter().zip(outcomes) {
            match outcome {
                Ok(()) => moved.push(Moved {
                    name: object.name.clone(),
                    id: object.id,
                    version: to.version,
                }),
                // This one is damaged; the others can be moved all the same.
                Err(EngineError::CiphertextRejected { name }) => {
                    // Unless its bytes went because it was deleted or replaced meanwhile.
                    if self.named(object).await?.is_some() {
                        result.failed.push(name);
                    }
                }
                Err(error) => return Err(error),
            }
        }
        if moved.is_empty() {
            return Ok(());
        }
        let mut write = self.begin().await?;
        // A revocation since wins. A rotation of the root key doesn't matter: it leaves data keys as they
        // are, and a rekey of many objects isn't to fail for it.
        require::active_tenant(&mut write, &tenant.id).await?;
        let changed = objects::set_entries(&mut write, &to.tenant, &to.dataset, &moved).await?;
        let since = self.clock.now();
        let garbage: Vec<_> = page
            .iter()
            .filter(|object| changed.contains(&object.id))
            .filter_map(Object::detached_entry)
            .map(|path| Garbage { path: path.to_string(), since })
            .collect();
        garbage::insert(&mut write, &garbage).await?;
        let ids: Vec<_> = changed.iter().map(ToString::to_string).collect();
        let entry = entry.clone().data_key(to).with("objects", json!(ids)).with("count", ids.len());
        self.commit(write, context, vec![entry]).await?;
        result.moved += changed.len() as u64;
        Ok(())
    }

    /// Wraps one object's key under the new data key, into a new file beside it. Until the row says so
    /// nobody reads that file.
    async fn write_entry(
        &self,
        context: &OperationContext,
        tenant: &tenants::Tenant,
        object: &Object,
        to: &DataKeyId,
        target: &RawAesKeyring,
    ) -> Result<(), EngineError> {
        let rejected = || EngineError::CiphertextRejected { name: object.name.to_string() };
        let header = self.header(object).await?;
        let secret = self.object_key(context, tenant, object, &header).await?;
        let iv = random::<12>()?;
        let entry = target
            .wrap(&secret, &object_context(object), iv)
            .and_then(|entry| entry.to_bytes())
            .map_err(|_| rejected())?;
        let path = StoredPath::entry(&object.tenant, &object.dataset, &object.id, to.version);
        self.objects.put_small(&path, entry.into()).await?;
        Ok(())
    }

    /// A stored object's header, not yet verified.
    pub(crate) async fn header(&self, object: &Object) -> Result<Header, EngineError> {
        let rejected = |_| EngineError::CiphertextRejected { name: object.name.to_string() };
        let path = object.path();
        let mut end = header_start(object.stored_size);
        loop {
            let bytes = self.objects.get_range(&path, 0..end).await.map_err(lost(object))?;
            match Header::parse(&bytes, &ReadOptions::default()).map_err(rejected)? {
                Parsed::Complete(header) => return Ok(*header),
                Parsed::Incomplete { missing } => {
                    let next = end.saturating_add(missing as u64).min(object.stored_size);
                    if next <= end {
                        return Err(EngineError::CiphertextRejected {
                            name: object.name.to_string(),
                        });
                    }
                    end = next;
                }
            }
        }
    }

    /// An object's key, from wherever its entry is.
    async fn object_key(
        &self,
        context: &OperationContext,
        tenant: &tenants::Tenant,
        object: &Object,
        header: &Header,
    ) -> Result<SecretKey, EngineError> {
        let rejected = |_| EngineError::CiphertextRejected { name: object.name.to_string() };
        let keyring = self.keyring(context, tenant, &object_data_key(object)).await?;
        let expected = object_context(object);
        if header.context() != &expected {
            return Err(EngineError::CiphertextRejected { name: object.name.to_string() });
        }
        match self.detached_entry(object).await? {
            None => keyring.object_key(header.entries(), &expected),
            Some(entry) => Detached { keyring: &keyring, entry: &entry }
                .object_key(header.entries(), &expected),
        }
        .map_err(rejected)
    }

    /// The object's entry where a rekey has moved it to.
    pub(crate) async fn detached_entry(
        &self,
        object: &Object,
    ) -> Result<Option<ObjectEntry>, EngineError> {
        let Some(path) = object.detached_entry() else { return Ok(None) };
        let bytes = self.objects.get(&path).await.map_err(lost(object))?;
        let entry = ObjectEntry::from_bytes(&bytes, &ReadLimits::default())
            .map_err(|_| EngineError::CiphertextRejected { name: object.name.to_string() })?;
        Ok(Some(entry))
    }

    /// The keyring of a data key, opened.
    pub(crate) async fn keyring(
        &self,
        context: &OperationContext,
        tenant: &tenants::Tenant,
        id: &DataKeyId,
    ) -> Result<RawAesKeyring, EngineError> {
        let row = require::data_key(&mut *self.store.read().await?, id).await?;
        let opened = self.unlock(context, tenant, &row).await?;
        let (namespace, name) = Self::entry_name(&id.tenant, &id.dataset, id.version);
        Ok(RawAesKeyring::new(&namespace, &name, &opened.key.reveal())?)
    }
}

/// The context that an object's message and entry must be in: from the row, never from storage.
pub(crate) fn object_context(object: &Object) -> EncryptionContext {
    EncryptionContext::for_object(&object.tenant, &object.dataset, &object.id, &object.name)
}

/// The data key that an object's key is wrapped by.
pub(crate) fn object_data_key(object: &Object) -> DataKeyId {
    DataKeyId {
        tenant: object.tenant.clone(),
        dataset: object.dataset.clone(),
        version: object.data_key_version,
    }
}
