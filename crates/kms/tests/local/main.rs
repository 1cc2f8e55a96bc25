//! The local key store from outside.

mod bench;
mod files;
mod kills;
mod operations;
mod suite;
