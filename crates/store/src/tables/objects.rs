//! Which objects a dataset has, and which stored bytes and data key version each is under.

use chrono::{DateTime, Utc};
use keyward_core::{DataKeyId, DatasetName, LoggedNames, ObjectId, ObjectName, TenantId};

use crate::{
    Connection, StoreError,
    batch::{batches, placeholders},
    connection::{Row, built, sql, stored, time_text},
    layout::StoredPath,
};

const TABLE: &str = "objects";

/// An object.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Object {
    /// Whose.
    pub tenant: TenantId,
    /// In which dataset.
    pub dataset: DatasetName,
    /// Its name.
    pub name: ObjectName,
    /// Names its stored bytes; another one after each write.
    pub id: ObjectId,
    /// Bytes of plaintext.
    pub size: u64,
    /// Bytes stored.
    pub stored_size: u64,
    /// The data key version that wraps its object key.
    pub data_key_version: u32,
    /// Whether a rekey has moved its entry into a file of its own.
    pub detached: bool,
    /// When it was written.
    pub created_at: DateTime<Utc>,
}

impl Object {
    /// Where its message lies.
    #[must_use]
    pub fn path(&self) -> StoredPath {
        StoredPath::object(&self.tenant, &self.dataset, &self.id)
    }

    /// Where its entry lies, if a rekey has moved it there.
    #[must_use]
    pub fn detached_entry(&self) -> Option<StoredPath> {
        let path =
            || StoredPath::entry(&self.tenant, &self.dataset, &self.id, self.data_key_version);
        self.detached.then(path)
    }
}

impl Object {
    /// The data key that wraps its object key.
    #[must_use]
    pub fn data_key(&self) -> DataKeyId {
        DataKeyId {
            tenant: self.tenant.clone(),
            dataset: self.dataset.clone(),
            version: self.data_key_version,
        }
    }
}

/// An object's entry that a rekey has moved.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Moved {
    /// The object's name.
    pub name: ObjectName,
    /// The stored bytes whose entry it is.
    pub id: ObjectId,
    /// The data key version that wraps the object key now.
    pub version: u32,
}

/// How many objects, and how large.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Totals {
    /// How many.
    pub objects: u64,
    /// Bytes of plaintext.
    pub size: u64,
    /// Bytes stored.
    pub stored_size: u64,
}

/// Puts an object under its name and gives the one that was there, whose bytes are garbage now.
///
/// Within a [`Write`](crate::Write): it reads first.
///
/// # Errors
/// [`StoreError::MissingParent`] where the dataset isn't there.
pub async fn upsert(
    connection: &mut Connection,
    row: &Object,
) -> Result<Option<Object>, StoreError> {
    let replaced = get(connection, &row.tenant, &row.dataset, &row.name).await?;
    let text = "INSERT INTO objects (tenant, dataset, name, id, size, stored_size,
            data_key_version, detached, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        ON CONFLICT (tenant, dataset, name) DO UPDATE SET id = excluded.id, size = excluded.size,
            stored_size = excluded.stored_size, data_key_version = excluded.data_key_version,
            detached = excluded.detached, created_at = excluded.created_at";
    let upsert = sql(text)
        .bind(row.tenant.to_string())
        .bind(row.dataset.to_string())
        .bind(row.name.to_string())
        .bind(row.id.to_string())
        .bind(stored(TABLE, "size", row.size)?)
        .bind(stored(TABLE, "stored_size", row.stored_size)?)
        .bind(i64::from(row.data_key_version))
        .bind(i64::from(row.detached))
        .bind(time_text(row.created_at));
    connection.run(TABLE, upsert).await?;
    Ok(replaced)
}

/// One object.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn get(
    connection: &mut Connection,
    tenant: &TenantId,
    dataset: &DatasetName,
    name: &ObjectName,
) -> Result<Option<Object>, StoreError> {
    let select = sql("SELECT * FROM objects WHERE tenant = $1 AND dataset = $2 AND name = $3")
        .bind(tenant.to_string())
        .bind(dataset.to_string())
        .bind(name.to_string());
    connection.one(TABLE, select).await?.as_ref().map(read).transpose()
}

