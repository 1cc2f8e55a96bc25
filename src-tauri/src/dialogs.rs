//! Native dialogs, opened from Rust: the web view neither chooses a path nor reads a file.

use std::path::{Path, PathBuf};

use keyward_core::Code;
use tauri::AppHandle;
use tauri_plugin_dialog::DialogExt as _;
use tokio::sync::oneshot;

use crate::failure::CommandError;

/// Asks where to save; none where the person cancelled.
pub async fn save(app: &AppHandle, name: &str) -> Option<PathBuf> {
    let (answer, answered) = oneshot::channel();
    app.dialog().file().set_file_name(name).save_file(move |path| drop(answer.send(path)));
    answered.await.ok().flatten()?.into_path().ok()
}

/// Asks for a folder; none where the person cancelled.
pub async fn folder(app: &AppHandle) -> Option<PathBuf> {
    let (answer, answered) = oneshot::channel();
    app.dialog().file().pick_folder(move |path| drop(answer.send(path)));
    answered.await.ok().flatten()?.into_path().ok()
}

/// Writes a small file that is there whole or not at all.
///
/// # Errors
/// `no-permission`, `disk-full` or `machine`.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), CommandError> {
    let part = beside(path);
    let done = std::fs::write(&part, bytes).and_then(|()| std::fs::rename(&part, path));
    done.map_err(|error| unwritten(path, &error))
}

/// Where a file is written before it gets its name: what has the name is whole.
pub fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    path.with_file_name(name)
}

/// A path that couldn't be written.
pub fn unwritten(path: &Path, error: &std::io::Error) -> CommandError {
    use std::io::ErrorKind;
    let code = match error.kind() {
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => Code::NoPermission,
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Code::DiskFull,
        _ => Code::Machine,
    };
    let shown = path.display();
    CommandError::new(code, format_args!("can't write `{shown}`: {error}; choose another place"))
}
