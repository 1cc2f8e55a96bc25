//! The root key service: one trait for every provider, and the classes of their failures.
//!
//! A provider holds root keys; Keyward holds references. Nothing here knows tenants' states, caches or
//! logs: a provider answers, or fails with a [`Reason`] whose [`ErrorClass`] decides everything else.
#![deny(missing_docs)]

mod bound;
mod canonical;
pub mod der;
mod error;
mod guarded;
pub mod local;
mod policy;
mod service;

pub use bound::BoundKey;
pub use canonical::write_context;
pub use error::{ErrorClass, KmsError, Reason};
pub use guarded::{Caps, Guarded, Limits};
pub use policy::{KeyPolicy, PolicyDifference, PolicyDifferences, PolicyForm, PolicyPart};
pub use service::{
    Description, Evidence, KeyUsage, MayDisable, ProviderState, PublicKey, RewrapItem,
    RootKeyService, SignatureAlgorithm, WrappedKey,
};
