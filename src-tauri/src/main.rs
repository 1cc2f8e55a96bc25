//! The desktop console's program.
// A console window beside the application's own is of no use on Windows.
#![cfg_attr(all(windows, not(debug_assertions)), windows_subsystem = "windows")]

use std::process::ExitCode;

fn main() -> ExitCode {
    // Two back ends are linked; rustls panics unless one is chosen.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    match keyward_desktop::run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!(
                "the window could not be opened: {error}; a display is needed, see `keyward doctor`"
            );
            ExitCode::FAILURE
        }
    }
}
