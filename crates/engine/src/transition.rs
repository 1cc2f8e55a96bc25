//! Dated transitions of keys' states.

use chrono::{DateTime, Utc};
use keyward_core::{DataKeyId, KeyState};
use keyward_store::{
    Connection,
    tables::{data_keys, key_transitions, root_keys},
};

use crate::EngineError;

/// Moves a root key to another state and dates it.
pub(crate) async fn root_key(
    connection: &mut Connection,
    key: &root_keys::RootKey,
    to: KeyState,
    at: DateTime<Utc>,
    reason: &str,
) -> Result<(), EngineError> {
    let to = key.state.transition(to)?;
    root_keys::set_state(connection, &key.id, key.state, to, at).await?;
    dated(connection, &key.id.to_string(), key.state, to, at, reason).await
}

/// Moves a data key to another state and dates it.
pub(crate) async fn data_key(
    connection: &mut Connection,
    id: &DataKeyId,
    from: KeyState,
    to: KeyState,
    at: DateTime<Utc>,
    reason: &str,
) -> Result<(), EngineError> {
    let to = from.transition(to)?;
    data_keys::set_state(connection, id, from, to, at).await?;
    dated(connection, &id.to_string(), from, to, at, reason).await
}

async fn dated(
    connection: &mut Connection,
    key: &str,
    from: KeyState,
    to: KeyState,
    at: DateTime<Utc>,
    reason: &str,
) -> Result<(), EngineError> {
    let transition =
        key_transitions::Transition { key: key.into(), from, to, at, reason: reason.into() };
    Ok(key_transitions::insert(connection, &[transition]).await?)
}
