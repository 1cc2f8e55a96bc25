//! Bare SQLite with the log's rows: the same indexes and words, a prepared statement for each row, and
//! nothing that keeps a log true.

use std::path::Path;

use keyward_store::tables::audit_records::AuditRecord;
use rusqlite::{Connection, TransactionBehavior, params};

use crate::error::BenchError;

/// The database.
pub struct Bare(Connection);

const SCHEMA: &str = "
    CREATE TABLE records (
        seq INTEGER PRIMARY KEY, time INTEGER, actor INTEGER, tenant INTEGER, key INTEGER,
        action INTEGER, outcome INTEGER, body TEXT
    );
    CREATE INDEX records_actor ON records (actor);
    CREATE INDEX records_tenant ON records (tenant);
    CREATE INDEX records_key ON records (key);
    CREATE INDEX records_action ON records (action);
    CREATE INDEX records_outcome ON records (outcome);
    CREATE INDEX records_tenant_outcome ON records (tenant, outcome);
    CREATE VIRTUAL TABLE texts USING fts5 (
        words, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii'
    );";

impl Bare {
    /// An empty database.
    pub fn create(path: &Path) -> Result<Self, BenchError> {
        let connection = open(path)?;
        connection.execute_batch(SCHEMA)?;
        Ok(Self(connection))
    }

    /// Inserts rows in one durable transaction. The columns' numbers and the words are made here, as
    /// they are there; both are cheap beside the rows.
    pub fn insert(&mut self, rows: &[AuditRecord]) -> Result<(), BenchError> {
        let transaction = self.0.transaction_with_behavior(TransactionBehavior::Immediate)?;
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
                let text = format!(
                    "{} {} {} {} {} {}",
                    record.actor,
                    record.tenant.as_deref().unwrap_or_default(),
                    record.key.as_deref().unwrap_or_default(),
                    record.action,
                    record.outcome,
                    record.words
                );
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
