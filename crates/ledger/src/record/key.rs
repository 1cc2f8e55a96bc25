//! The key that a record is about.

use std::{fmt, str::FromStr};

use keyward_core::{DataKeyId, IdError, RootKeyId};

/// The key that a record is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum KeyId {
    /// A data key: `dk:acme/invoices/3`.
    Data(DataKeyId),
    /// A root key: `rk:acme/1`.
    Root(RootKeyId),
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Data(key) => key.fmt(f),
            Self::Root(key) => key.fmt(f),
        }
    }
}

impl FromStr for KeyId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        if text.starts_with("rk:") {
            text.parse().map(Self::Root)
        } else {
            text.parse().map(Self::Data)
        }
    }
}

impl From<DataKeyId> for KeyId {
    fn from(key: DataKeyId) -> Self {
        Self::Data(key)
    }
}

impl From<RootKeyId> for KeyId {
    fn from(key: RootKeyId) -> Self {
        Self::Root(key)
    }
}
