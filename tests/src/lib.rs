//! End-to-end tests of Keyward, and what starts the servers and clients they run against.

pub mod behind;
pub mod command;
pub mod crash;
pub mod interop;
pub mod peers;
pub mod random;
pub mod receiver;
pub mod skip;
pub mod tiles;
pub mod vectors;
#[cfg(unix)]
pub mod window;
