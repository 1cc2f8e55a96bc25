//! A 256-bit secret that wipes itself and never prints.

use zeroize::{Zeroize, ZeroizeOnDrop};

/// A 256-bit key: a data key or an object key in the clear.
///
/// Wiped on drop, never printed, never serialised. It may be copied only by asking for it by name
/// ([`SecretKey::duplicate`]), so that every copy is visible in review.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct SecretKey([u8; 32]);

impl SecretKey {
    /// The length of every key that Keyward makes, in bytes.
    pub const LENGTH: usize = 32;

    /// Takes the bytes over. The caller wipes its own copy.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// A key from a slice, or `None` where it isn't 32 bytes.
    #[must_use]
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        Some(Self(bytes.try_into().ok()?))
    }

    /// The key itself. Named so that every use can be found.
    #[must_use]
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// A second copy of the key.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        Self(self.0)
    }
}

impl std::fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_prints_its_bytes() {
        assert_eq!(format!("{:?}", SecretKey::new([7; 32])), "SecretKey(..)");
    }

    #[test]
    fn takes_exactly_32_bytes() {
        assert!(SecretKey::from_slice(&[0; 31]).is_none());
        assert!(SecretKey::from_slice(&[0; 33]).is_none());
        assert_eq!(SecretKey::from_slice(&[9; 32]).unwrap().expose(), &[9; 32]);
    }
}
