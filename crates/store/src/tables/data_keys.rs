//! Data keys, each wrapped by a root key version.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use keyward_core::{DataKeyId, DatasetName, KeyState, TenantId};

use crate::{
    Connection, StoreError,
    batch::{batches, placeholders},
    connection::{Row, Statement, built, sql, time_text},
    packed::{Fields, packed_bytes},
};

const TABLE: &str = "data_keys";

/// A data key to be added.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct NewDataKey {
    /// Its tenant, dataset and version.
    pub key: DataKeyId,
    /// Its state.
    pub state: KeyState,
    /// The number of the root key that wraps it.
    pub root_key: u32,
    /// That root key's version.
    pub root_key_version: u32,
    /// The provider's ciphertext of it.
    pub wrapped: Vec<u8>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// A data key.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct DataKey {
    /// The row's id, for [`rewrap_many`].
    pub id: i64,
    /// Its tenant, dataset and version.
    pub key: DataKeyId,
    /// Its state.
    pub state: KeyState,
    /// The number of the root key that wraps it.
    pub root_key: u32,
    /// That root key's version.
    pub root_key_version: u32,
    /// The provider's ciphertext of it.
    pub wrapped: Vec<u8>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was deactivated.
    pub deactivated_at: Option<DateTime<Utc>>,
}

/// A data key as a sidecar has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrap {
    /// Its version.
    pub version: u32,
    /// Its state.
    pub state: KeyState,
    /// The number of the root key that wraps it.
    pub root_key: u32,
    /// That root key's version.
    pub root_key_version: u32,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// The provider's ciphertext of it.
    pub wrapped: Vec<u8>,
}

/// A data key to be wrapped anew: of its row only what that takes, since a rewrap reads many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaleKey {
    /// The row's id, for [`rewrap_many`].
    pub id: i64,
    /// Its tenant, dataset and version.
    pub key: DataKeyId,
    /// The number of the root key that wraps it.
    pub root_key: u32,
    /// That root key's version.
    pub root_key_version: u32,
    /// The provider's ciphertext of it.
    pub wrapped: Vec<u8>,
}

/// One data key's new wrap, and the old one that it takes the place of.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Rewrap {
    /// The row's id.
    pub id: i64,
    /// The root key that wraps it as far as the caller knows.
    pub expected_root_key: u32,
    /// That root key's version.
    pub expected_version: u32,
    /// The root key that wraps it now.
    pub root_key: u32,
    /// That root key's version.
    pub version: u32,
    /// The provider's new ciphertext of it.
    pub wrapped: Vec<u8>,
}

/// Where a page of stale keys ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StaleCursor {
    root_key: u32,
    root_key_version: u32,
    id: i64,
}

/// How many of a tenant's data keys a root key version wraps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct WrappedBy {
    /// The root key's number.
    pub root_key: u32,
    /// Its version.
    pub root_key_version: u32,
    /// How many data keys, destroyed ones left out.
    pub keys: u64,
}

impl StaleKey {
    /// The cursor for the page after the one that ends with this key.
    #[must_use]
    pub fn cursor(&self) -> StaleCursor {
        StaleCursor {
            root_key: self.root_key,
            root_key_version: self.root_key_version,
            id: self.id,
        }
    }
}

/// Adds a data key and gives its row's id.
///
/// # Errors
/// [`StoreError::AlreadyExists`] where the dataset has this version.
pub async fn insert(connection: &mut Connection, row: &NewDataKey) -> Result<i64, StoreError> {
    let insert = built(insert_text(1) + " RETURNING id");
    let added = connection.one(TABLE, bind(insert, row)).await?;
    added.ok_or(StoreError::ChangedMeanwhile { table: TABLE })?.integer("id")
}

/// Adds data keys.
///
/// # Errors
/// As [`insert`].
pub async fn insert_many(
    connection: &mut Connection,
    rows: &[NewDataKey],
) -> Result<(), StoreError> {
    for batch in batches(rows) {
        let insert = batch.iter().fold(built(insert_text(batch.len())), bind);
        connection.run(TABLE, insert).await?;
    }
    Ok(())
}

