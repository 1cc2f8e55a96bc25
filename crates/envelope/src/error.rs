//! The one error of this crate, and what it may say.
//!
//! Structure is public, so a malformed field is named. Whatever depends on a key is
//! [`Rejected`](EnvelopeError::Rejected) and says nothing more: a reader that told a wrong key from a
//! wrong commitment or a wrong tag would answer an attacker's questions.

use std::{fmt, io};

use keyward_core::Code;

/// Why a message can't be written or read.
#[derive(Debug, thiserror::Error)]
pub enum EnvelopeError {
    /// A field holds what the format doesn't allow.
    #[error("the message's {field} is malformed; restore the message from a copy")]
    Malformed {
        /// Which field.
        field: Field,
    },
    /// The message ends within a field.
    #[error("the message is cut off within its {field}; restore the message from a copy")]
    Truncated {
        /// Which field.
        field: Field,
    },
    /// A field is larger than the reader allows.
    #[error("the message's {field} is over the limit of {maximum}; raise the limit to read it")]
    OverLimit {
        /// Which field.
        field: Field,
        /// The limit, in entries or bytes.
        maximum: u64,
    },
    /// A message format version that this doesn't read.
    #[error("message format version `{version:#04x}` is not supported; versions 1 and 2 are")]
    UnsupportedVersion {
        /// The version byte.
        version: u8,
    },
    /// An algorithm suite that this doesn't read.
    #[error("algorithm suite `{suite:#06x}` is not supported; `0x0478` and `0x0578` are")]
    UnsupportedSuite {
        /// The suite's id.
        suite: u16,
    },
    /// A suite without key commitment, which the caller didn't ask for by name.
    #[error(
        "algorithm suite `{suite:#06x}` does not commit to its key; allow non-committing messages to read it"
    )]
    NonCommitting {
        /// The suite's id.
        suite: u16,
    },
    /// None of the message's entries names the key at hand.
    #[error("no entry of the message names this key; read it with the key that wrote it")]
    NoMatchingEntry,
    /// The message doesn't open: wrong key, wrong context, or not what its writer wrote.
    #[error("the message is rejected; it was changed, or belongs to another key or context")]
    Rejected,
    /// A signed or unframed message is verified only as a whole.
    #[error("a signed or unframed message can't be read by range; read the whole of it")]
    OnlyWhole,
    /// A message can't be written so.
    #[error("the message's {field} can't be written; make it shorter and leave out reserved names")]
    Unwritable {
        /// Which field is too large, or reserved.
        field: Field,
    },
    /// The caller's buffer doesn't hold the result.
    #[error("the buffer has {given} bytes; give it {needed}")]
    BufferSize {
        /// What it has.
        given: usize,
        /// What it needs.
        needed: usize,
    },
    /// The system gives no randomness.
    #[error("the system's random source failed; nothing was written")]
    NoRandomness,
    /// Reading or writing failed.
    #[error("reading or writing failed: {0}; check the disk and its permissions")]
    Io(#[from] io::Error),
}

impl EnvelopeError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::Malformed { .. }
            | Self::Truncated { .. }
            | Self::OverLimit { .. }
            | Self::UnsupportedVersion { .. }
            | Self::UnsupportedSuite { .. }
            | Self::NonCommitting { .. }
            | Self::NoMatchingEntry
            | Self::Rejected => Code::CiphertextRejected,
            Self::OnlyWhole | Self::Unwritable { .. } | Self::BufferSize { .. } => {
                Code::InvalidInput
            }
            Self::NoRandomness => Code::Machine,
            Self::Io(error) => match error.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Code::DiskFull,
                io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                    Code::NoPermission
                }
                _ => Code::Machine,
            },
        }
    }
}

/// A part of a message, in the specification's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// The header as a whole.
    Header,
    /// The type byte of a format 1 header.
    Type,
    /// The encryption context.
    Context,
    /// The list of encrypted data keys.
    Entries,
    /// One encrypted data key.
    Entry,
    /// The content type.
    ContentType,
    /// The reserved bytes of a format 1 header.
    Reserved,
    /// The IV length of a format 1 header.
    IvLength,
    /// The frame length.
    FrameLength,
    /// The public key in the context of a signed message.
    PublicKey,
    /// A frame's sequence number.
    SequenceNumber,
    /// The final frame's content length.
    ContentLength,
    /// The number of frames.
    Frames,
    /// A body of one piece.
    UnframedBody,
    /// The body as a whole.
    Body,
    /// The footer with the signature.
    Footer,
    /// What lies after the message's end.
    End,
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Header => "header",
            Self::Type => "type",
            Self::Context => "encryption context",
            Self::Entries => "list of encrypted data keys",
            Self::Entry => "encrypted data key",
            Self::ContentType => "content type",
            Self::Reserved => "reserved field",
            Self::IvLength => "IV length",
            Self::FrameLength => "frame length",
            Self::PublicKey => "public key",
            Self::SequenceNumber => "sequence number",
            Self::ContentLength => "content length",
            Self::Frames => "number of frames",
            Self::UnframedBody => "unframed body",
            Self::Body => "body",
            Self::Footer => "footer",
            Self::End => "end",
        })
    }
}

pub(crate) fn malformed(field: Field) -> EnvelopeError {
    EnvelopeError::Malformed { field }
}

pub(crate) fn truncated(field: Field) -> EnvelopeError {
    EnvelopeError::Truncated { field }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_of_files_have_the_code_of_their_cause() {
        for (kind, code) in [
            (io::ErrorKind::StorageFull, Code::DiskFull),
            (io::ErrorKind::PermissionDenied, Code::NoPermission),
            (io::ErrorKind::NotFound, Code::Machine),
        ] {
            assert_eq!(EnvelopeError::Io(kind.into()).code(), code);
        }
    }

    #[test]
    fn a_rejection_says_nothing_of_its_cause() {
        assert_eq!(
            EnvelopeError::Rejected.to_string(),
            "the message is rejected; it was changed, or belongs to another key or context"
        );
    }
}
