//! Starting programs: with a clean environment, shown before they run, checked after.

use std::{
    ffi::OsStr,
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Command, Stdio},
};

use crate::{error::Error, project::Project};

/// A program to start, without what `cargo run` put into our environment for this crate alone: build
/// scripts that watch those variables would be run again each time.
pub fn program(name: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(name);
    for (key, _) in std::env::vars_os() {
        let of_this_crate = key
            .to_str()
            .is_some_and(|key| key.starts_with("CARGO_PKG_") || key.starts_with("CARGO_MANIFEST_"));
        if of_this_crate {
            command.env_remove(key);
        }
    }
    command
}

/// `cargo SUBCOMMAND` on this workspace, in the caller's folder, so that relative paths in arguments
/// mean what the caller meant.
pub fn cargo(project: &Project, subcommand: &str) -> Command {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = program(cargo);
    command.arg(subcommand).arg("--manifest-path").arg(project.manifest());
    command.env("CARGO_TARGET_DIR", &project.target);
    command
}

/// Runs a program to its end and shows everything.
pub fn run(command: &mut Command) -> Result<(), Error> {
    eprintln!("$ {}", shown(command));
    let status = command.status().map_err(|source| start_error(command, source))?;
    ended(command, status.success(), status.code())
}

/// Runs a program to its end and gives each line of its standard output to `line` as it comes.
pub fn run_lines(command: &mut Command, mut line: impl FnMut(&str)) -> Result<(), Error> {
    eprintln!("$ {}", shown(command));
    let mut child =
        command.stdout(Stdio::piped()).spawn().map_err(|source| start_error(command, source))?;
    if let Some(stdout) = child.stdout.take() {
        for text in BufReader::new(stdout).lines().map_while(Result::ok) {
            line(&text);
        }
    }
    let status = child.wait().map_err(|source| start_error(command, source))?;
    ended(command, status.success(), status.code())
}

/// Runs a program quietly and gives its standard output; its standard error is shown.
pub fn output(command: &mut Command) -> Result<String, Error> {
    let output =
        command.stderr(Stdio::inherit()).output().map_err(|source| start_error(command, source))?;
    ended(command, output.status.success(), output.status.code())?;
    String::from_utf8(output.stdout)
        .map_err(|_| Error::Output { command: shown(command), what: "is not UTF-8" })
}

/// Runs a program quietly: whether it succeeded, and all it printed.
pub fn capture(command: &mut Command) -> (bool, String) {
    match command.stdin(Stdio::null()).output() {
        Ok(output) => {
            let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
            text.push_str(&String::from_utf8_lossy(&output.stderr));
            (output.status.success(), text)
        }
        Err(source) => (false, start_error(command, source).to_string()),
    }
}

/// Where `PATH` has a program.
pub fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}

fn ended(command: &Command, success: bool, status: Option<i32>) -> Result<(), Error> {
    if success { Ok(()) } else { Err(Error::Failed { command: shown(command), status }) }
}

fn start_error(command: &Command, source: std::io::Error) -> Error {
    Error::Start { program: command.get_program().to_string_lossy().into_owned(), source }
}

/// The command as one would type it, with a program's own name rather than its path.
fn shown(command: &Command) -> String {
    let program = PathBuf::from(command.get_program());
    let name = program.file_name().unwrap_or(program.as_os_str()).to_string_lossy().into_owned();
    command.get_args().fold(name, |line, argument| format!("{line} {}", argument.to_string_lossy()))
}
