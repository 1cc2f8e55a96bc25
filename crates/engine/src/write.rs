//! Writes an object: encrypted under an object key of its own, which the dataset's data key wraps.

use std::{io::Read, path::PathBuf};

use bytes::Bytes;
use keyward_core::{DataKeyId, DatasetName, ObjectId, ObjectName, TenantId};
use keyward_envelope::{Encryptor, EnvelopeError, Randomness, RawAesKeyring, Sealing, file, seal};
use keyward_ledger::Action;
use keyward_store::{
    layout::StoredPath,
    tables::{objects, objects::Object, tenants::Tenant},
};
use tokio::sync::mpsc;
use zeroize::Zeroizing;

use crate::{
    Engine, EngineError, OperationContext,
    object_names::{LoggedName, Requested, still_loggable},
    operation::Entry,
    rekey::object_context,
    require,
    workspace::random,
};

/// Plaintext read at once from a reader.
const CHUNK: usize = 1024 * 1024;

/// Where the plaintext comes from.
pub enum Source {
    /// Memory: for small objects.
    Bytes(Zeroizing<Vec<u8>>),
    /// A file. The fastest way for large objects; it must not change meanwhile.
    File(PathBuf),
    /// Anything that can be read, of any length.
    Reader(Box<dyn Read + Send>),
}

/// What was written.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Written {
    /// The object.
    #[serde(flatten)]
    pub object: Object,
    /// Whether another object of this name was replaced.
    pub replaced: bool,
}

/// How long the plaintext and the message are.
struct Lengths {
    plaintext: u64,
    message: u64,
}

impl Engine {
    /// Encrypts and stores an object. It is there once this returns, whole; until then what was there
    /// under the name stays.
    ///
    /// # Errors
    /// [`EngineError::TenantNotActive`], [`EngineError::DatasetNotFound`], [`EngineError::Residency`],
    /// the provider's and the object store's failure, [`EngineError::Io`] of the source.
    pub async fn write(
        &self,
        context: &OperationContext,
        tenant: &TenantId,
        dataset: &DatasetName,
        name: &ObjectName,
        source: Source,
    ) -> Result<Written, EngineError> {
        let entry = Entry::of(Action::ObjectWrite, tenant).with("dataset", dataset.as_str());
        let requested = Requested { tenant, dataset, name };
        self.guard_object(context, entry.clone(), requested, async {
            let (row, set, data_key) = loop {
                let mut reader = self.store.read().await?;
                let row = require::active_tenant(&mut reader, tenant).await?;
                let set = require::dataset(&mut reader, tenant, dataset).await?;
                let id = DataKeyId {
                    tenant: tenant.clone(),
                    dataset: dataset.clone(),
                    version: set.current_version,
                };
                let data_key = require::data_key(&mut reader, &id).await?;
                // Each statement sees its own moment: a rotation between the last two is no refusal.
                let rotated = !data_key.state.may_wrap()
                    && require::dataset(&mut reader, tenant, dataset).await?.current_version
                        != set.current_version;
                if !rotated {
                    break (row, set, data_key);
                }
            };
            self.residency(&set.name, &set.regions)?;
            require::may_wrap(&data_key.key.to_string(), data_key.state)?;
            let opened = self.unlock(context, &row, &data_key).await?;
            let (namespace, key_name) = Self::entry_name(tenant, dataset, set.current_version);
            let keyring = RawAesKeyring::new(&namespace, &key_name, &opened.key.reveal())?;

            let mut object = Object {
                tenant: tenant.clone(),
                dataset: dataset.clone(),
                name: name.clone(),
                id: ObjectId::from_bytes(random()?),
                size: 0,
                stored_size: 0,
                data_key_version: set.current_version,
                detached: false,
                created_at: self.clock.now(),
            };
            let path = object.path();
            let stored = match self.store_message(&object, &path, keyring, source).await {
                Ok(lengths) => {
                    object.size = lengths.plaintext;
                    object.stored_size = lengths.message;
                    let entry = entry
                        .data_key(&data_key.key)
                        .object_name(LoggedName::of(set.names, name, &data_key.key, &opened.key))
                        .with("id", object.id.to_string())
                        .with("bytes", object.size)
                        .with("key_cached", opened.cached);
                    self.name_object(context, &row, &object, entry).await
                }
                Err(error) => Err(error),
            };
            match stored {
                Ok(replaced) => Ok(Written { object, replaced }),
                Err(error) => {
                    // A commit that failed may have happened all the same, so the row decides. Where
                    // it can't be read or the delete fails, a sweep finds the bytes.
                    if let Ok(None) = self.named(&object).await {
                        let _ = self.objects.delete(&path).await;
                    }
                    Err(error)
                }
            }
        })
        .await
    }

    /// The row, the record, and what becomes of the bytes that were there before.
    async fn name_object(
        &self,
        context: &OperationContext,
        before: &Tenant,
        object: &Object,
        entry: Entry,
    ) -> Result<bool, EngineError> {
        let mut write = self.begin().await?;
        // Looked up again: a revocation while the bytes were on their way wins. A rotation of the root
        // key doesn't matter, it leaves the data key as it is: a long upload isn't to fail for it.
        let now = require::active_tenant(&mut write, &object.tenant).await?;
        let entry = still_loggable(&mut write, entry, &object.dataset, before, &now).await?;
        let replaced = objects::upsert(&mut write, object).await?;
        if let Some(replaced) = &replaced {
            self.discard(&mut write, replaced).await?;
        }
        self.commit(write, context, vec![entry]).await?;
        if let Err(error) = self.sweep_now_and_then().await {
            tracing::warn!(%error, "replaced blobs stay until the next opening");
        }
        Ok(replaced.is_some())
    }

