//! Algorithm suites (framework/algorithm-suites.md, "Supported Algorithm Suites"): those with a
//! 256-bit key, HKDF and AES-256-GCM. The shorter keys of format 1 are not read.

use crate::EnvelopeError;

/// An algorithm suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suite {
    /// `0x0478`: HKDF-SHA-512 with key commitment. What Keyward writes.
    Committing,
    /// `0x0578`: the same, and an ECDSA signature over P-384.
    CommittingSigned,
    /// `0x0178`: format 1, HKDF-SHA-256, no commitment.
    Plain,
    /// `0x0378`: format 1, HKDF-SHA-384, no commitment, an ECDSA signature over P-384.
    PlainSigned,
}

impl Suite {
    /// The suite's id on the wire.
    #[must_use]
    pub fn id(self) -> u16 {
        match self {
            Self::Committing => 0x0478,
            Self::CommittingSigned => 0x0578,
            Self::Plain => 0x0178,
            Self::PlainSigned => 0x0378,
        }
    }

    /// Whether a message of this suite opens under one key only.
    #[must_use]
    pub fn commits(self) -> bool {
        matches!(self, Self::Committing | Self::CommittingSigned)
    }

    /// Whether a footer with a signature follows the body.
    #[must_use]
    pub fn is_signed(self) -> bool {
        matches!(self, Self::CommittingSigned | Self::PlainSigned)
    }

    /// The suite of an id. Format 2 has exactly the committing ones.
    pub(crate) fn from_id(id: u16, version: u8) -> Result<Self, EnvelopeError> {
        [Self::Committing, Self::CommittingSigned, Self::Plain, Self::PlainSigned]
            .into_iter()
            .find(|suite| suite.id() == id && suite.commits() == (version == 2))
            .ok_or(EnvelopeError::UnsupportedSuite { suite: id })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suite_belongs_to_one_format() {
        assert_eq!(Suite::from_id(0x0478, 2).unwrap(), Suite::Committing);
        assert_eq!(Suite::from_id(0x0178, 1).unwrap(), Suite::Plain);
        for (id, version) in [(0x0478, 1), (0x0178, 2), (0x0014, 1), (0, 2)] {
            assert!(matches!(
                Suite::from_id(id, version),
                Err(EnvelopeError::UnsupportedSuite { suite }) if suite == id
            ));
        }
    }
}
