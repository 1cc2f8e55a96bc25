//! Views of the local key store: names, states and who may use a key; never material.

use keyward_kms::local::KeyRecord;
use specta::Type;

use super::words::word;

/// A key of the local key store.
#[derive(Clone, Debug, serde::Serialize, Type)]
pub struct LocalKeyItem {
    /// Its reference, `local:NAME`.
    pub reference: String,
    /// Its name.
    pub name: String,
    /// `enabled`, `disabled`, `pending-deletion` or `destroyed`.
    pub state: String,
    /// Its current version.
    pub version: u32,
    /// When it was made.
    pub created_at: String,
    /// When it will be deleted, or was.
    pub deletion_at: Option<String>,
    /// The tenants that may wrap or unwrap with it.
    pub tenants: Vec<String>,
    /// The names of its tags.
    pub tags: Vec<String>,
}

impl From<KeyRecord> for LocalKeyItem {
    fn from(record: KeyRecord) -> Self {
        Self {
            reference: format!("local:{}", record.name),
            state: word(&record.state),
            version: record.version(),
            created_at: record.created_at.to_rfc3339(),
            deletion_at: record.deletion_at.map(|at| at.to_rfc3339()),
            tenants: record.access.keys().map(ToString::to_string).collect(),
            tags: record.tags.into_keys().collect(),
            name: record.name,
        }
    }
}
