//! The store's folder: whole files, replaced at once, under one lock.

use std::{
    fs::{self, File, Metadata},
    io::{self, Read, Write},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use super::failure::Failure;
use crate::Reason;

/// A file of 10,000 versions has about 1 MB. A planted one shall not fill the memory.
const MAX_FILE_LENGTH: u64 = 4 * 1024 * 1024;
const STORE_FILE: &str = ".keystore";
const LOCK_FILE: &str = ".lock";
const TEMPORARY_PREFIX: &str = ".tmp-";
const KEY_SUFFIX: &str = ".json";

/// The folder that a store is in.
#[derive(Clone)]
pub(super) struct Folder(PathBuf);

/// Held while files are changed; the operating system lets go of it when the process ends, however.
pub(super) struct Lock(#[expect(dead_code, reason = "dropping the file unlocks it")] File);

/// What tells a file from the one that took its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    /// When it was last changed in any way, by the file system's clock.
    changed: SystemTime,
    modified: SystemTime,
    inode: u64,
    device: u64,
    length: u64,
    /// Whether it had its time when it was read; see [`Stamp::is_settled`].
    settled: Settled,
}

/// Doesn't count when stamps are compared.
#[derive(Clone, Copy, Debug)]
struct Settled(bool);

impl PartialEq for Settled {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Settled {}

impl Folder {
    /// An existing folder.
    pub(super) fn at(path: &Path) -> Self {
        Self(path.into())
    }

    /// Makes the folder, for its owner only.
    pub(super) fn create(path: &Path) -> Result<Self, Failure> {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(path)?;
        Ok(Self::at(path))
    }

    /// Waits for the lock. Each call opens the file anew, so that threads exclude each other as
    /// processes do.
    pub(super) fn lock(&self) -> Result<Lock, Failure> {
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(self.0.join(LOCK_FILE))?;
        file.lock()?;
        Ok(Lock(file))
    }

    /// Writes the store's own file, which must not be there yet.
    pub(super) fn write_new_store(&self, contents: &[u8]) -> Result<(), Failure> {
        if self.0.join(STORE_FILE).try_exists()? {
            return Err(Reason::AlreadyExists.into());
        }
        Ok(self.put(STORE_FILE, contents)?)
    }

    pub(super) fn read_store(&self) -> Result<Vec<u8>, Failure> {
        Ok(read_bounded(&mut File::open(self.0.join(STORE_FILE))?)?.ok_or(Reason::StoreDamaged)?)
    }

    /// Whether a key of this name has a file.
    pub(super) fn has(&self, name: &str) -> Result<bool, Failure> {
        Ok(self.0.join(file_name(name)).try_exists()?)
    }

    /// The stamp of a key's file.
    pub(super) fn stamp(&self, name: &str) -> Result<Stamp, Failure> {
        Ok(Stamp::of(&fs::metadata(self.0.join(file_name(name))).map_err(no_key)?)?)
    }

    /// A key's file, with the stamp of what was read.
    pub(super) fn read(&self, name: &str) -> Result<(Vec<u8>, Stamp), Failure> {
        let mut file = File::open(self.0.join(file_name(name))).map_err(no_key)?;
        let stamp = Stamp::of(&file.metadata()?)?;
        let bytes = read_bounded(&mut file)?.ok_or(Reason::StoreDamaged)?;
        Ok((bytes, stamp))
    }

    /// Puts new contents in a key's file. The caller holds the lock.
    pub(super) fn replace(&self, name: &str, contents: &[u8]) -> Result<(), Failure> {
        Ok(self.put(&file_name(name), contents)?)
    }

    /// The names of all keys, in their order.
    pub(super) fn names(&self) -> Result<Vec<String>, Failure> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.0)? {
            let name = entry?.file_name();
            let name = name.to_str().and_then(|name| name.strip_suffix(KEY_SUFFIX));
            names.extend(name.filter(|name| !name.starts_with('.')).map(String::from));
        }
        names.sort_unstable();
        Ok(names)
    }

    /// Removes what writers left that were killed. It holds sealed bytes only and is in nobody's way:
    /// where it can't be removed it stays.
    pub(super) fn remove_leftovers(&self) {
        // Under the lock there are no other writers, so every temporary file is a leftover.
        let (Ok(_lock), Ok(entries)) = (self.lock(), fs::read_dir(&self.0)) else { return };
        for entry in entries.flatten() {
            if entry.file_name().to_string_lossy().starts_with(TEMPORARY_PREFIX) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }

    fn put(&self, name: &str, contents: &[u8]) -> io::Result<()> {
        // Made with mode 0600, which the renamed file keeps.
        let mut file = tempfile::Builder::new().prefix(TEMPORARY_PREFIX).tempfile_in(&self.0)?;
        file.write_all(contents)?;
        // Crash before this: the old file stands. After it: a leftover, whole or not, and the old file.
        file.as_file().sync_all()?;
        file.persist(self.0.join(name)).map_err(|error| error.error)?;
        // Until the folder is on disk too, a power cut could bring the old file back: a rotation that
        // was reported, and whose wraps were stored, would be undone.
        #[cfg(unix)]
        File::open(&self.0)?.sync_all()?;
        Ok(())
    }
}

impl Stamp {
    /// Whether another write could no longer leave the same stamp: file systems stamp with a clock that
    /// ticks every few milliseconds, and give a freed inode to the next file. A file from the future is
    /// never settled.
    pub(super) fn is_settled(&self) -> bool {
        self.settled.0
    }

    fn of(metadata: &Metadata) -> io::Result<Self> {
        /// Many ticks of every file system's clock that keeps fractions of seconds.
        const TICKS: Duration = Duration::from_millis(50);
        let modified = metadata.modified()?;
        #[cfg(unix)]
        let (changed, inode, device) = {
            use std::os::unix::fs::MetadataExt;
            let changed = SystemTime::UNIX_EPOCH
                + Duration::new(
                    u64::try_from(metadata.ctime()).unwrap_or_default(),
                    u32::try_from(metadata.ctime_nsec()).unwrap_or_default(),
                );
            (changed, metadata.ino(), metadata.dev())
        };
        #[cfg(not(unix))]
        let (changed, inode, device) = (modified, 0, 0);
        // The time of modification can be set back by whoever owns the file; that of the change can't.
        let age = SystemTime::now().duration_since(changed.max(modified));
        let settled = Settled(age.is_ok_and(|age| age >= TICKS));
        Ok(Self { changed, modified, inode, device, length: metadata.len(), settled })
    }
}

fn file_name(name: &str) -> String {
    format!("{name}{KEY_SUFFIX}")
}

fn no_key(error: io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::NotFound => Reason::NotFound.into(),
        _ => error.into(),
    }
}

fn read_bounded(file: &mut File) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    file.take(MAX_FILE_LENGTH + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= MAX_FILE_LENGTH).then_some(bytes))
}
