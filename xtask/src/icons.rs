//! `cargo xtask icons`: the app's icons in every size and form, from the one drawing `icons/keyward.svg`.
//!
//! What is drawn is committed, so that nothing else needs what draws it: that comes with the feature
//! `icons`, with which this command builds xtask anew.

#[cfg(feature = "icons")]
mod draw;

use crate::{error::Error, project::Project};

/// The drawing.
#[cfg(any(test, feature = "icons"))]
const DRAWING: &str = "keyward.svg";

/// PNG files by name, and how many pixels each is wide and high. Their names are those that Tauri's
/// bundler expects.
#[cfg(any(test, feature = "icons"))]
const PICTURES: &[(&str, u32)] = &[
    ("16x16.png", 16),
    ("32x32.png", 32),
    ("64x64.png", 64),
    ("128x128.png", 128),
    ("128x128@2x.png", 256),
    ("256x256.png", 256),
    ("icon.png", 512),
];

/// The sizes within `icon.ico`.
#[cfg(any(test, feature = "icons"))]
const WINDOWS: &[u32] = &[16, 24, 32, 48, 64, 256];

/// Draws them all.
#[cfg(feature = "icons")]
pub fn run(project: &Project, arguments: &[String]) -> Result<(), Error> {
    no_arguments(arguments)?;
    draw::all(&project.root.join("icons"))
}

/// Runs itself, built with what draws.
#[cfg(not(feature = "icons"))]
pub fn run(project: &Project, arguments: &[String]) -> Result<(), Error> {
    no_arguments(arguments)?;
    let mut drawing = crate::process::cargo(project, "run");
    drawing.args(["--quiet", "--package", "xtask", "--features", "icons", "--", "icons"]);
    crate::process::run(&mut drawing)
}

fn no_arguments(arguments: &[String]) -> Result<(), Error> {
    match arguments.first() {
        None => Ok(()),
        Some(argument) => Err(Error::Usage(format!("`{argument}` is not expected here"))),
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::*;

    fn read(name: &str) -> Vec<u8> {
        fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../icons").join(name)).unwrap()
    }

    /// Width and height as the first chunk of a PNG file has them.
    fn size(png: &[u8]) -> (u32, u32) {
        assert!(png.starts_with(b"\x89PNG\r\n\x1a\n"));
        let number = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
        (number(16), number(20))
    }

    #[test]
    fn every_picture_has_its_size() {
        assert!(read(DRAWING).starts_with(b"<svg"));
        for (name, pixels) in PICTURES {
            assert_eq!(size(&read(name)), (*pixels, *pixels), "{name}");
        }
    }

    #[test]
    fn the_icon_for_windows_holds_every_size() {
        let file = read("icon.ico");
        assert_eq!(file[..4], [0, 0, 1, 0]);
        assert_eq!(usize::from(file[4]), WINDOWS.len());
        for (entry, pixels) in file[6..].chunks(16).zip(WINDOWS) {
            // A byte has no 256; there it is 0.
            assert_eq!(u32::from(entry[0]), pixels % 256);
        }
    }

    #[test]
    fn the_icon_for_macos_is_whole() {
        let file = read("icon.icns");
        assert!(file.starts_with(b"icns"));
        assert_eq!(u32::from_be_bytes(file[4..8].try_into().unwrap()) as usize, file.len());
    }
}
