//! How turning records into lines fails, and how sending them does.

use std::{io, path::PathBuf, time::Duration};

use keyward_core::Code;
use keyward_ledger::LedgerError;

/// Why a record isn't written, or not delivered.
#[derive(Debug, thiserror::Error)]
pub enum SiemError {
    /// A text isn't a record of the log.
    #[error("this is no record of the log: {0}; verify the log before you send it anywhere")]
    Record(#[from] LedgerError),
    /// A row of CSV can't be written.
    #[error("a row can't be written: {0}")]
    Csv(#[from] csv::Error),
    /// The log gave another record than the next.
    #[error("the log gave record {found} where record {expected} was asked for; verify the log")]
    OutOfOrder {
        /// The record that was to come.
        expected: u64,
        /// The record that came.
        found: u64,
    },
    /// Records or the cursor can't be read or kept.
    #[error("the log can't be read, or its cursor not kept: {source}")]
    Trail {
        /// What the log's keeper says.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The certificates to trust can't be used.
    #[error("`{path}` holds no usable certificate: {reason}; give the receiver's CA as PEM")]
    Authority {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: AuthorityFault,
    },
    /// The receiver's name can't stand in a certificate.
    #[error("`{host}` is no name or address that a certificate can hold")]
    ServerName {
        /// The name.
        host: String,
    },
    /// The receiver isn't reached.
    #[error("the receiver `{target}` isn't reached: {source}")]
    Connect {
        /// Its address.
        target: String,
        /// Why.
        source: io::Error,
    },
    /// The connection ended before the receiver had read everything.
    #[error(
        "the connection to `{target}` was lost: {source}; what wasn't confirmed will be sent again"
    )]
    Lost {
        /// The receiver's address.
        target: String,
        /// Why.
        source: io::Error,
    },
    /// The receiver didn't say that it has read everything.
    #[error(
        "the receiver `{target}` didn't close the connection within {} s of its end, so whether it read \
         everything isn't known; if it never does, confirm by `open`",
        after.as_secs()
    )]
    Unconfirmed {
        /// The receiver's address.
        target: String,
        /// How long we waited.
        after: Duration,
    },
    /// A message is longer than a datagram.
    #[error(
        "record {seq} makes a message of {length} bytes, more than a datagram holds; use TCP or TLS"
    )]
    Datagram {
        /// The record.
        seq: u64,
        /// The message's length.
        length: usize,
    },
}

/// What is wrong with a file of certificates.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityFault {
    /// It can't be read as PEM.
    #[error("{0}")]
    Pem(rustls::pki_types::pem::Error),
    /// A certificate in it can't be trusted.
    #[error("{0}")]
    Certificate(rustls::Error),
    /// It is empty of certificates.
    #[error("it is empty")]
    Empty,
}

impl SiemError {
    /// The stable code of this failure. Of [`Trail`](Self::Trail), whoever made the trail knows better.
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::Record(_) | Self::OutOfOrder { .. } => Code::LogNotVerified,
            Self::Csv(_) | Self::Trail { .. } => Code::Machine,
            Self::Authority { .. } | Self::ServerName { .. } | Self::Datagram { .. } => {
                Code::InvalidInput
            }
            Self::Connect { .. } | Self::Lost { .. } | Self::Unconfirmed { .. } => {
                Code::ReceiverUnreachable
            }
        }
    }

    /// Whether trying again may help, with nothing changed on our side.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Connect { .. } | Self::Lost { .. } | Self::Unconfirmed { .. })
    }
}
