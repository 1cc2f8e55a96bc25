//! End-to-end tests of Keyward, and what starts the servers and clients they run against.

pub mod interop;
pub mod peers;
pub mod skip;
pub mod vectors;
