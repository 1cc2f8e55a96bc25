//! A secret that is a text: what a provider gives people to type in.

use std::fmt;

use zeroize::Zeroizing;

/// A text that is wiped when dropped and never printed.
///
/// It has no `Clone` and no `Serialize`, so that each copy is asked for by name and visible in review.
pub struct SecretText(Zeroizing<String>);

impl SecretText {
    /// Takes the text over.
    #[must_use]
    pub fn new(text: impl Into<Zeroizing<String>>) -> Self {
        Self(text.into())
    }

    /// The text itself. Named so that every use can be found.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretText(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_prints_its_text() {
        assert_eq!(format!("{:?}", SecretText::new("hunter2".to_owned())), "SecretText(..)");
    }
}
