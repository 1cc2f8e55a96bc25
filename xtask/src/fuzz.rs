//! `cargo xtask fuzz`: libFuzzer on the parsers, on the pinned stable toolchain.

use std::{fs, process::Command};

use crate::{
    error::Error,
    packages::{self, Need},
    process::{output, program, run as run_program},
    project::Project,
    tools,
};

const DEFAULT_SECONDS: u32 = 60;

/// Fuzzes one target, or each in turn.
pub fn run(project: &Project, arguments: &[String]) -> Result<(), Error> {
    let (target, seconds) = parse(arguments)?;
    packages::ensure(Need::Fuzz)?;
    let tool = tools::ensure(project, &tools::FUZZ)?;
    tools::forget_builds(project);
    let cargo_fuzz = |subcommand: &str| {
        let mut command = program(&tool);
        command.args([subcommand, "--fuzz-dir"]).arg(project.root.join("tests/fuzz"));
        command.current_dir(&project.root);
        // The sanitizers' flags are unstable; this lets the pinned stable compiler take them.
        command.env("RUSTC_BOOTSTRAP", "1");
        command.env("CARGO_TARGET_DIR", project.target.join("fuzz/build"));
        command
    };
    let listed = output(&mut cargo_fuzz("list"))?;
    let targets: Vec<String> = listed.split_whitespace().map(String::from).collect();
    let chosen = match target {
        None => targets,
        Some(name) if targets.contains(&name) => vec![name],
        Some(name) => return Err(Error::NoTarget { name, targets }),
    };
    for name in chosen {
        fuzz(project, cargo_fuzz("run"), &name, seconds)?;
    }
    Ok(())
}

fn fuzz(project: &Project, mut command: Command, name: &str, seconds: u32) -> Result<(), Error> {
    // New inputs go to the first folder, so that fuzzing doesn't change the work tree; the corpus in
    // the tree is read as seeds.
    let found = project.target.join("fuzz/corpus").join(name);
    fs::create_dir_all(&found).map_err(|source| Error::File { path: found.clone(), source })?;
    command.arg(name).arg(&found);
    let seeds = project.root.join("tests/fuzz/corpus").join(name);
    if seeds.is_dir() {
        command.arg(seeds);
    }
    command.arg("--").arg(format!("-max_total_time={seconds}")).arg("-print_final_stats=1");
    run_program(&mut command)
}

fn parse(arguments: &[String]) -> Result<(Option<String>, u32), Error> {
    let mut target = None;
    let mut seconds = DEFAULT_SECONDS;
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        if argument == "--seconds" {
            seconds = rest
                .next()
                .and_then(|text| text.parse().ok())
                .ok_or_else(|| Error::Usage("`--seconds` needs a number of seconds".into()))?;
        } else if argument.starts_with('-') || target.is_some() {
            return Err(Error::Usage(format!("`{argument}` is not expected here")));
        } else {
            target = Some(argument.clone());
        }
    }
    Ok((target, seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Option<(Option<String>, u32)> {
        let arguments: Vec<_> = line.split_whitespace().map(String::from).collect();
        parse(&arguments).ok()
    }

    #[test]
    fn arguments_come_in_any_order() {
        assert_eq!(parsed(""), Some((None, DEFAULT_SECONDS)));
        assert_eq!(parsed("header --seconds 300"), Some((Some("header".into()), 300)));
        assert_eq!(parsed("--seconds 5 header"), Some((Some("header".into()), 5)));
        for bad in ["a b", "--seconds", "--seconds x", "--minutes 3"] {
            assert_eq!(parsed(bad), None, "{bad}");
        }
    }
}
