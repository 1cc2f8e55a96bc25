//! The project's own commands: set-up, run, tour, bundle, test, vectors, bench, fuzz, icons, tidy.
//!
//! One file for each command. Whatever a fresh machine lacks, a command installs or names. Depends on
//! next to nothing, so that it is built in seconds.

mod bench;
mod bundle;
mod desktop;
mod error;
mod fuzz;
mod icons;
mod packages;
mod peers;
mod process;
mod project;
mod run;
mod setup;
mod test;
mod tidy;
mod tools;
mod tour;
mod ui;
mod vectors;

use std::process::ExitCode;

use error::Error;
use project::Project;

/// One command: its name, its arguments, what it does and the function that does it.
struct Command {
    name: &'static str,
    arguments: &'static str,
    about: &'static str,
    run: fn(&Project, &[String]) -> Result<(), Error>,
}

const COMMANDS: &[Command] = &[
    Command {
        name: "run",
        arguments: "[--workspace DIR | --cli [--files DIR] [--aws]]",
        about: "Set up what is missing, build the desktop console and open its window, on a demonstration\n\
                workspace that is made for it. Where there is no display, go through it as `tour` does.\n\
                --workspace DIR  your own workspace instead\n\
                --cli            a tenant's whole life on real files, in the terminal instead\n\
                --files DIR      encrypt the files of DIR there, instead of some found here\n\
                --aws            root keys in the AWS peer there, instead of the local key store",
        run: run::run,
    },
    Command {
        name: "tour",
        arguments: "",
        about: "Go through every page of the real window on a display of its own, light and dark, small\n\
                and large, and leave a picture of each under target/tour.",
        run: tour::run,
    },
    Command {
        name: "bundle",
        arguments: "[deb|rpm]",
        about: "Build the packages of the desktop console, with the command and its manual pages.",
        run: bundle::run,
    },
    Command {
        name: "test",
        arguments: "[NEXTEST ARGUMENTS]",
        about: "Set up what is missing and pass every test: unit, end to end, doc tests, peers, pages.\n\
                With arguments (`-p keyward-core`, a test's name) only those, without doc tests and pages.\n\
                Tests whose peer can't be had here are skipped and listed by name at the end;\n\
                with KEYWARD_NO_SKIP=1 that is a failure.",
        run: test::run,
    },
    Command {
        name: "tidy",
        arguments: "",
        about: "Check formatting, lints, crate direction, module docs and dependencies.",
        run: tidy::run,
    },
    Command {
        name: "vectors",
        arguments: "DIR",
        about: "Run a folder of published vectors: `N passed, N failed` and every failing id.",
        run: vectors::run,
    },
    Command {
        name: "bench",
        arguments: "[NAME] [--json FILE]",
        about: "Measure, as ratios in one run, and fail where a row falls short.\n\
                NAME         only that row\n\
                --json FILE  write the rows as well",
        run: bench::run,
    },
    Command {
        name: "fuzz",
        arguments: "[TARGET] [--seconds N]",
        about: "Fuzz one target, or each in turn (60 seconds each unless told).",
        run: fuzz::run,
    },
    Command {
        name: "icons",
        arguments: "",
        about: "Draw the app's icons in every size and form, from icons/keyward.svg.",
        run: icons::run,
    },
    Command {
        name: "setup",
        arguments: "",
        about: "Only the set-up that `run` and `test` begin with.",
        run: setup::run,
    },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((name, rest)) = arguments.split_first() else {
        print!("{}", help());
        return ExitCode::SUCCESS;
    };
    if matches!(name.as_str(), "help" | "--help" | "-h") {
        print!("{}", help());
        return ExitCode::SUCCESS;
    }
    let Some(command) = COMMANDS.iter().find(|command| command.name == name) else {
        eprintln!("error: `{name}` is no command\n\n{}", help());
        return ExitCode::from(2);
    };
    if rest.iter().any(|argument| matches!(argument.as_str(), "--help" | "-h")) {
        print!("{}", usage(command));
        return ExitCode::SUCCESS;
    }
    match Project::find().and_then(|project| (command.run)(&project, rest)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            if matches!(error, Error::Usage(_)) {
                eprintln!("\n{}", usage(command));
            }
            ExitCode::from(error.status())
        }
    }
}

fn help() -> String {
    let commands: String = COMMANDS.iter().map(|command| format!("\n{}", usage(command))).collect();
    format!("Keyward's own commands, each by `cargo xtask`:\n{commands}")
}

fn usage(command: &Command) -> String {
    let title = format!("  cargo xtask {} {}", command.name, command.arguments);
    let about: String = command.about.lines().map(|line| format!("      {line}\n")).collect();
    format!("{}\n{about}", title.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_names_every_command() {
        let help = help();
        for command in COMMANDS {
            assert!(help.contains(&format!("cargo xtask {}", command.name)), "{}", command.name);
        }
    }
}
