//! Root keys in AWS KMS.
//!
//! The region of every call is the key reference's own, and nothing falls back to another region or
//! key. Credentials and endpoints come from ordinary AWS configuration: environment, profiles, SSO,
//! web identity, container and instance roles, `AWS_ENDPOINT_URL` and `AWS_ENDPOINT_URL_KMS`; or an access
//! key is given. [`AwsKms::configure`] changes either while calls go on.
//!
//! What a key's policy must allow us: `kms:Encrypt`, `kms:Decrypt`, `kms:GenerateDataKey`,
//! `kms:ReEncryptFrom`, `kms:ReEncryptTo` and `kms:DescribeKey`. Beyond these: `kms:ListKeyRotations`
//! and `kms:GetKeyRotationStatus` to see rotations (without them every key is at version 1),
//! `kms:RotateKeyOnDemand`, `kms:DisableKey` and `kms:EnableKey` to act on the key,
//! `kms:GetKeyPolicy` to compare its policy with what is asked for,
//! `kms:ListResourceTags` for a challenge by tag, `kms:GetPublicKey` for one by attestation.
#![deny(missing_docs)]

mod attest;
mod client;
mod compare;
mod describe;
mod errors;
mod policy;
mod rewrap;
mod rotate;
mod service;
mod wrap;

pub use client::{AwsKms, AwsKmsBuilder};
