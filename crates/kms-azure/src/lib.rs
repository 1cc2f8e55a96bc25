//! Root keys in Azure Key Vault and Azure Managed HSM.
//!
//! A vault wraps with RSA-OAEP-256, a Managed HSM with that or with AES key wrap. Neither authenticates
//! anything beside the wrapped bytes, so that the encryption context is bound within them
//! ([`keyward_kms::BoundKey`]). Of a key's versions the current one wraps, and each unwraps its own.
//!
//! Tokens come from a client secret, a workload identity, a managed identity, the login of Azure's CLI or a
//! file ([`AzureCredential`]), at the cloud's own Microsoft Entra or where `AZURE_AUTHORITY_HOST` says. A
//! private gateway is named by its endpoint, and its certificate authority by a file.
//!
//! What a key's owner must allow us: `get`, `wrapKey` and `unwrapKey`. Beyond these: `list` to see
//! versions (without it every key is at version 1) and to act on all of them, `getrotationpolicy`,
//! `rotate`, and `update` to disable and enable.
#![deny(missing_docs)]

mod attest;
mod blob;
mod call;
mod client;
mod credential;
mod der;
mod describe;
mod errors;
mod iso8601;
mod policy;
mod rewrap;
mod rotate;
mod service;
mod token_file;
mod transport;
mod versions;
mod wrap;

pub use client::{AzureKms, AzureKmsBuilder};
pub use credential::{AzureCredential, ClientSecret, UnknownCredential};
