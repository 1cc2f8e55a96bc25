//! One record's proof in a file (C2SP tlog-proof): its place, its path in the tree, and the checkpoint.
//!
//! Whoever holds the log's verifier key checks such a file without the log and without us. Keyward puts
//! the record's own text in the file's extra data, which is then as good as signed: its hash is what the
//! path starts from. Recommended extension: `.tlog-proof`.

use std::{fmt, str::FromStr};

use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::{
    Checkpoint, Hash, LedgerError, Note, ProofFileFault, RecordView, VerifierKey,
    checkpoint::decimal, leaf_hash, proof::verify_inclusion,
};

const HEADER: &str = "c2sp.org/tlog-proof@v1";

/// A record's proof: nobody's word until [`ProofFile::verify`] has found it good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProofFile {
    /// Opaque data of the application's; in Keyward's files the record.
    pub extra: Option<Vec<u8>>,
    /// The record's sequence.
    pub index: u64,
    /// The inclusion proof, from the leaf's sibling to the root's child.
    pub path: Vec<Hash>,
    /// The log's checkpoint, with its cosignatures.
    pub checkpoint: Note,
}

impl ProofFile {
    /// The longest file, in bytes: room for the longest checkpoint and the longest record.
    pub const MAX_LENGTH: usize = 2 * Note::MAX_LENGTH;

    /// The most hashes that a path can have: a tree of 2^64 leaves has as many levels.
    const MAX_PATH: usize = 64;

    /// Checks that a leaf with these bytes is at the file's index in the checkpoint's tree, and that the
    /// key signed the checkpoint, which is given. Cosignatures are [`crate::WitnessKey::cosigned`]'s.
    ///
    /// # Errors
    /// As [`Checkpoint::verify`]; [`LedgerError::ProofRejected`].
    pub fn verify(&self, body: &[u8], key: &VerifierKey) -> Result<Checkpoint, LedgerError> {
        let checkpoint = Checkpoint::verify_note(&self.checkpoint, key)?;
        let leaf = leaf_hash(body);
        verify_inclusion(self.index, checkpoint.size, &leaf, &self.path, checkpoint.root)?;
        Ok(checkpoint)
    }

    /// As [`Self::verify`], of a record of Keyward's, which must say that it is at this index.
    ///
    /// # Errors
    /// As [`Self::verify`]; [`LedgerError::NotUtf8`] and those of [`RecordView::parse`];
    /// [`LedgerError::Moved`].
    pub fn verify_record<'a>(
        &self,
        body: &'a [u8],
        key: &VerifierKey,
    ) -> Result<(Checkpoint, RecordView<'a>), LedgerError> {
        let checkpoint = self.verify(body, key)?;
        let text = std::str::from_utf8(body)
            .map_err(|error| LedgerError::NotUtf8 { at: error.valid_up_to() })?;
        let view = RecordView::parse(text)?;
        if view.seq != self.index {
            return Err(LedgerError::Moved { seq: self.index, own: view.seq });
        }
        Ok((checkpoint, view))
    }
}

impl fmt::Display for ProofFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEADER}")?;
        if let Some(extra) = &self.extra {
            writeln!(f, "extra {}", STANDARD.encode(extra))?;
        }
        writeln!(f, "index {}", self.index)?;
        self.path.iter().try_for_each(|hash| writeln!(f, "{hash}"))?;
        write!(f, "\n{}", self.checkpoint)
    }
}

impl FromStr for ProofFile {
    type Err = LedgerError;

    /// Strict: what this takes prints back byte for byte.
    fn from_str(text: &str) -> Result<Self, LedgerError> {
        let invalid = LedgerError::InvalidProofFile;
        if text.len() > Self::MAX_LENGTH {
            return Err(invalid(ProofFileFault::TooLong));
        }
        let (head, note) = text.split_once("\n\n").ok_or(invalid(ProofFileFault::NoCheckpoint))?;
        let (extra, index, path) = parse_head(head).map_err(invalid)?;
        Ok(Self { extra, index, path, checkpoint: Note::parse(note)? })
    }
}

type Head = (Option<Vec<u8>>, u64, Vec<Hash>);

