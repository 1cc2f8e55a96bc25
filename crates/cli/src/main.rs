//! The `keyward` command: parses, calls one operation of the engine, renders what it gave.
//!
//! Nothing is decided here. Results go to standard output, as tables or with `--json` as one document;
//! progress and errors go to standard error; the exit status is that of the error's class.

mod arguments;
mod commands;
mod failure;
mod output;
mod passphrase;
mod render;
mod session;
mod time_span;
mod tour;

use std::process::ExitCode;

use clap::Parser;

use arguments::Arguments;
use failure::Failure;

fn main() -> ExitCode {
    keyward_workspace::harden();
    // Two crypto back ends are linked by what we use; without a choice rustls panics at the first TLS
    // connection. An error means that one is chosen already.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return refuse(&error),
    };
    let json = arguments.global.json;
    log_warnings(arguments.global.quiet, json);
    match run(arguments) {
        Ok(status) => ExitCode::from(status),
        Err(failure) => {
            failure.report(json);
            ExitCode::from(failure.status())
        }
    }
}

fn run(arguments: Arguments) -> Result<u8, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::io("start", "the runtime", &error))?;
    let result = runtime.block_on(commands::run(arguments));
    // A thread that still reads a terminal or a pipe would keep us for ever.
    runtime.shutdown_background();
    result
}

/// What clap has to say: help and versions on standard output, else why the command line is wrong.
fn refuse(error: &clap::Error) -> ExitCode {
    let status = u8::try_from(error.exit_code()).unwrap_or(2);
    let asked_json = std::env::args_os().any(|argument| argument == "--json");
    if status != 0 && asked_json {
        let text = error.render().to_string();
        let message = text.strip_prefix("error: ").unwrap_or(&text).trim();
        Failure::usage(message).report(true);
    } else {
        // Nobody is left to tell where this can't be printed.
        let _ = error.print();
    }
    ExitCode::from(status)
}

/// Warnings of our own crates, on standard error: what an opening could not tidy up.
fn log_warnings(quiet: bool, json: bool) {
    use tracing_subscriber::{Layer, filter, fmt, layer::SubscriberExt, util::SubscriberInitExt};
    let level = match (json, quiet) {
        // What stands on standard error then is one document too, and `doctor` finds what these tell.
        (true, _) => filter::LevelFilter::OFF,
        (false, true) => filter::LevelFilter::ERROR,
        (false, false) => filter::LevelFilter::WARN,
    };
    let ours = filter::Targets::new()
        .with_target("keyward_engine", level)
        .with_target("keyward_store", level)
        .with_target("keyward_kms_aws", level)
        .with_target("keyward_kms_azure", level);
    let lines = fmt::layer().with_writer(std::io::stderr).without_time().with_target(false);
    tracing_subscriber::registry().with(lines.with_filter(ours)).init();
}
