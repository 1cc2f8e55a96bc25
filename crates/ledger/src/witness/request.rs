//! What a witness is asked (C2SP tlog-witness, `add-checkpoint`): a checkpoint, and the consistency proof
//! from the one that it saw last. As a file it shows anybody that two checkpoints are of one history.

use std::{fmt, str::FromStr};

use crate::{Hash, LedgerError, Note, RequestFault, checkpoint::decimal};

/// The body of an `add-checkpoint` request: nobody's word until [`crate::Witness::observe`] has judged it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WitnessRequest {
    /// The size of the checkpoint that was seen last; zero where none was.
    pub old: u64,
    /// The consistency proof from there to the checkpoint's size.
    pub path: Vec<Hash>,
    /// The new checkpoint.
    pub checkpoint: Note,
}

impl WitnessRequest {
    /// "The client MUST NOT send more than 63 consistency proof lines."
    pub const MAX_PATH: usize = 63;

    /// The longest request, in bytes.
    pub const MAX_LENGTH: usize = Note::MAX_LENGTH + 64 * 64;
}

impl fmt::Display for WitnessRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "old {}", self.old)?;
        self.path.iter().try_for_each(|hash| writeln!(f, "{hash}"))?;
        write!(f, "\n{}", self.checkpoint)
    }
}

impl FromStr for WitnessRequest {
    type Err = LedgerError;

    /// Strict: what this takes prints back byte for byte.
    fn from_str(text: &str) -> Result<Self, LedgerError> {
        let invalid = LedgerError::InvalidWitnessRequest;
        if text.len() > Self::MAX_LENGTH {
            return Err(invalid(RequestFault::TooLong));
        }
        let (head, note) = text.split_once("\n\n").ok_or(invalid(RequestFault::NoCheckpoint))?;
        let mut lines = head.split('\n');
        let old = lines
            .next()
            .and_then(|line| decimal(line.strip_prefix("old ")?))
            .ok_or(invalid(RequestFault::Old))?;
        let mut path = Vec::new();
        for line in lines {
            if path.len() == Self::MAX_PATH {
                return Err(invalid(RequestFault::Path));
            }
            path.push(line.parse().map_err(|_| invalid(RequestFault::Path))?);
        }
        Ok(Self { old, path, checkpoint: Note::parse(note)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification, without its second signature line.
    const EXAMPLE: &str = "old 20852014\nPlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\njrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=\n5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=\n/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=\n\nexample.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n\u{2014} example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n";

    #[test]
    fn reads_the_specification_s_example() {
        let request: WitnessRequest = EXAMPLE.parse().unwrap();
        assert_eq!((request.old, request.path.len()), (20_852_014, 4));
        assert_eq!(request.to_string(), EXAMPLE);
    }

    #[test]
    fn names_what_is_no_request() {
        use RequestFault::{NoCheckpoint, Old, Path, TooLong};
        let hash = "PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=";
        for (bad, expected) in [
            (String::new(), NoCheckpoint),
            ("x".repeat(WitnessRequest::MAX_LENGTH + 1), TooLong),
            (EXAMPLE.replace("old ", "old"), Old),
            (EXAMPLE.replace("old 2", "old 02"), Old),
            (EXAMPLE.replace(hash, "x"), Path),
            (EXAMPLE.replace(hash, &vec![hash; 61].join("\n")), Path),
        ] {
            assert_eq!(
                bad.parse::<WitnessRequest>(),
                Err(LedgerError::InvalidWitnessRequest(expected)),
                "{bad:.60}"
            );
        }
    }
}
