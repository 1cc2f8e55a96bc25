//! `cargo xtask test`: every test, then what was skipped, by name.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    error::Error,
    process::{self, cargo, program},
    project::{Project, no_skip},
    setup, tools, ui,
};

/// Sets up and passes all tests, or those that the arguments choose.
pub fn run(project: &Project, arguments: &[String]) -> Result<(), Error> {
    let nextest = setup::for_tests(project)?;
    tools::forget_builds(project);
    // The tests in `tests/` start the command as a user would.
    let mut build = cargo(project, "build");
    process::run(build.args(["--workspace", "--bins"]))?;

    let skips = SkipFile::new(project)?;
    let mut tally = unit_tests(project, &nextest, &skips, arguments)?;
    if arguments.is_empty() {
        tally.add(doc_tests(project, &skips)?);
        ui::test(project)?;
    }
    conclude(tally, &skips.read())
}

/// How many passed and failed.
#[derive(Debug, Default, PartialEq, Eq)]
struct Tally {
    passed: usize,
    failed: usize,
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

fn unit_tests(
    project: &Project,
    nextest: &Path,
    skips: &SkipFile,
    arguments: &[String],
) -> Result<Tally, Error> {
    let profile = if std::env::var_os("CI").is_some() { "ci" } else { "default" };
    // Nextest's store lies in the work tree, whatever cargo's target folder is.
    let report = project.root.join("target/nextest").join(profile).join("junit.xml");
    // An old report must not speak for a run that didn't come as far as writing one.
    let _ = fs::remove_file(&report);

    let mut command = program(nextest);
    command.args(["nextest", "run", "--profile", profile, "--manifest-path"]);
    command.arg(project.manifest());
    if arguments.is_empty() {
        command.arg("--workspace");
    }
    command.args(arguments);
    surroundings(&mut command, project, skips);
    let outcome = process::run(&mut command);
    let counted = fs::read_to_string(&report).ok().and_then(|text| junit(&text));
    match (outcome, counted) {
        (_, Some(tally)) if tally.failed > 0 => Ok(tally),
        (Ok(()), Some(tally)) => Ok(tally),
        (Ok(()), None) => Err(Error::Output {
            command: "cargo-nextest".into(),
            what: "has no report that can be read",
        }),
        (Err(error), _) => Err(error),
    }
}

fn doc_tests(project: &Project, skips: &SkipFile) -> Result<Tally, Error> {
    let mut command = cargo(project, "test");
    command.args(["--doc", "--workspace", "--no-fail-fast"]);
    surroundings(&mut command, project, skips);
    let mut tally = Tally::default();
    let outcome = process::run_lines(&mut command, |line| {
        println!("{line}");
        if let Some(counted) = doc_result(line) {
            tally.add(counted);
        }
    });
    match outcome {
        Err(error) if tally.failed == 0 => Err(error),
        _ => Ok(tally),
    }
}

/// What tests find in their environment.
fn surroundings(command: &mut Command, project: &Project, skips: &SkipFile) {
    command.env("CARGO_TARGET_DIR", &project.target);
    command.env("KEYWARD_BIN", project.built("keyward"));
    command.env("KEYWARD_DESKTOP_BIN", project.built("keyward-desktop"));
    command.env("KEYWARD_TAURI_DRIVER", tools::found(project, &tools::TAURI_DRIVER));
    command.env("KEYWARD_PEERS", project.peers());
    command.env("KEYWARD_SKIP_FILE", &skips.path);
}

fn conclude(tally: Tally, skipped: &[String]) -> Result<(), Error> {
    for line in skipped {
        println!("skipped: {line}");
    }
    // A test that skips itself has passed for its runner, but not for us.
    let passed = tally.passed.saturating_sub(skipped.len());
    println!("{passed} passed, {} failed, {} skipped", tally.failed, skipped.len());
    if tally.failed > 0 {
        return Err(Error::Tests { failed: tally.failed });
    }
    if no_skip() && !skipped.is_empty() {
        return Err(Error::Skipped { count: skipped.len() });
    }
    Ok(())
}

/// The file to which tests append what they skip, a line each: runners hide what passing tests print.
struct SkipFile {
    path: PathBuf,
}

impl SkipFile {
    fn new(project: &Project) -> Result<Self, Error> {
        let path = project.target.join("skipped.txt");
        fs::create_dir_all(&project.target)
            .and_then(|()| fs::write(&path, ""))
            .map_err(|source| Error::File { path: path.clone(), source })?;
        Ok(Self { path })
    }

    fn read(&self) -> Vec<String> {
        let text = fs::read_to_string(&self.path).unwrap_or_default();
        let mut lines: Vec<String> = text.lines().map(String::from).collect();
        lines.sort();
        // A test that was tried again has said it twice.
        lines.dedup();
        lines
    }
}

/// The counts on the root element of nextest's JUnit report.
fn junit(text: &str) -> Option<Tally> {
    let root = text.get(text.find("<testsuites ")?..)?;
    let root = root.get(..root.find('>')?)?;
    let count = |name: &str| -> Option<usize> {
        let value = root.split_once(&format!(" {name}=\""))?.1;
        value.split_once('"')?.0.parse().ok()
    };
    let failed = count("failures")? + count("errors")?;
    Some(Tally { passed: count("tests")?.checked_sub(failed)?, failed })
}

/// The counts in a line `test result: ok. 3 passed; 0 failed; ...`.
fn doc_result(line: &str) -> Option<Tally> {
    let counts = line.strip_prefix("test result: ")?.split_once(". ")?.1;
    let count = |word: &str| -> Option<usize> {
        counts.split("; ").find_map(|part| part.strip_suffix(word)?.trim().parse().ok())
    };
    Some(Tally { passed: count("passed")?, failed: count("failed")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_is_counted() {
        let text = r#"<?xml version="1.0" encoding="UTF-8"?>
            <testsuites name="nextest-run" tests="14" failures="1" errors="2" uuid="x">
            <testsuite name="a" tests="3" failures="0" errors="0">"#;
        assert_eq!(junit(text), Some(Tally { passed: 11, failed: 3 }));
        assert_eq!(junit("<testsuites tests=\"1\""), None);
        assert_eq!(junit("<testsuites tests=\"1\" failures=\"2\" errors=\"0\">"), None);
    }

    #[test]
    fn doc_tests_are_counted() {
        let line = "test result: FAILED. 3 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out";
        assert_eq!(doc_result(line), Some(Tally { passed: 3, failed: 1 }));
        assert_eq!(doc_result("running 3 tests"), None);
    }

    #[test]
    fn failures_fail() {
        assert!(conclude(Tally { passed: 3, failed: 0 }, &[]).is_ok());
        assert!(conclude(Tally { passed: 3, failed: 1 }, &[]).is_err());
    }
}
