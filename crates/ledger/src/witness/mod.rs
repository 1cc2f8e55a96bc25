//! A witness's judgement on a log: is this checkpoint a continuation of the one seen before?
//!
//! The rules of C2SP tlog-witness (`add-checkpoint`) without its HTTP. The state is the newest
//! checkpoint seen; the caller keeps it, and must have it durable before it hands a cosignature out:
//! "the witness MUST persist the new checkpoint before responding", and check and persist in one step.

mod request;

use chrono::{DateTime, Utc};

use crate::{
    Checkpoint, Hash, LedgerError, Note, NoteSignature, Origin, SigningKey, VerifierKey,
    proof::verify_consistency,
};

pub use request::WitnessRequest;

/// What a witness knows of one log: its key, and the newest checkpoint seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    log: VerifierKey,
    seen: Option<Checkpoint>,
}

/// A checkpoint that was found to continue the log. Make [`Self::checkpoint`] durable, then
/// [`Self::cosign`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Continued {
    checkpoint: Checkpoint,
    note: Note,
}

impl Witness {
    /// A witness that sees its first checkpoint of this log next, and takes it on trust.
    #[must_use]
    pub fn new(log: VerifierKey) -> Self {
        Self { log, seen: None }
    }

    /// A witness that has seen this checkpoint before.
    ///
    /// # Errors
    /// [`LedgerError::OtherOrigin`] where that is of another log.
    pub fn resume(log: VerifierKey, seen: Checkpoint) -> Result<Self, LedgerError> {
        if seen.origin != *log.name() {
            return Err(LedgerError::OtherOrigin {
                expected: log.name().to_string(),
                found: seen.origin.to_string(),
            });
        }
        Ok(Self { log, seen: Some(seen) })
    }

    /// The size to bring a consistency proof from: zero where none was seen.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.seen.as_ref().map_or(0, |seen| seen.size)
    }

    /// The newest checkpoint seen.
    #[must_use]
    pub fn seen(&self) -> Option<&Checkpoint> {
        self.seen.as_ref()
    }

    /// Judges a checkpoint, with the consistency proof from [`Self::size`] to its size: none from zero
    /// or for the same size. On success it is the newest seen.
    ///
    /// # Errors
    /// As [`Checkpoint::verify`]; [`LedgerError::RolledBack`], [`LedgerError::Forked`], or
    /// [`LedgerError::NotContinued`]. The witness then stays as it was.
    pub fn observe(&mut self, note: &str, path: &[Hash]) -> Result<Continued, LedgerError> {
        let checkpoint = Checkpoint::verify(note, &self.log)?;
        let note = Note::parse(note)?;
        self.judge(&checkpoint, path)?;
        self.seen = Some(checkpoint.clone());
        Ok(Continued { checkpoint, note })
    }

    fn judge(&self, offered: &Checkpoint, path: &[Hash]) -> Result<(), LedgerError> {
        let (size, root) =
            self.seen.as_ref().map_or((0, Hash::EMPTY_TREE), |seen| (seen.size, seen.root));
        let not_continued =
            |fault| LedgerError::NotContinued { seen: size, offered: offered.size, fault };
        if offered.size < size {
            return Err(LedgerError::RolledBack { seen: size, offered: offered.size });
        }
        if offered.size == 0 && offered.root != Hash::EMPTY_TREE {
            return Err(not_continued(crate::ProofFault::Root));
        }
        if offered.size == size && offered.root != root {
            return Err(LedgerError::Forked { size });
        }
        // Every log continues the empty one: "the proof MUST be empty if the old size is zero".
        if size == 0 {
            return if path.is_empty() {
                Ok(())
            } else {
                Err(not_continued(crate::ProofFault::Length))
            };
        }
        verify_consistency(size, offered.size, root, offered.root, path).map_err(
            |error| match error {
                LedgerError::ProofRejected(fault) => not_continued(fault),
                other => other,
            },
        )
    }
}

