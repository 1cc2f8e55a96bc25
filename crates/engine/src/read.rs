//! Reads an object: whole into memory, a range, into a file, or as a stream.

use std::{
    io::{ErrorKind, Read, Write},
    ops::Range,
    path::Path,
};

use futures::TryStreamExt;
use keyward_core::{DataKeyId, DatasetName, EncryptionContext, ObjectName, TenantId};
use keyward_envelope::{
    Detached, Entry as ObjectEntry, EnvelopeError, Header, Layout, ObjectKeys, RawAesKeyring,
    ReadOptions, VerifiedHeader, decrypt, file, open,
};
use keyward_ledger::Action;
use keyward_store::{
    ObjectsError,
    layout::StoredPath,
    tables::{
        objects::{self, Object},
        reading::Reading,
        tenants,
    },
};
use tokio_util::io::{StreamReader, SyncIoBridge};
use zeroize::Zeroizing;

use crate::{
    Engine, EngineError, OperationContext,
    object_names::{LoggedName, Requested, still_loggable},
    operation::Entry,
    rekey::object_context,
    require,
    write::blocking,
};

/// The largest object that is read into memory whole.
const WHOLE: u64 = 256 * 1024 * 1024;

/// What was read.
#[derive(Clone, Debug, serde::Serialize)]
pub struct ReadSummary {
    /// The object.
    #[serde(flatten)]
    pub object: Object,
    /// The plaintext bytes that were given.
    pub bytes: u64,
}

/// An object that may be read, with what opens it.
struct Readable {
    tenant: tenants::Tenant,
    object: Object,
    path: StoredPath,
    keys: Keys,
    entry: Entry,
}

/// Opens exactly one object: its context must be the row's, and its entry the row's data key's.
struct Keys {
    expected: EncryptionContext,
    keyring: RawAesKeyring,
    detached: Option<ObjectEntry>,
}

impl ObjectKeys for Keys {
    fn object_key(
        &self,
        entries: &[ObjectEntry],
        context: &EncryptionContext,
    ) -> Result<keyward_core::SecretKey, EnvelopeError> {
        // Bound before any key is touched: another tenant's object, or another of this tenant's, under
        // this name is refused.
        if context != &self.expected {
            return Err(EnvelopeError::Rejected);
        }
        match &self.detached {
            None => self.keyring.object_key(entries, context),
            Some(entry) => Detached { keyring: &self.keyring, entry }.object_key(entries, context),
        }
    }
}

impl Engine {
    /// Reads a whole object into memory, of at most 256 MiB.
    ///
    /// # Errors
    /// [`EngineError::ObjectNotFound`], [`EngineError::TenantNotActive`],
    /// [`EngineError::CiphertextRejected`], [`EngineError::InvalidInput`] for a larger object.
    pub async fn read(
        &self,
        context: &OperationContext,
        tenant: &TenantId,
        dataset: &DatasetName,
        name: &ObjectName,
    ) -> Result<Zeroizing<Vec<u8>>, EngineError> {
        let entry = entry(tenant, dataset);
        let read = async {
            let readable = self.readable(context, tenant, dataset, name, entry.clone()).await?;
            if readable.object.stored_size > WHOLE {
                return Err(EngineError::InvalidInput(format!(
                    "object `{name}` has {} bytes, too many to hold in memory; read it as a stream or into a file",
                    readable.object.size
                )));
            }
            let message = self.objects.get(&readable.path).await.map_err(lost(&readable.object))?;
            let opened = open(&message, &readable.keys, &ReadOptions::default())
                .map_err(rejected(&readable.object))?;
            let plaintext = Zeroizing::new(opened.plaintext);
            let bytes = plaintext.len() as u64;
            self.release(context, &readable, bytes).await?;
            Ok(plaintext)
        };
        let object = Requested { tenant, dataset, name };
        self.guard_object(context, entry.clone(), object, self.unless_gone(object, read)).await
    }

    /// Reads a range of an object's plaintext, touching only the frames that hold it. What lies past
    /// the end is left out.
    ///
    /// # Errors
    /// As [`Engine::read`].
    pub async fn read_range(
        &self,
        context: &OperationContext,
        tenant: &TenantId,
        dataset: &DatasetName,
        name: &ObjectName,
        range: Range<u64>,
    ) -> Result<Zeroizing<Vec<u8>>, EngineError> {
        let entry = entry(tenant, dataset)
            .with("from", range.start.min(MAX_INTEGER))
            .with("to", range.end.min(MAX_INTEGER));
        let read = async {
            if range.start > range.end || range.end - range.start > WHOLE {
                return Err(EngineError::InvalidInput(
                    "the range is empty or has more than 256 MiB; ask for less at once".into(),
                ));
            }
            let readable = self.readable(context, tenant, dataset, name, entry.clone()).await?;
            let header = self.header(&readable.object).await?;
            let refuse = rejected(&readable.object);
            let layout = Layout::of(&header, readable.object.stored_size).map_err(&refuse)?;
            let span = layout.span(range);
            let message = VerifiedHeader::unlock(header, &readable.keys, &ReadOptions::default())
                .map_err(&refuse)?;
            let frames = self
                .objects
                .get_range(&readable.path, span.message.clone())
                .await
                .map_err(lost(&readable.object))?;
            let plaintext = Zeroizing::new(message.open_span(&span, &frames).map_err(&refuse)?);
            self.release(context, &readable, plaintext.len() as u64).await?;
            Ok(plaintext)
        };
        let object = Requested { tenant, dataset, name };
        self.guard_object(context, entry.clone(), object, self.unless_gone(object, read)).await
    }

