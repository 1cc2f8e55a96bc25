//! One connection to the database, and the typed reading of its rows.

use std::{error::Error, fmt, path::Path, str::FromStr};

use chrono::{DateTime, SecondsFormat, Utc};
use futures::StreamExt as _;
use sqlx::{
    Any, AnyConnection, Connection as _, Decode, Row as _, Type,
    any::{AnyArguments, AnyRow},
    query::Query,
};

use crate::{StoreError, terms::KnownTerms};

/// A connection that the functions of [`tables`](crate::tables) take.
#[derive(Debug)]
pub struct Connection {
    inner: AnyConnection,
    pub(crate) terms: KnownTerms,
}

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Reading and writing.
    Write,
    /// Reading.
    Read,
    /// Reading while others read, with little memory.
    ReadBeside,
}

/// A statement with its values.
pub(crate) type Statement<'q> = Query<'q, Any, AnyArguments>;

/// A statement of our own text.
pub(crate) fn sql<'q>(text: &'static str) -> Statement<'q> {
    sqlx::query(text)
}

/// A statement whose text was put together here, from texts of our own and placeholders alone.
pub(crate) fn built<'q>(text: String) -> Statement<'q> {
    sqlx::query(sqlx::AssertSqlSafe(text))
}

impl Connection {
    /// Opens the SQLite file, which must be there, and sets what holds for each connection.
    pub(crate) async fn open_sqlite(path: &Path, access: Access) -> Result<Self, StoreError> {
        install_drivers();
        let url = sqlite_url(path, access)?;
        let inner =
            AnyConnection::connect(&url).await.map_err(|error| StoreError::of("schema", error))?;
        let mut connection = Self { inner, terms: KnownTerms::default() };
        for pragma in [
            "PRAGMA busy_timeout = 10000",
            "PRAGMA foreign_keys = ON",
            // Without it a power cut may lose the newest transactions, after their results were released.
            "PRAGMA synchronous = FULL",
            "PRAGMA temp_store = MEMORY",
            // Kibibytes. Of a log of ten million records a writer's are the ends of all its indexes, which
            // every transaction goes on at, and a reader's what it walks to a hundred rows from all over.
            match access {
                Access::Write | Access::Read => "PRAGMA cache_size = -65536",
                Access::ReadBeside => "PRAGMA cache_size = -8192",
            },
            // Pages, 32 MiB. Transactions change the same ends of indexes again and again: they are copied
            // from the write-ahead log to their places once for many transactions.
            "PRAGMA wal_autocheckpoint = 8192",
        ] {
            connection.run("schema", sql(pragma)).await?;
        }
        Ok(connection)
    }

    /// Runs a text of several statements.
    pub(crate) async fn script(&mut self, text: &'static str) -> Result<(), StoreError> {
        sqlx::raw_sql(text)
            .execute(&mut self.inner)
            .await
            .map_err(|error| StoreError::of("schema", error))?;
        Ok(())
    }

    /// Runs a statement and tells how many rows it changed.
    pub(crate) async fn run(
        &mut self,
        table: &'static str,
        statement: Statement<'_>,
    ) -> Result<u64, StoreError> {
        let done = statement
            .execute(&mut self.inner)
            .await
            .map_err(|error| StoreError::of(table, error))?;
        Ok(done.rows_affected())
    }

    /// Runs a statement that gives at most one row.
    pub(crate) async fn one(
        &mut self,
        table: &'static str,
        statement: Statement<'_>,
    ) -> Result<Option<Row>, StoreError> {
        let row = statement
            .fetch_optional(&mut self.inner)
            .await
            .map_err(|error| StoreError::of(table, error))?;
        Ok(row.map(|inner| Row { table, inner }))
    }

    /// Runs a statement and reads each of its rows.
    pub(crate) async fn many<T>(
        &mut self,
        table: &'static str,
        statement: Statement<'_>,
        read: impl Fn(&Row) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let rows = statement
            .fetch_all(&mut self.inner)
            .await
            .map_err(|error| StoreError::of(table, error))?;
        rows.into_iter().map(|inner| read(&Row { table, inner })).collect()
    }

    /// Runs a statement and reads each of its rows as it comes, holding few of them at once.
    pub(crate) async fn each(
        &mut self,
        table: &'static str,
        statement: Statement<'_>,
        mut read: impl FnMut(&Row) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let mut rows = statement.fetch(&mut self.inner);
        while let Some(row) = rows.next().await {
            let inner = row.map_err(|error| StoreError::of(table, error))?;
            read(&Row { table, inner })?;
        }
        Ok(())
    }
}

/// A row, read by column name. A value of another type or form is a [`StoreError::Corrupt`].
pub(crate) struct Row {
    table: &'static str,
    inner: AnyRow,
}