/// One data key.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn get(
    connection: &mut Connection,
    key: &DataKeyId,
) -> Result<Option<DataKey>, StoreError> {
    let text = "SELECT * FROM data_keys WHERE tenant = $1 AND dataset = $2 AND version = $3";
    let select = sql(text)
        .bind(key.tenant.to_string())
        .bind(key.dataset.to_string())
        .bind(i64::from(key.version));
    connection.one(TABLE, select).await?.as_ref().map(read).transpose()
}

/// A dataset's data keys, by version.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn list(
    connection: &mut Connection,
    tenant: &TenantId,
    dataset: &DatasetName,
) -> Result<Vec<DataKey>, StoreError> {
    let text = "SELECT * FROM data_keys WHERE tenant = $1 AND dataset = $2 ORDER BY version";
    let select = sql(text).bind(tenant.to_string()).bind(dataset.to_string());
    connection.many(TABLE, select, read).await
}

/// A tenant's data keys that are wrapped by anything but this version of this root key, and are
/// neither destroyed nor in quarantine, in the order of what wraps them.
///
/// Rows that a rewrap moves leave the set, so that the first page can be asked for again and again;
/// `after` is for those who only count or look.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn stale_page(
    connection: &mut Connection,
    tenant: &TenantId,
    root_key: u32,
    version: u32,
    after: Option<StaleCursor>,
    limit: u32,
) -> Result<Vec<StaleKey>, StoreError> {
    // Two walks of one index, before and after the current version: `<>` would walk over all the
    // current keys.
    const PACKED: &str =
        "SELECT CAST(string_agg(concat_ws(' ', id, dataset, version, root_key, root_key_version,
            octet_length(wrapped), wrapped), ',') AS BLOB) AS packed
        FROM (SELECT * FROM data_keys AS k WHERE k.tenant = $1 AND k.state <> 'destroyed'
          AND (k.root_key, k.root_key_version, k.id) > ($2, $3, $4)
          AND NOT EXISTS (SELECT 1 FROM quarantine AS q WHERE q.tenant = k.tenant
              AND q.dataset = k.dataset AND q.version = k.version)";
    const ORDER: &str = "ORDER BY k.root_key, k.root_key_version, k.id";
    let before = format!(
        "{PACKED} AND (k.root_key, k.root_key_version) < ($5, $6) {ORDER} LIMIT $7) AS page"
    );
    let beyond = format!("{PACKED} {ORDER} LIMIT $5) AS page");
    let current = (i64::from(root_key), i64::from(version));
    let start = after
        .map_or((0, 0, 0), |at| (i64::from(at.root_key), i64::from(at.root_key_version), at.id));

    let reader = || {
        let (tenant, mut last) = (tenant.clone(), None);
        move |row: &mut Fields<'_>| read_stale(row, &tenant, &mut last)
    };
    let mut page = Vec::new();
    if (start.0, start.1) < current {
        let select = built(before)
            .bind(tenant.to_string())
            .bind(start.0)
            .bind(start.1)
            .bind(start.2)
            .bind(current.0)
            .bind(current.1)
            .bind(i64::from(limit));
        page = packed_bytes(connection, TABLE, select, reader()).await?;
    }
    let missing = i64::from(limit) - i64::try_from(page.len()).unwrap_or(i64::MAX);
    if missing > 0 {
        let start = start.max((current.0, current.1, i64::MAX));
        let select = built(beyond)
            .bind(tenant.to_string())
            .bind(start.0)
            .bind(start.1)
            .bind(start.2)
            .bind(missing);
        page.extend(packed_bytes(connection, TABLE, select, reader()).await?);
    }
    // Joined in whatever order the database liked.
    page.sort_unstable_by_key(|key| (key.root_key, key.root_key_version, key.id));
    Ok(page)
}

