//! `cargo xtask vectors DIR`: vectors that others published, through the project's one runner.

use crate::{
    error::Error,
    process::{self, cargo},
    project::Project,
    setup,
};

/// Runs the runner on a folder. It prints what passed and failed, and fails if anything did.
pub fn run(project: &Project, arguments: &[String]) -> Result<(), Error> {
    let [folder] = arguments else {
        return Err(Error::Usage("give one folder of vectors".into()));
    };
    if !std::path::Path::new(folder).is_dir() {
        return Err(Error::Usage(format!("`{folder}` is no folder")));
    }
    setup::for_run()?;
    // The profile of the tests, which have built most of it: vectors are small, a second build isn't.
    let mut vectors = cargo(project, "run");
    vectors.args(["--quiet", "--package", "keyward-tests", "--bin", "vectors", "--", folder]);
    process::run(&mut vectors)
}
