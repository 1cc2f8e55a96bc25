//! `keyward put`: encrypts files, folders and standard input into a dataset.

use std::{
    io,
    path::{Path, PathBuf},
};

use clap::Args;
use futures::{StreamExt, stream};
use keyward_core::{DatasetName, ObjectName, TenantId};
use keyward_engine::{Source, Written};

use self::walk::{Found, walk};
use crate::{
    failure::Failure,
    render::{progress, size},
    session::Session,
};

pub mod walk;

/// Files that are being written at the same time.
const AT_ONCE: usize = 4;

/// Encrypt files, folders or standard input into a dataset
#[derive(Debug, Args)]
pub struct Put {
    /// The tenant
    tenant: TenantId,
    /// The dataset
    dataset: DatasetName,
    /// Files and folders; a folder's files are named relative to it; `-` is standard input
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// The object's name, for one file or standard input
    #[arg(long)]
    name: Option<ObjectName>,
    /// Put this and a `/` before every name
    #[arg(long, conflicts_with = "name", value_name = "NAME")]
    prefix: Option<ObjectName>,
    /// Follow symbolic links in folders
    #[arg(long)]
    follow: bool,
}

#[derive(serde::Serialize)]
struct Done {
    written: Vec<Written>,
    failed: Vec<NotWritten>,
    objects: u64,
    bytes: u64,
}

#[derive(serde::Serialize)]
struct NotWritten {
    path: String,
    error: Failure,
}

/// One thing to write.
struct Item {
    shown: String,
    name: ObjectName,
    source: Source,
}

impl Put {
    pub async fn run(self, session: &Session) -> Result<u8, Failure> {
        let (items, mut failed) = self.items()?;
        let total = items.len() as u64;
        let bar = progress::bar(session.output, total, "writing");
        let (tenant, dataset) = (&self.tenant, &self.dataset);
        let write = |item: Item| async move {
            let Item { shown, name, source } = item;
            let outcome = async {
                let context = session.application()?;
                let engine = &session.workspace.engine;
                Ok(engine.write(&context, tenant, dataset, &name, source).await?)
            };
            outcome.await.map_err(|error: Failure| NotWritten { path: shown, error })
        };
        let mut writing = stream::iter(items.into_iter().map(write)).buffered(AT_ONCE);
        let mut written = Vec::new();
        while let Some(outcome) = writing.next().await {
            bar.inc(1);
            match outcome {
                Ok(done) => written.push(done),
                Err(error) => failed.push(error),
            }
        }
        bar.finish_and_clear();
        if !session.output.json {
            failed.iter().for_each(|one| one.error.report(false));
        }
        let worst = failed.iter().map(|one| one.error.status()).max().unwrap_or(0);
        let objects = written.len() as u64;
        let bytes = written.iter().map(|one| one.object.size).sum();
        let done = Done { written, failed, objects, bytes };
        session
            .output
            .print(&done, |done| {
                format!(
                    "wrote {}, {}",
                    size::count(done.objects, "object"),
                    size::bytes(done.bytes)
                )
            })
            .map(|_| worst)
    }

    /// What the paths name. What can't be an object is a failure of its own; the rest goes on.
    fn items(&self) -> Result<(Vec<Item>, Vec<NotWritten>), Failure> {
        if self.name.is_some() && self.paths.len() > 1 {
            return Err(Failure::usage("`--name` names one object; give one path with it"));
        }
        let (mut items, mut failed) = (Vec::new(), Vec::new());
        for path in &self.paths {
            if path == Path::new("-") {
                let name = self.name.clone().ok_or_else(|| {
                    Failure::usage("standard input has no name; give one with `--name`")
                })?;
                let source = Source::Reader(Box::new(io::stdin()));
                items.push(Item { shown: "-".into(), name, source });
                continue;
            }
            let folder = path.is_dir();
            if folder && self.name.is_some() {
                return Err(Failure::usage(
                    "`--name` names one object; use `--prefix` for a folder",
                ));
            }
            for found in walk(path, self.follow) {
                match found.and_then(|found| self.item(found)) {
                    Ok(item) => items.push(item),
                    Err((path, error)) => {
                        failed.push(NotWritten { path: path.display().to_string(), error });
                    }
                }
            }
        }
        Ok((items, failed))
    }

    fn item(&self, found: Found) -> Result<Item, (PathBuf, Failure)> {
        let Found { path, name, stream } = found;
        let made = || {
            if let Some(name) = &self.name {
                return Ok(name.clone());
            }
            let text = match &self.prefix {
                Some(prefix) => format!("{prefix}/{name}"),
                None => name,
            };
            text.parse::<ObjectName>().map_err(|error| {
                Failure::new(
                    keyward_core::Code::InvalidName,
                    format_args!("`{}` can't be stored: {error}", path.display()),
                )
            })
        };
        let name = match made() {
            Ok(name) => name,
            Err(error) => return Err((path, error)),
        };
        let source = if stream {
            match std::fs::File::open(&path) {
                Ok(file) => Source::Reader(Box::new(file)),
                Err(error) => {
                    let failure = Failure::io("read", path.display(), &error);
                    return Err((path, failure));
                }
            }
        } else {
            Source::File(path.clone())
        };
        Ok(Item { shown: path.display().to_string(), name, source })
    }
}
