//! Stored bytes: ciphertext and sidecars in a folder, an S3 or GCS bucket or an Azure container.
//!
//! A file is there whole and durable or not at all: in a folder it is written under another name,
//! synced and renamed; the others promise it themselves. No rule is decided here and nothing is
//! encrypted here.

use std::{
    fmt,
    ops::Range,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures::{Stream, StreamExt, TryStreamExt, stream::BoxStream};
use object_store::{
    ObjectStore, ObjectStoreExt, PutPayload, WriteMultipart, local::LocalFileSystem,
    path::Path as Location,
};
use tokio::{fs::File, io::AsyncWriteExt};

use crate::layout::StoredPath;

mod error;
mod local;

pub use error::ObjectsError;

/// What is sent at once to a bucket. The services want 5 MiB or more and take 10,000 parts, so that
/// the largest object is 80 GiB there.
const PART: usize = 8 << 20;

/// How many parts are on their way at once: with one being filled, 24 MiB at most lie in memory.
const PARTS_IN_FLIGHT: usize = 2;

/// Where objects lie. Clones share it.
#[derive(Clone)]
pub struct Objects {
    store: Arc<dyn ObjectStore>,
    prefix: Location,
    folder: Option<Arc<Path>>,
}

/// What is known of a stored file without reading it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectStat {
    /// Its path, as [`StoredPath`] prints it; there may be files that Keyward didn't make.
    pub path: String,
    /// Its size in bytes.
    pub size: u64,
    /// When it was last written.
    pub modified: DateTime<Utc>,
}

impl Objects {
    /// Opens a place: a folder's path or `file:///...`, or `s3://BUCKET/PREFIX`, `gs://BUCKET/PREFIX`,
    /// `az://CONTAINER/PREFIX` with their clients' usual environment variables (`AWS_REGION`,
    /// `AWS_ENDPOINT_URL`, `AZURE_STORAGE_ACCOUNT_NAME`, `GOOGLE_SERVICE_ACCOUNT`, ...). Nothing is
    /// asked yet of a bucket; a folder must be there, lest a disk that isn't mounted pass for an empty
    /// one.
    ///
    /// # Errors
    /// [`ObjectsError::InvalidPlace`] for a URL that says nothing to us, [`ObjectsError::NotFound`] for
    /// a missing folder, and what the folder itself refuses.
    pub async fn open(place: &str) -> Result<Self, ObjectsError> {
        match local::folder(place)? {
            Some(folder) => {
                let folder = tokio::fs::canonicalize(&folder)
                    .await
                    .map_err(|error| ObjectsError::of_file(&folder, error))?;
                let store = LocalFileSystem::new_with_prefix(&folder)
                    .map_err(|error| ObjectsError::of(place, error))?;
                Ok(Self {
                    store: Arc::new(store),
                    prefix: Location::default(),
                    folder: Some(folder.into()),
                })
            }
            None => Self::bucket(place),
        }
    }

    /// As [`open`](Self::open), but makes the folder first where it isn't there. A bucket is asked
    /// whether it is there, so that a slip in its name shows before anything is to be stored.
    ///
    /// # Errors
    /// As [`open`](Self::open), and what the bucket answers.
    pub async fn create(place: &str) -> Result<Self, ObjectsError> {
        if let Some(folder) = local::folder(place)? {
            local::create_folders(&folder).await?;
            return Self::open(place).await;
        }
        let objects = Self::open(place).await?;
        let first = objects.store.list(Some(&objects.prefix)).try_next().await;
        first.map_err(|error| ObjectsError::of_bucket(&local::shown(place), error))?;
        Ok(objects)
    }

    /// Writes a small file at once, in place of one that is there.
    ///
    /// # Errors
    /// [`ObjectsError`]; then what was there still is.
    pub async fn put_small(&self, path: &StoredPath, bytes: Bytes) -> Result<(), ObjectsError> {
        let mut upload = self.upload(path).await?;
        upload.write(bytes).await?;
        upload.finish().await?;
        Ok(())
    }