    /// The row that names exactly these bytes, if there is one.
    pub(crate) async fn named(&self, object: &Object) -> Result<Option<Object>, EngineError> {
        let mut reader = self.store.read().await?;
        let row = objects::get(&mut reader, &object.tenant, &object.dataset, &object.name).await?;
        Ok(row.filter(|row| row.id == object.id))
    }

    /// Encrypts into the object store, by the fastest way for the source and the store.
    async fn store_message(
        &self,
        object: &Object,
        path: &StoredPath,
        keyring: RawAesKeyring,
        source: Source,
    ) -> Result<Lengths, EngineError> {
        let context = object_context(object);
        match (source, self.objects.stage_local().await?) {
            (Source::Bytes(plaintext), _) => {
                let message =
                    seal(&Sealing::new(&keyring, &context), Randomness::draw()?, &plaintext)?;
                let lengths =
                    Lengths { plaintext: plaintext.len() as u64, message: message.len() as u64 };
                self.objects.put_small(path, message.into()).await?;
                Ok(lengths)
            }
            (Source::File(source), Some(staged)) => {
                let (lengths, staged) = blocking(move || {
                    let sealing = Sealing::new(&keyring, &context);
                    let message =
                        file::encrypt_file(&source, &staged, &sealing, Randomness::draw()?)
                            .map_err(of_file(&source))?;
                    let plaintext = plaintext_length(&sealing, message);
                    Ok((Lengths { plaintext, message }, staged))
                })
                .await?;
                self.objects.commit_local(&staged, path).await?;
                Ok(lengths)
            }
            (Source::File(source), None) => {
                let reader = std::fs::File::open(&source)
                    .map_err(EngineError::io(source.display().to_string()))?;
                self.upload(path, keyring, context, Box::new(reader)).await
            }
            (Source::Reader(reader), _) => self.upload(path, keyring, context, reader).await,
        }
    }

    /// Encrypts on a thread of its own while what is sealed already is on its way.
    async fn upload(
        &self,
        path: &StoredPath,
        keyring: RawAesKeyring,
        context: keyward_core::EncryptionContext,
        mut reader: Box<dyn Read + Send>,
    ) -> Result<Lengths, EngineError> {
        let (sender, mut receiver) = mpsc::channel::<Bytes>(4);
        let sealing = blocking(move || {
            let sealing = Sealing::new(&keyring, &context);
            let (mut encryptor, header) = Encryptor::new(&sealing, Randomness::draw()?)?;
            let mut lengths = Lengths { plaintext: 0, message: 0 };
            let send = |bytes: Vec<u8>, lengths: &mut Lengths| {
                lengths.message += bytes.len() as u64;
                // The upload has ended for a reason of its own, which is the one to report.
                sender.blocking_send(bytes.into()).is_ok()
            };
            let mut more = send(header, &mut lengths);
            let mut plaintext = Zeroizing::new(vec![0; CHUNK]);
            while more {
                let length = fill(&mut reader, &mut plaintext)
                    .map_err(EngineError::io("the data to be written"))?;
                lengths.plaintext += length as u64;
                let mut sealed = Vec::new();
                encryptor.push(&plaintext[..length], &mut sealed)?;
                if !sealed.is_empty() {
                    more = send(sealed, &mut lengths);
                }
                if length < CHUNK {
                    let mut last = Vec::new();
                    encryptor.finish(&mut last)?;
                    send(last, &mut lengths);
                    // Said only here: a channel that closes without it has lost the message's end.
                    return Ok(Some(lengths));
                }
            }
            Ok(None)
        });
        // Takes the receiver along: where the upload fails, the channel closes and the sealing ends.
        let uploading = async move {
            let mut upload = self.objects.upload(path).await?;
            while let Some(bytes) = receiver.recv().await {
                upload.write(bytes).await?;
            }
            Ok::<_, EngineError>(upload)
        };
        let (sealed, upload) = futures::join!(sealing, uploading);
        let upload = upload?;
        match sealed {
            Ok(Some(lengths)) => {
                upload.finish().await?;
                Ok(lengths)
            }
            Ok(None) => {
                upload.abort().await;
                Err(EngineError::StateCorrupt("the upload".into()))
            }
            Err(error) => {
                upload.abort().await;
                Err(error)
            }
        }
    }
}

/// Runs what computes or blocks where it holds up nobody.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, EngineError> + Send + 'static,
) -> Result<T, EngineError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(EngineError::Io {
            what: "a worker thread".into(),
            source: std::io::Error::other(error.to_string()),
        }),
    }
}

/// A failure that names the caller's file.
pub(crate) fn of_file(path: &std::path::Path) -> impl FnOnce(EnvelopeError) -> EngineError {
    let path = path.display().to_string();
    move |error| match error {
        EnvelopeError::Io(source) => EngineError::Io { what: path, source },
        other => other.into(),
    }
}

/// Reads until the buffer is full or the source has ended.
fn fill(reader: &mut dyn Read, buffer: &mut [u8]) -> std::io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match reader.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(length) => filled += length,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// The plaintext's length, from the message's: the inverse of [`Sealing::sealed_length`].
fn plaintext_length(sealing: &Sealing<'_>, message: u64) -> u64 {
    let overhead =
        |plaintext: u64| sealing.sealed_length(plaintext).map(|sealed| sealed - plaintext);
    // Overhead grows with the plaintext, so two rounds from above settle on the answer.
    let mut plaintext = message - overhead(0).unwrap_or(0);
    while let Ok(sealed) = sealing.sealed_length(plaintext)
        && sealed > message
    {
        plaintext -= sealed - message;
    }
    plaintext
}
