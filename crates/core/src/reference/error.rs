//! Why a text isn't a root key reference: which form it was taken for, and which part of it is wrong.

use std::fmt;

use super::{Provider, RootKeyReference};

/// Why a text isn't a root key reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReferenceError {
    /// Whose form the text was taken for; `None` where it resembles none.
    pub provider: Option<Provider>,
    /// Which part is wrong (`region`, `account`, `key name`, ...).
    pub part: &'static str,
    /// What the part must be.
    pub expected: &'static str,
    /// What stands there instead, shortened and without control characters; `None` where the part is
    /// missing or may hold a secret.
    pub found: Option<String>,
    /// A reference of the form as it should be.
    pub example: &'static str,
}

impl ReferenceError {
    pub(super) fn too_long(length: usize) -> Self {
        // The text in the constant below; the test of the limit keeps the two together.
        const { assert!(RootKeyReference::MAX_LENGTH == 2048) }
        Self {
            provider: None,
            part: "length",
            expected: "at most 2048 bytes",
            found: Some(format!("{length} bytes")),
            example: super::local::EXAMPLE,
        }
    }

    pub(super) fn unknown_form(text: &str) -> Self {
        // No more than what may be a scheme: the rest could hold a password or a PIN.
        let scheme = text.split([':', '/', '?', ';', '@', '=']).next().unwrap_or_default();
        Self {
            provider: None,
            part: "form",
            expected: "an AWS KMS key or alias ARN, an Azure key's URL, a Google resource name, a PKCS#11 URI or `local:NAME`",
            found: Some(shown(scheme)),
            example: super::local::EXAMPLE,
        }
    }

    /// A wrong part of a form, with what stands there.
    pub(super) fn wrong(
        provider: Provider,
        part: &'static str,
        expected: &'static str,
        found: &str,
    ) -> Self {
        Self { found: Some(shown(found)), ..Self::silent(provider, part, expected) }
    }

    /// A part of a form that is missing, or must not be repeated since it may be a secret.
    pub(super) fn silent(provider: Provider, part: &'static str, expected: &'static str) -> Self {
        let example = match provider {
            Provider::AwsKms => super::aws::EXAMPLE,
            Provider::AzureKeyVault => super::azure::EXAMPLE,
            Provider::GoogleKms => super::google::EXAMPLE,
            Provider::Pkcs11 => super::pkcs11::EXAMPLE,
            Provider::Local => super::local::EXAMPLE,
        };
        Self { provider: Some(provider), part, expected, found: None, example }
    }
}

impl fmt::Display for ReferenceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.provider {
            Some(provider) => write!(f, "not a reference of the form {provider}: ")?,
            None => f.write_str("not a root key reference: ")?,
        }
        write!(f, "the {} must be {}", self.part, self.expected)?;
        match self.found.as_deref() {
            Some("") => f.write_str(", but is empty")?,
            Some(found) => write!(f, ", but is `{found}`")?,
            None => {}
        }
        write!(f, "; write it like `{}`", self.example)
    }
}

impl std::error::Error for ReferenceError {}

/// The start of a text, fit for a terminal.
fn shown(text: &str) -> String {
    let clean = |character: char| if character.is_control() { '\u{fffd}' } else { character };
    text.chars().take(80).map(clean).collect()
}
