//! The search index: whether each record is found by just its words.

use std::ops::Range;

use keyward_ledger::Record;
use keyward_store::{
    Reader, StoreError,
    tables::{
        audit_records::{self, AuditChunk, AuditRecord},
        audit_text::{self, TextCheck},
    },
};

use super::LogFault;
use crate::{EngineError, log::row};

/// Records that the words of a range are looked up for at once.
const CHUNK: u32 = 1024;

/// The check, fed with every record whose row is here.
#[derive(Default)]
pub(super) struct SearchCheck {
    check: TextCheck,
}

impl SearchCheck {
    /// Adds the records of a chunk that was verified.
    pub(super) fn add(&mut self, chunk: &AuditChunk) -> Result<(), EngineError> {
        for record in records(chunk)? {
            self.check.add(&record);
        }
        Ok(())
    }

    /// Compares with the index, and names the first record that isn't found as it should be.
    pub(super) async fn compare(self, reader: &mut Reader) -> Result<(), EngineError> {
        let range = match self.check.compare(reader).await {
            Ok(None) => return Ok(()),
            Ok(Some(range)) => range,
            // The records have been read: it is the index that can't be.
            Err(StoreError::Damaged { .. }) => return Err(LogFault::SearchDamaged.into()),
            Err(error) => return Err(error.into()),
        };
        let records = read(reader, range.clone()).await?;
        let wrong = audit_text::first_wrong(reader, range.clone(), &records).await?;
        // Where it can't be told any more which it is, the first of the range stands for it.
        let seq = wrong.map_or(range.start, |wrong| wrong.seq);
        Err(LogFault::SearchDiffers { seq }.into())
    }
}

/// The records of a range whose rows are here.
async fn read(reader: &mut Reader, range: Range<u64>) -> Result<Vec<AuditRecord>, EngineError> {
    let mut found = Vec::new();
    let mut next = range.start;
    while next < range.end {
        let chunk = audit_records::read_chunk(reader, next, CHUNK).await?;
        let Some(last) = chunk.rows().next_back() else { break };
        next = last.seq.saturating_add(1);
        found.extend(records(&chunk)?.into_iter().filter(|record| range.contains(&record.seq)));
    }
    Ok(found)
}

fn records(chunk: &AuditChunk) -> Result<Vec<AuditRecord>, EngineError> {
    let record = |body: &[u8]| {
        let body = String::from_utf8_lossy(body).into_owned();
        let record = Record::parse(&body)?;
        Ok(row(&record, body))
    };
    chunk.rows().map(|row| record(row.body)).collect()
}
