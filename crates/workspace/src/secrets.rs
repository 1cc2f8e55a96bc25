//! The two secrets of a workspace, by name, in its vault.

use keyward_core::SecretKey;
use keyward_secrets::Vault;

use crate::WorkspaceError;

/// The seed of the log's Ed25519 key.
const LOG_SEED: &str = "log-seed";
/// What the local key store is sealed with.
const SEALING: &str = "keystore-sealing";

/// A workspace's secrets.
pub(crate) struct Secrets {
    pub(crate) log_seed: SecretKey,
    pub(crate) sealing: SecretKey,
}

impl Secrets {
    /// Makes new ones and keeps them in the vault, which reads each back.
    pub(crate) fn create(vault: &Vault) -> Result<Self, WorkspaceError> {
        let secrets = Self { log_seed: random_key()?, sealing: random_key()? };
        vault.store(LOG_SEED, &secrets.log_seed)?;
        vault.store(SEALING, &secrets.sealing)?;
        Ok(secrets)
    }

    /// Reads them.
    pub(crate) fn load(vault: &Vault) -> Result<Self, WorkspaceError> {
        let load = |name| vault.load(name)?.ok_or(WorkspaceError::SecretMissing { name });
        Ok(Self { log_seed: load(LOG_SEED)?, sealing: load(SEALING)? })
    }

    /// Forgets them, as far as the vault can be reached.
    pub(crate) fn remove(vault: &Vault) {
        for name in [LOG_SEED, SEALING] {
            let _ = vault.remove(name);
        }
    }
}

/// Bytes from the system's random number generator.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], WorkspaceError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| WorkspaceError::NoRandomness)?;
    Ok(bytes)
}

fn random_key() -> Result<SecretKey, WorkspaceError> {
    let bytes = zeroize::Zeroizing::new(random()?);
    Ok(SecretKey::new(*bytes))
}
