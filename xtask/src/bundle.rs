//! `cargo xtask bundle`: the packages of the desktop console, with the command beside it.

use crate::{
    error::Error,
    process::{self, cargo, program},
    project::Project,
    setup, ui,
};

/// What this can build without asking the network for tools.
const KINDS: [&str; 2] = ["deb", "rpm"];

/// Builds one kind of package, or both.
pub fn run(project: &Project, arguments: &[String]) -> Result<(), Error> {
    let kinds = match arguments {
        [] => KINDS.join(","),
        [kind] if KINDS.contains(&kind.as_str()) => kind.clone(),
        _ => return Err(Error::Usage("give `deb`, `rpm` or nothing".into())),
    };
    setup::for_desktop(project)?;
    command(project)?;
    let mut bundle = ui::npm(project, "exec");
    // The configuration lies beside this file's crate, not in the pages' folder.
    bundle.args(["--yes", "--", "@tauri-apps/cli@2.12.5", "build", "--bundles", &kinds]);
    bundle.current_dir(project.root.join("src-tauri")).env("CARGO_TARGET_DIR", &project.target);
    process::run(&mut bundle)?;
    println!("the packages are in {}", project.target.join("release/bundle").display());
    Ok(())
}

/// The command and its manual pages, which the packages take along from `target/package`.
fn command(project: &Project) -> Result<(), Error> {
    let mut build = cargo(project, "build");
    process::run(build.args(["--release", "--package", "keyward-cli"]))?;
    let built = project.target.join("release/keyward");
    let folder = project.root.join("target/package");
    let pages = folder.join("man");
    let made = |path: &std::path::Path| {
        let path = path.to_path_buf();
        move |source| Error::File { path, source }
    };
    std::fs::create_dir_all(&folder).map_err(made(&folder))?;
    std::fs::copy(&built, folder.join("keyward")).map_err(made(&built))?;
    process::run(program(built).arg("man").arg(&pages))?;
    let (page, to) = ("keyward-desktop.1", pages.join("keyward-desktop.1"));
    std::fs::copy(project.root.join("src-tauri").join(page), &to).map_err(made(&to))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, path::Path};

    use serde_json::Value;

    fn read(name: &str) -> String {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../src-tauri");
        std::fs::read_to_string(folder.join(name)).unwrap()
    }

    fn json(name: &str) -> Value {
        serde_json::from_str(&read(name)).unwrap()
    }

    #[test]
    fn both_packages_bring_the_same_files_from_where_they_are() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../src-tauri");
        let bundle = &json("tauri.linux.conf.json")["bundle"];
        let files = |kind: &str| -> BTreeMap<String, String> {
            serde_json::from_value(bundle["linux"][kind]["files"].clone()).unwrap()
        };
        let (deb, rpm) = (files("deb"), files("rpm"));
        assert_eq!(deb, rpm);
        let icons: Vec<String> = serde_json::from_value(bundle["icon"].clone()).unwrap();
        for source in deb.values().chain(&icons) {
            // What `command` makes is there only once it has run.
            let made = source.starts_with("../target/package/");
            assert!(made || folder.join(source).exists(), "there is no `{source}`");
        }
        // Each size lies in the folder of its size: of `@2x` the bundler would say twice the size it has.
        assert!(icons.iter().all(|icon| !icon.contains('@')), "{icons:?}");
    }

    #[test]
    fn the_menu_entry_takes_the_links_that_the_console_does() {
        let schemes = &json("tauri.conf.json")["plugins"]["deep-link"]["desktop"]["schemes"];
        let entry = read("keyward.desktop");
        let types = entry.lines().find_map(|line| line.strip_prefix("MimeType=")).unwrap();
        for scheme in schemes.as_array().unwrap() {
            let handled = format!("x-scheme-handler/{};", scheme.as_str().unwrap());
            assert!(types.contains(&handled), "{types}");
        }
        assert!(entry.lines().any(|line| line == "Exec={{exec}} %u"), "the link isn't passed on");
    }
}
