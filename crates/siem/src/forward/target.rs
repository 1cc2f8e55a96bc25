//! A receiver, how it is reached, and what it confirms.

use std::{fmt, path::PathBuf};

/// A syslog receiver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Its name or address.
    pub host: String,
    /// Its port: by custom 514 for UDP, 601 for TCP, 6514 for TLS.
    pub port: u16,
    /// How it is reached.
    pub transport: Transport,
    /// What counts as its confirmation.
    pub confirm: Confirm,
}

/// How a receiver is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transport {
    /// One datagram a message (RFC 5426). Loses what the network loses.
    Udp,
    /// A stream with counted octets (RFC 6587). In the clear.
    Tcp,
    /// The same over TLS 1.2 or 1.3 (RFC 5425).
    Tls {
        /// A PEM file with the certificates to trust; the system's own file where it is those.
        authorities: PathBuf,
    },
}

/// What counts as a stream receiver's confirmation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Confirm {
    /// It has read to the end: it closes the connection after we closed our side.
    #[default]
    Close,
    /// The connection is still open a moment after the last byte was handed over. For receivers that
    /// never close; what lay in buffers when one died is lost.
    Open,
}

/// What is known of a session's records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confirmation {
    /// The receiver has read them all.
    ReadToEnd,
    /// They were handed over, and the receiver was still there.
    StillOpen,
    /// They were sent. Nothing more is known: this was UDP.
    Nothing,
}

impl Confirmation {
    /// Its word in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ReadToEnd => "read-to-end",
            Self::StillOpen => "still-open",
            Self::Nothing => "nothing",
        }
    }
}

impl serde::Serialize for Confirmation {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.transport {
            Transport::Udp => "udp",
            Transport::Tcp => "tcp",
            Transport::Tls { .. } => "tls",
        };
        // An IPv6 address in brackets (RFC 3986, 3.2.2).
        if self.host.contains(':') {
            write!(f, "{scheme}://[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{scheme}://{}:{}", self.host, self.port)
        }
    }
}
