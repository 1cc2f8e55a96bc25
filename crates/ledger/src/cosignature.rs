//! Cosignatures of witnesses (C2SP tlog-cosignature), the Ed25519 kind, `cosignature/v1`.
//!
//! A cosignature says that at some time the checkpoint was the largest consistent one that the witness
//! had seen of this log. It is one more signature line of the checkpoint's [`Note`], with the time
//! before the signature. When to cosign is [`crate::Witness`]'s to judge.

use std::{fmt, str::FromStr};

use chrono::{DateTime, Utc};

use crate::{
    LedgerError, Note, NoteSignature, Origin, SigningKey,
    error::start_of,
    key::{KeyType, NoteKey},
};

/// What checks a witness's cosignatures: its name and public key. Prints as `NAME+HEXID+BASE64` with
/// signature type `0x04`, so that it can't be taken for a log's key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WitnessKey(NoteKey);

impl SigningKey {
    /// What checks the cosignatures that this key makes under a name.
    ///
    /// The signed message doesn't hold the name: "a cosigner operator that operates multiple Ed25519
    /// cosigners MUST use distinct public keys for each".
    #[must_use]
    pub fn witness_key(&self, name: &Origin) -> WitnessKey {
        WitnessKey(NoteKey::new(KeyType::Cosignature, name.clone(), self.public()))
    }

    /// Cosigns the text of a checkpoint under a witness's name, with the time in whole seconds. The
    /// caller has found the checkpoint consistent with every one that it saw before.
    ///
    /// # Errors
    /// [`LedgerError::InvalidField`] for a time before 1970.
    pub fn cosign(
        &self,
        text: &str,
        name: &Origin,
        time: DateTime<Utc>,
    ) -> Result<NoteSignature, LedgerError> {
        let seconds = u64::try_from(time.timestamp()).map_err(|_| LedgerError::InvalidField {
            field: "time",
            value: start_of(&time.to_string()),
        })?;
        // struct { u64 timestamp; opaque ed25519_signature[64]; } timestamped_signature
        let mut signature = seconds.to_be_bytes().to_vec();
        signature.extend(self.sign(message(seconds, text).as_bytes()));
        Ok(NoteSignature { name: name.clone(), id: self.witness_key(name).id(), signature })
    }
}

impl WitnessKey {
    /// The witness's name.
    #[must_use]
    pub fn name(&self) -> &Origin {
        &self.0.name
    }

    /// The key's id on signature lines.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.0.id
    }

    /// When this witness cosigned the note: the latest time, where it did so more than once. Lines of
    /// other keys are ignored.
    ///
    /// # Errors
    /// [`LedgerError::NotCosigned`] without a line of this key; [`LedgerError::WrongSignature`] where any
    /// line of this key is wrong, even beside a right one.
    pub fn cosigned(&self, note: &Note) -> Result<DateTime<Utc>, LedgerError> {
        let mut latest = None;
        for line in note.signatures() {
            if line.name != *self.name() || line.id != self.id() {
                continue;
            }
            let time = self
                .time_of(note.text(), &line.signature)
                .ok_or_else(|| LedgerError::WrongSignature { name: self.name().to_string() })?;
            latest = latest.max(Some(time));
        }
        latest.ok_or_else(|| LedgerError::NotCosigned {
            name: self.name().to_string(),
            id: self.id(),
        })
    }

    /// The time of a right cosignature over the text.
    fn time_of(&self, text: &str, signature: &[u8]) -> Option<DateTime<Utc>> {
        let (seconds, signature) = signature.split_first_chunk::<8>()?;
        let seconds = u64::from_be_bytes(*seconds);
        // "It MUST NOT exceed 2^63 - 1."
        let time = DateTime::from_timestamp(i64::try_from(seconds).ok()?, 0)?;
        self.0.verifies(message(seconds, text).as_bytes(), signature).then_some(time)
    }
}

