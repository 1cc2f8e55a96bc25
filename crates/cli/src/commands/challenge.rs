//! `keyward challenge`: proving that a tenant owns its root key.

use std::{
    io::{self, Read},
    path::{Path, PathBuf},
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use clap::{ArgGroup, Subcommand, ValueEnum};
use keyward_core::{ChallengeId, RootKeyId, RootKeyReference};
use keyward_engine::{Answer, ChallengeKind, ChallengeView};
use keyward_kms::SignatureAlgorithm;
use zeroize::Zeroizing;

use crate::{
    failure::Failure,
    render::{table::pairs, time},
    session::Session,
};

/// Prove that a tenant owns its root key
#[derive(Debug, Subcommand)]
pub enum Challenge {
    /// Start a challenge, and print what the tenant has to run
    Start {
        /// The root key: `rk:TENANT/NUMBER`
        root_key: RootKeyId,
        /// decrypt (the key decrypts our nonce), tag (the key carries our token) or attest (the tenant
        /// signs our statement)
        #[arg(long, default_value = "decrypt")]
        kind: ChallengeKind,
        /// Write the statement of an attestation into this file
        #[arg(long, value_name = "FILE")]
        statement: Option<PathBuf>,
    },
    /// Answer a challenge; a wrong answer spends it
    #[command(group(ArgGroup::new("answer").required(true)
        .args(["nonce", "tagged", "ssh_signature", "kms_signature"])))]
    Answer {
        /// The challenge's id
        challenge: ChallengeId,
        /// The decrypted nonce in base64; `-` reads it from standard input
        #[arg(long, value_name = "BASE64|-")]
        nonce: Option<String>,
        /// The key carries the tag
        #[arg(long)]
        tagged: bool,
        /// The SSH signature over the statement
        #[arg(long, value_name = "FILE")]
        ssh_signature: Option<PathBuf>,
        /// The KMS key's signature over the statement, raw or in base64
        #[arg(long, value_name = "FILE", requires = "signing_key", requires = "algorithm")]
        kms_signature: Option<PathBuf>,
        /// The KMS key that signed
        #[arg(long, value_name = "REFERENCE", requires = "kms_signature")]
        signing_key: Option<RootKeyReference>,
        /// How it signed
        #[arg(long, requires = "kms_signature")]
        algorithm: Option<Algorithm>,
    },
}

/// A signature algorithm's word.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Algorithm {
    RsaPssSha256,
    RsaPkcs1Sha256,
    EcdsaP256Sha256,
    EcdsaP384Sha384,
}

#[derive(serde::Serialize)]
struct Started {
    #[serde(flatten)]
    challenge: ChallengeView,
    /// What the tenant runs, for a POSIX shell; nothing where its provider has no such command.
    command: Option<String>,
    /// What it may run instead: an attestation by an asymmetric key in the root key's account.
    alternative: Option<String>,
    /// What answers then.
    answer: String,
}

impl Challenge {
    pub async fn run(self, session: &Session) -> Result<u8, Failure> {
        let engine = &session.workspace.engine;
        let context = session.administrator()?;
        match self {
            Self::Start { root_key, kind, statement } => {
                let challenge = engine.start_challenge(&context, &root_key, kind).await?;
                if let (Some(path), Some(text)) = (&statement, &challenge.statement) {
                    std::fs::write(path, text)
                        .map_err(|error| Failure::io("write", path.display(), &error))?;
                }
                let command = challenge.command(statement.as_deref());
                let alternative = challenge.alternative(statement.as_deref());
                let answer = challenge.answer(statement.as_deref());
                let started = Started { challenge, command, alternative, answer };
                session.output.print(&started, describe)
            }
            Self::Answer {
                challenge,
                nonce,
                tagged: _,
                ssh_signature,
                kms_signature,
                signing_key,
                algorithm,
            } => {
                let answer = match (nonce, ssh_signature, kms_signature, signing_key, algorithm) {
                    (Some(nonce), ..) => Answer::Decrypted(decode(&nonce)?),
                    (_, Some(file), ..) => Answer::SshSignature(text(&file)?),
                    (_, _, Some(file), Some(key), Some(algorithm)) => Answer::KmsSignature {
                        key,
                        algorithm: algorithm.into(),
                        signature: signature(&file)?,
                    },
                    _ => Answer::Tagged,
                };
                let view = engine.answer_challenge(&context, challenge, &answer).await?;
                session
                    .output
                    .print(&view, |view| super::key::keys_table(std::slice::from_ref(view)))
            }
        }
    }
}

impl From<Algorithm> for SignatureAlgorithm {
    fn from(word: Algorithm) -> Self {
        match word {
            Algorithm::RsaPssSha256 => Self::RsaPssSha256,
            Algorithm::RsaPkcs1Sha256 => Self::RsaPkcs1Sha256,
            Algorithm::EcdsaP256Sha256 => Self::EcdsaP256Sha256,
            Algorithm::EcdsaP384Sha384 => Self::EcdsaP384Sha384,
        }
    }
}

fn describe(started: &Started) -> String {
    let view = &started.challenge;
    let table = pairs(&[
        ("challenge", Some(view.id.to_string())),
        ("kind", Some(view.kind.to_string())),
        ("root key", Some(view.root_key.clone())),
        ("reference", Some(view.reference.clone())),
        ("until", Some(time(view.expires_at))),
    ]);
    let mut text = table;
    if let Some(statement) = &view.statement {
        text += &format!("\nThe statement to sign:\n\n{statement}");
    }
    match &started.command {
        Some(command) => text += &format!("\nThe tenant runs:\n\n{command}\n"),
        None => text += "\nThe tenant does this with its provider's own tools.\n",
    }
    text += &format!("\nThen:\n\n{}\n", started.answer);
    if let Some(alternative) = &started.alternative {
        text += &format!("\nOr, with an asymmetric key of the same account:\n\n{alternative}\n");
    }
    text
}

fn decode(given: &str) -> Result<Vec<u8>, Failure> {
    let mut text = Zeroizing::new(given.to_owned());
    if given == "-" {
        text = Zeroizing::new(String::new());
        io::stdin()
            .take(64 * 1024)
            .read_to_string(&mut text)
            .map_err(|error| Failure::io("read", "standard input", &error))?;
    }
    BASE64_STANDARD
        .decode(text.trim())
        .map_err(|_| Failure::usage("the nonce is not base64; give it as the provider printed it"))
}

fn text(file: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(file).map_err(|error| Failure::io("read", file.display(), &error))
}

/// A signature as its tool wrote it: the AWS command prints base64, others write the bytes.
fn signature(file: &Path) -> Result<Vec<u8>, Failure> {
    let bytes = std::fs::read(file).map_err(|error| Failure::io("read", file.display(), &error))?;
    let text = std::str::from_utf8(&bytes).ok();
    let decoded = text.and_then(|text| BASE64_STANDARD.decode(text.trim()).ok());
    Ok(decoded.unwrap_or(bytes))
}
