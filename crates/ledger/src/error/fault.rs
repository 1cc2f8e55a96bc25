//! What exactly is wrong with a text or a proof, as one line each.

use crate::canonical::MAX_DEPTH;

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

/// What is wrong with an entry bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BundleFault {
    /// The bytes end inside an entry or its length.
    #[error("it ends inside a record")]
    Ends,
    /// More entries than a tile has hashes.
    #[error("it holds more than 256 records")]
    TooMany,
}

/// What is wrong with a text that should be a proof file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofFileFault {
    /// Longer than any proof of a record.
    #[error("it is longer than any proof")]
    TooLong,
    /// The first line is another one.
    #[error("its first line is not `c2sp.org/tlog-proof@v1`")]
    Header,
    /// The extra data isn't base64.
    #[error("its extra data is malformed")]
    Extra,
    /// No index, or one that isn't a decimal number in shortest form.
    #[error("its index line is missing or malformed")]
    Index,
    /// A hash line that isn't one, or too many.
    #[error("a line of its path is malformed")]
    Path,
    /// No empty line before the checkpoint.
    #[error("it has no checkpoint after an empty line")]
    NoCheckpoint,
}

/// What is wrong with a text that should be a request to a witness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestFault {
    /// Longer than any request.
    #[error("it is longer than any request")]
    TooLong,
    /// The first line isn't `old` and a size.
    #[error("its first line is not `old` and a size")]
    Old,
    /// A hash line that isn't one, or too many.
    #[error("a line of its proof is malformed")]
    Path,
    /// No empty line before the checkpoint.
    #[error("it has no checkpoint after an empty line")]
    NoCheckpoint,
}
