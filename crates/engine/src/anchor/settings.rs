//! The witnesses and folders that a workspace has been told to keep its checkpoints with.

use chrono::{DateTime, Utc};
use keyward_ledger::WitnessKey;
use keyward_store::{Connection, tables::workspace};

use crate::EngineError;

/// The setting that holds them.
const SETTING: &str = "witnesses";

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Row {
    /// The witness's name, or the folder's path where it is only a folder.
    pub(crate) name: String,
    /// What checks its cosignatures; a folder alone has none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) key: Option<String>,
    /// Its submission prefix.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) url: Option<String>,
    /// The folder where it is met.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) folder: Option<String>,
    /// Since when.
    pub(crate) added_at: DateTime<Utc>,
    /// The largest size that it has cosigned.
    #[serde(default)]
    pub(crate) cosigned: u64,
    /// It has cosigned another history than the one that was accepted then.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) parted_at: Option<DateTime<Utc>>,
}

impl Row {
    pub(crate) fn key(&self) -> Result<Option<WitnessKey>, EngineError> {
        self.key.as_deref().map(str::parse).transpose().map_err(|_| damaged())
    }
}

/// All, in the order in which they were added.
pub(crate) async fn list(connection: &mut Connection) -> Result<Vec<Row>, EngineError> {
    match workspace::setting(connection, SETTING).await? {
        Some(text) => serde_json::from_str(&text).map_err(|_| damaged()),
        None => Ok(Vec::new()),
    }
}

/// Sets all. In the transaction in which they were read.
pub(crate) async fn set(connection: &mut Connection, rows: &[Row]) -> Result<(), EngineError> {
    let text = serde_json::to_string(rows).map_err(|_| damaged())?;
    Ok(workspace::set(connection, SETTING, &text).await?)
}

fn damaged() -> EngineError {
    EngineError::StateCorrupt("the workspace's list of witnesses".into())
}
