//! Inclusion and consistency proofs (RFC 6962), most of them wrong on purpose: `merkle/proofs.jsonl`.

use std::{io, path::Path};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use keyward_ledger::{
    Hash,
    proof::{verify_consistency, verify_inclusion},
};
use serde::{Deserialize, Deserializer};

use super::{Row, json_lines};

pub(super) fn run(folder: &Path) -> io::Result<Vec<Row>> {
    let lines: Vec<Line> = json_lines(&folder.join("merkle/proofs.jsonl"))?;
    Ok(lines.into_iter().map(|line| (line.id, line.case.run())).collect())
}

#[derive(Deserialize)]
struct Line {
    id: String,
    #[serde(flatten)]
    case: Case,
}

#[derive(Deserialize)]
#[serde(tag = "kind", content = "case", rename_all = "kebab-case")]
enum Case {
    Inclusion(Inclusion),
    Consistency(Consistency),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Inclusion {
    #[serde(deserialize_with = "saturated")]
    leaf_idx: u64,
    tree_size: u64,
    root: String,
    leaf_hash: String,
    proof: Option<Vec<String>>,
    want_err: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Consistency {
    size1: u64,
    size2: u64,
    root1: String,
    root2: String,
    proof: Option<Vec<String>>,
    want_err: bool,
}

impl Case {
    fn run(self) -> Result<(), String> {
        let (verdict, want_err) = match self {
            Self::Inclusion(case) => (case.verify()?, case.want_err),
            Self::Consistency(case) => (case.verify()?, case.want_err),
        };
        match (verdict, want_err) {
            (Ok(()), true) => Err("a wrong proof was accepted".into()),
            (Err(reason), false) => Err(format!("a right proof was refused: {reason}")),
            _ => Ok(()),
        }
    }
}

/// One case's index is `u64::MAX`, rounded up to a multiple of 2,000 by a tool that holds numbers as
/// doubles.
fn saturated<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let number = serde_json::Number::deserialize(deserializer)?;
    let rounded = number.as_f64().unwrap_or_default();
    Ok(number.as_u64().unwrap_or(rounded as u64))
}

/// Whether the proof holds, and if not, why. The outer error says that the case isn't one.
type Verdict = Result<Result<(), String>, String>;

impl Inclusion {
    fn verify(&self) -> Verdict {
        let (root, leaf) = (bytes(&self.root)?, bytes(&self.leaf_hash)?);
        // What hasn't a hash's length is refused by the type, before anything is computed.
        let (Some(leaf), Some(path)) = (Hash::from_slice(&leaf), path(&self.proof)?) else {
            return Ok(Err("not a hash".into()));
        };
        Ok(verify_inclusion(self.leaf_idx, self.tree_size, &leaf, &path, root)
            .map_err(|error| error.to_string()))
    }
}

impl Consistency {
    fn verify(&self) -> Verdict {
        let (root1, root2) = (bytes(&self.root1)?, bytes(&self.root2)?);
        let Some(path) = path(&self.proof)? else { return Ok(Err("not a hash".into())) };
        Ok(verify_consistency(self.size1, self.size2, root1, root2, &path)
            .map_err(|error| error.to_string()))
    }
}

fn bytes(text: &str) -> Result<Vec<u8>, String> {
    BASE64_STANDARD.decode(text).map_err(|error| format!("`{text}` is no base64: {error}"))
}

/// The proof's hashes, or `None` where one hasn't a hash's length.
fn path(proof: &Option<Vec<String>>) -> Result<Option<Vec<Hash>>, String> {
    let hashes = proof.iter().flatten().map(|text| bytes(text)).collect::<Result<Vec<_>, _>>()?;
    Ok(hashes.iter().map(|hash| Hash::from_slice(hash)).collect())
}
