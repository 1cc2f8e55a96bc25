//! Bare SQLite with the log's rows, a prepared statement for each, and nothing that keeps a log true.

use std::path::Path;

use keyward_store::tables::{audit_records::AuditRecord, audit_text};
use rusqlite::{Connection, TransactionBehavior, params};

use crate::error::BenchError;

/// The database.
pub struct Bare {
    connection: Connection,
    index: Index,
}

/// How records are found again.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Index {
    /// As Keyward's log does it: words and marks in full text.
    Text,
    /// As is usual: an index for each column, and words in full text.
    Columns,
}

const ROWS: &str = "
    CREATE TABLE records (
        seq INTEGER PRIMARY KEY, time INTEGER, actor INTEGER, tenant INTEGER, key INTEGER,
        action INTEGER, outcome INTEGER, body TEXT
    );
    CREATE VIRTUAL TABLE texts USING fts5 (
        words, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii'
    );";

const COLUMNS: &str = "
    CREATE INDEX records_actor ON records (actor);
    CREATE INDEX records_tenant ON records (tenant);
    CREATE INDEX records_key ON records (key);
    CREATE INDEX records_action ON records (action);
    CREATE INDEX records_outcome ON records (outcome);
    CREATE INDEX records_tenant_outcome ON records (tenant, outcome);";

impl Bare {
    /// An empty database.
    pub fn create(path: &Path, index: Index) -> Result<Self, BenchError> {
        let connection = open(path)?;
        connection.execute_batch(ROWS)?;
        if index == Index::Columns {
            connection.execute_batch(COLUMNS)?;
        }
        Ok(Self { connection, index })
    }

    /// Inserts rows in one durable transaction. The columns' numbers and the words are made here, as
    /// they are there; both are cheap beside the rows.
    pub fn insert(&mut self, rows: &[AuditRecord]) -> Result<(), BenchError> {
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        {
            let mut row = transaction
                .prepare_cached("INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?, ?)")?;
            let mut words =
                transaction.prepare_cached("INSERT INTO texts (rowid, words) VALUES (?, ?)")?;
            for record in rows {
                row.execute(params![
                    record.seq as i64,
                    record.time.timestamp_micros(),
                    number(&record.actor),
                    record.tenant.as_deref().map(number),
                    record.key.as_deref().map(number),
                    number(&record.action),
                    number(&record.outcome),
                    record.body,
                ])?;
                let text = match self.index {
                    Index::Text => audit_text::text_of(record),
                    Index::Columns => format!(
                        "{} {} {} {} {} {}",
                        record.actor,
                        record.tenant.as_deref().unwrap_or_default(),
                        record.key.as_deref().unwrap_or_default(),
                        record.action,
                        record.outcome,
                        record.words
                    ),
                };
                words.execute(params![record.seq as i64, text])?;
            }
        }
        Ok(transaction.commit()?)
    }
}

/// Opens a database with the settings of Keyward's.
pub fn open(path: &Path) -> Result<Connection, BenchError> {
    let connection = Connection::open(path)?;
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    for (name, value) in [("synchronous", 2), ("temp_store", 2), ("cache_size", -65536)] {
        connection.pragma_update(None, name, value)?;
    }
    connection.pragma_update_and_check(None, "wal_autocheckpoint", 8192, |_| Ok(()))?;
    Ok(connection)
}

/// A small number for a text, the same each time.
fn number(text: &str) -> i64 {
    i64::from(text.bytes().fold(7_u16, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into())))
}
