//! Where Keyward's state lies: rows in a database, objects in a folder or a bucket.
//!
//! [`Store`] opens the workspace's database (SQLite now; one SQL text through `sqlx::Any`, so that
//! PostgreSQL needs migrations of its own and nothing else) and [`tables`] has one file per table, of
//! functions that take a [`Connection`]. [`Objects`] keeps ciphertext under the paths that [`layout`]
//! gives. No secret and no plaintext comes here, no rule is decided here: the engine does both.
#![deny(missing_docs)]

mod batch;
mod bodies;
mod connection;
mod error;
pub mod layout;
mod objects;
mod packed;
mod schema;
mod store;
pub mod tables;
mod terms;

pub use connection::Connection;
pub use error::StoreError;
pub use objects::{ObjectStat, Objects, ObjectsError, Upload};
pub use store::{Reader, Store, Write};