/// One object, and how the audit log holds its name: one statement, since every read asks for both.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn get_with_names(
    connection: &mut Connection,
    tenant: &TenantId,
    dataset: &DatasetName,
    name: &ObjectName,
) -> Result<Option<(Object, LoggedNames)>, StoreError> {
    let text = "SELECT objects.*, datasets.names FROM objects JOIN datasets
        ON datasets.tenant = objects.tenant AND datasets.name = objects.dataset
        WHERE objects.tenant = $1 AND objects.dataset = $2 AND objects.name = $3";
    let select =
        sql(text).bind(tenant.to_string()).bind(dataset.to_string()).bind(name.to_string());
    let row = connection.one(TABLE, select).await?;
    row.as_ref().map(|row| Ok((read(row)?, row.parse("names")?))).transpose()
}

/// Removes an object and gives it; `None` where there was none.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn delete(
    connection: &mut Connection,
    tenant: &TenantId,
    dataset: &DatasetName,
    name: &ObjectName,
) -> Result<Option<Object>, StoreError> {
    let text = "DELETE FROM objects WHERE tenant = $1 AND dataset = $2 AND name = $3 RETURNING *";
    let delete =
        sql(text).bind(tenant.to_string()).bind(dataset.to_string()).bind(name.to_string());
    connection.one(TABLE, delete).await?.as_ref().map(read).transpose()
}

/// Removes all of a tenant's objects and gives them: their files are garbage now.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn delete_all(
    connection: &mut Connection,
    tenant: &TenantId,
) -> Result<Vec<Object>, StoreError> {
    let delete = sql("DELETE FROM objects WHERE tenant = $1 RETURNING *").bind(tenant.to_string());
    connection.many(TABLE, delete, read).await
}

/// A page of a dataset's objects by name, of those that start with `prefix` (empty: all).
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn list(
    connection: &mut Connection,
    tenant: &TenantId,
    dataset: &DatasetName,
    prefix: &str,
    after: Option<&ObjectName>,
    limit: u32,
) -> Result<Vec<Object>, StoreError> {
    let bounded = "SELECT * FROM objects WHERE tenant = $1 AND dataset = $2
        AND name >= $3 AND name > $4 AND name < $5 ORDER BY name LIMIT $6";
    let unbounded = "SELECT * FROM objects WHERE tenant = $1 AND dataset = $2
        AND name >= $3 AND name > $4 ORDER BY name LIMIT $5";
    let end = after_prefix(prefix);
    let mut select = sql(if end.is_some() { bounded } else { unbounded })
        .bind(tenant.to_string())
        .bind(dataset.to_string())
        .bind(prefix.to_owned())
        .bind(after.map_or(String::new(), ObjectName::to_string));
    if let Some(end) = end {
        select = select.bind(end);
    }
    connection.many(TABLE, select.bind(i64::from(limit)), read).await
}

/// A page of a dataset's objects whose entry is under a data key version below `below`, by version
/// and name. Objects that are moved leave the set.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn rekey_page(
    connection: &mut Connection,
    tenant: &TenantId,
    dataset: &DatasetName,
    below: u32,
    after: Option<(u32, &ObjectName)>,
    limit: u32,
) -> Result<Vec<Object>, StoreError> {
    let text = "SELECT * FROM objects WHERE tenant = $1 AND dataset = $2
          AND (data_key_version, name) > ($3, $4) AND data_key_version < $5
        ORDER BY data_key_version, name LIMIT $6";
    let (version, name) =
        after.map_or((0, String::new()), |(version, name)| (version, name.to_string()));
    let select = sql(text)
        .bind(tenant.to_string())
        .bind(dataset.to_string())
        .bind(i64::from(version))
        .bind(name)
        .bind(i64::from(below))
        .bind(i64::from(limit));
    connection.many(TABLE, select, read).await
}

/// How many of a dataset's objects are under a data key version below `below`.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn count_below(
    connection: &mut Connection,
    tenant: &TenantId,
    dataset: &DatasetName,
    below: u32,
) -> Result<u64, StoreError> {
    let text = "SELECT COUNT(*) AS objects FROM objects
        WHERE tenant = $1 AND dataset = $2 AND data_key_version < $3";
    let select =
        sql(text).bind(tenant.to_string()).bind(dataset.to_string()).bind(i64::from(below));
    connection.one(TABLE, select).await?.map_or(Ok(0), |row| row.count("objects"))
}

