//! `keyward audit verify`: all of the log, recomputed.

use std::path::{Path, PathBuf};

use clap::Args;
use keyward_engine::{Verified, VerifyOptions};

use super::anchors::{anchors_table, witnesses_table};
use crate::{
    failure::Failure,
    render::{progress, size, table::pairs, time},
    session::Session,
};

/// How to verify.
#[derive(Debug, Args)]
pub struct Verify {
    /// Look at the search index as well, which takes several times as long
    #[arg(long)]
    search_index: bool,
    /// An older checkpoint that you kept elsewhere, which the log must continue; several if you like
    #[arg(long, value_name = "FILE")]
    checkpoint: Vec<PathBuf>,
    /// Verify only what came after this checkpoint that you kept when you verified the rest
    #[arg(long, value_name = "FILE", conflicts_with = "search_index")]
    since: Option<PathBuf>,
}

impl Verify {
    pub async fn run(self, session: &Session) -> Result<u8, Failure> {
        let context = session.officer()?;
        let options = VerifyOptions {
            search_index: self.search_index,
            continues: self.checkpoint.iter().map(|path| read(path)).collect::<Result<_, _>>()?,
            since: self.since.as_deref().map(read).transpose()?,
        };
        let bar = progress::bar(session.output, 0, "verifying");
        let verified = session
            .workspace
            .engine
            .audit_verify_with(&context, &options, &|done, total| {
                bar.set_length(total);
                bar.set_position(done);
            })
            .await;
        bar.finish_and_clear();
        session.output.print(&verified?, text)
    }
}

/// A checkpoint's file.
pub fn read(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|error| Failure::io("read", path.display(), &error))
}

fn text(verified: &Verified) -> String {
    let archived = (verified.archived > 0).then(|| {
        format!(
            "{} of {}: their hashes agree, their bodies lie in the archive",
            size::count(verified.archived, "record"),
            size::count(verified.archived_days, "day")
        )
    });
    let continues: Vec<_> =
        verified.continues.iter().map(|size| size::count(*size, "record")).collect();
    let mut text = pairs(&[
        ("verified", Some(size::count(verified.records - verified.from, "record"))),
        ("after", (verified.from > 0).then(|| size::count(verified.from, "record"))),
        ("root", Some(verified.root.clone())),
        ("log", Some(verified.origin.clone())),
        ("last record", verified.last_time.map(time)),
        ("days", Some(verified.days.to_string())),
        ("archived", archived),
        ("kept checkpoints", Some(verified.checkpoints.to_string())),
        ("continues", (!continues.is_empty()).then(|| continues.join(", "))),
        ("search index", verified.search_index.then(|| "agrees".into())),
        ("clock steps back", Some(verified.clock_steps.to_string())),
    ]);
    if let Some(kept) = &verified.kept {
        text += &format!("\n{}", anchors_table(kept));
        if !kept.witnesses.is_empty() {
            text += &format!("\n{}", witnesses_table(kept));
        }
    }
    text
}
