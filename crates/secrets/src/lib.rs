//! Where a workspace's own secrets rest: the OS keyring, or a passphrase-sealed file.
//!
//! Here live the seed of the log's Ed25519 key, the secret that seals the local key store, and the
//! credentials that providers are called with, where somebody typed some in. A workspace says once, in its configuration, which [`Backing`] it uses; a [`Vault`] of that
//! backing either works or fails. It never turns to the other one: a secret that silently moved from a
//! keyring to a weak passphrase would be a downgrade that nobody asked for.
//!
//! Every call here blocks (a bus round trip, an Argon2 derivation, an fsync): run it off the async
//! threads.
#![deny(missing_docs)]

mod backing;
mod cost;
mod document;
mod error;
mod keyring_text;
mod os_keyring;
mod sealed_file;
mod secret_text;
mod vault;

pub use backing::{Backing, BackingError};
pub use cost::Cost;
pub use error::SecretsError;
pub use keyring_text::KeyringText;
pub use secret_text::SecretText;
pub use vault::Vault;
