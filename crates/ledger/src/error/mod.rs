//! How the ledger fails: one enum, with what to do next in each message.

mod fault;

use keyward_core::Code;

use crate::{Hash, canonical::MAX_DEPTH, record::MAX_RECORD_LENGTH, tile::TileId};

pub use fault::{BundleFault, CanonicalFault, NoteFault, ProofFault, ProofFileFault, RequestFault};

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
    /// A text is no witness's key.
    #[error(
        "`{text}` is not the verifier key of a witness (Ed25519 cosignature/v1); it looks like `example.com/witness+1a2b3c4d+BAbC...`"
    )]
    InvalidWitnessKey {
        /// The start of the text.
        text: String,
    },
    /// A text is no path of a tile or entry bundle.
    #[error(
        "`{text}` is not the path of a tile; it looks like `tile/0/x001/067` or `tile/entries/273.p/112`"
    )]
    InvalidTilePath {
        /// The start of the text.
        text: String,
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
    /// A checkpoint isn't cosigned by a witness that should have.
    #[error(
        "the checkpoint is not cosigned by the witness `{name}` with key id `{id:08x}`; ask that witness, or take the checkpoint from where its cosignature is"
    )]
    NotCosigned {
        /// The witness's name.
        name: String,
        /// The id of its key.
        id: u32,
    },
    /// A witness is shown fewer records than before.
    #[error(
        "the checkpoint covers {offered} records, and {seen} were seen before: it is an old one, or the log was rolled back; bring the newest checkpoint, and if there is none, keep both as evidence"
    )]
    RolledBack {
        /// The size of the checkpoint that was seen.
        seen: u64,
        /// The size of the one that was shown.
        offered: u64,
    },
    /// Two checkpoints over as many records have other roots.
    #[error(
        "two checkpoints over {size} records have different roots: there are two logs under one name; keep both checkpoints as evidence and trust neither"
    )]
    Forked {
        /// The size of both.
        size: u64,
    },
    /// A checkpoint isn't shown to continue the one that was seen before.
    #[error(
        "the checkpoint over {offered} records is not shown to continue the one over {seen}: {fault}; fetch the proof again, and if it stays so, keep both checkpoints as evidence"
    )]
    NotContinued {
        /// The size of the checkpoint that was seen.
        seen: u64,
        /// The size of the one that was shown.
        offered: u64,
        /// Why the proof doesn't hold.
        fault: ProofFault,
    },
    /// A text is no proof file.
    #[error("not a proof file (C2SP tlog-proof): {0}; ask for the proof again")]
    InvalidProofFile(ProofFileFault),
    /// A text is no request to a witness.
    #[error(
        "not a witness's request (C2SP tlog-witness): {0}; ask for the consistency proof again"
    )]
    InvalidWitnessRequest(RequestFault),
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
    /// A record comes without a hash beside it.
    #[error(
        "record {seq} has no hash in `{tile}`: the tile was cut, or the record added behind keyward's back; keep this log as evidence and restore one that verifies"
    )]
    HashMissing {
        /// The record.
        seq: u64,
        /// The tile that should have its hash.
        tile: TileId,
    },
    /// A tile is missing.
    #[error("the tile `{tile}` is missing; restore it, or a log that verifies")]
    TileMissing {
        /// Which.
        tile: TileId,
    },
    /// A tile has too few or too many bytes.
    #[error(
        "the tile `{tile}` has {length} bytes where {expected} hashes of {} bytes belong: it was cut or altered; keep this log as evidence and restore one that verifies",
        Hash::LENGTH
    )]
    TileLength {
        /// Which.
        tile: TileId,
        /// How many hashes it should have, at least.
        expected: usize,
        /// How many bytes it has.
        length: usize,
    },
    /// A tile isn't what the level below gives.
    #[error(
        "the tile `{tile}` does not have the hash over records {first} to {last} that the level below gives: the tile was altered, or a record there was rewritten with its hash; keep this log as evidence and restore one that verifies", last = end.saturating_sub(1)
    )]
    TileDiffers {
        /// Which.
        tile: TileId,
        /// The first record below the hash that differs.
        first: u64,
        /// The one after the last record below it.
        end: u64,
    },
    /// An entry bundle isn't one.
    #[error(
        "the entry bundle {bundle} (records from {}) is malformed: {fault}; fetch it again, and if it stays so, keep it as evidence", bundle.saturating_mul(256)
    )]
    InvalidBundle {
        /// Its index.
        bundle: u64,
        /// What is wrong.
        fault: BundleFault,
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
            | Self::InvalidWitnessKey { .. }
            | Self::InvalidTilePath { .. }
            | Self::NoSuchProof { .. } => Code::InvalidInput,
            Self::InvalidFrontier { .. }
            | Self::InvalidNote(_)
            | Self::NotSigned { .. }
            | Self::WrongSignature { .. }
            | Self::OtherOrigin { .. }
            | Self::NotCosigned { .. }
            | Self::RolledBack { .. }
            | Self::Forked { .. }
            | Self::NotContinued { .. }
            | Self::InvalidProofFile(_)
            | Self::InvalidWitnessRequest(_)
            | Self::ProofRejected(_)
            | Self::Missing { .. }
            | Self::OutOfOrder { .. }
            | Self::Altered { .. }
            | Self::LeafHashDiffers { .. }
            | Self::HashMissing { .. }
            | Self::TileMissing { .. }
            | Self::TileLength { .. }
            | Self::TileDiffers { .. }
            | Self::InvalidBundle { .. }
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
            | Self::HashMissing { seq, .. }
            | Self::TileDiffers { first: seq, .. }
            | Self::Moved { seq, .. }
            | Self::TailCut { size: seq, .. }
            | Self::Unsigned { signed: seq, .. }
            | Self::RootDiffers { first: seq, .. } => Some(seq),
            Self::TileMissing { tile } | Self::TileLength { tile, .. } => {
                Some(tile.records(0).start)
            }
            Self::InvalidBundle { bundle, .. } => {
                Some(TileId { level: 0, index: bundle }.records(0).start)
            }
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
