//! The workspace's database: opening it, reading from it and writing to it.

use std::{
    io::ErrorKind,
    ops::{Deref, DerefMut},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard, OwnedSemaphorePermit, Semaphore};

use crate::{
    Connection, StoreError,
    connection::{Access, sql},
    schema,
    terms::{Dictionary, KnownTerms},
};

/// How many reads may run at once. SQLite reads are short; more would only wait for the disk.
const READERS: usize = 8;

/// How many of those that run at once have a large cache, so that all together stay within 240 MiB.
const LARGE: usize = 2;

/// An open database. Clones share it.
///
/// Reads run beside each other and beside a write (WAL). Writes of this process queue fairly for one
/// connection; against other processes SQLite's own lock decides, for ten seconds at most.
#[derive(Clone, Debug)]
pub struct Store {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
    readers: Arc<Semaphore>,
    writer: Arc<AsyncMutex<Option<Connection>>>,
    terms: Arc<Dictionary>,
}

impl Store {
    /// Creates the database and opens it. Nothing may be at the path but what a `create` has left that
    /// was killed.
    ///
    /// # Errors
    /// [`StoreError::Exists`] where anything else is there; otherwise as [`open`](Self::open).
    pub async fn create(path: &Path) -> Result<Self, StoreError> {
        let mut options = std::fs::File::options();
        options.write(true).create_new(true);
        // Names and sizes of tenants' objects are no one else's business on a shared machine.
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        match options.open(path).map_err(|error| (error.kind(), error)) {
            Ok(_) => {}
            Err((ErrorKind::AlreadyExists, _)) => {
                let empty = async {
                    schema::is_empty(&mut Connection::open_sqlite(path, Access::Write).await?).await
                };
                match empty.await {
                    Ok(true) => {}
                    Ok(false) | Err(StoreError::Damaged { .. }) => {
                        return Err(StoreError::Exists { path: path.into() });
                    }
                    Err(error) => return Err(error),
                }
            }
            // The folder isn't there: say so, not that there is no workspace.
            Err((ErrorKind::NotFound, source)) => {
                return Err(StoreError::File { path: path.into(), source });
            }
            Err((_, error)) => return Err(StoreError::file(path, error)),
        }
        Self::prepare(path).await
    }

    /// Opens the database and brings its schema up to date.
    ///
    /// # Errors
    /// [`StoreError`], one variant each for a database that is missing, damaged, newer, locked, on a
    /// full disk, or not ours to write. The pages are not all read: [`check`](Self::check) does that.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        // Opening for writing finds a missing permission here, where SQLite would open for reading only.
        std::fs::File::options()
            .read(true)
            .write(true)
            .open(path)
            .map_err(|error| StoreError::file(path, error))?;
        let mut connection = Connection::open_sqlite(path, Access::Write).await?;
        if schema::version(&mut connection).await? == 0 {
            // A file that was emptied must not pass for a new workspace.
            return Err(StoreError::Damaged { detail: "it holds no workspace".into() });
        }
        drop(connection);
        Self::prepare(path).await
    }

    /// The database's file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.shared.path
    }

    /// A connection for reading. Each statement sees what is committed when it starts.
    ///
    /// # Errors
    /// [`StoreError`] where the database can't be opened.
    pub async fn read(&self) -> Result<Reader, StoreError> {
        let permit = Arc::clone(&self.shared.readers)
            .acquire_owned()
            .await
            .expect("the semaphore is never closed");
        let idle = self.shared.idle().pop();
        let connection = match idle {
            Some(connection) => connection,
            // All others are in use, and one more permit is this one's.
            None if self.shared.readers.available_permits() + LARGE >= READERS => {
                self.shared.connect(Access::Read).await?
            }
            None => self.shared.connect(Access::ReadBeside).await?,
        };
        Ok(Reader {
            shared: Arc::clone(&self.shared),
            connection: Some(connection),
            reuse: true,
            _permit: permit,
        })
    }

    /// A connection for reading that is the caller's own, beside those that reads share: it is there also
    /// while all of those are taken.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub async fn own_reader(&self) -> Result<Connection, StoreError> {
        self.shared.connect(Access::ReadBeside).await
    }

    /// As [`read`](Self::read), but all statements see the same moment: for verification and export.
    /// Drop it soon: the write-ahead log grows as long as it lives.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub async fn snapshot(&self) -> Result<Reader, StoreError> {
        let mut reader = self.read().await?;
        // Its connection stays in a transaction, so it is closed, not used again.
        reader.reuse = false;
        reader.run("schema", sql("BEGIN")).await?;
        // SQLite takes the moment at the first read, not at BEGIN.
        reader.one("schema_versions", sql("SELECT 1 AS one FROM schema_versions LIMIT 1")).await?;
        Ok(reader)
    }

    /// A write transaction, when it is this caller's turn.
    ///
    /// # Errors
    /// [`StoreError::Locked`] where another process keeps the database; else as [`open`](Self::open).
    pub async fn write(&self) -> Result<Write, StoreError> {
        let mut slot = Arc::clone(&self.shared.writer).lock_owned().await;
        // Taken out until the commit: a caller that goes away at any point from here on drops the
        // connection, and SQLite rolls back whatever was under way in it.
        let mut connection = match slot.take() {
            Some(connection) => connection,
            None => self.shared.connect(Access::Write).await?,
        };
        begin(&mut connection).await?;
        Ok(Write { slot, connection })
    }

    /// Reads every page and checks every index and foreign key. Takes time in proportion to the size.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] with the first thing found.
    pub async fn check(&self) -> Result<(), StoreError> {
        let mut reader = self.read().await?;
        let integrity = sql("PRAGMA integrity_check(1)");
        let found = reader.many("schema", integrity, |row| row.text("integrity_check")).await?;
        if let Some(detail) = found.into_iter().find(|line| line != "ok") {
            return Err(StoreError::Damaged { detail });
        }
        let foreign = sql("PRAGMA foreign_key_check");
        let orphans = reader.many("schema", foreign, |row| row.text("table")).await?;
        match orphans.first() {
            Some(table) => Err(StoreError::Damaged {
                detail: format!("a row of `{table}` names one that is not there"),
            }),
            None => Ok(()),
        }
    }

    async fn prepare(path: &Path) -> Result<Self, StoreError> {
        let mut connection = Connection::open_sqlite(path, Access::Write).await?;
        // A newer database is left untouched, its journal mode included.
        let found = schema::version(&mut connection).await?;
        schema::check(found)?;
        // The file remembers it: readers go on beside a writer.
        connection.one("schema", sql("PRAGMA journal_mode = WAL")).await?;
        if found < schema::newest() {
            begin(&mut connection).await?;
            schema::migrate(&mut connection).await?;
            connection.run("schema", sql("COMMIT")).await?;
        }
        let terms = Arc::default();
        connection.terms = KnownTerms::of(&terms);
        Ok(Self {
            shared: Arc::new(Shared {
                path: path.into(),
                idle: Mutex::default(),
                readers: Arc::new(Semaphore::new(READERS)),
                writer: Arc::new(AsyncMutex::new(Some(connection))),
                terms,
            }),
        })
    }
}

