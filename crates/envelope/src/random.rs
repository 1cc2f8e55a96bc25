//! The randomness of one message.

use keyward_core::SecretKey;
use zeroize::Zeroize;

use crate::EnvelopeError;

/// Everything random in one message: its object key, its id and its entry's IV.
///
/// Using one twice for different plaintexts gives both away, so sealing consumes it.
pub struct Randomness {
    pub(crate) object_key: SecretKey,
    pub(crate) message_id: [u8; 32],
    pub(crate) entry_iv: [u8; 12],
}

impl Randomness {
    /// How many random bytes a message takes.
    pub const LENGTH: usize = 32 + 32 + 12;

    /// Draws from the system, in one call.
    ///
    /// # Errors
    /// [`EnvelopeError::NoRandomness`] where the system has none.
    pub fn draw() -> Result<Self, EnvelopeError> {
        let mut bytes = [0; Self::LENGTH];
        getrandom::fill(&mut bytes).map_err(|_| EnvelopeError::NoRandomness)?;
        let drawn = Self::from_bytes(&bytes);
        bytes.zeroize();
        Ok(drawn)
    }

    /// Takes the caller's own random bytes: object key, message id, entry IV. The caller wipes its
    /// copy.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; Self::LENGTH]) -> Self {
        let (mut object_key, mut message_id, mut entry_iv) = ([0; 32], [0; 32], [0; 12]);
        // INVARIANT: the three lengths add up to `LENGTH`.
        object_key.copy_from_slice(&bytes[..32]);
        message_id.copy_from_slice(&bytes[32..64]);
        entry_iv.copy_from_slice(&bytes[64..]);
        let randomness = Self { object_key: SecretKey::new(object_key), message_id, entry_iv };
        object_key.zeroize();
        randomness
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_used_once() {
        let mut bytes = [0; Randomness::LENGTH];
        for (index, byte) in (0_u8..).zip(&mut bytes) {
            *byte = index;
        }
        let random = Randomness::from_bytes(&bytes);
        let parts = [&random.object_key.expose()[..], &random.message_id, &random.entry_iv];
        assert_eq!(parts.concat(), bytes);
    }

    #[test]
    fn two_draws_differ() {
        let (one, two) = (Randomness::draw().unwrap(), Randomness::draw().unwrap());
        assert_ne!(one.message_id, two.message_id);
        assert_ne!(one.object_key.expose(), two.object_key.expose());
    }
}
