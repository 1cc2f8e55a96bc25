//! `keyward get`: reads objects back, into a file, a folder or standard output.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    str::FromStr,
};

use clap::{ArgGroup, Args};
use keyward_core::{Code, DatasetName, ObjectName, TenantId};
use keyward_engine::ReadSummary;

use crate::{
    failure::Failure,
    render::{progress, size},
    session::Session,
};

/// Bytes of a range that are held at once.
const PIECE: u64 = 64 * 1024 * 1024;

/// Read objects back; a file appears only once all of it is verified
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("what").required(true).args(["name", "prefix"])))]
pub struct Get {
    /// The tenant
    tenant: TenantId,
    /// The dataset
    dataset: DatasetName,
    /// The object's name
    name: Option<ObjectName>,
    /// Every object whose name starts so, into a folder; an empty one means all
    #[arg(long)]
    prefix: Option<String>,
    /// The file or folder; usually the name's last part, in the current folder; `-` is standard output
    #[arg(long, short, value_name = "PATH")]
    output: Option<PathBuf>,
    /// Only these bytes: `FIRST-LAST`, counted from 0, or `FIRST-` to the end
    #[arg(long, value_name = "A-B", conflicts_with = "prefix")]
    range: Option<ByteRange>,
}

/// Bytes from the first to the last, both included, as HTTP counts them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ByteRange {
    start: u64,
    /// One past the last.
    end: u64,
}

#[derive(serde::Serialize)]
struct Done {
    read: Vec<Got>,
    failed: Vec<NotRead>,
    objects: u64,
    bytes: u64,
}

#[derive(serde::Serialize)]
struct Got {
    #[serde(flatten)]
    summary: ReadSummary,
    file: PathBuf,
}

#[derive(serde::Serialize)]
struct NotRead {
    name: ObjectName,
    error: Failure,
}

#[derive(serde::Serialize)]
struct GotRange {
    name: ObjectName,
    file: PathBuf,
    bytes: u64,
}

impl Get {
    pub async fn run(self, session: &Session) -> Result<u8, Failure> {
        let standard_output = self.output.as_deref() == Some(Path::new("-"));
        match (&self.name, &self.prefix, self.range) {
            (Some(name), _, Some(range)) if standard_output => {
                self.range_to(session, name, range, &mut io::stdout().lock()).await?;
                Ok(0)
            }
            (Some(name), _, Some(range)) => self.range_to_file(session, name, range).await,
            (Some(name), ..) if standard_output => {
                let context = session.application()?;
                let engine = &session.workspace.engine;
                engine.read_stream(&context, &self.tenant, &self.dataset, name, stdout()?).await?;
                Ok(0)
            }
            (Some(name), ..) => {
                let file = self.target(name);
                let got = self.to_file(session, name, file).await?;
                let done = Done::of(vec![got], Vec::new());
                session.output.print(&done, describe)
            }
            (None, Some(_), _) if standard_output => {
                Err(Failure::usage("several objects don't fit into one stream; name a folder"))
            }
            (None, Some(prefix), _) => self.folder(session, prefix).await,
            (None, None, _) => Err(Failure::usage("name an object, or give a `--prefix`")),
        }
    }

