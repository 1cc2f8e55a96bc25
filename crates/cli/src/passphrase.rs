//! Where a passphrase comes from: a file, the environment, or the terminal.

use std::{
    io::{self, IsTerminal},
    path::Path,
};

use zeroize::Zeroizing;

use crate::failure::Failure;

/// The variable that holds it where no file is named.
const VARIABLE: &str = "KEYWARD_PASSPHRASE";

/// The passphrase of an existing workspace; `None` where nobody can be asked.
///
/// # Errors
/// [`Failure`] where the file can't be read or the terminal fails.
pub fn existing(file: Option<&Path>) -> Result<Option<Zeroizing<String>>, Failure> {
    if let Some(given) = given(file)? {
        return Ok(Some(given));
    }
    if !io::stderr().is_terminal() {
        return Ok(None);
    }
    prompt("Passphrase: ").map(Some)
}

/// The passphrase for a new workspace, asked for twice at a terminal.
///
/// # Errors
/// [`Failure`] where there is none, or the two differ.
pub fn new(file: Option<&Path>) -> Result<Zeroizing<String>, Failure> {
    if let Some(given) = given(file)? {
        return Ok(given);
    }
    if !io::stderr().is_terminal() {
        return Err(Failure::usage(format_args!(
            "there is no passphrase; name a file with `--passphrase-file`, or set {VARIABLE}"
        )));
    }
    let first = prompt("New passphrase: ")?;
    if first != prompt("Again: ")? {
        return Err(Failure::usage("the two passphrases differ; start again"));
    }
    Ok(first)
}

fn given(file: Option<&Path>) -> Result<Option<Zeroizing<String>>, Failure> {
    if let Some(path) = file {
        let text = std::fs::read_to_string(path)
            .map(Zeroizing::new)
            .map_err(|error| Failure::io("read", path.display(), &error))?;
        // The first line: an editor ends a file with a line's end.
        let line = text.lines().next().unwrap_or_default();
        return Ok(Some(Zeroizing::new(line.to_owned())));
    }
    match std::env::var(VARIABLE) {
        Ok(text) => Ok(Some(Zeroizing::new(text)).filter(|text| !text.is_empty())),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(_) => Err(Failure::usage(format_args!("{VARIABLE} is not UTF-8; use a file"))),
    }
}

/// Asks for a secret at the terminal, which doesn't show it.
///
/// # Errors
/// [`Failure`] where the terminal fails.
pub fn prompt(text: &str) -> Result<Zeroizing<String>, Failure> {
    rpassword::prompt_password(text)
        .map(Zeroizing::new)
        .map_err(|error| Failure::io("ask at", "the terminal", &error))
}
