//! How the ledger fails: one enum, with what to do next in each message.

use keyward_core::Code;

use crate::{canonical::MAX_DEPTH, record::MAX_RECORD_LENGTH};

/// Why a record, proof, checkpoint or log is refused.
///
/// The first group is about input (code `invalid-input`): what we were asked to write, or a text that
/// doesn't parse. The second is about a log that doesn't verify (code `log-not-verified`).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// A value can't be written canonically: a number that isn't an integer.
    #[error(
        "`{path}` is a number with a fraction or an exponent; write it as text or as an integer"
    )]
    Float {
        /// Where in the value: `details.rate`.
        path: String,
    },
    /// A value can't be written canonically: an integer that a double can't hold (RFC 8785, 3.2.2.3).
    #[error("`{path}` is the integer `{value}`, beyond ±(2^53 - 1); write it as text")]
    IntegerRange {
        /// Where in the value.
        path: String,
        /// The integer.
        value: String,
    },
    /// A value is nested too deeply to be written.
    #[error("the value is nested deeper than {MAX_DEPTH} levels; flatten it")]
    TooDeep,
    /// A text isn't canonical JSON.
    #[error("not canonical JSON (RFC 8785) at byte {at}: {fault}")]
    NotCanonical {
        /// The byte's offset.
        at: usize,
        /// What is wrong there.
        fault: CanonicalFault,
    },
    /// A record isn't UTF-8.
    #[error("the record is not UTF-8 at byte {at}")]
    NotUtf8 {
        /// The first wrong byte's offset.
        at: usize,
    },
    /// A record is too long.
    #[error("the record has {length} bytes; {MAX_RECORD_LENGTH} is the limit: shorten its details")]
    RecordTooLarge {
        /// Its length in bytes.
        length: usize,
    },
    /// A record lacks a field that every record has.
    #[error("the record lacks the field `{field}`")]
    MissingField {
        /// The field's name.
        field: &'static str,
    },
    /// A record has a field that the format doesn't have.
    #[error("the record has the unknown field `{field}`; a newer keyward may know it")]
    UnknownField {
        /// The start of the field's name, as written.
        field: String,
    },
    /// A record's field has a value that the format doesn't allow.
    #[error("the record's `{field}` can't be `{value}`; a newer keyward may know it")]
    InvalidField {
        /// The field's name.
        field: &'static str,
        /// The start of the value, as JSON.
        value: String,
    },
    /// A text is no origin line or key name.
    #[error(
        "`{text}` is not 1 to 255 bytes without spaces, control characters and `+`; write it like `example.com/log`"
    )]
    InvalidOrigin {
        /// The start of the text.
        text: String,
    },
    /// A text is no verifier key.
    #[error(
        "`{text}` is not an Ed25519 verifier key; it looks like `example.com/log+1a2b3c4d+AbCd...`"
    )]
    InvalidVerifierKey {
        /// The start of the text.
        text: String,
    },
    /// Bytes are no hash.
    #[error("`{text}` is not the base64 of a SHA-256 hash")]
    InvalidHash {
        /// The start of the text.
        text: String,
    },
    /// Bytes are no stored frontier.
    #[error("the tree's stored frontier is not one: {length} bytes; rebuild it from the records")]
    InvalidFrontier {
        /// How many bytes there are.
        length: usize,
    },
    /// A proof was asked for that no tree has.
    #[error("a tree of {size} records has no proof for {index}; ask for less than its size")]
    NoSuchProof {
        /// The record's sequence, or the smaller size.
        index: u64,
        /// The tree's size.
        size: u64,
    },

    /// A text is no signed note, or no checkpoint.
    #[error("not a signed checkpoint: {0}")]
    InvalidNote(NoteFault),
    /// A checkpoint isn't signed by the expected key.
    #[error(
        "the checkpoint is not signed by `{name}` with key id `{id:08x}`; check whose verifier key you hold, and if it is right, trust neither checkpoint nor log"
    )]
    NotSigned {
        /// The expected key's name.
        name: String,
        /// The expected key's id.
        id: u32,
    },
    /// A checkpoint carries the expected key's name and id, and its signature is wrong.
    #[error(
        "the signature of `{name}` on the checkpoint is wrong: it was altered or forged; take the checkpoint from another copy"
    )]
    WrongSignature {
        /// The key's name.
        name: String,
    },
    /// A checkpoint is of another log.
    #[error(
        "the checkpoint is of the log `{found}`, not of `{expected}`; bring the checkpoint of this log"
    )]
    OtherOrigin {
        /// The origin that the verifier key names.
        expected: String,
        /// The origin on the checkpoint.
        found: String,
    },
    /// A proof doesn't prove what it should.
    #[error("the proof does not hold: {0}; fetch it again, and if it stays so, trust neither")]
    ProofRejected(ProofFault),

    /// Records are missing from the middle.
    #[error(
        "record {expected} is missing: record {found} comes in its place; keep this log as evidence and restore one that verifies"
    )]
    Missing {
        /// The sequence that should have come.
        expected: u64,
        /// The one that came.
        found: u64,
    },
    /// A record comes twice or late.
    #[error(
        "record {found} comes again or out of order, where record {expected} should be; keep this log as evidence and restore one that verifies"
    )]
    OutOfOrder {
        /// The sequence that should have come.
        expected: u64,
        /// The one that came.
        found: u64,
    },
    /// A record's body isn't one that Keyward writes.
    #[error(
        "record {seq} was altered: {cause}; keep this log as evidence and restore one that verifies"
    )]
    Altered {
        /// The record.
        seq: u64,
        /// What is wrong with its body.
        cause: Box<LedgerError>,
    },
    /// A record's stored hash isn't the hash of its body.
    #[error(
        "record {seq} was altered: its bytes do not have its hash; keep this log as evidence and restore one that verifies"
    )]
    LeafHashDiffers {
        /// The record.
        seq: u64,
    },
    /// A record stands in another's place.
    #[error(
        "the record stored as {seq} says that it is record {own}: it was moved or inserted; keep this log as evidence and restore one that verifies"
    )]
    Moved {
        /// Where it is stored.
        seq: u64,
        /// The sequence in its body.
        own: u64,
    },
    /// The log is shorter than its checkpoint says.
    #[error(
        "records {size} to {last} are cut off: the checkpoint was signed over {signed} records; restore the log that has them", last = signed.saturating_sub(1)
    )]
    TailCut {
        /// How many records there are.
        size: u64,
        /// How many were signed.
        signed: u64,
    },
    /// The log is longer than its checkpoint says.
    #[error(
        "records {signed} to {last} are signed by no checkpoint: they were added behind keyward's back, or a newer checkpoint was removed; bring the newest checkpoint", last = size.saturating_sub(1)
    )]
    Unsigned {
        /// How many records there are.
        size: u64,
        /// How many were signed.
        signed: u64,
    },
    /// Records and their stored hashes were rewritten: the tree has another root than was signed.
    #[error(
        "a record from {first} to {last} was rewritten with its hash: the tree's root is not the one that was signed over {size} records; keep this log as evidence and restore one that verifies", last = size.saturating_sub(1)
    )]
    RootDiffers {
        /// The first record since the last checkpoint that agreed.
        first: u64,
        /// The size that the checkpoint was signed over.
        size: u64,
    },
}

