//! What guessing a passphrase costs: Argon2id's parameters, and the bounds on those of a file.

use argon2::{Algorithm, Argon2, Params, Version};
use zeroize::Zeroizing;

use crate::SecretsError;

/// Argon2id's parameters (RFC 9106, section 3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cost {
    // In alphabetical order: a header's canonical form depends on it.
    /// Lanes (`p`): 1 to 16.
    pub lanes: u32,
    /// Memory (`m`) in KiB: 8 MiB to 1 GiB.
    pub memory_kib: u32,
    /// Passes over the memory (`t`): 1 to 16.
    pub passes: u32,
}

impl Cost {
    /// RFC 9106, section 4, second recommended option: 64 MiB, 3 passes, 4 lanes.
    pub const STANDARD: Self = Self { lanes: 4, memory_kib: 64 * 1024, passes: 3 };

    /// Whether the parameters are within bounds.
    ///
    /// The upper bounds keep a planted file from taking all memory or the whole day; the lower ones
    /// keep a mistake from making a passphrase cheap to guess.
    #[must_use]
    pub fn is_sane(self) -> bool {
        (1..=16).contains(&self.lanes)
            && (8 * 1024..=1024 * 1024).contains(&self.memory_kib)
            && (1..=16).contains(&self.passes)
    }

    /// Stretches a passphrase to 64 bytes.
    pub(crate) fn derive(
        self,
        passphrase: &str,
        salt: &[u8],
    ) -> Result<Zeroizing<[u8; 64]>, SecretsError> {
        if !self.is_sane() {
            return Err(SecretsError::CostOutOfRange { cost: self });
        }
        let mut output = Zeroizing::new([0; 64]);
        let parameters = Params::new(self.memory_kib, self.passes, self.lanes, Some(output.len()));
        parameters
            .and_then(|parameters| {
                Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters).hash_password_into(
                    passphrase.as_bytes(),
                    salt,
                    output.as_mut_slice(),
                )
            })
            .map_err(|error| match error {
                argon2::Error::OutOfMemory => SecretsError::NoMemory,
                _ => SecretsError::CostOutOfRange { cost: self },
            })?;
        Ok(output)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absurd_parameters_are_refused_before_any_work() {
        let sane = Cost { lanes: 1, memory_kib: 8 * 1024, passes: 1 };
        assert!(sane.is_sane() && Cost::STANDARD.is_sane());
        for cost in [
            Cost { lanes: 0, ..sane },
            Cost { lanes: 17, ..sane },
            Cost { memory_kib: 8, ..sane },
            Cost { memory_kib: u32::MAX, ..sane },
            Cost { passes: 0, ..sane },
            Cost { passes: u32::MAX, ..sane },
        ] {
            assert!(
                matches!(cost.derive("x", &[0; 16]), Err(SecretsError::CostOutOfRange { .. })),
                "{cost:?}"
            );
        }
    }

    #[test]
    fn the_standard_is_no_less_than_promised() {
        const { assert!(Cost::STANDARD.memory_kib >= 64 * 1024 && Cost::STANDARD.passes >= 3) };
    }
}