    /// Everything under a prefix, into a folder.
    async fn folder(&self, session: &Session, prefix: &str) -> Result<u8, Failure> {
        let root = self.output.clone().unwrap_or_else(|| PathBuf::from("."));
        fs::create_dir_all(&root).map_err(|error| Failure::io("make", root.display(), &error))?;
        let (engine, mut after) = (&session.workspace.engine, None);
        let (mut read, mut failed) = (Vec::new(), Vec::new());
        let spinner = progress::spinner(session.output, "reading");
        loop {
            let context = session.application()?;
            let page = engine
                .list(&context, &self.tenant, &self.dataset, prefix, after.as_ref(), 1000)
                .await?;
            for object in page.objects {
                let outcome = match below(&root, &object.name) {
                    Ok(file) => self.to_file(session, &object.name, file).await,
                    Err(error) => Err(error),
                };
                match outcome {
                    Ok(got) => read.push(got),
                    Err(error) => failed.push(NotRead { name: object.name, error }),
                }
                spinner.inc(1);
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        spinner.finish_and_clear();
        if !session.output.json {
            failed.iter().for_each(|one| one.error.report(false));
        }
        let worst = failed.iter().map(|one| one.error.status()).max().unwrap_or(0);
        session.output.print(&Done::of(read, failed), describe).map(|_| worst)
    }

    async fn to_file(
        &self,
        session: &Session,
        name: &ObjectName,
        file: PathBuf,
    ) -> Result<Got, Failure> {
        let context = session.application()?;
        let summary = session
            .workspace
            .engine
            .read_to_file(&context, &self.tenant, &self.dataset, name, &file)
            .await?;
        Ok(Got { summary, file })
    }

    async fn range_to_file(
        &self,
        session: &Session,
        name: &ObjectName,
        range: ByteRange,
    ) -> Result<u8, Failure> {
        let file = self.target(name);
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
        let io = |error| Failure::io("write", file.display(), &error);
        let mut held = tempfile::Builder::new()
            .prefix(".keyward-")
            .tempfile_in(folder.unwrap_or(Path::new(".")))
            .map_err(io)?;
        let bytes = self.range_to(session, name, range, &mut held).await?;
        held.as_file().sync_all().map_err(io)?;
        held.persist(&file).map_err(|error| io(error.error))?;
        let got = GotRange { name: name.clone(), file: file.clone(), bytes };
        session.output.print(&got, |got| {
            format!("read {} into {}", size::bytes(got.bytes), got.file.display())
        })
    }

    /// The range in pieces that memory holds, each verified before it is written.
    async fn range_to(
        &self,
        session: &Session,
        name: &ObjectName,
        range: ByteRange,
        output: &mut impl Write,
    ) -> Result<u64, Failure> {
        let io = |error| Failure::io("write", "the output", &error);
        let mut at = range.start;
        while at < range.end {
            let piece = at..range.end.min(at.saturating_add(PIECE));
            let wanted = piece.end - piece.start;
            let context = session.application()?;
            let bytes = session
                .workspace
                .engine
                .read_range(&context, &self.tenant, &self.dataset, name, piece)
                .await?;
            output.write_all(&bytes).map_err(io)?;
            at += bytes.len() as u64;
            // Past the end there is nothing more.
            if (bytes.len() as u64) < wanted {
                break;
            }
        }
        output.flush().map_err(io)?;
        Ok(at - range.start)
    }

    /// The file for one object.
    fn target(&self, name: &ObjectName) -> PathBuf {
        let last = name.as_str().rsplit('/').next().unwrap_or(name.as_str());
        match &self.output {
            Some(path) if path.is_dir() => path.join(last),
            Some(path) => path.clone(),
            None => PathBuf::from(last),
        }
    }
}

impl Done {
    fn of(read: Vec<Got>, failed: Vec<NotRead>) -> Self {
        let bytes = read.iter().map(|got| got.summary.bytes).sum();
        Self { objects: read.len() as u64, bytes, read, failed }
    }
}

impl FromStr for ByteRange {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parse = || {
            let (first, last) = text.split_once('-')?;
            let start = first.parse().ok()?;
            let end = match last {
                "" => u64::MAX,
                last => last.parse::<u64>().ok()?.checked_add(1)?,
            };
            (start < end).then_some(Self { start, end })
        };
        parse().ok_or_else(|| format!("`{text}` is no range; write `0-99` for the first 100 bytes"))
    }
}

fn describe(done: &Done) -> String {
    match done.read.as_slice() {
        [got] if done.failed.is_empty() => {
            format!("read {} into {}", size::bytes(done.bytes), got.file.display())
        }
        _ => format!("read {}, {}", size::count(done.objects, "object"), size::bytes(done.bytes)),
    }
}

/// The file of an object below a folder, with the folders between them made. None of those may be a
/// symbolic link: it could lead out of the folder.
fn below(root: &Path, name: &ObjectName) -> Result<PathBuf, Failure> {
    let mut path = root.to_path_buf();
    let mut segments = name.as_str().split('/').peekable();
    // INVARIANT: an object's name is relative and has no `..`.
    while let Some(segment) = segments.next() {
        path.push(segment);
        if segments.peek().is_none() {
            break;
        }
        match fs::create_dir(&path) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(Failure::io("make", path.display(), &error)),
        }
        let metadata = fs::symlink_metadata(&path)
            .map_err(|error| Failure::io("look at", path.display(), &error))?;
        if !metadata.is_dir() {
            return Err(Failure::new(
                Code::InvalidInput,
                format_args!(
                    "`{}` is in the way of `{name}`: it is no folder of its own; move it away",
                    path.display()
                ),
            ));
        }
    }
    Ok(path)
}

/// Standard output without a buffer that looks for lines.
fn stdout() -> Result<impl Write + Send + 'static, Failure> {
    #[cfg(unix)]
    {
        use std::os::fd::AsFd;
        let copy = io::stdout().as_fd().try_clone_to_owned();
        copy.map(fs::File::from).map_err(|error| Failure::io("write", "standard output", &error))
    }
    #[cfg(not(unix))]
    Ok(io::stdout())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_count_as_http_does() {
        assert_eq!("0-0".parse(), Ok(ByteRange { start: 0, end: 1 }));
        assert_eq!("5-".parse(), Ok(ByteRange { start: 5, end: u64::MAX }));
        for bad in ["", "-", "-5", "5", "6-5", "a-b", "0-18446744073709551615"] {
            assert!(bad.parse::<ByteRange>().is_err(), "{bad}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_in_the_way_is_not_followed() {
        let (folder, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        std::os::unix::fs::symlink(outside.path(), folder.path().join("sub")).unwrap();
        assert!(below(folder.path(), &"sub/a".parse().unwrap()).is_err());
        let file = below(folder.path(), &"other/deep/a".parse().unwrap()).unwrap();
        assert_eq!(file, folder.path().join("other/deep/a"));
        assert!(folder.path().join("other/deep").is_dir());
    }
}
