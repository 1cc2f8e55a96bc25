//! What the worker that is killed and the test that kills it have in common.

use sha2::{Digest, Sha256};

/// The tenants that the worker works on, each with a dataset `docs`.
pub const TENANTS: [&str; 2] = ["acme", "beta"];

/// How many call the engine at once, in each worker.
pub const CALLERS: u64 = 64;

/// What the worker prints, a line each.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
#[serde(tag = "line", rename_all = "kebab-case")]
pub enum Line {
    /// The workspace is open; the load begins.
    Ready,
    /// An object is about to be written, or with no hash deleted.
    Begun {
        /// Whose.
        tenant: String,
        /// Its name.
        name: String,
        /// Of what is written.
        sha256: Option<String>,
    },
    /// An operation has returned its result.
    Released {
        /// As the log calls it.
        action: String,
        /// The request in its record.
        request: String,
        /// Whose.
        tenant: String,
        /// The object, where it was about one.
        name: Option<String>,
        /// Of what was written or read.
        sha256: Option<String>,
    },
    /// An operation has failed.
    Failed {
        /// As the log calls it.
        action: String,
        /// The code.
        code: String,
        /// The request in its record.
        request: String,
        /// Whose.
        tenant: String,
        /// The object, where it was about one.
        name: Option<String>,
    },
}

/// The hash of an object's plaintext, in hex.
#[must_use]
pub fn sha256(plaintext: &[u8]) -> String {
    hex::encode(Sha256::digest(plaintext))
}
