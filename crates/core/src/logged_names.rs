//! How the audit log holds the names of a dataset's objects.

use std::{fmt, str::FromStr};

/// How the audit log holds the names of a dataset's objects: a setting of the dataset.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum LoggedNames {
    /// As they are.
    #[default]
    Plain,
    /// As digests under a key that derives from the dataset's data key, which the tenant's root key
    /// opens: who can't use that key neither reads the names nor tests guesses.
    Digest,
}

/// A text that isn't such a setting.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no way to log names; say `plain` or `digest`")]
pub struct LoggedNamesError(String);

impl LoggedNames {
    /// The word used in records, tables and JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Digest => "digest",
        }
    }
}

impl FromStr for LoggedNames {
    type Err = LoggedNamesError;

    fn from_str(text: &str) -> Result<Self, LoggedNamesError> {
        match text {
            "plain" => Ok(Self::Plain),
            "digest" => Ok(Self::Digest),
            _ => Err(LoggedNamesError(text.chars().take(80).collect())),
        }
    }
}

impl fmt::Display for LoggedNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_parse_back() {
        for names in [LoggedNames::Plain, LoggedNames::Digest] {
            assert_eq!(names.as_str().parse(), Ok(names));
        }
        assert!("Digest".parse::<LoggedNames>().is_err());
    }
}