/// A dataset's data keys that still open something, as a sidecar needs them, by version.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn wraps(
    connection: &mut Connection,
    tenant: &TenantId,
    dataset: &DatasetName,
) -> Result<Vec<Wrap>, StoreError> {
    const PAGE: usize = 5_000;
    let text = "SELECT CAST(string_agg(concat_ws(' ', version, state, root_key, root_key_version,
            created_at, octet_length(wrapped), wrapped), ',') AS BLOB) AS packed
        FROM (SELECT * FROM data_keys WHERE tenant = $1 AND dataset = $2 AND version > $3
            AND state <> 'destroyed' ORDER BY version LIMIT $4) AS page";
    let mut wraps: Vec<Wrap> = Vec::new();
    loop {
        let after = wraps.last().map_or(0, |last| i64::from(last.version));
        let select = sql(text)
            .bind(tenant.to_string())
            .bind(dataset.to_string())
            .bind(after)
            .bind(PAGE as i64);
        let mut page = packed_bytes(connection, TABLE, select, read_wrap).await?;
        let read = page.len();
        page.sort_unstable_by_key(|wrap| wrap.version);
        wraps.append(&mut page);
        if read < PAGE {
            return Ok(wraps);
        }
    }
}

/// How many data keys [`stale_page`] goes over.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn stale_count(
    connection: &mut Connection,
    tenant: &TenantId,
    root_key: u32,
    version: u32,
) -> Result<u64, StoreError> {
    let others = wrapped_by_others(connection, tenant, (root_key, version)).await?;
    stale_among(connection, tenant, (root_key, version), &others).await
}

/// The same, of what [`wrapped_by_others`] has counted already.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn stale_among(
    connection: &mut Connection,
    tenant: &TenantId,
    (root_key, version): (u32, u32),
    others: &[WrappedBy],
) -> Result<u64, StoreError> {
    let stale: u64 = others.iter().map(|wrapper| wrapper.keys).sum();
    if stale == 0 {
        return Ok(0);
    }
    let text = "SELECT COUNT(*) AS keys FROM quarantine, data_keys
        WHERE quarantine.tenant = $1 AND data_keys.tenant = quarantine.tenant
            AND data_keys.dataset = quarantine.dataset
            AND data_keys.version = quarantine.version AND data_keys.state <> 'destroyed'
            AND (data_keys.root_key <> $2 OR data_keys.root_key_version <> $3)";
    let select =
        sql(text).bind(tenant.to_string()).bind(i64::from(root_key)).bind(i64::from(version));
    let aside = connection.one(TABLE, select).await?.map_or(Ok(0), |row| row.count("keys"))?;
    Ok(stale.saturating_sub(aside))
}

/// How many of a tenant's data keys each root key version wraps.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn wrapped_by(
    connection: &mut Connection,
    tenant: &TenantId,
) -> Result<Vec<WrappedBy>, StoreError> {
    let wrappers = wrappers(connection, tenant).await?;
    counts(connection, tenant, wrappers).await
}

/// The same without the root key version that should wrap all of them: where it does, nothing is counted,
/// however many there are.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn wrapped_by_others(
    connection: &mut Connection,
    tenant: &TenantId,
    current: (u32, u32),
) -> Result<Vec<WrappedBy>, StoreError> {
    let mut wrappers = wrappers(connection, tenant).await?;
    wrappers.retain(|wrapper| *wrapper != current);
    counts(connection, tenant, wrappers).await
}

/// Puts new wraps in place of the old ones, each only where the row is still wrapped as expected, and
/// gives the ids of the rows that changed: whoever came second changes nothing.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn rewrap_many(
    connection: &mut Connection,
    rows: &[Rewrap],
) -> Result<Vec<i64>, StoreError> {
    // Almost always all of them change, and each row that a statement gives back costs more than its
    // update: only where one doesn't, all is undone and run again for the ids.
    let moves = same_moves(rows);
    connection.run(TABLE, sql("SAVEPOINT rewrap")).await?;
    let mut updated = 0;
    for rows in &moves {
        updated += connection.run(TABLE, bind_move(sql(REWRAP), rows)).await?;
    }
    let mut changed = Vec::with_capacity(rows.len());
    if updated == rows.len() as u64 {
        changed.extend(rows.iter().map(|row| row.id));
    } else {
        connection.run(TABLE, sql("ROLLBACK TO SAVEPOINT rewrap")).await?;
        for rows in &moves {
            let update = built(format!("{REWRAP} RETURNING data_keys.id AS id"));
            let ids = connection.many(TABLE, bind_move(update, rows), |row| row.integer("id"));
            changed.extend(ids.await?);
        }
    }
    connection.run(TABLE, sql("RELEASE SAVEPOINT rewrap")).await?;
    Ok(changed)
}