    /// Writes a stream and gives how many bytes that were. Where the stream fails, nothing is written.
    ///
    /// # Errors
    /// The stream's own, or [`ObjectsError`] in its clothes.
    pub async fn put<E: From<ObjectsError>>(
        &self,
        path: &StoredPath,
        stream: impl Stream<Item = Result<Bytes, E>>,
    ) -> Result<u64, E> {
        let mut stream = std::pin::pin!(stream);
        let mut upload = self.upload(path).await?;
        while let Some(bytes) = stream.next().await {
            match bytes {
                Ok(bytes) => upload.write(bytes).await?,
                Err(error) => {
                    upload.abort().await;
                    return Err(error);
                }
            }
        }
        Ok(upload.finish().await?)
    }

    /// Starts to write a file piece by piece. It is there only after [`Upload::finish`].
    ///
    /// # Errors
    /// [`ObjectsError`] where the folder refuses a new file.
    pub async fn upload(&self, path: &StoredPath) -> Result<Upload, ObjectsError> {
        let sink = match &self.folder {
            Some(folder) => {
                let staged = local::Staged::new(folder).await?;
                let file = File::create_new(staged.path())
                    .await
                    .map_err(|error| ObjectsError::of_file(staged.path(), error))?;
                Sink::Folder { staged, file, target: folder.join(path.as_str()) }
            }
            None => Sink::Bucket { pending: Vec::new(), parts: None },
        };
        Ok(Upload {
            store: Arc::clone(&self.store),
            location: self.location(path),
            text: path.to_string(),
            sink,
            written: 0,
        })
    }

    /// Reads a whole file.
    ///
    /// # Errors
    /// [`ObjectsError`].
    pub async fn get(&self, path: &StoredPath) -> Result<Bytes, ObjectsError> {
        // One visit to a thread that may wait for the disk, where the client makes two.
        if let Some(file) = self.local_path(path) {
            let bytes = tokio::fs::read(&file).await;
            return bytes.map(Bytes::from).map_err(|error| ObjectsError::of_file(&file, error));
        }
        let found = self.store.get(&self.location(path)).await;
        let bytes = async { found?.bytes().await }.await;
        bytes.map_err(|error| ObjectsError::of(path.as_str(), error))
    }

    /// Reads a file as a stream, and tells its size.
    ///
    /// # Errors
    /// [`ObjectsError`], here and from the stream; [`ObjectsError::Cut`] where the file ends early.
    pub async fn get_stream(
        &self,
        path: &StoredPath,
    ) -> Result<(u64, BoxStream<'static, Result<Bytes, ObjectsError>>), ObjectsError> {
        let found = self
            .store
            .get(&self.location(path))
            .await
            .map_err(|error| ObjectsError::of(path.as_str(), error))?;
        let size = found.meta.size;
        let text = path.to_string();
        // A local file that is cut while it is read gives empty pieces for ever.
        let pieces = found.into_stream().map(move |piece| match piece {
            Ok(bytes) if bytes.is_empty() && size > 0 => {
                Err(ObjectsError::Cut { path: text.clone() })
            }
            Ok(bytes) => Ok(bytes),
            Err(error) => Err(ObjectsError::of(&text, error)),
        });
        Ok((size, pieces.boxed()))
    }

    /// Reads a range of a file.
    ///
    /// # Errors
    /// [`ObjectsError`]; [`ObjectsError::Cut`] where the file ends before the range does.
    pub async fn get_range(
        &self,
        path: &StoredPath,
        range: Range<u64>,
    ) -> Result<Bytes, ObjectsError> {
        let wanted = range.end.saturating_sub(range.start);
        if wanted == 0 {
            return Ok(Bytes::new());
        }
        let end = range.end;
        let bytes = match self.store.get_range(&self.location(path), range).await {
            Ok(bytes) => bytes,
            // A range that begins past the end is an error of no particular kind to the client.
            Err(error) => match self.head(path).await {
                Ok(stat) if stat.size < end => {
                    return Err(ObjectsError::Cut { path: path.to_string() });
                }
                _ => return Err(ObjectsError::of(path.as_str(), error)),
            },
        };
        if u64::try_from(bytes.len()) == Ok(wanted) {
            Ok(bytes)
        } else {
            Err(ObjectsError::Cut { path: path.to_string() })
        }
    }

