//! `cargo xtask tour`: every page of the real window, in pictures.

use crate::{
    desktop,
    error::Error,
    process::{self, cargo},
    project::Project,
    setup,
};

/// Builds the console, and has it gone through on a display of its own.
pub fn run(project: &Project, arguments: &[String]) -> Result<(), Error> {
    if let Some(argument) = arguments.first() {
        return Err(Error::Usage(format!("`{argument}` is not expected here")));
    }
    let application = desktop::build(project)?;
    go_through(project, &application)
}

/// Goes through a console that is built.
pub fn go_through(project: &Project, application: &std::path::Path) -> Result<(), Error> {
    let driver = setup::for_window(project)?;
    let pictures = project.root.join("target/tour");
    let mut tour = cargo(project, "run");
    tour.args(["--quiet", "--package", "keyward-tests", "--bin", "tour", "--"]);
    tour.arg(application).arg(driver);
    // Apart from the one of `run`: its secrets rest in the keyring that is started beside this window.
    tour.arg(project.root.join("target/tour-workspace")).arg(&pictures);
    process::run(tour.arg(project.built("keyward-demonstration")))?;
    println!("a picture of every page is in {}", pictures.display());
    Ok(())
}
