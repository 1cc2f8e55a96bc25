//! Signed notes: a text and the lines of those who signed it (C2SP signed-note).
//!
//! This parses and prints the form and checks one key's signatures; what the text says is
//! [`crate::Checkpoint`]'s. Lines of unknown keys are kept and mean nothing: cosignatures come so.

use std::{fmt, str::FromStr};

use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::{LedgerError, NoteFault, Origin, SigningKey, VerifierKey};

/// A note as it came: nobody's word until [`Note::verify`] has found a key's signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<NoteSignature>,
}

/// One signature line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteSignature {
    /// The key's name.
    pub name: Origin,
    /// The key's id.
    pub id: u32,
    /// The signature, in whatever form the key's type has.
    pub signature: Vec<u8>,
}

/// The start of a signature line: em dash and space.
const SIGNATURE_START: &str = "\u{2014} ";

impl Note {
    /// The longest note, in bytes: as Go's `sumdb/note`. Sixteen post-quantum signatures, which a
    /// verifier must accept, take an eighth of it.
    pub const MAX_LENGTH: usize = 1_000_000;
    /// The most signature lines.
    pub const MAX_SIGNATURES: usize = 100;

    /// A note of this text signed by this key under this name. The text ends in a newline and has no
    /// control characters; [`crate::Checkpoint`] makes such.
    pub(crate) fn sign(text: String, name: &Origin, key: &SigningKey) -> Self {
        let signature = NoteSignature {
            name: name.clone(),
            id: key.verifier(name).id(),
            signature: key.sign(text.as_bytes()).to_vec(),
        };
        Self { text, signatures: vec![signature] }
    }

    /// Parses a note. Strict: what this takes prints back byte for byte.
    ///
    /// # Errors
    /// [`LedgerError::InvalidNote`].
    pub fn parse(note: &str) -> Result<Self, LedgerError> {
        parse(note).map_err(LedgerError::InvalidNote)
    }

    /// The signed text, its last newline included.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signature lines, of known and unknown keys.
    #[must_use]
    pub fn signatures(&self) -> &[NoteSignature] {
        &self.signatures
    }

    /// Adds a signature line, such as a cosignature, unless the note has it already.
    ///
    /// # Errors
    /// [`LedgerError::InvalidNote`] where it has as many as a note can have.
    pub fn add(&mut self, signature: NoteSignature) -> Result<(), LedgerError> {
        if self.signatures.contains(&signature) {
            return Ok(());
        }
        if self.signatures.len() >= Self::MAX_SIGNATURES {
            return Err(LedgerError::InvalidNote(NoteFault::TooLong));
        }
        self.signatures.push(signature);
        Ok(())
    }

    /// Checks that this key signed the text. Lines of other keys are ignored, those that share only the
    /// name or only the id too ("Verifiers MUST ignore signatures from unknown keys").
    ///
    /// # Errors
    /// [`LedgerError::NotSigned`] without a line of this key; [`LedgerError::WrongSignature`] where any
    /// line of this key is wrong, even beside a right one.
    pub fn verify(&self, key: &VerifierKey) -> Result<(), LedgerError> {
        let mut signed = false;
        for line in &self.signatures {
            if line.name != *key.name() || line.id != key.id() {
                continue;
            }
            if !key.verifies(self.text.as_bytes(), &line.signature) {
                return Err(LedgerError::WrongSignature { name: key.name().to_string() });
            }
            signed = true;
        }
        if signed {
            Ok(())
        } else {
            Err(LedgerError::NotSigned { name: key.name().to_string(), id: key.id() })
        }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures.iter().try_for_each(|line| line.fmt(f))
    }
}

impl fmt::Display for NoteSignature {
    /// The whole line, its newline included.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = self.id.to_be_bytes().to_vec();
        bytes.extend(&self.signature);
        writeln!(f, "{SIGNATURE_START}{} {}", self.name, STANDARD.encode(bytes))
    }
}

impl FromStr for NoteSignature {
    type Err = LedgerError;

    /// Takes one whole line with its newline, as it prints and as witnesses answer.
    fn from_str(line: &str) -> Result<Self, LedgerError> {
        line.strip_suffix('\n')
            .and_then(signature_line)
            .ok_or(LedgerError::InvalidNote(NoteFault::SignatureLine))
    }
}

