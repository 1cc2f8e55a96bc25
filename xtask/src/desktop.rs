//! Building the desktop console, and making a workspace for it to open.

use std::path::{Path, PathBuf};

use crate::{
    error::Error,
    process::{self, cargo, program},
    project::Project,
    setup, ui,
};

/// Sets up and builds the pages, the console and what makes the demonstration; gives the console's
/// program.
pub fn build(project: &Project) -> Result<PathBuf, Error> {
    build_as(project, &[])?;
    Ok(project.built("keyward-desktop"))
}

/// As [`build`], as they are released: what is measured is what people get.
pub fn build_release(project: &Project) -> Result<(), Error> {
    build_as(project, &["--release"])
}

fn build_as(project: &Project, profile: &[&str]) -> Result<(), Error> {
    setup::for_desktop(project)?;
    ui::build(project)?;
    let mut build = cargo(project, "build");
    build.args(["--package", "keyward-desktop", "--package", "keyward-demonstration"]);
    process::run(build.args(profile))
}

/// Makes the demonstration workspace where there is none, and gives its folder.
pub fn demonstration(project: &Project) -> Result<PathBuf, Error> {
    let folder = project.root.join("target/demonstration");
    if !is_workspace(&folder) {
        eprintln!("making a demonstration workspace: half a minute, once");
        let mut make = program(project.built("keyward-demonstration"));
        process::run(make.arg("--workspace").arg(&folder))?;
    }
    Ok(folder)
}

/// Whether a workspace lies in a folder: this file is written last.
pub fn is_workspace(folder: &Path) -> bool {
    folder.join("workspace.json").is_file()
}
