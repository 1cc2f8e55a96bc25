//! `cargo xtask tidy`: one line for each check, and for what fails, what and where.

mod direction;
mod modules;

use std::process::Command;

use crate::{
    error::Error,
    process::{capture, cargo, program},
    project::Project,
    tools, ui,
};

/// What a check found: nothing, or a line for each thing that is wrong.
type Findings = Vec<String>;

/// Runs every check, also after one has failed.
pub fn run(project: &Project, arguments: &[String]) -> Result<(), Error> {
    if let Some(argument) = arguments.first() {
        return Err(Error::Usage(format!("`{argument}` is not expected here")));
    }
    let deny = tools::ensure(project, &tools::DENY)?;
    tools::forget_builds(project);
    ui::build(project)?;
    let sources = modules::Sources::read(project)?;
    let mut failed = 0;
    let mut check = |name: &str, findings: Findings| {
        if !report(name, &findings) {
            failed += 1;
        }
    };
    check("formatting", formatting(project));
    check("formatting and lints of the pages", pages(project));
    check("crate direction", direction::check(project)?);
    check("module comments", sources.without_module_comment());
    check("missing_docs denied", sources.without_missing_docs());
    check("file lengths", sources.too_long());
    check("ignored tests", sources.with_ignored_tests());
    check("bans, licenses, sources", dependencies(project, &deny));
    // Last, since it takes longest: on a new machine it compiles every dependency.
    check("lints", lints(project));
    if failed == 0 { Ok(()) } else { Err(Error::Checks { failed }) }
}

fn report(name: &str, findings: &Findings) -> bool {
    if findings.is_empty() {
        println!("ok      {name}");
        return true;
    }
    println!("FAILED  {name}");
    for line in findings.iter().flat_map(|finding| finding.lines()) {
        println!("        {line}");
    }
    false
}

fn formatting(project: &Project) -> Findings {
    let mut findings =
        findings_of(cargo(project, "fmt").args(["--all", "--check", "--", "--color", "never"]));
    // Outside the workspace, but ours.
    let fuzz = project.root.join("tests/fuzz/Cargo.toml");
    if fuzz.is_file() {
        let mut command = program(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.args(["fmt", "--check", "--manifest-path"]).arg(fuzz);
        command.args(["--", "--color", "never"]);
        findings.extend(findings_of(&mut command));
    }
    if !findings.is_empty() {
        findings.push("run `cargo fmt --all`".into());
    }
    findings
}

/// Their tests, and whether the bindings are those that the commands have, are part of `test`.
fn pages(project: &Project) -> Findings {
    ["format:check", "lint"]
        .into_iter()
        .flat_map(|script| findings_of(ui::npm(project, "run").args(["--silent", script])))
        .collect()
}

fn lints(project: &Project) -> Findings {
    let mut command = cargo(project, "clippy");
    command.args(["--quiet", "--workspace", "--all-targets", "--", "-D", "warnings"]);
    findings_of(&mut command)
}

/// Without advisories: their database is fetched, and what passes today must pass tomorrow.
fn dependencies(project: &Project, deny: &std::path::Path) -> Findings {
    let mut command = program(deny);
    command.args(["--log-level", "error", "--manifest-path"]).arg(project.manifest());
    command.args(["check", "bans", "licenses", "sources"]);
    findings_of(&mut command)
}

/// All that a failing program printed.
fn findings_of(command: &mut Command) -> Findings {
    let (succeeded, text) = capture(command);
    if succeeded { Findings::new() } else { vec![text] }
}