impl Row {
    pub(crate) fn text(&self, column: &'static str) -> Result<String, StoreError> {
        self.get(column)
    }

    pub(crate) fn optional_text(&self, column: &'static str) -> Result<Option<String>, StoreError> {
        self.get(column)
    }

    pub(crate) fn blob(&self, column: &'static str) -> Result<Vec<u8>, StoreError> {
        self.get(column)
    }

    pub(crate) fn optional_blob(
        &self,
        column: &'static str,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        self.get(column)
    }

    pub(crate) fn integer(&self, column: &'static str) -> Result<i64, StoreError> {
        self.get(column)
    }

    pub(crate) fn count(&self, column: &'static str) -> Result<u64, StoreError> {
        let value = self.integer(column)?;
        u64::try_from(value).map_err(|_| self.corrupt(column, &value))
    }

    pub(crate) fn number(&self, column: &'static str) -> Result<u32, StoreError> {
        let value = self.integer(column)?;
        u32::try_from(value).map_err(|_| self.corrupt(column, &value))
    }

    pub(crate) fn optional_number(&self, column: &'static str) -> Result<Option<u32>, StoreError> {
        let value: Option<i64> = self.get(column)?;
        value
            .map(|value| u32::try_from(value).map_err(|_| self.corrupt(column, &value)))
            .transpose()
    }

    pub(crate) fn flag(&self, column: &'static str) -> Result<bool, StoreError> {
        Ok(self.integer(column)? != 0)
    }

    pub(crate) fn parse<T: FromStr>(&self, column: &'static str) -> Result<T, StoreError> {
        let text = self.text(column)?;
        text.parse().map_err(|_| self.corrupt(column, &text))
    }

    pub(crate) fn time(&self, column: &'static str) -> Result<DateTime<Utc>, StoreError> {
        let text = self.text(column)?;
        self.as_time(column, &text)
    }

    pub(crate) fn optional_time(
        &self,
        column: &'static str,
    ) -> Result<Option<DateTime<Utc>>, StoreError> {
        self.optional_text(column)?.map(|text| self.as_time(column, &text)).transpose()
    }

    /// A time stored in microseconds since 1970.
    pub(crate) fn micros(&self, column: &'static str) -> Result<DateTime<Utc>, StoreError> {
        let value = self.integer(column)?;
        DateTime::from_timestamp_micros(value).ok_or_else(|| self.corrupt(column, &value))
    }

    /// The value of a column isn't one that Keyward writes.
    pub(crate) fn corrupt(&self, column: &'static str, value: &impl fmt::Display) -> StoreError {
        let value = value.to_string().chars().take(80).collect();
        StoreError::Corrupt { table: self.table, column, value }
    }

    fn as_time(&self, column: &'static str, text: &str) -> Result<DateTime<Utc>, StoreError> {
        one_time(text).ok_or_else(|| self.corrupt(column, &text))
    }

    fn get<'r, T>(&'r self, column: &'static str) -> Result<T, StoreError>
    where
        T: Decode<'r, Any> + Type<Any>,
    {
        self.inner.try_get(column).map_err(|error| match error {
            sqlx::Error::ColumnDecode { source, .. } => self.corrupt(column, &cause(&*source)),
            other => StoreError::Database(other),
        })
    }
}

/// A time as it is stored: UTC, six decimals, so that stored times sort as text.
pub(crate) fn time_text(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// A stored time.
pub(crate) fn one_time(text: &str) -> Option<DateTime<Utc>> {
    Some(DateTime::parse_from_rfc3339(text).ok()?.to_utc())
}

/// A count as it is stored.
pub(crate) fn stored(
    table: &'static str,
    column: &'static str,
    value: u64,
) -> Result<i64, StoreError> {
    i64::try_from(value).map_err(|_| StoreError::TooLarge { table, column, value })
}

fn cause(error: &(dyn Error + 'static)) -> String {
    error.to_string()
}

/// The driver list is the process's: the first store of it installs the list.
fn install_drivers() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(sqlx::any::install_default_drivers);
}

/// sqlx takes a URL alone; it decodes `%`, so that any path goes through but one that isn't UTF-8.
fn sqlite_url(path: &Path, access: Access) -> Result<String, StoreError> {
    let unusable = |kind| StoreError::file(path, std::io::Error::from(kind));
    let path_text = path.to_str().ok_or_else(|| unusable(std::io::ErrorKind::InvalidInput))?;
    let mut url = String::from("sqlite://");
    for byte in path_text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' | b'~' => {
                url.push(byte.into());
            }
            _ => {
                url.push('%');
                url.push_str(&format!("{byte:02X}"));
            }
        }
    }
    url.push_str(if access == Access::Write { "?mode=rw" } else { "?mode=ro" });
    Ok(url)
}
