//! A log's origin line, which is its key's name as well (C2SP tlog-checkpoint, "Note text").

use std::{fmt, str::FromStr};

use crate::{LedgerError, error::start_of};

/// The name of a log, or of a key that signs for one: `keyward.example/9f86d081884c7d65`.
///
/// Not empty, without Unicode spaces, control characters and `+` (C2SP signed-note, "Format"), and
/// at most 255 bytes long, as much as a cosignature can name (C2SP tlog-cosignature).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Origin(String);

impl Origin {
    /// The longest origin, in bytes of UTF-8.
    pub const MAX_LENGTH: usize = 255;

    /// The origin that this text spells; as its `FromStr`.
    ///
    /// # Errors
    /// [`LedgerError::InvalidOrigin`].
    pub fn new(text: &str) -> Result<Self, LedgerError> {
        text.parse()
    }

    /// The origin as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Origin {
    type Err = LedgerError;

    fn from_str(text: &str) -> Result<Self, LedgerError> {
        let valid = (1..=Self::MAX_LENGTH).contains(&text.len())
            && !text.chars().any(|character| {
                character.is_whitespace() || character.is_control() || character == '+'
            });
        if valid {
            Ok(Self(text.into()))
        } else {
            Err(LedgerError::InvalidOrigin { text: start_of(text) })
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl serde::Serialize for Origin {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_can_stand_on_a_signature_line() {
        for good in ["a", "example.com/log42", "keyward/Grüße", &"x".repeat(255)] {
            assert!(good.parse::<Origin>().is_ok(), "{good}");
        }
        for bad in [
            "",
            "a b",
            "a\u{a0}b",
            "a\u{2003}b",
            "a+b",
            "a\nb",
            "a\tb",
            "a\u{7f}",
            &"x".repeat(256),
        ] {
            assert!(bad.parse::<Origin>().is_err(), "{bad:?}");
        }
    }
}
