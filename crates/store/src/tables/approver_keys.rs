//! SSH keys that a tenant has enrolled to attest and approve with.

use chrono::{DateTime, Utc};
use keyward_core::TenantId;

use crate::{
    Connection, StoreError,
    connection::{Row, sql, time_text},
};

const TABLE: &str = "approver_keys";

/// An enrolled key.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct ApproverKey {
    /// Whose key.
    pub tenant: TenantId,
    /// `SHA256:...`, as `ssh-keygen -l` prints it.
    pub fingerprint: String,
    /// The public key in OpenSSH's one-line form.
    pub public_key: String,
    /// Whose it is, for people.
    pub comment: String,
    /// When it was enrolled.
    pub enrolled_at: DateTime<Utc>,
}

/// Enrols a key.
///
/// # Errors
/// [`StoreError::AlreadyExists`] where the tenant has it already.
pub async fn insert(connection: &mut Connection, row: &ApproverKey) -> Result<(), StoreError> {
    let text = "INSERT INTO approver_keys (tenant, fingerprint, public_key, comment, enrolled_at)
        VALUES ($1, $2, $3, $4, $5)";
    let insert = sql(text)
        .bind(row.tenant.to_string())
        .bind(row.fingerprint.clone())
        .bind(row.public_key.clone())
        .bind(row.comment.clone())
        .bind(time_text(row.enrolled_at));
    connection.run(TABLE, insert).await?;
    Ok(())
}

/// One enrolled key.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn get(
    connection: &mut Connection,
    tenant: &TenantId,
    fingerprint: &str,
) -> Result<Option<ApproverKey>, StoreError> {
    let select = sql("SELECT * FROM approver_keys WHERE tenant = $1 AND fingerprint = $2")
        .bind(tenant.to_string())
        .bind(fingerprint.to_owned());
    connection.one(TABLE, select).await?.as_ref().map(read).transpose()
}

/// A tenant's enrolled keys, in the order of their enrolment.
///
/// # Errors
/// [`StoreError`] of the database.
pub async fn list(
    connection: &mut Connection,
    tenant: &TenantId,
) -> Result<Vec<ApproverKey>, StoreError> {
    let text = "SELECT * FROM approver_keys WHERE tenant = $1 ORDER BY enrolled_at, fingerprint";
    connection.many(TABLE, sql(text).bind(tenant.to_string()), read).await
}

fn read(row: &Row) -> Result<ApproverKey, StoreError> {
    Ok(ApproverKey {
        tenant: row.parse("tenant")?,
        fingerprint: row.text("fingerprint")?,
        public_key: row.text("public_key")?,
        comment: row.text("comment")?,
        enrolled_at: row.time("enrolled_at")?,
    })
}
