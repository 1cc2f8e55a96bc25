//! What crosses to the web view: the engine's answers with typed TypeScript beside them.
//!
//! No view has a field for key material, plaintext or a credential's secret. Times are RFC 3339 in UTC; counts
//! are below 2^53, which the log's format promises, so that JavaScript's numbers hold them.

pub mod access;
pub mod audit;
pub mod credentials;
pub mod hierarchy;
pub mod keystore;
pub mod onboarding;
pub mod overview;
pub mod revocation;
pub mod rewrap;
pub mod tenant;
mod words;
pub mod workspace;
