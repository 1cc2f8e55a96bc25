//! `keyward audit witness init|cosign|status`: being a witness of somebody's log, on a machine of one's
//! own. No workspace is opened: the log is what is checked here, and nothing of it is trusted.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use chrono::Utc;
use clap::Args;
use keyward_ledger::{
    Checkpoint, Origin, VerifierKey, WitnessRequest,
    proof::{consistency_from_tiles, consistency_tiles},
};
use keyward_secrets::Backing;
use keyward_store::Store;
use keyward_verify::Folder;
use keyward_witness::{Cosigned, Exchange, NewWitness, OwnWitness};

use crate::{
    arguments::Global,
    failure::Failure,
    passphrase,
    render::{size, table::table, time},
    session,
};

/// A workspace's database, in its folder.
const DATABASE: &str = "keyward.db";

/// The new witness.
#[derive(Debug, Args)]
pub struct Init {
    /// Its name on cosignatures, like `acme.example/audit`
    name: Origin,
    /// Where its key shall rest: `keyring` or `passphrase`; usually the keyring, but with
    /// --passphrase-file a file sealed with that
    #[arg(long, value_name = "PLACE")]
    secrets: Option<Backing>,
    #[command(flatten)]
    state: State,
}

/// What to cosign.
#[derive(Debug, Args)]
pub struct Cosign {
    /// A request (a file), an exported log or a workspace (folders), or a folder shared with the log
    source: PathBuf,
    /// The log's verifier key, when this witness sees the log first: had from somewhere else than the log
    #[arg(long, value_name = "VKEY")]
    key: Option<VerifierKey>,
    /// Write the cosigned checkpoint to this file
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    state: State,
}

/// Which witness.
#[derive(Debug, Args)]
pub struct Status {
    #[command(flatten)]
    state: State,
}

/// Where the witness keeps its key and what it has seen.
#[derive(Debug, Args)]
struct State {
    /// The witness's own folder; usually in the platform's place for state
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
}

impl State {
    fn folder(self) -> Result<PathBuf, Failure> {
        self.state.or_else(|| Some(session::state()?.join("witness"))).ok_or_else(|| {
            Failure::usage("this account has no home folder; name one with `--state`")
        })
    }
}

impl Init {
    pub async fn run(self, global: &Global) -> Result<u8, Failure> {
        let folder = self.state.folder()?;
        let usual = match global.passphrase_file {
            Some(_) => Backing::Passphrase,
            None => Backing::Keyring,
        };
        let passphrase = match self.secrets.unwrap_or(usual) {
            Backing::Keyring => None,
            Backing::Passphrase => Some(passphrase::new(global.passphrase_file.as_deref())?),
        };
        let new = NewWitness { name: self.name, passphrase };
        let made = blocking({
            let folder = folder.clone();
            move || Ok(OwnWitness::create(&folder, new)?)
        });
        let key = made.await?.key().to_string();
        let document = serde_json::json!({ "key": key, "state": folder });
        global.output().print(&document, |_| {
            format!(
                "{key}\n\nGive this key to the log's operator: `keyward audit witness add` takes it.\n"
            )
        })
    }
}

impl Cosign {
    pub async fn run(self, global: &Global) -> Result<u8, Failure> {
        let folder = self.state.folder()?;
        let passphrase = match OwnWitness::needs_passphrase(&folder)? {
            true => passphrase::existing(global.passphrase_file.as_deref())?,
            false => None,
        };
        let own = blocking(move || Ok(OwnWitness::open(&folder, passphrase)?)).await?;
        let source = &self.source;
        let mut all = Vec::new();
        if source.is_file() {
            let text = std::fs::read_to_string(source)
                .map_err(|error| Failure::io("read", source.display(), &error))?;
            all.push(own.cosign(&text.parse()?, self.key.as_ref(), Utc::now())?);
        } else if source.join(DATABASE).is_file() {
            let store = Store::open(&source.join(DATABASE)).await?;
            let request =
                keyward_engine::unjudged_request(&store, |origin| own.size(origin)).await?;
            all.push(own.cosign(&request, self.key.as_ref(), Utc::now())?);
        } else if source.join("checkpoint").is_file() {
            all.push(own.cosign(&exported(source, &own)?, self.key.as_ref(), Utc::now())?);
        } else {
            let exchange = Exchange::new(source, own.key().name().clone());
            for request in exchange.requests()? {
                let cosigned = own.cosign(&request, self.key.as_ref(), Utc::now())?;
                exchange.hand_over(&cosigned.checkpoint.origin, &cosigned.note)?;
                all.push(cosigned);
            }
        }
        if let (Some(output), [cosigned]) = (&self.output, all.as_slice()) {
            std::fs::write(output, cosigned.note.to_string())
                .map_err(|error| Failure::io("write", output.display(), &error))?;
        }
        let cosigned: Vec<_> = all.iter().map(document).collect();
        let document = serde_json::json!({ "cosigned": cosigned });
        global.output().print(&document, |_| describe(&all, self.output.as_deref()))
    }
}

impl Status {
    pub fn run(self, global: &Global) -> Result<u8, Failure> {
        let folder = self.state.folder()?;
        let key = OwnWitness::verifier_key(&folder)?;
        let watched = OwnWitness::watched(&folder)?;
        let document = serde_json::json!({ "key": key, "state": folder, "logs": watched });
        global.output().print(&document, |_| {
            let rows = watched.iter().map(|log| {
                vec![log.key.name().to_string(), size::count(log.size, "record"), time(log.at)]
            });
            let logs = table(&["log", "cosigned", "at"], rows.collect(), "no logs cosigned yet");
            format!("{key}\n\n{logs}")
        })
    }
}

/// What an exported log has to show.
fn exported(path: &Path, own: &OwnWitness) -> Result<WitnessRequest, Failure> {
    let folder = Folder::open(path)?;
    let checkpoint = folder.checkpoint().clone();
    let offered = Checkpoint::parse(checkpoint.text())?;
    let old = own.size(&offered.origin)?;
    let mut path = Vec::new();
    if old > 0 && old < offered.size {
        let mut tiles = BTreeMap::new();
        for tile in consistency_tiles(old, offered.size)? {
            tiles.insert(tile, folder.tile(tile, tile.width(offered.size))?);
        }
        path = consistency_from_tiles(old, offered.size, |id| tiles.get(&id).map(Vec::as_slice))?;
    }
    Ok(WitnessRequest { old, path, checkpoint })
}

fn document(cosigned: &Cosigned) -> serde_json::Value {
    serde_json::json!({
        "log": cosigned.checkpoint.origin,
        "size": cosigned.checkpoint.size,
        "root": cosigned.checkpoint.root.to_string(),
        "since": cosigned.since,
        "note": cosigned.note.to_string(),
    })
}

fn describe(all: &[Cosigned], output: Option<&Path>) -> String {
    match (all, output) {
        // Nowhere else to go: so that it can be sent on.
        ([cosigned], None) => cosigned.note.to_string(),
        _ => {
            let rows = all.iter().map(|cosigned| {
                vec![
                    cosigned.checkpoint.origin.to_string(),
                    size::count(cosigned.checkpoint.size, "record"),
                    size::count(cosigned.since, "record"),
                ]
            });
            table(&["log", "cosigned", "continues"], rows.collect(), "nothing to cosign")
        }
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    tokio::task::spawn_blocking(work).await.map_err(Failure::unexpected)?
}
