//! `keyward audit prove`: proofs for somebody who has nothing but the log's key.

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use clap::{ArgGroup, Args};
use serde_json::json;

use super::{out, verify};
use crate::{failure::Failure, session::Session};

/// What to prove.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("what").required(true).args(["seq", "continues"]))]
pub struct Prove {
    /// The record that is in the log: its sequence number
    seq: Option<u64>,
    /// Prove instead that the log continues this older checkpoint
    #[arg(long, value_name = "FILE")]
    continues: Option<PathBuf>,
    /// Against the kept checkpoint over so many records, not the newest
    #[arg(long, value_name = "SIZE", conflicts_with = "continues")]
    at: Option<u64>,
    /// Write the proof to this new file, not to standard output
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Prove {
    pub async fn run(self, session: &Session) -> Result<u8, Failure> {
        let context = session.officer()?;
        let engine = &session.workspace.engine;
        let key = engine.verifier_key().to_string();
        let out = self.out.as_deref();
        match (self.seq, self.continues) {
            (_, Some(old)) => {
                let proved = engine.audit_consistency(&context, &verify::read(&old)?).await?;
                let text = proved.request.to_string();
                let document = json!({
                    "old": proved.old, "new": proved.new, "proof": text, "key": key, "file": out,
                });
                let file = |path: &Path| {
                    format!(
                        "wrote {}: the checkpoint over {} records continues the one over {}\n",
                        path.display(),
                        proved.new.size,
                        proved.old.size,
                    )
                };
                self::print(session, &document, &text, out, file)
            }
            (Some(seq), None) => {
                let proved = engine.audit_prove(&context, seq, self.at).await?;
                let text = proved.file.to_string();
                let document = json!({
                    "seq": seq,
                    "checkpoint": proved.checkpoint,
                    "holds_record": proved.file.extra.is_some(),
                    "proof": text,
                    "key": key,
                    "file": out,
                });
                let file = |path: &Path| {
                    format!(
                        "wrote {}; check it with `keyward-verify proof {} --key '{key}'`\n",
                        path.display(),
                        path.display(),
                    )
                };
                self::print(session, &document, &text, out, file)
            }
            (None, None) => Err(Failure::usage("name a record, or a checkpoint with --continues")),
        }
    }
}

/// The proof to its file or to standard output.
fn print(
    session: &Session,
    document: &serde_json::Value,
    text: &str,
    path: Option<&Path>,
    file: impl Fn(&Path) -> String,
) -> Result<u8, Failure> {
    if let Some(path) = path {
        let mut held = out::hold(path)?;
        held.write_all(text.as_bytes())
            .map_err(|error| Failure::io("write", path.display(), &error))?;
        out::persist(held, path)?;
    }
    session.output.print(document, |_| path.map_or_else(|| text.to_owned(), file))
}
