//! Stored bytes.
