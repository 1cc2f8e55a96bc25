//! Where the demonstration's secrets rest: in the keyring where there is one, else sealed with a passphrase.

use std::{
    fs::{self, OpenOptions},
    io::Write,
    path::{Path, PathBuf},
};

use keyward_demonstration::DemonstrationError;
use keyward_secrets::Vault;
use keyward_workspace::NewSecrets;
use zeroize::Zeroizing;

/// By the passphrase in a file; or the keyring; or a new passphrase, left beside the workspace. It is never
/// an argument, which everybody on the machine sees.
pub fn choose(workspace: &Path, file: Option<&Path>) -> Result<NewSecrets, DemonstrationError> {
    if let Some(path) = file {
        let text = Zeroizing::new(fs::read_to_string(path).map_err(|source| failed(path, source))?);
        let line = text.lines().next().unwrap_or_default();
        return Ok(NewSecrets::Passphrase(Zeroizing::new(line.into())));
    }
    let Err(reason) = Vault::probe_keyring() else { return Ok(NewSecrets::Keyring) };
    let path = beside(workspace);
    let passphrase = new_passphrase().map_err(|source| failed(&path, source))?;
    write(&path, &passphrase).map_err(|source| failed(&path, source))?;
    eprintln!("{reason}; so a new passphrase seals it, which is in `{}`", path.display());
    Ok(NewSecrets::Passphrase(passphrase))
}

/// `DIR.passphrase`, since the workspace's own folder must be empty.
fn beside(workspace: &Path) -> PathBuf {
    let mut path = workspace.as_os_str().to_owned();
    path.push(".passphrase");
    path.into()
}

fn new_passphrase() -> std::io::Result<Zeroizing<String>> {
    let mut bytes = Zeroizing::new([0; 16]);
    getrandom::fill(&mut *bytes).map_err(std::io::Error::other)?;
    Ok(Zeroizing::new(hex::encode(*bytes)))
}

fn write(path: &Path, passphrase: &str) -> std::io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    writeln!(options.open(path)?, "{passphrase}")
}

fn failed(path: &Path, source: std::io::Error) -> DemonstrationError {
    DemonstrationError::File { path: path.display().to_string(), source }
}
