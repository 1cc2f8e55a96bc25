//! Draws the mark: each size from the drawing itself, none from another size.

use std::{fs, io::Cursor, path::Path};

use resvg::{
    tiny_skia::{Pixmap, Transform},
    usvg::{Options, Tree},
};

use super::{DRAWING, PICTURES, WINDOWS};
use crate::error::Error;

/// The sizes within `icon.icns`; the twice as large ones are for screens of twice the density.
const MACOS: &[icns::IconType] = &[
    icns::IconType::RGBA32_16x16,
    icns::IconType::RGBA32_16x16_2x,
    icns::IconType::RGBA32_32x32,
    icns::IconType::RGBA32_32x32_2x,
    icns::IconType::RGBA32_128x128,
    icns::IconType::RGBA32_128x128_2x,
    icns::IconType::RGBA32_256x256,
    icns::IconType::RGBA32_256x256_2x,
    icns::IconType::RGBA32_512x512,
];

/// Writes every picture and both icon files into the folder of the drawing.
pub fn all(folder: &Path) -> Result<(), Error> {
    let drawing = folder.join(DRAWING);
    let text =
        fs::read(&drawing).map_err(|source| Error::File { path: drawing.clone(), source })?;
    let tree = Tree::from_data(&text, &Options::default()).map_err(malformed)?;
    for (name, pixels) in PICTURES {
        write(folder, name, &draw(&tree, *pixels)?.encode_png().map_err(malformed)?)?;
    }
    write(folder, "icon.ico", &windows(&tree)?)?;
    write(folder, "icon.icns", &macos(&tree)?)
}

fn draw(tree: &Tree, pixels: u32) -> Result<Pixmap, Error> {
    let mut picture = Pixmap::new(pixels, pixels).ok_or_else(|| malformed("a size of nothing"))?;
    let scale = pixels as f32 / tree.size().width();
    resvg::render(tree, Transform::from_scale(scale, scale), &mut picture.as_mut());
    Ok(picture)
}

/// Bytes of red, green, blue and opacity, not multiplied with each other.
fn pixels(picture: Pixmap) -> Vec<u8> {
    picture.take_demultiplied()
}

fn windows(tree: &Tree) -> Result<Vec<u8>, Error> {
    let mut directory = ico::IconDir::new(ico::ResourceType::Icon);
    for &size in WINDOWS {
        let image = ico::IconImage::from_rgba_data(size, size, pixels(draw(tree, size)?));
        directory.add_entry(ico::IconDirEntry::encode(&image).map_err(malformed)?);
    }
    let mut file = Cursor::new(Vec::new());
    directory.write(&mut file).map_err(malformed)?;
    Ok(file.into_inner())
}

fn macos(tree: &Tree) -> Result<Vec<u8>, Error> {
    let mut family = icns::IconFamily::new();
    for &kind in MACOS {
        let size = kind.pixel_width();
        let format = icns::PixelFormat::RGBA;
        let image = icns::Image::from_data(format, size, size, pixels(draw(tree, size)?))
            .map_err(malformed)?;
        family.add_icon_with_type(&image, kind).map_err(malformed)?;
    }
    let mut file = Vec::new();
    family.write(&mut file).map_err(malformed)?;
    Ok(file)
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), Error> {
    let path = folder.join(name);
    fs::write(&path, bytes).map_err(|source| Error::File { path, source })
}

fn malformed(error: impl std::fmt::Display) -> Error {
    Error::Drawing { reason: error.to_string() }
}
