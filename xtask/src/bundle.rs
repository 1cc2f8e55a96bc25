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
