//! Secrets in the OS keyring: one entry for each, under the service `keyward`.

use keyring::{Entry, Error};
use keyward_core::WorkspaceId;
use zeroize::Zeroizing;

use crate::SecretsError;

/// The service under which the keyring lists our entries. The user is `WORKSPACE/NAME`.
const SERVICE: &str = "keyward";

pub(crate) fn load(
    workspace: WorkspaceId,
    name: &str,
) -> Result<Option<Zeroizing<Vec<u8>>>, SecretsError> {
    match entry(workspace, name)?.get_secret() {
        Ok(bytes) => Ok(Some(Zeroizing::new(bytes))),
        Err(Error::NoEntry) => Ok(None),
        Err(error) => Err(explain(name, error)),
    }
}

pub(crate) fn store(workspace: WorkspaceId, name: &str, secret: &[u8]) -> Result<(), SecretsError> {
    entry(workspace, name)?.set_secret(secret).map_err(|error| explain(name, error))
}

pub(crate) fn remove(workspace: WorkspaceId, name: &str) -> Result<(), SecretsError> {
    match entry(workspace, name)?.delete_credential() {
        Ok(()) | Err(Error::NoEntry) => Ok(()),
        Err(error) => Err(explain(name, error)),
    }
}

/// Reads a text that is no secret.
pub(crate) fn load_text(
    workspace: WorkspaceId,
    name: &str,
) -> Result<Option<String>, SecretsError> {
    match entry(workspace, name)?.get_secret() {
        Ok(bytes) => String::from_utf8(bytes)
            .map(Some)
            .map_err(|_| SecretsError::EntryDamaged { name: name.into() }),
        Err(Error::NoEntry) => Ok(None),
        Err(error) => Err(explain(name, error)),
    }
}

/// Keeps a text that is no secret.
pub(crate) fn store_text(
    workspace: WorkspaceId,
    name: &str,
    text: &str,
) -> Result<(), SecretsError> {
    entry(workspace, name)?.set_secret(text.as_bytes()).map_err(|error| explain(name, error))
}

/// Writes, reads and removes an entry of its own: a locked keyring answers a mere search, so that only
/// a write tells whether it can be used.
pub(crate) fn probe() -> Result<(), SecretsError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|_| SecretsError::NoRandomness)?;
    let workspace = WorkspaceId::from_bytes(bytes);
    store(workspace, "probe", &[0; 32])?;
    let read = load(workspace, "probe");
    remove(workspace, "probe")?;
    match read? {
        Some(_) => Ok(()),
        None => Err(SecretsError::NotKept { name: "probe".into() }),
    }
}

fn entry(workspace: WorkspaceId, name: &str) -> Result<Entry, SecretsError> {
    // The first call connects, once for the process; its failure tells more than `NoDefaultStore`.
    if let Err(error) = Entry::store_status() {
        return Err(SecretsError::KeyringUnavailable { cause: error.to_string() });
    }
    Entry::new(SERVICE, &format!("{workspace}/{name}")).map_err(|error| explain(name, error))
}

/// Maps the keyring's failure. Variants that carry an entry's bytes are never printed.
fn explain(name: &str, error: Error) -> SecretsError {
    match error {
        Error::Ambiguous(_) => SecretsError::KeyringAmbiguous { name: name.into() },
        Error::BadEncoding(bytes) | Error::BadDataFormat(bytes, _) => {
            drop(Zeroizing::new(bytes));
            SecretsError::EntryDamaged { name: name.into() }
        }
        error => SecretsError::KeyringUnavailable { cause: error.to_string() },
    }
}
