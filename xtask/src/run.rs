//! `cargo xtask run`: the desktop console on a demonstration workspace; or in the terminal, the tour of a
//! tenant's whole life by the `keyward` command itself.

use std::path::PathBuf;

use crate::{
    desktop,
    error::Error,
    peers,
    process::{self, cargo, program},
    project::Project,
    setup, tour,
};

/// What is to be shown.
#[derive(Debug, PartialEq, Eq)]
enum Show {
    /// The window, on a workspace of the caller's or on the demonstration.
    Window(Option<PathBuf>),
    /// The command's tour, with arguments for it.
    Command { aws: bool, arguments: Vec<String> },
}

/// Sets up, builds and shows.
pub fn run(project: &Project, arguments: &[String]) -> Result<(), Error> {
    match parse(arguments)? {
        Show::Window(workspace) => window(project, workspace),
        Show::Command { aws, arguments } => command(project, aws, &arguments),
    }
}

fn window(project: &Project, workspace: Option<PathBuf>) -> Result<(), Error> {
    if workspace.as_deref().is_some_and(|folder| !desktop::is_workspace(folder)) {
        return Err(Error::Usage("`--workspace` needs the folder of a workspace".into()));
    }
    let application = desktop::build(project)?;
    if !has_display() {
        eprintln!(
            "there is no display here: the window opens on one of its own, and leaves pictures \
             of a demonstration workspace"
        );
        return tour::go_through(project, &application);
    }
    let workspace = match workspace {
        Some(workspace) => workspace,
        None => desktop::demonstration(project)?,
    };
    process::run(program(application).arg("--workspace").arg(workspace))
}

/// By the development build: half the time to wait for on a new machine, what `test` builds too, and the
/// cryptography in it is optimised all the same.
fn command(project: &Project, aws: bool, arguments: &[String]) -> Result<(), Error> {
    setup::for_run()?;
    if aws {
        peers::ensure_python(project)?;
    }
    let mut tour = cargo(project, "run");
    tour.args(["--package", "keyward-cli", "--", "tour"]).args(arguments);
    tour.env("KEYWARD_PEERS", project.peers());
    process::run(&mut tour)
}

fn parse(arguments: &[String]) -> Result<Show, Error> {
    let usage = |text: &str| Error::Usage(text.into());
    let (mut workspace, mut cli, mut aws, mut passed) = (None, false, false, Vec::new());
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match argument.as_str() {
            "--cli" => cli = true,
            "--aws" => {
                aws = true;
                passed.push(argument.clone());
            }
            "--files" => {
                let folder = rest.next().ok_or_else(|| usage("`--files` needs a folder"))?;
                passed.extend([argument.clone(), folder.clone()]);
            }
            "--workspace" => {
                let folder = rest.next().ok_or_else(|| usage("`--workspace` needs a folder"))?;
                workspace = Some(PathBuf::from(folder));
            }
            other => return Err(Error::Usage(format!("`{other}` is not expected here"))),
        }
    }
    match (cli, workspace) {
        (true, None) => Ok(Show::Command { aws, arguments: passed }),
        (true, Some(_)) => Err(usage("`--cli` makes a workspace of its own")),
        (false, _) if !passed.is_empty() => Err(usage("`--files` and `--aws` go with `--cli`")),
        (false, workspace) => Ok(Show::Window(workspace)),
    }
}

/// Whether a window can be opened where people see it.
fn has_display() -> bool {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !cfg!(target_os = "linux") || is_set("DISPLAY") || is_set("WAYLAND_DISPLAY")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Option<Show> {
        let arguments: Vec<_> = line.split_whitespace().map(String::from).collect();
        parse(&arguments).ok()
    }

    #[test]
    fn the_window_is_usual_and_the_command_is_asked_for() {
        assert_eq!(parsed(""), Some(Show::Window(None)));
        assert_eq!(parsed("--workspace /w"), Some(Show::Window(Some("/w".into()))));
        let arguments = vec!["--files".into(), "docs".into(), "--aws".into()];
        let command = Show::Command { aws: true, arguments };
        assert_eq!(parsed("--files docs --cli --aws"), Some(command));
        for bad in ["--aws", "--files docs", "--cli --workspace /w", "--workspace", "docs"] {
            assert_eq!(parsed(bad), None, "{bad}");
        }
    }
}
