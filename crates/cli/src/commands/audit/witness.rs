//! `keyward audit witness`: the log's witnesses on the operator's side, and being one on one's own.

use std::path::{PathBuf, absolute};

use clap::{Args, Subcommand};
use keyward_engine::NewWitness;
use keyward_ledger::WitnessKey;

use super::{
    anchors::witnesses_table,
    own_witness::{Cosign, Init, Status},
};
use crate::{
    arguments::Global,
    failure::Failure,
    render::{size, table::table, time},
    session::Session,
};

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Witness {
    /// Become a witness on this machine, with a key of your own; needs no workspace
    Init(Init),
    /// Check that a log continues what you saw last, and cosign it; needs no workspace
    Cosign(Cosign),
    /// Show which logs you witness, and up to where; needs no workspace
    Status(Status),
    /// Have this log witnessed, or its checkpoints kept in a folder
    Add(Add),
    /// List this log's witnesses
    List,
    /// Remove a witness; what it has cosigned stays
    Remove {
        /// Its name, or the folder
        name: String,
    },
    /// Write what a witness is to check: the newest checkpoint, and the proof since its last
    Request {
        /// The witness's name
        name: String,
        /// The file to write
        file: PathBuf,
        /// The size that the witness has seen last, where it says another than this log knows
        #[arg(long, value_name = "SIZE")]
        from: Option<u64>,
    },
    /// Take cosignatures from a checkpoint that a witness has cosigned
    Take {
        /// The file with the checkpoint
        file: PathBuf,
    },
}

/// Which witness.
#[derive(Debug, Args)]
pub struct Add {
    /// What checks its cosignatures; a folder that only keeps checkpoints needs none
    #[arg(value_name = "VKEY", required_unless_present = "folder")]
    key: Option<WitnessKey>,
    /// Where it is asked over HTTP (C2SP tlog-witness)
    #[arg(long, requires = "key", conflicts_with = "folder")]
    url: Option<String>,
    /// The folder where it finds requests and leaves checkpoints, best on another machine
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
}

impl Witness {
    /// Whether this is about a witness of one's own.
    pub fn is_own(&self) -> bool {
        matches!(self, Self::Init(_) | Self::Cosign(_) | Self::Status(_))
    }

    /// What needs no workspace.
    pub async fn run_own(self, global: &Global) -> Result<u8, Failure> {
        match self {
            Self::Init(init) => init.run(global).await,
            Self::Cosign(cosign) => cosign.run(global).await,
            Self::Status(status) => status.run(global),
            _ => Err(Failure::unexpected("this command needs a workspace")),
        }
    }

    pub async fn run(self, session: &Session) -> Result<u8, Failure> {
        let engine = &session.workspace.engine;
        match self {
            Self::Add(add) => add.run(session).await,
            Self::List => {
                let report = engine.witness_report(false).await?;
                let document = serde_json::json!({ "witnesses": report.witnesses });
                session.output.print(&document, |_| witnesses_table(&report))
            }
            Self::Remove { name } => {
                engine.remove_witness(&session.administrator()?, &name).await?;
                let document = serde_json::json!({ "removed": name });
                session.output.print(&document, |_| format!("removed {name}"))
            }
            Self::Request { name, file, from } => {
                let request = engine.witness_request(&name, from).await?;
                std::fs::write(&file, request.to_string())
                    .map_err(|error| Failure::io("write", file.display(), &error))?;
                let document = serde_json::json!({ "file": file, "old": request.old });
                session.output.print(&document, |_| {
                    let since = size::count(request.old, "record");
                    format!("wrote {}, with the proof since {since}", file.display())
                })
            }
            Self::Take { file } => {
                let note = std::fs::read_to_string(&file)
                    .map_err(|error| Failure::io("read", file.display(), &error))?;
                let context = session.administrator()?;
                let taken = engine.take_cosignatures(&context, &note).await?;
                let document = serde_json::json!({ "taken": taken });
                session.output.print(&document, |_| {
                    let rows = taken.iter().map(|taken| {
                        vec![
                            taken.witness.clone(),
                            size::count(taken.size, "record"),
                            time(taken.at),
                        ]
                    });
                    table(&["witness", "cosigned", "at"], rows.collect(), "")
                })
            }
            Self::Init(_) | Self::Cosign(_) | Self::Status(_) => {
                Err(Failure::unexpected("this command needs no workspace"))
            }
        }
    }
}

impl Add {
    async fn run(self, session: &Session) -> Result<u8, Failure> {
        let folder = self.folder.map(|folder| {
            let absolute = absolute(&folder);
            absolute
                .map(|path| path.to_string_lossy().into_owned())
                .map_err(|error| Failure::io("find", folder.display(), &error))
        });
        let new = NewWitness { key: self.key, url: self.url, folder: folder.transpose()? };
        let engine = &session.workspace.engine;
        let added = engine.add_witness(&session.administrator()?, new).await?;
        // What can be known at once: is it there, and does it know the log?
        engine.anchor_now().await?;
        session.output.print(&added, |added| {
            format!("added {}; `keyward audit anchors` says what it has cosigned", added.name)
        })
    }
}