fn parse(note: &str) -> Result<Note, NoteFault> {
    if note.len() > Note::MAX_LENGTH {
        return Err(NoteFault::TooLong);
    }
    if note.bytes().any(|byte| byte < 0x20 && byte != b'\n') {
        return Err(NoteFault::Control);
    }
    // "The text is separated from the signatures by the last empty line in the note."
    let blank = note.rfind("\n\n").ok_or(NoteFault::NoSignatures)?;
    let (text, lines) = note.split_at(blank + 1);
    let lines = lines.strip_prefix('\n').ok_or(NoteFault::NoSignatures)?;
    if lines.is_empty() {
        return Err(NoteFault::NoSignatures);
    }
    let lines = lines.strip_suffix('\n').ok_or(NoteFault::SignatureLine)?;
    let mut signatures = Vec::new();
    for line in lines.split('\n') {
        if signatures.len() == Note::MAX_SIGNATURES {
            return Err(NoteFault::TooLong);
        }
        signatures.push(signature_line(line).ok_or(NoteFault::SignatureLine)?);
    }
    Ok(Note { text: text.into(), signatures })
}

fn signature_line(line: &str) -> Option<NoteSignature> {
    let (name, signature) = line.strip_prefix(SIGNATURE_START)?.split_once(' ')?;
    let bytes = STANDARD.decode(signature).ok()?;
    let (id, signature) = bytes.split_first_chunk::<4>()?;
    if signature.is_empty() {
        return None;
    }
    Some(NoteSignature {
        name: name.parse().ok()?,
        id: u32::from_be_bytes(*id),
        signature: signature.to_vec(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use keyward_core::SecretKey;

    /// The example of C2SP signed-note, word for word, with a text of several paragraphs.
    const EXAMPLE: &str = "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned è subito sera.\n\n\u{2014} quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n";

    fn name(text: &str) -> Origin {
        text.parse().unwrap()
    }

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_seed(&SecretKey::new([seed; 32]))
    }

    #[test]
    fn reads_the_specification_s_example() {
        let note = Note::parse(EXAMPLE).unwrap();
        assert!(note.text().ends_with("ed è subito sera.\n"));
        assert_eq!(note.signatures().len(), 1);
        assert_eq!(note.signatures()[0].id, 0x367b_a04b);
        assert_eq!(note.to_string(), EXAMPLE);
    }

    #[test]
    fn unknown_signatures_are_ignored_and_wrong_ones_not() {
        let log = name("example.com/log");
        let ours = key(1);
        let mut note = Note::sign("text\n".into(), &log, &ours);
        // A key of the same name, and a line with the same id under another name.
        note.signatures.insert(0, Note::sign("text\n".into(), &log, &key(2)).signatures[0].clone());
        let mut namesake = note.signatures[1].clone();
        namesake.name = name("example.com/other");
        namesake.signature = vec![9; 12];
        note.signatures.push(namesake);
        assert_eq!(Note::parse(&note.to_string()).unwrap().verify(&ours.verifier(&log)), Ok(()));

        assert!(matches!(note.verify(&key(3).verifier(&log)), Err(LedgerError::NotSigned { .. })));
        let mut wrong = note.signatures[1].clone();
        wrong.signature[0] ^= 1;
        note.signatures.push(wrong);
        assert!(matches!(
            note.verify(&ours.verifier(&log)),
            Err(LedgerError::WrongSignature { .. })
        ));
    }

    #[test]
    fn refuses_what_is_no_note() {
        use NoteFault::{Control, NoSignatures, SignatureLine, TooLong};
        let good = Note::sign("text\n".into(), &name("a"), &key(1)).to_string();
        let line = good.split("\n\n").nth(1).unwrap().to_owned();
        for (bad, expected) in [
            (String::new(), NoSignatures),
            ("text\n".into(), NoSignatures),
            ("text\n\n".into(), NoSignatures),
            (good.trim_end().into(), SignatureLine),
            (format!("{good}\n"), NoSignatures),
            (good.replace('\u{2014}', "-"), SignatureLine),
            (good.replace("\u{2014} a ", "\u{2014} a  "), SignatureLine),
            (good.replace("\u{2014} a ", "\u{2014} "), SignatureLine),
            (good.replace("\u{2014} a ", "\u{2014} a+b "), SignatureLine),
            (good.replace("=\n", "\n"), SignatureLine),
            ("text\n\n\u{2014} a AAAAAA==\n".into(), SignatureLine),
            (good.replace("text", "te\rxt"), Control),
            (good.replace("text", "te\0xt"), Control),
            (format!("text\n\n{}", line.repeat(Note::MAX_SIGNATURES + 1)), TooLong),
            ("x".repeat(Note::MAX_LENGTH + 1), TooLong),
        ] {
            assert_eq!(Note::parse(&bad), Err(LedgerError::InvalidNote(expected)), "{bad:.80?}");
        }
        assert!(Note::parse(&format!("text\n\n{}", line.repeat(Note::MAX_SIGNATURES))).is_ok());
    }
}