/// The cosignatures of these witnesses on a note, each with its time: of those who gave one. A quorum is
/// the caller's to count.
///
/// # Errors
/// [`LedgerError::WrongSignature`] where one of them is wrong.
pub fn cosignatures<'w>(
    note: &Note,
    witnesses: &'w [WitnessKey],
) -> Result<Vec<(&'w WitnessKey, DateTime<Utc>)>, LedgerError> {
    let mut found = Vec::new();
    for witness in witnesses {
        match witness.cosigned(note) {
            Ok(time) => found.push((witness, time)),
            Err(LedgerError::NotCosigned { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

/// "Two newline terminated lines (one header line and one timestamp line) followed by the whole note
/// body of the cosigned checkpoint."
fn message(seconds: u64, text: &str) -> String {
    format!("cosignature/v1\ntime {seconds}\n{text}")
}

impl fmt::Display for WitnessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for WitnessKey {
    type Err = LedgerError;

    fn from_str(text: &str) -> Result<Self, LedgerError> {
        NoteKey::parse(KeyType::Cosignature, text)
            .map(Self)
            .ok_or_else(|| LedgerError::InvalidWitnessKey { text: start_of(text) })
    }
}

impl serde::Serialize for WitnessKey {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Checkpoint, VerifierKey, leaf_hash};
    use keyward_core::SecretKey;

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_seed(&SecretKey::new([seed; 32]))
    }

    fn origin(text: &str) -> Origin {
        text.parse().unwrap()
    }

    fn time(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    fn note() -> Note {
        let checkpoint =
            Checkpoint { origin: origin("example.com/log"), size: 7, root: leaf_hash(b"root") };
        Note::parse(&checkpoint.sign(&key(1))).unwrap()
    }

    /// The message that the specification shows.
    #[test]
    fn the_signed_message_is_the_specification_s() {
        let text =
            "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
        assert_eq!(
            message(1_679_315_147, text),
            format!("cosignature/v1\ntime 1679315147\n{text}")
        );
    }

    #[test]
    fn cosignatures_verify_and_others_do_not() {
        let witness = key(2).witness_key(&origin("example.com/w"));
        let mut note = note();
        assert!(matches!(witness.cosigned(&note), Err(LedgerError::NotCosigned { .. })));
        for seconds in [1_795_515_781, 1_795_515_780] {
            let line = key(2).cosign(note.text(), witness.name(), time(seconds)).unwrap();
            assert_eq!(line.signature.len(), 72);
            assert_eq!(line.to_string().parse(), Ok(line.clone()));
            note.add(line).unwrap();
        }
        let note = Note::parse(&note.to_string()).unwrap();
        assert_eq!(witness.cosigned(&note), Ok(time(1_795_515_781)));
        let listed = [key(3).witness_key(witness.name()), witness.clone()];
        let found = cosignatures(&note, &listed).unwrap();
        assert_eq!(found, [(&witness, time(1_795_515_781))]);
        // The log's own signature is still there, and the witness's key is no log's.
        assert!(note.verify(&key(1).verifier(&origin("example.com/log"))).is_ok());
        assert!(note.verify(&key(2).verifier(&origin("example.com/w"))).is_err());
        for other in
            [key(3).witness_key(witness.name()), key(2).witness_key(&origin("example.com/x"))]
        {
            assert!(matches!(other.cosigned(&note), Err(LedgerError::NotCosigned { .. })));
        }
    }

    #[test]
    fn no_byte_of_a_cosignature_may_change() {
        let witness = key(2).witness_key(&origin("example.com/w"));
        let good = key(2).cosign(note().text(), witness.name(), time(1_795_515_781)).unwrap();
        for at in 0..good.signature.len() {
            let mut line = good.clone();
            line.signature[at] ^= 1;
            let mut note = note();
            note.add(line).unwrap();
            assert!(matches!(witness.cosigned(&note), Err(LedgerError::WrongSignature { .. })));
            assert!(cosignatures(&note, std::slice::from_ref(&witness)).is_err());
        }
        assert!(key(2).cosign("text\n", witness.name(), time(-1)).is_err());
    }

    #[test]
    fn a_witness_s_key_is_no_log_s_key() {
        let text = key(2).witness_key(&origin("example.com/w")).to_string();
        assert_eq!(text.parse::<WitnessKey>().unwrap().to_string(), text);
        assert!(text.split('+').nth(2).unwrap().starts_with('B'));
        assert!(text.parse::<VerifierKey>().is_err());
        let log = key(2).verifier(&origin("example.com/w")).to_string();
        assert!(matches!(log.parse::<WitnessKey>(), Err(LedgerError::InvalidWitnessKey { .. })));
        assert!(format!("{text}x").parse::<WitnessKey>().is_err());
    }
}
