//! Tells Tauri which commands there are, so that the capability file has to name each of them: a command
//! that it doesn't name is refused before it runs. And sees to it that there are pages to take in.

use std::{env, fs, io, path::Path};

/// What the window shows where the pages haven't been built.
const NO_PAGES: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Keyward</title>\
<main><h1>The pages are not built</h1><p>Close this window and start it by <code>cargo xtask run</code>, \
which builds them.</p></main></html>\n";

fn main() {
    let here = env::var("CARGO_MANIFEST_DIR").expect("cargo sets it");
    let here = Path::new(&here);
    pages(&here.join("../ui/dist")).expect("the folder of the pages can be made");
    let source = here.join("src/commands");
    println!("cargo:rerun-if-changed={}", source.display());
    let mut commands = Vec::new();
    for entry in fs::read_dir(&source).expect("the commands' folder is part of the crate").flatten()
    {
        let text = fs::read_to_string(entry.path()).expect("a command's file can be read");
        commands.extend(names(&text));
    }
    commands.sort_unstable();
    // Tauri keeps them for as long as the build script runs.
    let commands: Vec<&'static str> =
        commands.into_iter().map(|name| &*Box::leak(name.into_boxed_str())).collect();
    let manifest = tauri_build::AppManifest::new().commands(Box::leak(commands.into_boxed_slice()));
    let attributes = tauri_build::Attributes::new().app_manifest(manifest);
    tauri_build::try_build(attributes)
        .expect("the manifest, the capabilities and the icons are whole");
}

/// Tauri takes the pages in as it compiles, and fails without any: on a fresh clone one is made that says
/// how to build them, so that checking the code takes no Node.
fn pages(folder: &Path) -> io::Result<()> {
    println!("cargo:rerun-if-changed={}", folder.display());
    let page = folder.join("index.html");
    if page.is_file() {
        return Ok(());
    }
    fs::create_dir_all(folder)?;
    fs::write(page, NO_PAGES)
}

/// The functions that follow `#[tauri::command]`.
fn names(text: &str) -> Vec<String> {
    text.split("#[tauri::command]")
        .skip(1)
        .filter_map(|part| {
            let (_, after) = part.split_once("fn ")?;
            Some(after.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect())
        })
        .collect()
}
