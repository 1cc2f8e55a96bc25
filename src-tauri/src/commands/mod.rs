//! What the web view may ask for, one file a resource: each command parses, calls one operation, and
//! gives its view. Nothing is decided here.

pub mod access;
pub mod audit;
pub mod credentials;
pub mod hierarchy;
pub mod keystore;
pub mod onboarding;
pub mod overview;
pub mod revocation;
pub mod rewrap;
pub mod rotation;
pub mod tenants;
pub mod witnesses;
pub mod workspace;