/// Notes that entries have been moved into files of their own, each only where the name still has
/// the same bytes and an older version, and gives the ids of those that changed.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn set_entries(
    connection: &mut Connection,
    tenant: &TenantId,
    dataset: &DatasetName,
    rows: &[Moved],
) -> Result<Vec<ObjectId>, StoreError> {
    let mut changed = Vec::with_capacity(rows.len());
    for batch in batches(rows) {
        let values = placeholders(batch.len(), 3);
        let mut update = built(format!(
            "UPDATE objects SET data_key_version = v.column3, detached = 1
             FROM (VALUES {values}) AS v
             WHERE objects.tenant = ? AND objects.dataset = ? AND objects.name = v.column1
                 AND objects.id = v.column2 AND objects.data_key_version < v.column3
             RETURNING objects.id AS id"
        ));
        for row in batch {
            update = update
                .bind(row.name.to_string())
                .bind(row.id.to_string())
                .bind(i64::from(row.version));
        }
        update = update.bind(tenant.to_string()).bind(dataset.to_string());
        let ids: Vec<ObjectId> = connection.many(TABLE, update, |row| row.parse("id")).await?;
        changed.extend(ids);
    }
    Ok(changed)
}

/// A dataset's totals, kept as its objects change.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn totals(
    connection: &mut Connection,
    tenant: &TenantId,
    dataset: &DatasetName,
) -> Result<Totals, StoreError> {
    let text = "SELECT objects, size, stored_size FROM object_totals
        WHERE tenant = $1 AND dataset = $2";
    let select = sql(text).bind(tenant.to_string()).bind(dataset.to_string());
    read_totals(connection.one(TABLE, select).await?)
}

/// The totals of all of a tenant's datasets.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn tenant_totals(
    connection: &mut Connection,
    tenant: &TenantId,
) -> Result<Totals, StoreError> {
    // PostgreSQL's SUM of BIGINT is NUMERIC, which the common driver doesn't read.
    let text = "SELECT CAST(COALESCE(SUM(objects), 0) AS BIGINT) AS objects,
            CAST(COALESCE(SUM(size), 0) AS BIGINT) AS size,
            CAST(COALESCE(SUM(stored_size), 0) AS BIGINT) AS stored_size
        FROM object_totals WHERE tenant = $1";
    read_totals(connection.one(TABLE, sql(text).bind(tenant.to_string())).await?)
}

/// The least text above all that start with the prefix; `None` where there is none. Both databases
/// compare names by their UTF-8 bytes, which is the order of code points.
fn after_prefix(prefix: &str) -> Option<String> {
    let mut characters: Vec<char> = prefix.chars().collect();
    while let Some(last) = characters.pop() {
        let next = match last {
            char::MAX => continue,
            // The surrogates between are no characters.
            '\u{d7ff}' => '\u{e000}',
            _ => char::from_u32(u32::from(last) + 1).expect("it is below the last character"),
        };
        characters.push(next);
        return Some(characters.into_iter().collect());
    }
    None
}

fn read_totals(row: Option<Row>) -> Result<Totals, StoreError> {
    let Some(row) = row else { return Ok(Totals::default()) };
    Ok(Totals {
        objects: row.count("objects")?,
        size: row.count("size")?,
        stored_size: row.count("stored_size")?,
    })
}

fn read(row: &Row) -> Result<Object, StoreError> {
    Ok(Object {
        tenant: row.parse("tenant")?,
        dataset: row.parse("dataset")?,
        name: row.parse("name")?,
        id: row.parse("id")?,
        size: row.count("size")?,
        stored_size: row.count("stored_size")?,
        data_key_version: row.number("data_key_version")?,
        detached: row.flag("detached")?,
        created_at: row.time("created_at")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_prefix_is_above_all_that_start_with_it() {
        assert_eq!(after_prefix(""), None);
        assert_eq!(after_prefix("\u{10ffff}"), None);
        assert_eq!(after_prefix("a\u{10ffff}").as_deref(), Some("b"));
        assert_eq!(after_prefix("\u{d7ff}").as_deref(), Some("\u{e000}"));
        assert_eq!(after_prefix("2026/").as_deref(), Some("20260"));
    }
}