/// What is wrong with a text that should be canonical JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CanonicalFault {
    /// The text ends inside a value.
    #[error("the text ends too early")]
    Ends,
    /// There is more after the value.
    #[error("something follows the value")]
    Trailing,
    /// A byte that can't stand here: white space too, which canonical JSON hasn't.
    #[error("this byte can't stand here")]
    Unexpected,
    /// An escape that canonical JSON writes otherwise, or that isn't one.
    #[error("this is not the canonical escape")]
    Escape,
    /// A control character in a string that isn't escaped.
    #[error("a control character must be escaped")]
    Control,
    /// An object's name doesn't follow the one before it in UTF-16 order, or repeats it.
    #[error("the names of an object must rise in UTF-16 order, each once")]
    Order,
    /// A number with a fraction or exponent, a leading zero, or a negative zero.
    #[error("numbers are integers in their shortest form")]
    Number,
    /// An integer beyond ±(2^53 - 1).
    #[error("the integer is beyond ±(2^53 - 1)")]
    Range,
    /// Nested too deeply.
    #[error("nested deeper than {MAX_DEPTH} levels")]
    Deep,
    /// The value should be an object.
    #[error("a record is an object")]
    NotObject,
}

/// What is wrong with a text that should be a signed note with a checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteFault {
    /// Too long, or too many signatures.
    #[error("it is longer than any checkpoint")]
    TooLong,
    /// A control character other than a newline (signed-note, "Format").
    #[error("it holds a control character")]
    Control,
    /// No blank line, or no signature after it.
    #[error("it has no signature lines after a blank line")]
    NoSignatures,
    /// A signature line that isn't one.
    #[error("a signature line is malformed")]
    SignatureLine,
    /// Fewer than three lines, or an empty line among them (tlog-checkpoint, "Note text").
    #[error("it has not the three lines of origin, size and root")]
    Lines,
    /// The first line is no origin that Keyward takes.
    #[error("its origin line is malformed")]
    Origin,
    /// The second line is no decimal number in shortest form.
    #[error("its size line is malformed")]
    Size,
    /// The third line is no hash.
    #[error("its root line is malformed")]
    Root,
}

