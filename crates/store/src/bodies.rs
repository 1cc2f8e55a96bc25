//! Records read as one value: handing a row over from the database's own thread costs more than reading
//! it there.
//!
//! The database joins the rows with line feeds, and each row's columns with spaces: numbers first, then
//! the body after its length in bytes. So a body may hold what it likes, also where somebody has changed
//! it behind our back.

use std::ops::Range;

use crate::{Connection, StoreError, connection::Statement};

/// A record's body, and where it is in the log.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Body {
    /// Its leaf's index in the tree, from 0.
    pub seq: u64,
    /// The record itself, canonical JSON.
    pub body: String,
}

/// A statement for [`read`] of the statement that gives `seq` and `body`, in order. It needs a `LIMIT`:
/// without one, SQLite would take its `ORDER BY` for needless.
pub(crate) fn packed<'q>(select: &str, built: impl Fn(String) -> Statement<'q>) -> Statement<'q> {
    built(format!(
        "SELECT CAST(string_agg(concat_ws(' ', seq, octet_length(body), body), '\n') AS BLOB) AS packed
         FROM ({select})"
    ))
}

/// Runs a statement of [`packed`].
pub(crate) async fn read(
    connection: &mut Connection,
    table: &'static str,
    statement: Statement<'_>,
) -> Result<Vec<Body>, StoreError> {
    let packed = packed_value(connection, table, statement).await?;
    let mut lines = Lines::new(table, &packed);
    let mut bodies = Vec::new();
    while lines.next()? {
        let seq = lines.number("seq")?;
        let seq = u64::try_from(seq).map_err(|_| lines.corrupt("seq"))?;
        let body = lines.body()?;
        let body = packed.get(body).and_then(|body| std::str::from_utf8(body).ok());
        let body = body.ok_or_else(|| lines.corrupt("body"))?.to_owned();
        bodies.push(Body { seq, body });
    }
    Ok(bodies)
}

/// Runs a statement that gives one value named `packed`: none where there are no rows.
pub(crate) async fn packed_value(
    connection: &mut Connection,
    table: &'static str,
    statement: Statement<'_>,
) -> Result<Vec<u8>, StoreError> {
    let row = connection.one(table, statement).await?;
    Ok(row.map(|row| row.optional_blob("packed")).transpose()?.flatten().unwrap_or_default())
}

/// The rows in such a value, taken apart field by field.
pub(crate) struct Lines<'p> {
    table: &'static str,
    packed: &'p [u8],
    at: usize,
}

impl<'p> Lines<'p> {
    /// Starts before the first row.
    pub(crate) fn new(table: &'static str, packed: &'p [u8]) -> Self {
        Self { table, packed, at: 0 }
    }

    /// Goes to the next row: whether there is one. The last row's body must have been taken.
    pub(crate) fn next(&mut self) -> Result<bool, StoreError> {
        match self.packed.get(self.at) {
            None => Ok(false),
            Some(_) if self.at == 0 => Ok(true),
            Some(b'\n') => {
                self.at += 1;
                Ok(true)
            }
            Some(_) => Err(self.corrupt("body")),
        }
    }

    /// The next field, a number.
    pub(crate) fn number(&mut self, column: &'static str) -> Result<i64, StoreError> {
        let rest = self.packed.get(self.at..).unwrap_or_default();
        // The longest number of 64 bits has 20 characters.
        let length = rest.iter().take(21).position(|byte| *byte == b' ');
        let digits = length.and_then(|length| rest.get(..length)).unwrap_or_default();
        let number = std::str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok());
        let number = number.ok_or_else(|| self.corrupt(column))?;
        self.at += digits.len() + 1;
        Ok(number)
    }

    /// The last fields: the body's length, and where in the value the body is.
    pub(crate) fn body(&mut self) -> Result<Range<usize>, StoreError> {
        let length = self.number("body")?;
        let end = usize::try_from(length).ok().and_then(|length| self.at.checked_add(length));
        match end.filter(|end| *end <= self.packed.len()) {
            Some(end) => Ok(std::mem::replace(&mut self.at, end)..end),
            None => Err(self.corrupt("body")),
        }
    }

    /// What is here isn't what Keyward writes.
    pub(crate) fn corrupt(&self, column: &'static str) -> StoreError {
        let rest = self.packed.get(self.at..).unwrap_or_default();
        let start = rest.get(..rest.len().min(40)).unwrap_or_default();
        let value = String::from_utf8_lossy(start).into_owned();
        StoreError::Corrupt { table: self.table, column, value }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_hold_what_they_like() {
        let packed = b"7 5 a\nb 1\n-8 0 ";
        let mut lines = Lines::new("t", packed);
        assert!(lines.next().unwrap());
        assert_eq!(lines.number("seq").unwrap(), 7);
        assert_eq!(packed[lines.body().unwrap()], *b"a\nb 1");
        assert!(lines.next().unwrap());
        assert_eq!(lines.number("seq").unwrap(), -8);
        assert!(lines.body().unwrap().is_empty());
        assert!(!lines.next().unwrap());
    }

    #[test]
    fn what_is_cut_is_corrupt() {
        for packed in ["7 5 abcd", "7 x", "7", "x 5 abcde", "7 1 ab", "9223372036854775808 0 "] {
            let mut lines = Lines::new("t", packed.as_bytes());
            let mut all = || {
                while lines.next()? {
                    lines.number("seq")?;
                    lines.body()?;
                }
                Ok::<_, StoreError>(())
            };
            assert!(matches!(all(), Err(StoreError::Corrupt { .. })), "{packed}");
        }
    }
}