impl Continued {
    /// The checkpoint, for the caller to keep.
    #[must_use]
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// Cosigns it: the signature line to add to the checkpoint's note.
    ///
    /// # Errors
    /// As [`SigningKey::cosign`].
    pub fn cosign(
        &self,
        key: &SigningKey,
        name: &Origin,
        time: DateTime<Utc>,
    ) -> Result<NoteSignature, LedgerError> {
        key.cosign(self.note.text(), name, time)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ProofFault, proof::consistency, root_of, tree::tests::leaves};
    use keyward_core::SecretKey;

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_seed(&SecretKey::new([seed; 32]))
    }

    fn log() -> Origin {
        "example.com/log".parse().unwrap()
    }

    fn note(leaves: &[Hash]) -> String {
        let (size, root) = (leaves.len() as u64, root_of(leaves.iter().copied()));
        Checkpoint { origin: log(), size, root }.sign(&key(1))
    }

    #[test]
    fn follows_a_log_and_cosigns_it() {
        let leaves = leaves(300);
        let mut witness = Witness::new(key(1).verifier(&log()));
        let name = "example.com/w".parse().unwrap();
        let time = DateTime::from_timestamp(1_795_515_781, 0).unwrap();
        for size in [0, 0, 1, 2, 2, 256, 300] {
            let text = note(&leaves[..size]);
            let path = match witness.size() {
                0 => Vec::new(),
                seen => consistency(&leaves[..size], seen).unwrap(),
            };
            let continued = witness.observe(&text, &path).unwrap();
            let mut cosigned = Note::parse(&text).unwrap();
            cosigned.add(continued.cosign(&key(2), &name, time).unwrap()).unwrap();
            assert_eq!(key(2).witness_key(&name).cosigned(&cosigned), Ok(time));
            assert_eq!(witness.seen(), Some(continued.checkpoint()));
        }
        let again =
            Witness::resume(key(1).verifier(&log()), witness.seen().unwrap().clone()).unwrap();
        assert_eq!(again, witness);
    }

    #[test]
    fn refuses_everything_else_and_stays_as_it_was() {
        let honest = leaves(20);
        let mut forked = honest.clone();
        forked[3] = crate::leaf_hash(b"other");
        let mut witness = Witness::new(key(1).verifier(&log()));
        witness.observe(&note(&honest[..10]), &[]).unwrap();
        let before = witness.clone();
        let path = consistency(&honest, 10).unwrap();
        let not_continued = |fault| LedgerError::NotContinued { seen: 10, offered: 20, fault };
        for (note, path, expected) in [
            (note(&honest[..9]), vec![], LedgerError::RolledBack { seen: 10, offered: 9 }),
            (note(&[]), vec![], LedgerError::RolledBack { seen: 10, offered: 0 }),
            (note(&forked[..10]), vec![], LedgerError::Forked { size: 10 }),
            (note(&honest), vec![], not_continued(ProofFault::Length)),
            (note(&honest), path[1..].to_vec(), not_continued(ProofFault::Length)),
            (
                note(&forked),
                consistency(&forked, 10).unwrap(),
                not_continued(ProofFault::EarlierRoot),
            ),
            (note(&forked), path.clone(), not_continued(ProofFault::Root)),
        ] {
            assert_eq!(witness.observe(&note, &path), Err(expected));
        }
        let other_key = Checkpoint::parse(Note::parse(&note(&honest)).unwrap().text()).unwrap();
        assert!(matches!(
            witness.observe(&other_key.sign(&key(5)), &path),
            Err(LedgerError::NotSigned { .. })
        ));
        assert_eq!(witness, before);
        witness.observe(&note(&honest), &path).unwrap();

        let empty = Checkpoint { origin: log(), size: 0, root: crate::leaf_hash(b"") };
        let mut fresh = Witness::new(key(1).verifier(&log()));
        assert!(fresh.observe(&empty.sign(&key(1)), &[]).is_err());
        assert!(fresh.observe(&note(&honest), &path).is_err());
        assert!(
            Witness::resume(key(1).verifier(&"example.com/x".parse().unwrap()), empty).is_err()
        );
    }
}
