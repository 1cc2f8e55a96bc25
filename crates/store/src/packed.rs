//! Many small rows read as one value.
//!
//! Each row that comes over from the database's own thread, or over a network, costs more than reading it
//! there. Where thousands are wanted at once, the database joins them: fields parted by spaces, rows by
//! commas. Only for columns whose values hold neither: numbers, slugs, words, times. Bytes may hold what
//! they like: their length stands before them, and the whole is cast to a blob.

use std::str::FromStr;

use chrono::{DateTime, Utc};

use crate::{
    Connection, StoreError,
    connection::{Statement, one_time},
};

/// Values from this many bytes on are read on a thread of their own: it takes long enough to keep other
/// tasks of this thread waiting.
const LONG: usize = 16 * 1024;

/// The fields of one row, taken in their order.
pub(crate) struct Fields<'p> {
    table: &'static str,
    rest: &'p [u8],
    /// Whether the row has a next field.
    more: bool,
}

/// Runs a statement that gives one text named `packed`, and reads each row in it.
pub(crate) async fn packed<T: Send + 'static>(
    connection: &mut Connection,
    table: &'static str,
    statement: Statement<'_>,
    read: impl FnMut(&mut Fields<'_>) -> Result<T, StoreError> + Send + 'static,
) -> Result<Vec<T>, StoreError> {
    let row = connection.one(table, statement).await?;
    let text = row.map(|row| row.optional_text("packed")).transpose()?.flatten();
    unpack_aside(table, text.unwrap_or_default().into_bytes(), read).await
}

/// As [`packed`], of a statement that gives a blob, since there are bytes in it.
pub(crate) async fn packed_bytes<T: Send + 'static>(
    connection: &mut Connection,
    table: &'static str,
    statement: Statement<'_>,
    read: impl FnMut(&mut Fields<'_>) -> Result<T, StoreError> + Send + 'static,
) -> Result<Vec<T>, StoreError> {
    let row = connection.one(table, statement).await?;
    let blob = row.map(|row| row.optional_blob("packed")).transpose()?.flatten();
    unpack_aside(table, blob.unwrap_or_default(), read).await
}

async fn unpack_aside<T: Send + 'static>(
    table: &'static str,
    packed: Vec<u8>,
    read: impl FnMut(&mut Fields<'_>) -> Result<T, StoreError> + Send + 'static,
) -> Result<Vec<T>, StoreError> {
    if packed.len() < LONG {
        return unpack(table, &packed, read);
    }
    match tokio::task::spawn_blocking(move || unpack(table, &packed, read)).await {
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
    packed: &[u8],
    mut read: impl FnMut(&mut Fields<'_>) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let mut fields = Fields { table, rest: packed, more: false };
    let mut rows = Vec::new();
    while !fields.rest.is_empty() {
        fields.more = true;
        rows.push(read(&mut fields)?);
        if fields.more {
            return Err(fields.corrupt("packed", fields.rest));
        }
    }
    Ok(rows)
}

impl<'p> Fields<'p> {
    /// The next field, as what its text says.
    pub(crate) fn parse<T: FromStr>(&mut self, column: &'static str) -> Result<T, StoreError> {
        let text = self.text(column)?;
        text.parse().map_err(|_| self.corrupt(column, text.as_bytes()))
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
        text.parse().map(Some).map_err(|_| self.corrupt(column, text.as_bytes()))
    }

    /// The next field, as one of a few words.
    pub(crate) fn word<T>(
        &mut self,
        column: &'static str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<T, StoreError> {
        let text = self.text(column)?;
        read(text).ok_or_else(|| self.corrupt(column, text.as_bytes()))
    }

    /// The next two fields: a length in bytes, and a text of it that may hold anything.
    pub(crate) fn free_text(&mut self, column: &'static str) -> Result<String, StoreError> {
        String::from_utf8(self.bytes(column)?)
            .map_err(|error| self.corrupt(column, error.as_bytes()))
    }

    /// The next field, as what its text says; where that is what the last row's said, a clone of it.
    pub(crate) fn parse_like<T: FromStr + Clone>(
        &mut self,
        column: &'static str,
        last: &mut Option<T>,
        as_text: impl Fn(&T) -> &str,
    ) -> Result<T, StoreError> {
        let text = self.text(column)?;
        if let Some(last) = last.as_ref().filter(|last| as_text(last) == text) {
            return Ok(last.clone());
        }
        let value: T = text.parse().map_err(|_| self.corrupt(column, text.as_bytes()))?;
        Ok(last.insert(value).clone())
    }

    /// The next two fields: how many bytes, and the bytes.
    pub(crate) fn bytes(&mut self, column: &'static str) -> Result<Vec<u8>, StoreError> {
        let length = self.parse(column)?;
        Ok(self.take(column, length)?.to_vec())
    }

    /// The next field, as a time.
    pub(crate) fn time(&mut self, column: &'static str) -> Result<DateTime<Utc>, StoreError> {
        let text = self.text(column)?;
        one_time(text).ok_or_else(|| self.corrupt(column, text.as_bytes()))
    }

    /// The next field, as text.
    pub(crate) fn text(&mut self, column: &'static str) -> Result<&'p str, StoreError> {
        let length = self.rest.iter().position(|byte| matches!(byte, b' ' | b','));
        let text = self.take(column, length.unwrap_or(self.rest.len()))?;
        std::str::from_utf8(text).map_err(|_| self.corrupt(column, text))
    }

    fn take(&mut self, column: &'static str, length: usize) -> Result<&'p [u8], StoreError> {
        let taken = self.rest.split_at_checked(length).filter(|_| self.more);
        let (field, rest) = taken.ok_or_else(|| self.corrupt(column, self.rest))?;
        (self.more, self.rest) = match rest {
            [] => (false, rest),
            [b',', rest @ ..] => (false, rest),
            [b' ', rest @ ..] => (true, rest),
            _ => return Err(self.corrupt(column, field)),
        };
        Ok(field)
    }

    fn corrupt(&self, column: &'static str, value: &[u8]) -> StoreError {
        let start = value.get(..value.len().min(80)).unwrap_or_default();
        let value = String::from_utf8_lossy(start).into_owned();
        StoreError::Corrupt { table: self.table, column, value }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers_and_bytes(packed: &[u8]) -> Result<Vec<(u32, Vec<u8>, String)>, StoreError> {
        unpack("t", packed, |row| Ok((row.parse("a")?, row.bytes("b")?, row.parse("c")?)))
    }

    #[test]
    fn bytes_hold_what_they_like() {
        let rows = numbers_and_bytes(b"7 4 , \0\xff x,8 0  y").unwrap();
        assert_eq!(rows, [(7, b", \0\xff".to_vec(), "x".into()), (8, vec![], "y".into())]);
        assert_eq!(numbers_and_bytes(b"").unwrap(), []);
    }

    #[test]
    fn what_has_other_fields_is_corrupt() {
        for packed in
            ["7", "7 1", "7 1 a", "7 1 ab c", "7 9 a b", "x 1 a b", "7 1 a b c", "7 1 a,b"]
        {
            let read = numbers_and_bytes(packed.as_bytes());
            assert!(matches!(read, Err(StoreError::Corrupt { .. })), "{packed}");
        }
    }

    #[test]
    fn a_value_like_the_last_is_its_clone() {
        let mut last: Option<String> = None;
        let rows = unpack("t", b"a,a,b", |row| row.parse_like("a", &mut last, |last| last));
        assert_eq!(rows.unwrap(), ["a", "a", "b"]);
    }
}
