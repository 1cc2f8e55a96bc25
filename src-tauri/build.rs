//! Tells Tauri which commands there are, so that the capability file has to name each of them: a command
//! that it doesn't name is refused before it runs.

use std::{env, fs, path::Path};

fn main() {
    let source =
        Path::new(&env::var("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("src/commands");
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
