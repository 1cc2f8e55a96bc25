//! The choice of a place for secrets, as a workspace's configuration states it.

use std::{fmt, str::FromStr};

/// Where a workspace keeps its secrets. Stored in its configuration and never changed by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Backing {
    /// The OS keyring: Secret Service on Linux, Keychain on macOS, Credential Manager on Windows.
    Keyring,
    /// A file sealed with a passphrase.
    Passphrase,
}

/// A text that names no backing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no place for secrets; choose `keyring` or `passphrase`")]
pub struct BackingError(String);

impl Backing {
    /// The word used in the configuration and on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Keyring => "keyring",
            Self::Passphrase => "passphrase",
        }
    }
}

impl fmt::Display for Backing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Backing {
    type Err = BackingError;

    fn from_str(text: &str) -> Result<Self, BackingError> {
        [Self::Keyring, Self::Passphrase]
            .into_iter()
            .find(|backing| backing.as_str() == text)
            .ok_or_else(|| BackingError(text.chars().take(40).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backing_has_one_spelling_everywhere() {
        for backing in [Backing::Keyring, Backing::Passphrase] {
            assert_eq!(backing.as_str().parse(), Ok(backing));
            assert_eq!(serde_json::to_string(&backing).unwrap(), format!("\"{backing}\""));
        }
        assert!("Keyring".parse::<Backing>().is_err());
    }
}