/// Moves a data key from one state to another. A destroyed key's ciphertext is wiped.
///
/// # Errors
/// [`StoreError::ChangedMeanwhile`] where it isn't in state `from`.
pub async fn set_state(
    connection: &mut Connection,
    key: &DataKeyId,
    from: KeyState,
    to: KeyState,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let text = "UPDATE data_keys SET state = $5,
            deactivated_at = COALESCE(deactivated_at, $6),
            wrapped = CASE WHEN $5 = 'destroyed' THEN $7 ELSE wrapped END
        WHERE tenant = $1 AND dataset = $2 AND version = $3 AND state = $4";
    let leaves_service =
        !matches!(to, KeyState::Active | KeyState::PreActivation | KeyState::Suspended);
    let update = sql(text)
        .bind(key.tenant.to_string())
        .bind(key.dataset.to_string())
        .bind(i64::from(key.version))
        .bind(from.as_str())
        .bind(to.as_str())
        .bind(leaves_service.then(|| time_text(at)))
        .bind(Vec::<u8>::new());
    match connection.run(TABLE, update).await? {
        1 => Ok(()),
        _ => Err(StoreError::ChangedMeanwhile { table: TABLE }),
    }
}

/// Destroys all of a tenant's data keys, wipes their ciphertexts, and tells how many there were.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn destroy_all(
    connection: &mut Connection,
    tenant: &TenantId,
    at: DateTime<Utc>,
) -> Result<u64, StoreError> {
    let text = "UPDATE data_keys SET state = 'destroyed', wrapped = $3,
            deactivated_at = COALESCE(deactivated_at, $2)
        WHERE tenant = $1 AND state <> 'destroyed'";
    let update = sql(text).bind(tenant.to_string()).bind(time_text(at)).bind(Vec::<u8>::new());
    connection.run(TABLE, update).await
}

/// The root key versions that wrap a tenant's data keys, in order: each is one look into the index,
/// however many keys it wraps.
async fn wrappers(
    connection: &mut Connection,
    tenant: &TenantId,
) -> Result<Vec<(u32, u32)>, StoreError> {
    const NEXT: &str = "SELECT root_key, root_key_version FROM data_keys
        WHERE tenant = $1 AND (root_key, root_key_version) > ($2, $3) AND state <> 'destroyed'
        ORDER BY root_key, root_key_version LIMIT 1";
    let mut wrappers = Vec::new();
    let mut last = (0, 0);
    loop {
        let next =
            sql(NEXT).bind(tenant.to_string()).bind(i64::from(last.0)).bind(i64::from(last.1));
        let Some(row) = connection.one(TABLE, next).await? else { return Ok(wrappers) };
        last = (row.number("root_key")?, row.number("root_key_version")?);
        wrappers.push(last);
    }
}

async fn counts(
    connection: &mut Connection,
    tenant: &TenantId,
    wrappers: Vec<(u32, u32)>,
) -> Result<Vec<WrappedBy>, StoreError> {
    let text = "SELECT COUNT(*) AS keys FROM data_keys WHERE tenant = $1 AND root_key = $2
        AND root_key_version = $3 AND state <> 'destroyed'";
    let mut counts = Vec::with_capacity(wrappers.len());
    for (root_key, root_key_version) in wrappers {
        let select = sql(text)
            .bind(tenant.to_string())
            .bind(i64::from(root_key))
            .bind(i64::from(root_key_version));
        let keys = connection.one(TABLE, select).await?.map_or(Ok(0), |row| row.count("keys"))?;
        counts.push(WrappedBy { root_key, root_key_version, keys });
    }
    Ok(counts)
}

fn insert_text(rows: usize) -> String {
    let values = placeholders(rows, 8);
    format!(
        "INSERT INTO data_keys (tenant, dataset, version, state, root_key, root_key_version, wrapped,
             created_at) VALUES {values}"
    )
}

