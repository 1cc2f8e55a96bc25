//! Root keys in HSMs, over PKCS#11: the tenant holds its own key.
//!
//! A reference is a PKCS#11 URI (RFC 7512). A root key is every AES-256 key of a token that has the
//! URI's label; each is a version of it, whose number is its CKA_ID ([`keys`](self) has the rules). A key
//! that is extractable or not sensitive is refused.
//!
//! # What a library is
//! A PKCS#11 module runs in our process, with our rights. A tenant's reference must not choose one: its
//! `module-path` and `module-name` only pick among the modules that the settings name. For the same
//! reason its `pin-source` is never followed.
//!
//! # Promises
//! - Calls run on threads that may block, on sessions of a bounded pool for each token. A call that is
//!   given up runs to its end there, and nothing of it is left on a session that another call gets.
//! - A token that was away (pulled out, or behind a machine that slept) is logged in to again, once for
//!   each call. A PIN that the token refused is never tried again by itself.
//! - A key is missing only if we are logged in and it isn't there: else its absence says nothing.
#![deny(missing_docs)]

mod attest;
mod blob;
mod call;
mod der;
mod describe;
mod errors;
mod keys;
mod module;
mod rotate;
mod service;
mod settings;
mod token;
mod wrap;

pub use call::Pkcs11Kms;
pub use settings::{PinSource, Pkcs11Builder, Wrapping};
pub use token::TokenName;