    /// What is known of a file.
    ///
    /// # Errors
    /// [`ObjectsError`].
    pub async fn head(&self, path: &StoredPath) -> Result<ObjectStat, ObjectsError> {
        let meta = self
            .store
            .head(&self.location(path))
            .await
            .map_err(|error| ObjectsError::of(path.as_str(), error))?;
        Ok(ObjectStat { path: path.to_string(), size: meta.size, modified: meta.last_modified })
    }

    /// Deletes a file. One that isn't there is deleted already.
    ///
    /// # Errors
    /// [`ObjectsError`].
    pub async fn delete(&self, path: &StoredPath) -> Result<(), ObjectsError> {
        match self.store.delete(&self.location(path)).await {
            Err(object_store::Error::NotFound { .. }) | Ok(()) => Ok(()),
            Err(error) => Err(ObjectsError::of(path.as_str(), error)),
        }
    }

    /// All files below a prefix of [`layout`](crate::layout), in no order.
    #[must_use]
    pub fn list(&self, prefix: &str) -> BoxStream<'static, Result<ObjectStat, ObjectsError>> {
        let below = Location::from_iter(self.prefix.parts().chain(Location::from(prefix).parts()));
        let own = self.prefix.clone();
        let text = prefix.to_owned();
        self.store
            .list(Some(&below))
            .map_ok(move |meta| ObjectStat {
                path: relative(&own, &meta.location),
                size: meta.size,
                modified: meta.last_modified,
            })
            .map_err(move |error| ObjectsError::of(&text, error))
            .boxed()
    }

    /// The file's own path where objects lie in a folder: for reading at positions and memory maps.
    #[must_use]
    pub fn local_path(&self, path: &StoredPath) -> Option<PathBuf> {
        Some(self.folder.as_ref()?.join(path.as_str()))
    }

    /// A new name for a file to be written and then handed to [`commit_local`](Self::commit_local), on
    /// the same file system; `None` where objects lie in a bucket. The file is the caller's: nothing is
    /// made yet.
    ///
    /// # Errors
    /// [`ObjectsError`] where the folder for such files can't be made.
    pub async fn stage_local(&self) -> Result<Option<PathBuf>, ObjectsError> {
        match &self.folder {
            Some(folder) => Ok(Some(local::Staged::new(folder).await?.keep())),
            None => Ok(None),
        }
    }

    /// Makes a staged file the file at `path`: synced, renamed, and the rename synced.
    ///
    /// # Errors
    /// [`ObjectsError`]; [`ObjectsError::InvalidPlace`] where objects lie in a bucket.
    pub async fn commit_local(&self, staged: &Path, path: &StoredPath) -> Result<(), ObjectsError> {
        let folder = self.folder.as_ref().ok_or_else(|| ObjectsError::InvalidPlace {
            place: self.prefix.to_string(),
            why: "it is no folder".into(),
        })?;
        let file =
            File::open(staged).await.map_err(|error| ObjectsError::of_file(staged, error))?;
        local::publish(file, staged, &folder.join(path.as_str())).await
    }

    /// Removes what killed processes have left half-written for longer than `age`, and tells how many
    /// files. In a bucket a lifecycle rule for incomplete uploads does it.
    ///
    /// # Errors
    /// [`ObjectsError`].
    pub async fn sweep_staged(&self, age: Duration) -> Result<u64, ObjectsError> {
        match &self.folder {
            Some(folder) => local::sweep(folder, SystemTime::now() - age).await,
            None => Ok(0),
        }
    }

    fn bucket(place: &str) -> Result<Self, ObjectsError> {
        let invalid = |why: String| ObjectsError::InvalidPlace { place: local::shown(place), why };
        let url = url::Url::parse(place).map_err(|error| invalid(error.to_string()))?;
        if !matches!(url.scheme(), "s3" | "s3a" | "gs" | "az" | "abfs" | "abfss") {
            let why = format!("`{}` is none of `file`, `s3`, `gs` and `az`", url.scheme());
            return Err(invalid(why));
        }
        // Not `vars()`: it panics where any variable isn't UTF-8.
        let environment = std::env::vars_os()
            .filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?)));
        let (store, prefix) = object_store::parse_url_opts(&url, environment)
            .map_err(|error| invalid(error.to_string()))?;
        Ok(Self { store: store.into(), prefix, folder: None })
    }

    fn location(&self, path: &StoredPath) -> Location {
        Location::from_iter(self.prefix.parts().chain(path.location().parts()))
    }
}

