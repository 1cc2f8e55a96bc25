//! The `keyward-verify` command: parses, verifies, prints. The rules are the library's.

mod arguments;
mod output;

use std::{
    io::{self, IsTerminal, Write},
    process::ExitCode,
};

use clap::Parser;
use keyward_verify::{
    BundleOptions, Folder, Keys, Link, VerifyError, read_note, verify_bundle, verify_checkpoints,
    verify_proof,
};

use arguments::{Arguments, Bundle, Checkpoints, Command, Proof};
use output::{Report, render_error, render_usage};

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return refuse(&error),
    };
    let json = arguments.json;
    let (text, status) = match run(arguments) {
        Ok(report) => (report.render(json), 0),
        Err(error) => (render_error(&error, json), error.status()),
    };
    // A verdict that nobody could read is none.
    let written = io::stdout().write_all(text.as_bytes()).and_then(|()| io::stdout().flush());
    ExitCode::from(if written.is_err() { status.max(1) } else { status })
}

fn run(arguments: Arguments) -> Result<Report, VerifyError> {
    match arguments.command {
        Command::Bundle(command) => bundle(command, arguments.json),
        Command::Proof(Proof { file, record, keys }) => {
            let report = verify_proof(&file, &keys.into(), record.as_deref())?;
            Ok(Report::Proof(Box::new(report)))
        }
        Command::Checkpoints(command) => checkpoints(command),
    }
}

fn bundle(command: Bundle, json: bool) -> Result<Report, VerifyError> {
    let options = BundleOptions {
        keys: Keys { logs: command.key, witnesses: command.witness },
        earlier: command.at.as_deref().map(read_note).transpose()?,
        complete: command.complete,
    };
    let folder = Folder::open(&command.folder)?;
    let shown = !json && io::stderr().is_terminal();
    let report = verify_bundle(&folder, &options, &mut |done, size| {
        if shown {
            // Progress that can't be shown changes nothing.
            let _ = write!(io::stderr(), "\r{done} of {size} records");
        }
    });
    if shown {
        let _ = write!(io::stderr(), "\r\x1b[K");
    }
    Ok(Report::Bundle(Box::new(report?)))
}

fn checkpoints(command: Checkpoints) -> Result<Report, VerifyError> {
    let link = match (command.proof, command.bundle) {
        (Some(file), _) => Link::Proof(file),
        // INVARIANT: the command line has one of the two.
        (None, folder) => Link::Bundle(folder.unwrap_or_default()),
    };
    let report = verify_checkpoints(&command.old, &command.new, &command.keys.into(), &link)?;
    Ok(Report::Checkpoints(Box::new(report)))
}

/// What clap has to say: help and versions, else why the command line is wrong.
fn refuse(error: &clap::Error) -> ExitCode {
    let status = u8::try_from(error.exit_code()).unwrap_or(2);
    if status != 0 && std::env::args_os().any(|argument| argument == "--json") {
        let text = error.render().to_string();
        let message = text.strip_prefix("error: ").unwrap_or(&text).trim();
        // Nobody is left to tell where this can't be printed.
        let _ = io::stdout().write_all(render_usage(message).as_bytes());
    } else {
        let _ = error.print();
    }
    ExitCode::from(status)
}
