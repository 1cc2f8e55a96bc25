//! Root keys in AWS KMS.