/// What is wrong with a proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofFault {
    /// The record's sequence is not below the tree's size.
    #[error("the record lies outside the tree")]
    Outside,
    /// The second tree is smaller than the first.
    #[error("the log shrank")]
    Shrank,
    /// A consistency proof from the empty tree: every log continues it, so there is none.
    #[error("there is no proof from an empty log")]
    Empty,
    /// Too few or too many hashes.
    #[error("it has not as many hashes as the sizes need")]
    Length,
    /// The computed root is not the given one.
    #[error("the root is another one")]
    Root,
    /// The computed smaller root is not the given one.
    #[error("the earlier root is another one: the log's past was rewritten")]
    EarlierRoot,
}

impl LedgerError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::Float { .. }
            | Self::IntegerRange { .. }
            | Self::TooDeep
            | Self::NotCanonical { .. }
            | Self::NotUtf8 { .. }
            | Self::RecordTooLarge { .. }
            | Self::MissingField { .. }
            | Self::UnknownField { .. }
            | Self::InvalidField { .. }
            | Self::InvalidOrigin { .. }
            | Self::InvalidVerifierKey { .. }
            | Self::InvalidHash { .. }
            | Self::NoSuchProof { .. } => Code::InvalidInput,
            Self::InvalidFrontier { .. }
            | Self::InvalidNote(_)
            | Self::NotSigned { .. }
            | Self::WrongSignature { .. }
            | Self::OtherOrigin { .. }
            | Self::ProofRejected(_)
            | Self::Missing { .. }
            | Self::OutOfOrder { .. }
            | Self::Altered { .. }
            | Self::LeafHashDiffers { .. }
            | Self::Moved { .. }
            | Self::TailCut { .. }
            | Self::Unsigned { .. }
            | Self::RootDiffers { .. } => Code::LogNotVerified,
        }
    }

    /// The first record that the failure is about, where it is about one.
    #[must_use]
    pub fn seq(&self) -> Option<u64> {
        match *self {
            Self::Missing { expected: seq, .. }
            | Self::OutOfOrder { found: seq, .. }
            | Self::Altered { seq, .. }
            | Self::LeafHashDiffers { seq }
            | Self::Moved { seq, .. }
            | Self::TailCut { size: seq, .. }
            | Self::Unsigned { signed: seq, .. }
            | Self::RootDiffers { first: seq, .. } => Some(seq),
            _ => None,
        }
    }

    /// Puts the name of an outer member before the path of a value that can't be written.
    pub(crate) fn within(self, name: &str) -> Self {
        let join = |path: String| match path.as_str() {
            "" => name.to_owned(),
            _ if path.starts_with('[') => format!("{name}{path}"),
            _ => format!("{name}.{path}"),
        };
        match self {
            Self::Float { path } => Self::Float { path: join(path) },
            Self::IntegerRange { path, value } => Self::IntegerRange { path: join(path), value },
            other => other,
        }
    }
}

/// The start of a text from outside, short and harmless enough for a message on a terminal.
pub(crate) fn start_of(text: &str) -> String {
    let shown = |character: char| if character.is_control() { '\u{fffd}' } else { character };
    text.chars().take(80).map(shown).collect()
}
