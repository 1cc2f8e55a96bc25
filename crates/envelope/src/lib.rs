//! The AWS Encryption SDK message format: streaming, parallel, by range.
//!
//! Writes version 2, suite `0x0478` (AES-256-GCM, HKDF-SHA-512, key commitment), framed. Reads that
//! and the signed `0x0578`, framed and unframed; format 1, which doesn't commit to its key, only
//! where the caller asks for it by name ([`Accept::non_committing`]).
//!
//! # Which way in
//!
//! | the data | write | read |
//! | --- | --- | --- |
//! | in memory | [`seal`], [`seal_into`] | [`open`], [`open_into`] |
//! | a stream | [`encrypt`] | [`decrypt`] |
//! | pieces from a channel | [`Encryptor`] | [`Header::parse`], [`VerifiedHeader`], [`Decryptor`] |
//! | files | [`file::encrypt_file`] | [`file::decrypt_file`] |
//! | a range of the plaintext | | [`read_range`]; or [`Layout::span`], fetch, [`VerifiedHeader::open_span`] |
//!
//! ```
//! use keyward_core::{EncryptionContext, SecretKey};
//! use keyward_envelope::{Randomness, RawAesKeyring, ReadOptions, Sealing, open, seal};
//!
//! # fn main() -> Result<(), keyward_envelope::EnvelopeError> {
//! let data_key = SecretKey::new([7; 32]);
//! let keyring = RawAesKeyring::new("keyward:acme", "invoices/1", &data_key)?;
//! let context = EncryptionContext::from_pairs([("keyward:tenant".into(), "acme".into())]);
//!
//! let message = seal(&Sealing::new(&keyring, &context), Randomness::draw()?, b"to acme")?;
//! let opened = open(&message, &keyring, &ReadOptions::default())?;
//! assert_eq!(opened.plaintext, b"to acme");
//! assert_eq!(opened.header.context().tenant(), Some("acme"));
//! # Ok(())
//! # }
//! ```
//!
//! # Promises
//!
//! - No plaintext of a frame is given before its tag is verified; whatever works on a whole message
//!   gives nothing before all of it is.
//! - Frames cut off, repeated, swapped, out of order or of another message, and bytes after the end,
//!   are errors.
//! - Every length from outside is checked against [`ReadLimits`] before anything is allocated, and
//!   added up with checked arithmetic.
//! - Nothing here reads a clock or a network. Only [`file`] touches files; the rest works on the
//!   caller's slices, readers and writers.
#![deny(missing_docs)]

mod aad;
mod cipher;
mod decryptor;
mod encryptor;
mod entry;
mod error;
pub mod file;
mod frame;
mod header;
mod layout;
mod limits;
mod opening;
mod random;
mod raw_aes;
mod sealing;
mod signature;
mod stream;
mod suite;
mod wire;

pub use aad::{MessageId, encode_context};
pub use cipher::VerifiedHeader;
pub use decryptor::Decryptor;
pub use encryptor::Encryptor;
pub use entry::{Detached, Entry, ObjectKeys};
pub use error::{EnvelopeError, Field};
pub use header::{Content, Header, Parsed, ReadOptions};
pub use layout::{Layout, ReadAt, Span, read_range};
pub use limits::{Accept, ReadLimits};
pub use opening::{Opened, open, open_into};
pub use random::Randomness;
pub use raw_aes::RawAesKeyring;
pub use sealing::{FrameLength, Sealing, seal, seal_into};
pub use stream::{decrypt, encrypt};
pub use suite::Suite;
