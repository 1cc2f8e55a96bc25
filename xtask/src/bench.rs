//! `cargo xtask bench`: the measurements, beside their peers in one run.

use crate::{
    error::Error,
    packages::{self, Need},
    peers,
    process::{self, cargo},
    project::Project,
};

/// Sets up the peers that can be had, then runs the bench with the same arguments.
pub fn run(project: &Project, arguments: &[String]) -> Result<(), Error> {
    packages::ensure(Need::Bench)?;
    peers::ensure(project)?;
    let mut bench = cargo(project, "run");
    bench.args(["--release", "--package", "keyward-bench", "--"]).args(arguments);
    bench.env("KEYWARD_PEERS", project.peers());
    process::run(&mut bench)
}
