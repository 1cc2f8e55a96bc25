//! A provider's credential: as somebody types it, as it is once parsed, and as the vault has it.
//!
//! In the vault it is JSON under the name `credential-KIND`: `set_at`, `set_by`, and `credential`, an object
//! whose one key is the kind. To add a kind: its variant in [`CredentialKind`] and in [`Credential`], a file
//! like `credential/aws.rs` for what it consists of, and who uses it in `open.rs`.

mod aws;

use std::{fmt, str::FromStr};

use chrono::{DateTime, Utc};
use keyward_core::Provider;

pub use aws::{AwsCredential, AwsInput};

/// Which provider's credential.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum CredentialKind {
    /// For root keys in AWS KMS.
    Aws,
}

/// What a provider is called with.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Credential {
    /// For root keys in AWS KMS.
    Aws(AwsCredential),
}

/// A credential with who had it kept, and when: the vault's entry.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    pub(crate) set_at: DateTime<Utc>,
    pub(crate) set_by: String,
    pub(crate) credential: Credential,
}

/// What may be told of a credential that is kept. It holds no secret.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct KeptCredential {
    /// Whose.
    pub kind: CredentialKind,
    /// Who it says we are: an access key's id, a profile's name. `None` where what is kept can't be read.
    pub identity: Option<String>,
    /// Where it is shown instead of the provider's own address.
    pub endpoint: Option<String>,
    /// Where it is asked for, if not where the provider's configuration says.
    pub region: Option<String>,
    /// Whether it ends by itself: one with a session token.
    pub temporary: bool,
    /// When it was given.
    pub set_at: Option<DateTime<Utc>>,
    /// By whom.
    pub set_by: Option<String>,
}

/// Why what was typed is no credential. Never holds a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CredentialError {
    /// There is no such kind.
    #[error("`{0}` is no kind of credential; choose `aws`")]
    UnknownKind(String),
    /// A part that must be there is missing.
    #[error("{what} is missing; {next}")]
    Missing {
        /// Which part.
        what: &'static str,
        /// What to do.
        next: &'static str,
    },
    /// A part hasn't the form that it must have.
    #[error("{what} is none; {must}")]
    Malformed {
        /// Which part. Its value may be a secret that was typed into the wrong field.
        what: &'static str,
        /// What it must be like.
        must: &'static str,
    },
    /// Two parts say different things.
    #[error("{0}")]
    Contradicts(&'static str),
}

impl CredentialKind {
    /// All of them.
    pub const ALL: [Self; 1] = [Self::Aws];

    /// The word used on the command line and in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Aws => "aws",
        }
    }

    /// Whose keys are called with it.
    #[must_use]
    pub fn provider(self) -> Provider {
        match self {
            Self::Aws => Provider::AwsKms,
        }
    }

    /// Its name in the vault.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Aws => "credential-aws",
        }
    }
}

impl fmt::Display for CredentialKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for CredentialKind {
    type Err = CredentialError;

    fn from_str(text: &str) -> Result<Self, CredentialError> {
        let found = Self::ALL.into_iter().find(|kind| kind.as_str() == text);
        found.ok_or_else(|| CredentialError::UnknownKind(text.chars().take(40).collect()))
    }
}

impl Credential {
    /// Whose.
    #[must_use]
    pub fn kind(&self) -> CredentialKind {
        match self {
            Self::Aws(_) => CredentialKind::Aws,
        }
    }

    /// Who it says we are.
    #[must_use]
    pub fn identity(&self) -> String {
        match self {
            Self::Aws(aws) => aws.identity(),
        }
    }

    /// Where it is shown instead of the provider's own address.
    #[must_use]
    pub fn endpoint(&self) -> Option<&str> {
        match self {
            Self::Aws(aws) => aws.endpoint(),
        }
    }
}

impl KeptCredential {
    /// What may be told of the vault's entry.
    pub(crate) fn of(entry: &Entry) -> Self {
        let Credential::Aws(aws) = &entry.credential;
        Self {
            kind: entry.credential.kind(),
            identity: Some(entry.credential.identity()),
            endpoint: entry.credential.endpoint().map(str::to_owned),
            region: aws.region().map(|region| region.to_string()),
            temporary: aws.is_temporary(),
            set_at: Some(entry.set_at),
            set_by: Some(entry.set_by.clone()),
        }
    }

    /// An entry that can't be read.
    pub(crate) fn unreadable(kind: CredentialKind) -> Self {
        Self {
            kind,
            identity: None,
            endpoint: None,
            region: None,
            temporary: false,
            set_at: None,
            set_by: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_has_one_spelling_everywhere() {
        for kind in CredentialKind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(kind));
            assert_eq!(serde_json::to_string(&kind).unwrap(), format!("\"{kind}\""));
            assert_eq!(kind.name(), format!("credential-{kind}"));
        }
        assert!("AWS".parse::<CredentialKind>().is_err());
    }
}
