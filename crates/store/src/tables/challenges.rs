//! Onboarding challenges. Each is answered once.

use chrono::{DateTime, Utc};
use keyward_core::{ChallengeId, RootKeyId};

use super::words;
use crate::{
    Connection, StoreError,
    connection::{Row, sql, time_text},
};

const TABLE: &str = "challenges";

words! {
    /// How the tenant proves its key.
    ChallengeKind, "a challenge kind" {
        /// It decrypts our nonce.
        Decrypt = "decrypt",
        /// It puts our token on the key.
        Tag = "tag",
        /// It signs our statement.
        Attest = "attest",
    }
}

words! {
    /// What became of a challenge.
    ChallengeState, "a challenge state" {
        /// Not answered yet.
        Open = "open",
        /// Answered rightly.
        Passed = "passed",
        /// Answered wrongly.
        Failed = "failed",
        /// Its time was over before an answer came.
        Expired = "expired",
    }
}

/// A challenge.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Challenge {
    /// Its id.
    pub id: ChallengeId,
    /// The root key to be proven.
    pub key: RootKeyId,
    /// How.
    pub kind: ChallengeKind,
    /// SHA-256 of the expected answer: a reader of the database can't answer.
    #[serde(skip)]
    pub secret_hash: Vec<u8>,
    /// What the tenant was given (a wrapped nonce, a tag's name, a statement), as text.
    pub statement: String,
    /// What became of it.
    pub state: ChallengeState,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When its time is over.
    pub expires_at: DateTime<Utc>,
    /// When it was answered.
    pub answered_at: Option<DateTime<Utc>>,
}

/// Adds a challenge.
///
/// # Errors
/// [`StoreError::MissingParent`] where the root key isn't there.
pub async fn insert(connection: &mut Connection, row: &Challenge) -> Result<(), StoreError> {
    let text = "INSERT INTO challenges (id, tenant, number, kind, secret_hash, statement, state,
        created_at, expires_at, answered_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    let insert = sql(text)
        .bind(row.id.to_string())
        .bind(row.key.tenant.to_string())
        .bind(i64::from(row.key.number))
        .bind(row.kind.as_str())
        .bind(row.secret_hash.clone())
        .bind(row.statement.clone())
        .bind(row.state.as_str())
        .bind(time_text(row.created_at))
        .bind(time_text(row.expires_at))
        .bind(row.answered_at.map(time_text));
    connection.run(TABLE, insert).await?;
    Ok(())
}

/// One challenge.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn get(
    connection: &mut Connection,
    id: &ChallengeId,
) -> Result<Option<Challenge>, StoreError> {
    let select = sql("SELECT * FROM challenges WHERE id = $1").bind(id.to_string());
    connection.one(TABLE, select).await?.as_ref().map(read).transpose()
}

/// A root key's challenges, oldest first.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn list(
    connection: &mut Connection,
    key: &RootKeyId,
) -> Result<Vec<Challenge>, StoreError> {
    let text = "SELECT * FROM challenges WHERE tenant = $1 AND number = $2 ORDER BY created_at, id";
    let select = sql(text).bind(key.tenant.to_string()).bind(i64::from(key.number));
    connection.many(TABLE, select, read).await
}

/// Uses a challenge up: moves it out of `open`, and tells whether it was there. Of two who answer at
/// once, one is told `true`.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn take(
    connection: &mut Connection,
    id: &ChallengeId,
    to: ChallengeState,
    at: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let text =
        "UPDATE challenges SET state = $2, answered_at = $3 WHERE id = $1 AND state = 'open'";
    let update = sql(text).bind(id.to_string()).bind(to.as_str()).bind(time_text(at));
    Ok(connection.run(TABLE, update).await? == 1)
}

fn read(row: &Row) -> Result<Challenge, StoreError> {
    Ok(Challenge {
        id: row.parse("id")?,
        key: RootKeyId { tenant: row.parse("tenant")?, number: row.number("number")? },
        kind: row.parse("kind")?,
        secret_hash: row.blob("secret_hash")?,
        statement: row.text("statement")?,
        state: row.parse("state")?,
        created_at: row.time("created_at")?,
        expires_at: row.time("expires_at")?,
        answered_at: row.optional_time("answered_at")?,
    })
}