/// A connection for reading. It goes back to the store when dropped.
#[derive(Debug)]
pub struct Reader {
    shared: Arc<Shared>,
    // INVARIANT: `Some` until `drop`.
    connection: Option<Connection>,
    reuse: bool,
    _permit: OwnedSemaphorePermit,
}

impl Deref for Reader {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.connection.as_ref().expect("it is there until drop")
    }
}

impl DerefMut for Reader {
    fn deref_mut(&mut self) -> &mut Connection {
        self.connection.as_mut().expect("it is there until drop")
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take().filter(|_| self.reuse) {
            self.shared.idle().push(connection);
        }
    }
}

/// A write transaction. Dropped without [`commit`](Self::commit), nothing of it remains.
#[derive(Debug)]
pub struct Write {
    slot: OwnedMutexGuard<Option<Connection>>,
    connection: Connection,
}

impl Write {
    /// Makes the transaction durable: after this returns, no crash and no power cut undoes it.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing of the transaction remains. If the caller goes away while this
    /// waits, it may have happened or not: the rows tell.
    pub async fn commit(mut self) -> Result<(), StoreError> {
        self.connection.run("schema", sql("COMMIT")).await?;
        self.connection.terms.committed();
        *self.slot = Some(self.connection);
        Ok(())
    }

    /// Gives the transaction up, and keeps the connection for the next one. Dropping it does as well, and
    /// closes the connection.
    ///
    /// # Errors
    /// [`StoreError`]; nothing of the transaction remains in any case.
    pub async fn roll_back(mut self) -> Result<(), StoreError> {
        self.connection.run("schema", sql("ROLLBACK")).await?;
        *self.slot = Some(self.connection);
        Ok(())
    }

    /// Begins a part of the transaction that can be undone by itself.
    ///
    /// # Errors
    /// [`StoreError`] of the database.
    pub async fn begin_part(&mut self) -> Result<(), StoreError> {
        self.connection.run("schema", sql("SAVEPOINT part")).await?;
        Ok(())
    }

    /// Ends the part that was begun last; what it did is the transaction's now.
    ///
    /// # Errors
    /// [`StoreError::GivenUp`] where the database has given up the transaction by itself, as it may when
    /// a disk is full; else [`StoreError`] of the database.
    pub async fn keep_part(&mut self) -> Result<(), StoreError> {
        self.end_part("RELEASE part").await
    }

    /// Ends the part that was begun last, and undoes it.
    ///
    /// # Errors
    /// As [`keep_part`](Self::keep_part): then the whole transaction is to be given up.
    pub async fn undo_part(&mut self) -> Result<(), StoreError> {
        self.end_part("ROLLBACK TO part").await?;
        self.keep_part().await
    }

    async fn end_part(&mut self, how: &'static str) -> Result<(), StoreError> {
        match self.connection.run("schema", sql(how)).await {
            Ok(_) => Ok(()),
            // The part was begun in this transaction: if it isn't there, neither is the transaction.
            Err(StoreError::Database(error)) => Err(StoreError::GivenUp(error)),
            Err(error) => Err(error),
        }
    }
}

impl Deref for Write {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.connection
    }
}

impl DerefMut for Write {
    fn deref_mut(&mut self) -> &mut Connection {
        &mut self.connection
    }
}

impl Shared {
    async fn connect(&self, access: Access) -> Result<Connection, StoreError> {
        let mut connection = Connection::open_sqlite(&self.path, access).await?;
        connection.terms = KnownTerms::of(&self.terms);
        Ok(connection)
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        // Nothing that holds it can panic half-way through a change.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Starts a write transaction: the one place that knows how a database makes writers wait. SQLite
/// takes its only write lock here, so that no statement within can find it taken; PostgreSQL would
/// begin plainly and take an advisory lock.
async fn begin(connection: &mut Connection) -> Result<(), StoreError> {
    connection.run("schema", sql("BEGIN IMMEDIATE")).await?;
    Ok(())
}
