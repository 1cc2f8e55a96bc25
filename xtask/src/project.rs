//! Where things lie: the work tree, and the target folder for everything that is made.

use std::path::{Path, PathBuf};

use crate::error::Error;

/// The folders that every command works in.
pub struct Project {
    /// The work tree.
    pub root: PathBuf,
    /// Cargo's target folder, for all that is made.
    pub target: PathBuf,
}

impl Project {
    /// Finds the work tree from where this crate lies, and the target folder as cargo does.
    pub fn find() -> Result<Self, Error> {
        let manifest = std::env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = manifest.parent().unwrap_or(Path::new(".")).to_path_buf();
        let target = match std::env::var_os("CARGO_TARGET_DIR") {
            // Cargo takes a relative one from the current folder, and so must the programs we start.
            Some(target) => std::path::absolute(&target)
                .map_err(|source| Error::File { path: target.into(), source })?,
            None => root.join("target"),
        };
        Ok(Self { root, target })
    }

    /// Where cargo installs the tools that `PATH` lacks.
    pub fn tools(&self) -> PathBuf {
        self.target.join("tools")
    }

    /// Where the peers are made. Tests find it as `KEYWARD_PEERS`.
    pub fn peers(&self) -> PathBuf {
        self.target.join("peers")
    }

    /// The sources of the peers.
    pub fn peer_sources(&self) -> PathBuf {
        self.root.join("tests/peers")
    }

    /// The sources of the console's pages.
    pub fn ui(&self) -> PathBuf {
        self.root.join("ui")
    }

    /// A program as the development build makes it.
    pub fn built(&self, name: &str) -> PathBuf {
        self.target.join("debug").join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
    }

    /// A program as the release build makes it.
    pub fn released(&self, name: &str) -> PathBuf {
        self.target.join("release").join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
    }

    /// The workspace's manifest, so that commands work from any folder within.
    pub fn manifest(&self) -> PathBuf {
        self.root.join("Cargo.toml")
    }
}

/// Whether `KEYWARD_NO_SKIP` is set: then nothing may be left out.
pub fn no_skip() -> bool {
    std::env::var_os("KEYWARD_NO_SKIP").is_some_and(|value| value == "1")
}