    /// Reads an object into a file, which appears only once the whole message is verified and the
    /// record of it durable. A file that is there is replaced.
    ///
    /// # Errors
    /// As [`Engine::read`]; [`EngineError::Io`] of the file.
    pub async fn read_to_file(
        &self,
        context: &OperationContext,
        tenant: &TenantId,
        dataset: &DatasetName,
        name: &ObjectName,
        target: &Path,
    ) -> Result<ReadSummary, EngineError> {
        let entry = entry(tenant, dataset);
        let read = async {
            let mut readable = self.readable(context, tenant, dataset, name, entry.clone()).await?;
            let refuse = rejected(&readable.object);
            let folder = match target.parent() {
                Some(folder) if !folder.as_os_str().is_empty() => folder,
                _ => Path::new("."),
            };
            // In the target's own folder, so that the rename at the end can't fail half way.
            let held = tempfile::Builder::new()
                .prefix(".keyward-")
                .tempfile_in(folder)
                .map_err(EngineError::io(folder.display().to_string()))?;
            let local = self.objects.local_path(&readable.path);
            let reader = match local {
                Some(_) => None,
                None => Some(self.reader(&readable.object, &readable.path).await?),
            };
            let keys = readable.keys;
            let (held, keys, bytes) = blocking(move || {
                let (header, bytes): (Header, u64) = match (local, reader) {
                    (Some(source), _) => {
                        file::decrypt_file(&source, held.path(), &keys, &ReadOptions::default())
                            .map_err(&refuse)?
                    }
                    (None, Some(reader)) => {
                        let done = decrypt(reader, held.as_file(), &keys, &ReadOptions::default())
                            .map_err(&refuse)?;
                        held.as_file().sync_all().map_err(EngineError::io("the temporary file"))?;
                        done
                    }
                    (None, None) => {
                        return Err(EngineError::StateCorrupt("the object store".into()));
                    }
                };
                drop(header);
                Ok((held, keys, bytes))
            })
            .await?;
            readable.keys = keys;
            self.release(context, &readable, bytes).await?;
            held.persist(target).map_err(|error| EngineError::Io {
                what: target.display().to_string(),
                source: error.error,
            })?;
            Ok(ReadSummary { object: readable.object, bytes })
        };
        let object = Requested { tenant, dataset, name };
        self.guard_object(context, entry.clone(), object, self.unless_gone(object, read)).await
    }