/// New wraps for the rows whose ids are in a JSON array, in its order. The wraps are one value too: a
/// statement with a value for each row spends as long on binding them as on the update.
const REWRAP: &str = "UPDATE data_keys SET root_key = $1, root_key_version = $2,
        wrapped = substr($3, v.key * $4 + 1, $4)
    FROM json_each($5) AS v
    WHERE data_keys.id = v.value AND data_keys.root_key = $6 AND data_keys.root_key_version = $7
        AND data_keys.state <> 'destroyed'";

/// Parts rows into statements: in each, rows that move from the same root key and version to the same,
/// with wraps of the same length. A provider's wraps nearly always have one length.
fn same_moves(rows: &[Rewrap]) -> Vec<Vec<&Rewrap>> {
    let way = |row: &&Rewrap| {
        let from = (row.expected_root_key, row.expected_version);
        (from, (row.root_key, row.version), row.wrapped.len())
    };
    let mut sorted: Vec<&Rewrap> = rows.iter().collect();
    sorted.sort_by_key(way);
    sorted.chunk_by(|one, next| way(one) == way(next)).map(<[_]>::to_vec).collect()
}

/// Binds the rows of one of [`same_moves`] to [`REWRAP`].
fn bind_move<'q>(update: Statement<'q>, rows: &[&Rewrap]) -> Statement<'q> {
    let Some(first) = rows.first() else { return update };
    let length = first.wrapped.len();
    let mut wrapped = Vec::with_capacity(rows.len() * length);
    let mut ids = String::from("[");
    for row in rows {
        wrapped.extend_from_slice(&row.wrapped);
        // INVARIANT: writing into a text can't fail.
        let _ = write!(ids, "{},", row.id);
    }
    ids.pop();
    ids.push(']');
    update
        .bind(i64::from(first.root_key))
        .bind(i64::from(first.version))
        .bind(wrapped)
        .bind(i64::try_from(length).unwrap_or(i64::MAX))
        .bind(ids)
        .bind(i64::from(first.expected_root_key))
        .bind(i64::from(first.expected_version))
}

fn bind<'q>(insert: Statement<'q>, row: &NewDataKey) -> Statement<'q> {
    insert
        .bind(row.key.tenant.to_string())
        .bind(row.key.dataset.to_string())
        .bind(i64::from(row.key.version))
        .bind(row.state.as_str())
        .bind(i64::from(row.root_key))
        .bind(i64::from(row.root_key_version))
        .bind(row.wrapped.clone())
        .bind(time_text(row.created_at))
}

fn read_stale(
    row: &mut Fields<'_>,
    tenant: &TenantId,
    last: &mut Option<DatasetName>,
) -> Result<StaleKey, StoreError> {
    Ok(StaleKey {
        id: row.parse("id")?,
        key: DataKeyId {
            tenant: tenant.clone(),
            dataset: row.parse_like("dataset", last, DatasetName::as_str)?,
            version: row.parse("version")?,
        },
        root_key: row.parse("root_key")?,
        root_key_version: row.parse("root_key_version")?,
        wrapped: row.bytes("wrapped")?,
    })
}

fn read_wrap(row: &mut Fields<'_>) -> Result<Wrap, StoreError> {
    Ok(Wrap {
        version: row.parse("version")?,
        state: row.parse("state")?,
        root_key: row.parse("root_key")?,
        root_key_version: row.parse("root_key_version")?,
        created_at: row.time("created_at")?,
        wrapped: row.bytes("wrapped")?,
    })
}

fn read(row: &Row) -> Result<DataKey, StoreError> {
    Ok(DataKey {
        id: row.integer("id")?,
        key: DataKeyId {
            tenant: row.parse("tenant")?,
            dataset: row.parse("dataset")?,
            version: row.number("version")?,
        },
        state: row.parse("state")?,
        root_key: row.number("root_key")?,
        root_key_version: row.number("root_key_version")?,
        wrapped: row.blob("wrapped")?,
        created_at: row.time("created_at")?,
        deactivated_at: row.optional_time("deactivated_at")?,
    })
}
