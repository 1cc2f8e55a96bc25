//! The AWS Encryption SDK message format: streaming, parallel, by range.
