//! `cargo xtask setup`: whatever a fresh machine lacks.
//!
//! `run` and `test` begin with the same functions, so this is only for those who want it apart.

use crate::{
    error::Error,
    packages::{self, Need},
    peers,
    project::Project,
    tools, ui,
};

/// Sets up everything for `run` and `test`.
pub fn run(project: &Project, arguments: &[String]) -> Result<(), Error> {
    if let Some(argument) = arguments.first() {
        return Err(Error::Usage(format!("`{argument}` is not expected here")));
    }
    for_run()?;
    for_desktop(project)?;
    for_tests(project)?;
    tools::ensure(project, &tools::DENY)?;
    tools::forget_builds(project);
    println!("everything is there; next: cargo xtask run, cargo xtask test");
    Ok(())
}

/// What building the desktop console needs.
pub fn for_desktop(project: &Project) -> Result<(), Error> {
    packages::ensure(Need::Desktop)?;
    ui::install(project)
}

/// What driving its window needs; gives the driver's program.
pub fn for_window(project: &Project) -> Result<std::path::PathBuf, Error> {
    packages::ensure(Need::Window)?;
    let driver = tools::ensure(project, &tools::TAURI_DRIVER)?;
    tools::forget_builds(project);
    Ok(driver)
}

/// What building and running the command needs.
pub fn for_run() -> Result<(), Error> {
    packages::ensure(Need::Run)
}

/// What the tests need; gives the test runner's program.
pub fn for_tests(project: &Project) -> Result<std::path::PathBuf, Error> {
    packages::ensure(Need::Test)?;
    let nextest = tools::ensure(project, &tools::NEXTEST)?;
    // The workspace has the desktop console in it, which takes its pages in when it is built.
    ui::build(project)?;
    for_window(project)?;
    peers::ensure(project)?;
    Ok(nextest)
}
