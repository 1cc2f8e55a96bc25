//! Root keys in AWS KMS.
//!
//! The region of every call is the key reference's own, and nothing falls back to another region or
//! key. Credentials and endpoints come from ordinary AWS configuration: environment, profiles, SSO,
//! web identity, container and instance roles, `AWS_ENDPOINT_URL` and `AWS_ENDPOINT_URL_KMS`.
#![deny(missing_docs)]

mod attest;
mod client;
mod describe;
mod errors;
mod rewrap;
mod rotate;
mod service;
mod wrap;

pub use client::{AwsKms, AwsKmsBuilder};