fn parse_head(head: &str) -> Result<Head, ProofFileFault> {
    let mut lines = head.split('\n').peekable();
    if lines.next() != Some(HEADER) {
        return Err(ProofFileFault::Header);
    }
    let extra = lines
        .next_if(|line| line.starts_with("extra"))
        .map(|line| {
            let encoded = line.strip_prefix("extra ").ok_or(ProofFileFault::Extra)?;
            STANDARD.decode(encoded).map_err(|_| ProofFileFault::Extra)
        })
        .transpose()?;
    let index = lines
        .next()
        .and_then(|line| decimal(line.strip_prefix("index ")?))
        .ok_or(ProofFileFault::Index)?;
    let mut path = Vec::new();
    for line in lines {
        if path.len() == ProofFile::MAX_PATH {
            return Err(ProofFileFault::Path);
        }
        path.push(line.parse().map_err(|_| ProofFileFault::Path)?);
    }
    Ok((extra, index, path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Origin, SigningKey, proof::inclusion, record::tests::sample, root_of};
    use chrono::DateTime;
    use keyward_core::SecretKey;

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_seed(&SecretKey::new([seed; 32]))
    }

    fn name(text: &str) -> Origin {
        text.parse().unwrap()
    }

    fn log_key() -> VerifierKey {
        key(1).verifier(&name("example.com/log"))
    }

    /// The proof of a record in a log of this size, cosigned by one witness.
    fn proof(index: u64, size: u64, with_record: bool) -> (ProofFile, Vec<u8>) {
        let bodies: Vec<_> =
            (0..size).map(|seq| sample(seq).to_canonical().unwrap().into_bytes()).collect();
        let leaves: Vec<_> = bodies.iter().map(|body| leaf_hash(body)).collect();
        let root = root_of(leaves.iter().copied());
        let checkpoint = Checkpoint { origin: name("example.com/log"), size, root };
        let mut note = Note::parse(&checkpoint.sign(&key(1))).unwrap();
        let time = DateTime::from_timestamp(1_795_515_781, 0).unwrap();
        note.add(key(2).cosign(note.text(), &name("example.com/w"), time).unwrap()).unwrap();
        let body = bodies[index as usize].clone();
        let extra = with_record.then(|| body.clone());
        (
            ProofFile { extra, index, path: inclusion(&leaves, index).unwrap(), checkpoint: note },
            body,
        )
    }

    /// All that a reader with the keys and the record checks.
    fn check(text: &str, body: Option<&[u8]>) -> Result<(), LedgerError> {
        let file: ProofFile = text.parse()?;
        let body = body.or(file.extra.as_deref()).unwrap_or_default();
        file.verify_record(body, &log_key())?;
        key(2).witness_key(&name("example.com/w")).cosigned(&file.checkpoint).map(drop)
    }

    #[test]
    fn proofs_round_trip() {
        for (index, size) in [(0, 1), (0, 2), (6, 7), (3, 300), (299, 300)] {
            let (file, body) = proof(index, size, false);
            let text = file.to_string();
            assert_eq!(text.parse(), Ok(file));
            check(&text, Some(&body)).unwrap();
            let (file, _) = proof(index, size, true);
            check(&file.to_string(), None).unwrap();
        }
    }

    #[test]
    fn has_exactly_this_form() {
        let (file, _) = proof(1, 2, false);
        let text = file.to_string();
        let expected =
            format!("c2sp.org/tlog-proof@v1\nindex 1\n{}\n\n{}", file.path[0], file.checkpoint);
        assert_eq!(text, expected);
        let (file, _) = proof(0, 1, true);
        assert!(file.to_string().starts_with("c2sp.org/tlog-proof@v1\nextra eyJ"));
        assert!(
            file.to_string().contains("=\nindex 0\n\nexample.com/log\n1\n") || file.path.is_empty()
        );
    }

    #[test]
    fn no_byte_may_change() {
        for with_record in [false, true] {
            let (file, body) = proof(3, 9, with_record);
            let body = (!with_record).then_some(body.as_slice());
            let good = file.to_string().into_bytes();
            check(std::str::from_utf8(&good).unwrap(), body).unwrap();
            for at in 0..good.len() {
                for bit in [0, 3, 5] {
                    let mut bad = good.clone();
                    bad[at] ^= 1 << bit;
                    let found = std::str::from_utf8(&bad).map_or(Ok(()), |text| check(text, body));
                    assert!(std::str::from_utf8(&bad).is_err() || found.is_err(), "{at}");
                }
                let mut cut = good.clone();
                cut.truncate(at);
                assert!(!std::str::from_utf8(&cut).is_ok_and(|text| check(text, body).is_ok()));
            }
        }
        let (file, _) = proof(3, 9, false);
        let other = sample(4).to_canonical().unwrap();
        assert!(matches!(
            file.verify_record(other.as_bytes(), &log_key()),
            Err(LedgerError::ProofRejected(_))
        ));
    }

    #[test]
    fn names_what_is_no_proof_file() {
        use ProofFileFault::{Extra, Header, Index, NoCheckpoint, Path, TooLong};
        let (file, _) = proof(3, 9, false);
        let good = file.to_string();
        let hash = file.path[0].to_string();
        for (bad, expected) in [
            (String::new(), NoCheckpoint),
            ("x".repeat(ProofFile::MAX_LENGTH + 1), TooLong),
            (good.replace("@v1", "@v2"), Header),
            (good.replace("index 3", "extra\nindex 3"), Extra),
            (good.replace("index 3", "extra =\nindex 3"), Extra),
            (good.replace("index 3", "index 03"), Index),
            (good.replace("index 3\n", ""), Index),
            (good.replace(&hash, "AAAA"), Path),
            (good.replace(&hash, &vec![hash.as_str(); 65].join("\n")), Path),
        ] {
            assert_eq!(bad.parse::<ProofFile>(), Err(LedgerError::InvalidProofFile(expected)));
        }
        assert!(matches!(
            good.replace("\n\u{2014}", "\n-").parse::<ProofFile>(),
            Err(LedgerError::InvalidNote(_))
        ));
    }
}
