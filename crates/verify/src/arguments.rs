//! The command line.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Parser, Subcommand};
use keyward_ledger::{VerifierKey, WitnessKey};
use keyward_verify::Keys;

/// Verifies what Keyward's audit log hands out: offline, with nothing but files and a key.
#[derive(Debug, Parser)]
#[command(
    name = "keyward-verify",
    version,
    after_help = "\
Exit status: 0 when all of it holds, 1 on any doubt, which is named, 2 when the command line is wrong."
)]
pub struct Arguments {
    /// What to verify.
    #[command(subcommand)]
    pub command: Command,
    /// Print one JSON document instead of text.
    #[arg(long, global = true)]
    pub json: bool,
}

/// What to verify.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// A whole exported log: every record, every tile, and the checkpoint.
    Bundle(Bundle),
    /// One record's proof file (C2SP tlog-proof).
    Proof(Proof),
    /// That two checkpoints are of one history.
    Checkpoints(Checkpoints),
}

/// `bundle`.
#[derive(Debug, Args)]
pub struct Bundle {
    /// The folder that was exported.
    pub folder: PathBuf,
    /// The log's verifier key, from elsewhere than the folder; several where it changed. Without one the
    /// folder's own `keys` are taken, and must be compared.
    #[arg(long, value_name = "VKEY")]
    pub key: Vec<VerifierKey>,
    /// A witness that must have cosigned the checkpoint.
    #[arg(long, value_name = "VKEY")]
    pub witness: Vec<WitnessKey>,
    /// An older checkpoint, which the folder's must continue.
    #[arg(long, value_name = "FILE")]
    pub at: Option<PathBuf>,
    /// Doubt a folder that lacks records, archived ones too, and has only their hashes.
    #[arg(long)]
    pub complete: bool,
}

/// `proof`.
#[derive(Debug, Args)]
pub struct Proof {
    /// The proof file.
    pub file: PathBuf,
    /// The record, where the proof file doesn't hold it or you have your own copy.
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
    #[command(flatten)]
    pub keys: RequiredKeys,
}

/// `checkpoints`.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("link").required(true).args(["proof", "bundle"]))]
pub struct Checkpoints {
    /// The older checkpoint.
    pub old: PathBuf,
    /// The newer checkpoint.
    pub new: PathBuf,
    /// The consistency proof between them (C2SP tlog-witness, `add-checkpoint`).
    #[arg(long, value_name = "FILE")]
    pub proof: Option<PathBuf>,
    /// An exported folder of the log, which has the proof in its tiles.
    #[arg(long, value_name = "FOLDER")]
    pub bundle: Option<PathBuf>,
    #[command(flatten)]
    pub keys: RequiredKeys,
}

/// Keys where one of the log must be given.
#[derive(Debug, Args)]
pub struct RequiredKeys {
    /// The log's verifier key; several where it changed.
    #[arg(long, value_name = "VKEY", required = true)]
    pub key: Vec<VerifierKey>,
    /// A witness that must have cosigned the checkpoint.
    #[arg(long, value_name = "VKEY")]
    pub witness: Vec<WitnessKey>,
}

impl From<RequiredKeys> for Keys {
    fn from(keys: RequiredKeys) -> Self {
        Self { logs: keys.key, witnesses: keys.witness }
    }
}