    /// Reads an object as a stream. Each frame is verified before it is given; the record is durable
    /// before the first. Where the end turns out cut off the writer has had a true beginning, and the
    /// failure says so: use [`Engine::read_to_file`] where that must not be.
    ///
    /// # Errors
    /// As [`Engine::read`]; [`EngineError::Io`] of the writer.
    pub async fn read_stream<W: Write + Send + 'static>(
        &self,
        context: &OperationContext,
        tenant: &TenantId,
        dataset: &DatasetName,
        name: &ObjectName,
        writer: W,
    ) -> Result<ReadSummary, EngineError> {
        let entry = entry(tenant, dataset).with("stream", true);
        let read = async {
            let readable = self.readable(context, tenant, dataset, name, entry.clone()).await?;
            let refuse = rejected(&readable.object);
            // The header first: an object that isn't the one named leaves no record of a read.
            let header = self.header(&readable.object).await?;
            VerifiedHeader::unlock(header, &readable.keys, &ReadOptions::default())
                .map_err(&refuse)?;
            let reader: Box<dyn Read + Send> = match self.objects.local_path(&readable.path) {
                Some(path) => {
                    let file = std::fs::File::open(&path)
                        .map_err(|_| EngineError::CiphertextRejected { name: name.to_string() })?;
                    Box::new(file)
                }
                None => Box::new(self.reader(&readable.object, &readable.path).await?),
            };
            self.release(context, &readable, readable.object.size).await?;
            let keys = readable.keys;
            let bytes =
                blocking(move || {
                    let (_, bytes) = decrypt(reader, writer, &keys, &ReadOptions::default())
                        .map_err(|error| match error {
                            EnvelopeError::Io(source) => {
                                EngineError::Io { what: "the output".into(), source }
                            }
                            other => refuse(other),
                        })?;
                    Ok(bytes)
                })
                .await?;
            Ok(ReadSummary { object: readable.object, bytes })
        };
        let object = Requested { tenant, dataset, name };
        self.guard_object(context, entry.clone(), object, self.unless_gone(object, read)).await
    }

    /// Tells an object whose bytes are damaged or lost from one that was deleted or replaced between
    /// looking it up and opening its bytes.
    async fn unless_gone<T>(
        &self,
        object: Requested<'_>,
        read: impl Future<Output = Result<T, EngineError>>,
    ) -> Result<T, EngineError> {
        let Requested { tenant, dataset, name } = object;
        let began = self.clock.now();
        let rejected = match read.await {
            Err(error @ EngineError::CiphertextRejected { .. }) => error,
            other => return other,
        };
        let row = objects::get(&mut *self.store.read().await?, tenant, dataset, name).await?;
        Err(match row {
            None => EngineError::ObjectNotFound { name: name.to_string() },
            Some(now) if now.created_at > began => EngineError::ChangedMeanwhile(name.to_string()),
            Some(now) => {
                // The object may be well and the key not, where a provider answered for another one: it
                // isn't trusted for longer.
                let version = now.data_key_version;
                let (tenant, dataset) = (tenant.clone(), dataset.clone());
                self.cache.evict_key(&DataKeyId { tenant, dataset, version });
                rejected
            }
        })
    }

    /// Looks the object up, opens its data key, and rewraps that where it is under an old root key.
    async fn readable(
        &self,
        context: &OperationContext,
        tenant: &TenantId,
        dataset: &DatasetName,
        name: &ObjectName,
        entry: Entry,
    ) -> Result<Readable, EngineError> {
        let Reading { tenant: row, object, names, regions, data_key } = {
            let mut reader = self.store.read().await?;
            require::reading(&mut reader, tenant, dataset, name).await?
        };
        self.residency(dataset, &regions)?;
        let opened = self.unlock(context, &row, &data_key).await?;
        if !opened.cached {
            self.rewrap_lazily(context, &row, &data_key).await;
        }
        let (namespace, key_name) = Self::entry_name(tenant, dataset, object.data_key_version);
        let keys = Keys {
            expected: object_context(&object),
            keyring: RawAesKeyring::new(&namespace, &key_name, &opened.key.reveal())?,
            detached: self.detached_entry(&object).await?,
        };
        let entry = entry
            .data_key(&data_key.key)
            .object_name(LoggedName::of(names, name, &data_key.key, &opened.key))
            .with("id", object.id.to_string())
            .with("key_cached", opened.cached);
        let path = object.path();
        Ok(Readable { tenant: row, object, path, keys, entry })
    }

    /// Makes the record of a read durable. Only after this may plaintext leave.
    async fn release(
        &self,
        context: &OperationContext,
        readable: &Readable,
        bytes: u64,
    ) -> Result<(), EngineError> {
        let before = &readable.tenant;
        let entry = readable.entry.clone().with("bytes", bytes);
        match self.record_unless_changed(context, entry.clone(), before).await {
            // Only rotated, rewrapped or its datasets set otherwise: what was opened is still the tenant's to read.
            Err(EngineError::ChangedMeanwhile(_)) => {
                let mut change = self.begin().await?;
                let now = require::active_tenant(&mut change, &before.id).await?;
                let dataset = &readable.object.dataset;
                let entry = still_loggable(&mut change, entry, dataset, before, &now).await?;
                self.commit(change, context, vec![entry]).await
            }
            Err(error @ EngineError::TenantNotActive { .. }) => {
                self.cache.evict_tenant(&before.id);
                Err(error)
            }
            recorded => recorded,
        }
    }

    /// A stored object as a blocking reader, for a thread that decrypts.
    async fn reader(
        &self,
        object: &Object,
        path: &StoredPath,
    ) -> Result<impl Read + Send + use<>, EngineError> {
        let (_, stream) = self.objects.get_stream(path).await.map_err(lost(object))?;
        let stream = stream.map_err(std::io::Error::other);
        Ok(SyncIoBridge::new(StreamReader::new(stream)))
    }
}

const MAX_INTEGER: u64 = (1 << 53) - 1;

/// How much of a message to fetch for its header: headers of ours are well below this.
pub(crate) fn header_start(stored_size: u64) -> u64 {
    stored_size.min(4096)
}

/// The name comes in once it is known how the log is to hold it.
fn entry(tenant: &TenantId, dataset: &DatasetName) -> Entry {
    Entry::of(Action::ObjectRead, tenant).with("dataset", dataset.as_str())
}

/// Stored bytes that a row names and that aren't there, or end early, are a damaged object and not an
/// unknown one.
pub(crate) fn lost(object: &Object) -> impl FnOnce(ObjectsError) -> EngineError {
    let name = object.name.to_string();
    move |error| match error {
        ObjectsError::NotFound { .. } | ObjectsError::Cut { .. } => {
            EngineError::CiphertextRejected { name }
        }
        other => other.into(),
    }
}

/// Says nothing about why a ciphertext didn't open.
fn rejected(object: &Object) -> impl Fn(EnvelopeError) -> EngineError + Send + 'static {
    let name = object.name.to_string();
    move |error| match error {
        EnvelopeError::Io(source)
            if !matches!(source.kind(), ErrorKind::NotFound | ErrorKind::UnexpectedEof) =>
        {
            EngineError::Io { what: format!("object `{name}`"), source }
        }
        _ => EngineError::CiphertextRejected { name: name.clone() },
    }
}