impl fmt::Debug for Objects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The store's own text may hold an endpoint with a signature in it.
        f.debug_struct("Objects")
            .field("folder", &self.folder)
            .field("prefix", &self.prefix)
            .finish_non_exhaustive()
    }
}

/// A file being written. Dropped before [`finish`](Self::finish), nothing of it is to be seen.
pub struct Upload {
    store: Arc<dyn ObjectStore>,
    location: Location,
    text: String,
    sink: Sink,
    written: u64,
}

enum Sink {
    Folder {
        staged: local::Staged,
        file: File,
        target: PathBuf,
    },
    /// Pieces wait until they fill a part: what never does is put at once.
    Bucket {
        pending: Vec<Bytes>,
        parts: Option<WriteMultipart>,
    },
}

impl Upload {
    /// Writes the next piece.
    ///
    /// # Errors
    /// [`ObjectsError`]; then drop it.
    pub async fn write(&mut self, bytes: Bytes) -> Result<(), ObjectsError> {
        self.written += bytes.len() as u64;
        match &mut self.sink {
            Sink::Folder { staged, file, .. } => file
                .write_all(&bytes)
                .await
                .map_err(|error| ObjectsError::of_file(staged.path(), error)),
            Sink::Bucket { parts: Some(parts), .. } => {
                parts
                    .wait_for_capacity(PARTS_IN_FLIGHT)
                    .await
                    .map_err(|error| ObjectsError::of_bucket(&self.text, error))?;
                parts.put(bytes);
                Ok(())
            }
            Sink::Bucket { pending, parts } => {
                pending.push(bytes);
                if self.written < PART as u64 {
                    return Ok(());
                }
                let upload = self
                    .store
                    .put_multipart(&self.location)
                    .await
                    .map_err(|error| ObjectsError::of_bucket(&self.text, error))?;
                let mut begun = WriteMultipart::new_with_chunk_size(upload, PART);
                pending.drain(..).for_each(|piece| begun.put(piece));
                *parts = Some(begun);
                Ok(())
            }
        }
    }

    /// Makes the file durable and gives its size.
    ///
    /// # Errors
    /// [`ObjectsError`]; then the file isn't there, or is still what it was.
    pub async fn finish(self) -> Result<u64, ObjectsError> {
        let Self { store, location, text, sink, written } = self;
        match sink {
            Sink::Folder { staged, mut file, target } => {
                // tokio writes behind: what a write couldn't do is told here.
                file.flush().await.map_err(|error| ObjectsError::of_file(&target, error))?;
                local::publish(file, staged.path(), &target).await?;
                staged.keep();
            }
            Sink::Bucket { parts: Some(parts), .. } => {
                parts.finish().await.map_err(|error| ObjectsError::of_bucket(&text, error))?;
            }
            Sink::Bucket { pending, parts: None } => {
                store
                    .put(&location, pending.into_iter().collect::<PutPayload>())
                    .await
                    .map_err(|error| ObjectsError::of_bucket(&text, error))?;
            }
        }
        Ok(written)
    }

    /// Gives up. A bucket that can't be reached keeps the parts until its own rule removes them.
    pub async fn abort(self) {
        if let Sink::Bucket { parts: Some(parts), .. } = self.sink {
            let _ = parts.abort().await;
        }
    }
}

impl fmt::Debug for Upload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upload")
            .field("path", &self.text)
            .field("written", &self.written)
            .finish_non_exhaustive()
    }
}

/// A file's path without the bucket's prefix.
fn relative(prefix: &Location, location: &Location) -> String {
    match location.prefix_match(prefix) {
        Some(parts) => Location::from_iter(parts).to_string(),
        None => location.to_string(),
    }
}
