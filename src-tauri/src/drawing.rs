//! How the window is drawn where there is no GPU. Only Linux has anything to choose there.
//!
//! WebKitGTK draws each layer of a page and then puts the layers together with OpenGL. Without a GPU, Mesa
//! simulates one on the processor, and putting a frame together takes several times as long as drawing it.
//! Drawn straight into the window, frames come as fast as the page has them, and neither process holds a
//! simulated GPU's memory.

use tauri::WebviewWindow;

/// Has the window drawn without OpenGL where there is no GPU.
#[cfg(target_os = "linux")]
pub fn suit(window: &WebviewWindow) -> tauri::Result<()> {
    use webkit2gtk::{HardwareAccelerationPolicy, SettingsExt as _, WebViewExt as _};

    if has_gpu(std::path::Path::new("/dev/dri")) {
        return Ok(());
    }
    window.with_webview(|view| {
        if let Some(settings) = view.inner().settings() {
            settings.set_hardware_acceleration_policy(HardwareAccelerationPolicy::Never);
        }
    })
}

/// The system's web view draws as it does.
#[cfg(not(target_os = "linux"))]
pub fn suit(_: &WebviewWindow) -> tauri::Result<()> {
    Ok(())
}

/// Whether a folder has a device that renders: `renderD128` and on.
#[cfg(target_os = "linux")]
fn has_gpu(devices: &std::path::Path) -> bool {
    let entries = std::fs::read_dir(devices).into_iter().flatten().flatten();
    entries
        .map(|entry| entry.file_name())
        .any(|name| name.as_encoded_bytes().starts_with(b"renderD"))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::has_gpu;

    #[test]
    fn a_display_alone_renders_nothing() {
        let devices = tempfile::tempdir().unwrap();
        assert!(!has_gpu(&devices.path().join("none")));
        std::fs::write(devices.path().join("card0"), "").unwrap();
        assert!(!has_gpu(devices.path()));
        std::fs::write(devices.path().join("renderD128"), "").unwrap();
        assert!(has_gpu(devices.path()));
    }
}
