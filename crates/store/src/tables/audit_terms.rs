//! The texts that audit records have in common, once each: actors, tenants, keys, actions, outcomes.

use std::collections::{BTreeSet, HashMap};

use crate::{
    Connection, StoreError,
    batch::{batches, placeholders},
    connection::{built, sql},
};

const TABLE: &str = "audit_terms";

/// The id that stands for no term.
pub(crate) const NONE: i64 = 0;

/// All terms by their ids, to compare records' columns with what their bodies say.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn all(connection: &mut Connection) -> Result<HashMap<i64, String>, StoreError> {
    let mut terms = HashMap::new();
    connection
        .each(TABLE, sql("SELECT id, term FROM audit_terms"), |row| {
            terms.insert(row.integer("id")?, row.text("term")?);
            Ok(())
        })
        .await?;
    Ok(terms)
}

/// The ids of these texts; `None` for one that no record has.
pub(crate) async fn find(
    connection: &mut Connection,
    texts: &[&str],
) -> Result<Vec<Option<i64>>, StoreError> {
    let mut ids = connection.terms.ids(texts.iter().copied());
    for (text, id) in texts.iter().zip(&mut ids).filter(|(_, id)| id.is_none()) {
        let select = sql("SELECT id FROM audit_terms WHERE term = $1").bind(text.to_string());
        *id = connection.one(TABLE, select).await?.map(|row| row.integer("id")).transpose()?;
    }
    Ok(ids)
}

/// The ids of these texts, in a write transaction, which adds those that are new.
pub(crate) async fn intern(
    connection: &mut Connection,
    texts: &[&str],
) -> Result<Vec<i64>, StoreError> {
    let known = connection.terms.ids(texts.iter().copied());
    if known.iter().all(Option::is_some) {
        return Ok(known.into_iter().flatten().collect());
    }
    let unknown = texts.iter().zip(&known).filter(|(_, id)| id.is_none()).map(|(text, _)| *text);
    let mut unknown: BTreeSet<&str> = unknown.collect();
    for texts in batches(&unknown.clone().into_iter().collect::<Vec<_>>()) {
        let values = placeholders(texts.len(), 1);
        let select = format!("SELECT id, term FROM audit_terms WHERE term IN (VALUES {values})");
        for (id, term) in terms(connection, select, texts).await? {
            unknown.remove(term.as_str());
            connection.terms.learn(term, id);
        }
    }
    for texts in batches(&unknown.into_iter().collect::<Vec<_>>()) {
        let values = placeholders(texts.len(), 1);
        let insert = format!("INSERT INTO audit_terms (term) VALUES {values} RETURNING id, term");
        for (id, term) in terms(connection, insert, texts).await? {
            connection.terms.learn(term, id);
        }
    }
    let ids = connection.terms.ids(texts.iter().copied());
    ids.into_iter().collect::<Option<_>>().ok_or(StoreError::ChangedMeanwhile { table: TABLE })
}

async fn terms(
    connection: &mut Connection,
    statement: String,
    texts: &[&str],
) -> Result<Vec<(i64, String)>, StoreError> {
    let statement =
        texts.iter().fold(built(statement), |statement, text| statement.bind(text.to_string()));
    connection.many(TABLE, statement, |row| Ok((row.integer("id")?, row.text("term")?))).await
}
