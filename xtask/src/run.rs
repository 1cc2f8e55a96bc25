//! `cargo xtask run`: the tour of a tenant's whole life, by the `keyward` command itself.

use crate::{
    error::Error,
    peers,
    process::{self, cargo},
    project::Project,
    setup,
};

/// Sets up, then runs `keyward tour` with the same arguments.
pub fn run(project: &Project, arguments: &[String]) -> Result<(), Error> {
    let mut rest = arguments.iter();
    let mut aws = false;
    while let Some(argument) = rest.next() {
        match argument.as_str() {
            "--aws" => aws = true,
            "--files" if rest.next().is_some() => {}
            "--files" => return Err(Error::Usage("`--files` needs a folder".into())),
            other => return Err(Error::Usage(format!("`{other}` is not expected here"))),
        }
    }
    setup::for_run()?;
    if aws {
        peers::ensure_python(project)?;
    }
    let mut tour = cargo(project, "run");
    // The development build: half the time to wait for on a new machine, what `test` builds too, and the
    // cryptography in it is optimised all the same.
    tour.args(["--package", "keyward-cli", "--", "tour"]).args(arguments);
    tour.env("KEYWARD_PEERS", project.peers());
    process::run(&mut tour)
}
