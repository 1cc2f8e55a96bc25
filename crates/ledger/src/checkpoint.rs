//! Checkpoints: a log's size and root hash, signed (C2SP tlog-checkpoint).

use std::fmt;

use crate::{Hash, LedgerError, Note, NoteFault, Origin, SigningKey, VerifierKey};

/// What a log says of itself at one size. Prints as the three lines that are signed.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Checkpoint {
    /// Which log.
    pub origin: Origin,
    /// How many records it has.
    pub size: u64,
    /// The root of its tree.
    pub root: Hash,
}

impl Checkpoint {
    /// Signs the checkpoint as a note, under the origin as the key's name ("the log's key name in its
    /// signature line SHOULD match the origin line").
    #[must_use]
    pub fn sign(&self, key: &SigningKey) -> String {
        Note::sign(self.to_string(), &self.origin, key).to_string()
    }

    /// The checkpoint in a signed note, once the key's signature on it has been verified and its origin
    /// is the key's name.
    ///
    /// Extension lines are signed but opaque, and so are left out ("clients MUST NOT" rely on them);
    /// Keyward writes none.
    ///
    /// # Errors
    /// [`LedgerError::InvalidNote`], [`LedgerError::NotSigned`], [`LedgerError::WrongSignature`] or
    /// [`LedgerError::OtherOrigin`].
    pub fn verify(note: &str, key: &VerifierKey) -> Result<Self, LedgerError> {
        Self::verify_note(&Note::parse(note)?, key)
    }

    /// As [`Self::verify`], of a note that was parsed before.
    ///
    /// # Errors
    /// As [`Self::verify`].
    pub fn verify_note(note: &Note, key: &VerifierKey) -> Result<Self, LedgerError> {
        // An unsigned text is of no interest, but one of another log is told apart from a forgery.
        let checkpoint = Self::parse(note.text())?;
        if checkpoint.origin != *key.name() {
            return Err(LedgerError::OtherOrigin {
                expected: key.name().to_string(),
                found: checkpoint.origin.to_string(),
            });
        }
        note.verify(key)?;
        Ok(checkpoint)
    }

    /// The checkpoint in a note's text, whoever signed it: for witnesses, which know logs by origin.
    ///
    /// # Errors
    /// [`LedgerError::InvalidNote`].
    pub fn parse(text: &str) -> Result<Self, LedgerError> {
        parse(text).map_err(LedgerError::InvalidNote)
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n{}\n{}\n", self.origin, self.size, self.root)
    }
}

fn parse(text: &str) -> Result<Checkpoint, NoteFault> {
    let lines = text.strip_suffix('\n').ok_or(NoteFault::Lines)?;
    let mut lines = lines.split('\n');
    let mut line = || lines.next().filter(|line| !line.is_empty()).ok_or(NoteFault::Lines);
    let (origin, size, root) = (line()?, line()?, line()?);
    // "Extension lines, if any, MUST be non-empty."
    if lines.any(str::is_empty) {
        return Err(NoteFault::Lines);
    }
    Ok(Checkpoint {
        origin: origin.parse().map_err(|_| NoteFault::Origin)?,
        size: decimal(size).ok_or(NoteFault::Size)?,
        root: root.parse().map_err(|_| NoteFault::Root)?,
    })
}

/// "The ASCII decimal representation ..., with no leading zeroes".
pub(crate) fn decimal(text: &str) -> Option<u64> {
    let number: u64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::leaf_hash;
    use keyward_core::SecretKey;
    use proptest::prelude::*;

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_seed(&SecretKey::new([seed; 32]))
    }

    fn verifier(name: &str, seed: u8) -> VerifierKey {
        key(seed).verifier(&name.parse().unwrap())
    }

    fn checkpoint() -> Checkpoint {
        Checkpoint {
            origin: "example.com/log".parse().unwrap(),
            size: 20_852_163,
            root: leaf_hash(b"root"),
        }
    }

    /// The example of C2SP tlog-checkpoint and tlog-cosignature, with a witness's line.
    #[test]
    fn reads_the_specification_s_example() {
        let note = Note::parse("example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n\u{2014} example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n\u{2014} witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n").unwrap();
        let checkpoint = Checkpoint::parse(note.text()).unwrap();
        assert_eq!(checkpoint.origin.as_str(), "example.com/behind-the-sofa");
        assert_eq!(checkpoint.size, 20_852_163);
        assert_eq!(checkpoint.to_string(), note.text());
    }

    #[test]
    fn only_the_log_s_own_key_counts() {
        let ours = verifier("example.com/log", 1);
        let note = checkpoint().sign(&key(1));
        assert_eq!(Checkpoint::verify(&note, &ours), Ok(checkpoint()));
        assert!(matches!(
            Checkpoint::verify(&note, &verifier("example.com/log", 2)),
            Err(LedgerError::NotSigned { .. })
        ));
        assert!(matches!(
            Checkpoint::verify(&note, &verifier("example.com/other", 1)),
            Err(LedgerError::OtherOrigin { .. })
        ));
        let altered = note.replace("20852163", "20852164");
        assert!(matches!(
            Checkpoint::verify(&altered, &ours),
            Err(LedgerError::WrongSignature { .. })
        ));
    }

    #[test]
    fn refuses_what_is_no_checkpoint() {
        use NoteFault::{Lines, Origin, Root, Size};
        let root = leaf_hash(b"root").to_string();
        for (bad, expected) in [
            (String::new(), Lines),
            ("\n".into(), Lines),
            ("a\n1\n".into(), Lines),
            (format!("a\n1\n{root}"), Lines),
            (format!("a\n\n{root}\n"), Lines),
            (format!("a\n1\n{root}\n\n"), Lines),
            (format!("a\n1\n{root}\next\n\next\n"), Lines),
            (format!("a b\n1\n{root}\n"), Origin),
            (format!("a\n01\n{root}\n"), Size),
            (format!("a\n+1\n{root}\n"), Size),
            (format!("a\n-1\n{root}\n"), Size),
            (format!("a\n18446744073709551616\n{root}\n"), Size),
            (format!("a\n1\n{}\n", &root[..40]), Root),
            (format!("a\n1\n{root}=\n"), Root),
        ] {
            assert_eq!(Checkpoint::parse(&bad), Err(LedgerError::InvalidNote(expected)), "{bad:?}");
        }
        assert!(Checkpoint::parse(&format!("a\n0\n{root}\nextension line\n")).is_ok());
    }

    proptest! {
        #[test]
        fn any_changed_byte_is_found(at in any::<prop::sample::Index>(), bit in 0..8) {
            let ours = verifier("example.com/log", 1);
            let mut bytes = checkpoint().sign(&key(1)).into_bytes();
            let at = at.index(bytes.len());
            bytes[at] ^= 1_u8 << bit;
            if let Ok(text) = String::from_utf8(bytes) {
                prop_assert!(Checkpoint::verify(&text, &ours).is_err());
            }
        }

        #[test]
        fn what_parses_prints_back(text in "\\PC{0,20}\n[0-9]{1,20}\n[A-Za-z0-9+/]{43}=\n") {
            if let Ok(checkpoint) = Checkpoint::parse(&text) {
                prop_assert_eq!(checkpoint.to_string(), text);
            }
        }
    }
}
