//! Sending the log to a syslog receiver: every record at least once, in order.
//!
//! Syslog has no acknowledgement, and a write that succeeds says only that our own kernel took the bytes.
//! So the log is sent in *sessions*, one connection each, and a session is confirmed as a whole:
//!
//! 1. read the cursor: the first record that isn't confirmed;
//! 2. connect, send records from there on, and flush;
//! 3. see for a moment that the connection is still open, so that nothing is under way to a receiver
//!    that has left;
//! 4. close our side, and wait for the receiver to close its own: it can only do so once it has
//!    read to the end. A receiver that ends with bytes unread resets the connection (RFC 2525, 2.17);
//! 5. advance the cursor.
//!
//! Where a session fails, the cursor stays, and the next session sends all of it again after a pause: so
//! does a process that dies between any two of these steps. Receivers tell what came twice by its
//! sequence number.
//!
//! What this can't prove: that a receiver keeps what it has read. UDP can't confirm anything at all
//! ([`Confirmation::Nothing`]).

mod connection;
mod forwarder;
mod target;

pub use forwarder::{Delivery, Event, Forwarder, Pace};
pub use target::{Confirm, Confirmation, Target, Transport};

use std::future::Future;

/// The log and the place of one receiver in it, as a forwarder needs them.
pub trait Trail: Send + Sync {
    /// How reading the log or keeping the cursor fails.
    type Error: std::error::Error + Send + Sync + 'static;

    /// The first record that this receiver isn't known to have.
    fn cursor(&self) -> impl Future<Output = Result<u64, Self::Error>> + Send;

    /// The canonical JSON of at most `limit` records: `from` and those after it, none left out. Empty
    /// where the log ends there.
    fn page(
        &self,
        from: u64,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<String>, Self::Error>> + Send;

    /// Keeps, durably, that the receiver has every record before `next`.
    fn advance(&self, next: u64) -> impl Future<Output = Result<(), Self::Error>> + Send;

    /// Returns once there may be a record `from`. May return early; is dropped when that is no longer
    /// of interest.
    fn wait(&self, from: u64) -> impl Future<Output = Result<(), Self::Error>> + Send;
}
