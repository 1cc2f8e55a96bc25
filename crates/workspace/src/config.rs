//! `workspace.json`: what must be known before anything else can be opened.
//!
//! | field | what |
//! | --- | --- |
//! | `format` | 1. A higher one is refused |
//! | `id` | the workspace's id, 32 hex digits; names its entries in the OS keyring |
//! | `secrets` | `keyring` or `passphrase` |

use std::{
    fs::{self, File},
    io::{self, Read, Write},
    path::Path,
};

use keyward_core::WorkspaceId;
use keyward_secrets::Backing;

use crate::WorkspaceError;

const FILE: &str = "workspace.json";
const FORMAT: u64 = 1;
/// No file of ours comes near it.
const MAX_LENGTH: u64 = 64 * 1024;

/// What `workspace.json` says.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Config {
    /// The format's number.
    pub format: u64,
    /// The workspace's id.
    pub id: WorkspaceId,
    /// Where its secrets rest.
    pub secrets: Backing,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    #[expect(dead_code, reason = "checked before the rest is read")]
    format: u64,
    id: String,
    secrets: Backing,
}

/// What every format has, so that a newer one is told from a damaged one.
#[derive(serde::Deserialize)]
struct AnyFormat {
    format: u64,
}

impl Config {
    /// The configuration of a new workspace.
    pub(crate) fn new(id: WorkspaceId, secrets: Backing) -> Self {
        Self { format: FORMAT, id, secrets }
    }

    /// Reads the folder's; `None` where there is none.
    pub(crate) fn read(folder: &Path) -> Result<Option<Self>, WorkspaceError> {
        let path = folder.join(FILE);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
                ) =>
            {
                return Ok(None);
            }
            Err(error) => return Err(WorkspaceError::io("read", &path)(error)),
        };
        let mut bytes = Vec::new();
        file.take(MAX_LENGTH).read_to_end(&mut bytes).map_err(WorkspaceError::io("read", &path))?;
        let damaged = || WorkspaceError::Damaged { file: path.clone() };
        let AnyFormat { format } = serde_json::from_slice(&bytes).map_err(|_| damaged())?;
        if format > FORMAT {
            return Err(WorkspaceError::Newer { found: format, known: FORMAT });
        }
        let stored: Stored = serde_json::from_slice(&bytes).map_err(|_| damaged())?;
        let id = stored.id.parse().map_err(|_| damaged())?;
        Ok(Some(Self { format, id, secrets: stored.secrets }))
    }

    /// Writes the folder's: there whole and durable, or not at all.
    pub(crate) fn write(&self, folder: &Path) -> Result<(), WorkspaceError> {
        let path = folder.join(FILE);
        let write = || -> io::Result<()> {
            let mut file = tempfile::Builder::new().prefix(".workspace-").tempfile_in(folder)?;
            serde_json::to_writer_pretty(file.as_file_mut(), self)?;
            file.write_all(b"\n")?;
            file.as_file().sync_all()?;
            file.persist(&path).map_err(|error| error.error)?;
            #[cfg(unix)]
            fs::File::open(folder)?.sync_all()?;
            Ok(())
        };
        write().map_err(WorkspaceError::io("write", &path))
    }
}

/// Makes a folder that only its owner sees, and those above it where they are missing; tells whether it
/// wasn't there before.
pub(crate) fn private_folder(folder: &Path) -> Result<bool, WorkspaceError> {
    let make = || -> io::Result<bool> {
        if let Some(parent) = folder.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            fs::create_dir_all(parent)?;
        }
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        match builder.create(folder) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => {
                Ok(false)
            }
            Err(error) => Err(error),
        }
    };
    make().map_err(WorkspaceError::io("make", folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_back_and_tells_newer_from_damaged() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Config::read(folder.path()).unwrap(), None);
        let config = Config::new(WorkspaceId::from_bytes([7; 16]), Backing::Passphrase);
        config.write(folder.path()).unwrap();
        assert_eq!(Config::read(folder.path()).unwrap(), Some(config));
        let put = |text: &str| {
            fs::write(folder.path().join(FILE), text).unwrap();
            Config::read(folder.path()).unwrap_err()
        };
        let newer = put(r#"{"format": 2, "what": "nobody knows"}"#);
        assert!(matches!(newer, WorkspaceError::Newer { found: 2, known: 1 }));
        for bad in [
            "",
            "{}",
            "[]",
            r#"{"format": 1}"#,
            r#"{"format": 1, "id": "x", "secrets": "keyring"}"#,
        ] {
            assert!(matches!(put(bad), WorkspaceError::Damaged { .. }), "{bad}");
        }
    }
}
