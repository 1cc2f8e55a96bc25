//! Keys of Keyward's own software key store: `local:NAME`.

use std::{fmt, str::FromStr};

use super::{Provider, ReferenceError, RootKeyReference, text::strip_prefix_any_case};

pub(super) const EXAMPLE: &str = "local:acme-root";

/// A key in Keyward's own software key store.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LocalKey(String);

impl LocalKey {
    /// The key's name: 1 to 63 lower-case letters, digits and hyphens, no hyphen first.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0
    }

    pub(super) fn parse(text: &str) -> Result<Self, ReferenceError> {
        let name = strip_prefix_any_case(text, "local:").unwrap_or(text);
        let valid = (1..=63).contains(&name.len())
            && !name.starts_with('-')
            && name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'));
        if valid {
            Ok(Self(name.into()))
        } else {
            Err(ReferenceError::wrong(
                Provider::Local,
                "name",
                "1 to 63 lower-case letters, digits and hyphens starting with a letter or digit",
                name,
            ))
        }
    }
}

pub(super) fn is_taken_for(text: &str) -> bool {
    strip_prefix_any_case(text, "local:").is_some()
}

impl FromStr for LocalKey {
    type Err = ReferenceError;

    /// Parses `local:NAME`, and a bare `NAME` too.
    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        Self::parse(text)
    }
}

impl fmt::Display for LocalKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "local:{}", self.0)
    }
}

impl From<LocalKey> for RootKeyReference {
    fn from(key: LocalKey) -> Self {
        Self::Local(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_slug() {
        let longest = "x".repeat(63);
        for good in ["a", "0", "acme-root", longest.as_str()] {
            let key: RootKeyReference = format!("local:{good}").parse().unwrap();
            assert_eq!(key.to_string(), format!("local:{good}"));
            assert_eq!(key.region(), None);
        }
        assert_eq!("LOCAL:a".parse::<RootKeyReference>().unwrap().to_string(), "local:a");
        let too_long = "x".repeat(64);
        for bad in ["", "-a", "A", "a/b", "../a", "a b", "a_b", "ä", "a\0", too_long.as_str()] {
            let error = format!("local:{bad}").parse::<RootKeyReference>().expect_err(bad);
            assert_eq!((error.provider, error.part), (Some(Provider::Local), "name"), "{bad}");
        }
    }
}
