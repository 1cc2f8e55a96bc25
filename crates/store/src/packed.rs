//! Many small rows read as one text.
//!
//! Each row that comes over from the database's own thread, or over a network, costs more than reading it
//! there. Where thousands are wanted at once, the database joins them: fields parted by spaces, rows by
//! commas, bytes in hex. Only for columns whose values hold neither: numbers, slugs, words, times.
//!
//! `HEX` is SQLite's; PostgreSQL's name for it is `encode(.., 'hex')`, the one word to give it then.

use std::str::FromStr;

use chrono::{DateTime, Utc};
use data_encoding::HEXUPPER;

use crate::{
    Connection, StoreError,
    connection::{Statement, one_time},
};

/// Texts from this many bytes on are read on a thread of their own: it takes long enough to keep other
/// tasks of this thread waiting.
const LONG: usize = 16 * 1024;

/// The fields of one row, taken in their order.
pub(crate) struct Fields<'t> {
    table: &'static str,
    rest: std::str::Split<'t, char>,
}

/// Runs a statement that gives one text named `packed`, and reads each row in it.
pub(crate) async fn packed<T: Send + 'static>(
    connection: &mut Connection,
    table: &'static str,
    statement: Statement<'_>,
    read: impl Fn(&mut Fields<'_>) -> Result<T, StoreError> + Send + 'static,
) -> Result<Vec<T>, StoreError> {
    let row = connection.one(table, statement).await?;
    let text = row.map(|row| row.optional_text("packed")).transpose()?.flatten();
    let text = text.unwrap_or_default();
    if text.len() < LONG {
        return unpack(table, &text, read);
    }
    match tokio::task::spawn_blocking(move || unpack(table, &text, read)).await {
        Ok(rows) => rows,
        Err(stopped) => match stopped.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The runtime is going down, and this task with it.
            Err(_) => std::future::pending().await,
        },
    }
}

fn unpack<T>(
    table: &'static str,
    text: &str,
    read: impl Fn(&mut Fields<'_>) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    text.split(',')
        .filter(|row| !row.is_empty())
        .map(|row| {
            let mut fields = Fields { table, rest: row.split(' ') };
            let value = read(&mut fields)?;
            match fields.rest.next() {
                None => Ok(value),
                Some(more) => Err(fields.corrupt("packed", more)),
            }
        })
        .collect()
}

impl<'t> Fields<'t> {
    /// The next field, as what its text says.
    pub(crate) fn parse<T: FromStr>(&mut self, column: &'static str) -> Result<T, StoreError> {
        let text = self.text(column)?;
        text.parse().map_err(|_| self.corrupt(column, text))
    }

    /// The next field, as what its text says; `None` where it is empty.
    pub(crate) fn optional<T: FromStr>(
        &mut self,
        column: &'static str,
    ) -> Result<Option<T>, StoreError> {
        let text = self.text(column)?;
        if text.is_empty() {
            return Ok(None);
        }
        text.parse().map(Some).map_err(|_| self.corrupt(column, text))
    }

    /// The next field, as one of a few words.
    pub(crate) fn word<T>(
        &mut self,
        column: &'static str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<T, StoreError> {
        let text = self.text(column)?;
        read(text).ok_or_else(|| self.corrupt(column, text))
    }

    /// The next field, as a text that may hold anything.
    pub(crate) fn free_text(&mut self, column: &'static str) -> Result<String, StoreError> {
        String::from_utf8(self.bytes(column)?)
            .map_err(|error| self.corrupt(column, &error.to_string()))
    }

    /// The next field, as bytes.
    pub(crate) fn bytes(&mut self, column: &'static str) -> Result<Vec<u8>, StoreError> {
        let text = self.text(column)?;
        HEXUPPER.decode(text.as_bytes()).map_err(|_| self.corrupt(column, text))
    }

    /// The next field, as a time.
    pub(crate) fn time(&mut self, column: &'static str) -> Result<DateTime<Utc>, StoreError> {
        let text = self.text(column)?;
        one_time(text).ok_or_else(|| self.corrupt(column, text))
    }

    fn text(&mut self, column: &'static str) -> Result<&'t str, StoreError> {
        self.rest.next().ok_or_else(|| self.corrupt(column, ""))
    }

    fn corrupt(&self, column: &'static str, value: &str) -> StoreError {
        let value = value.chars().take(80).collect();
        StoreError::Corrupt { table: self.table, column, value }
    }
}
