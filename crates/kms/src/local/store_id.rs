//! A key store's id.

use std::{fmt, str::FromStr};

/// What tells two key stores' keys of one name apart: 16 random bytes, printed as 32 hex digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct StoreId([u8; 16]);

/// A text that is no store id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a key store's id; it has 32 lower-case hex digits")]
pub struct StoreIdError(String);

impl StoreId {
    /// The id with these bytes; the caller brings the randomness.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for StoreId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for StoreId {
    type Err = StoreIdError;

    fn from_str(text: &str) -> Result<Self, StoreIdError> {
        let parse = || {
            let value = u128::from_str_radix(text, 16).ok()?;
            let id = Self(value.to_be_bytes());
            // One spelling only: no sign, no capitals, no missing zeros.
            (id.to_string() == text).then_some(id)
        };
        parse().ok_or_else(|| StoreIdError(text.chars().take(40).collect()))
    }
}

impl TryFrom<String> for StoreId {
    type Error = StoreIdError;

    fn try_from(text: String) -> Result<Self, StoreIdError> {
        text.parse()
    }
}

impl From<StoreId> for String {
    fn from(id: StoreId) -> Self {
        id.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_one_spelling() {
        let id = StoreId::from_bytes([0x0a; 16]);
        assert_eq!(id.to_string(), "0a".repeat(16));
        assert_eq!(id.to_string().parse(), Ok(id));
        let signed = format!("+{}", "a".repeat(31));
        for bad in ["", "a", &"0A".repeat(16), &"0a".repeat(17), &signed, &"é".repeat(16)] {
            assert!(bad.parse::<StoreId>().is_err(), "{bad}");
        }
    }
}
