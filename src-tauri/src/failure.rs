//! A failed command, as it crosses to the web view: the stable code, what happened, what to do next.
//!
//! The UI decides by the code alone; the texts are for people. No variant holds a secret.

use std::{collections::BTreeMap, fmt::Display};

use keyward_core::Code;
use keyward_engine::EngineError;
use keyward_kms::KmsError;
use keyward_workspace::WorkspaceError;

/// Why a command failed.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, specta::Type)]
pub struct CommandError {
    /// The stable code; `unexpected` where there is none.
    pub code: String,
    /// What happened, to which key or tenant.
    pub message: String,
    /// What to do next, where it is known.
    pub next_step: Option<String>,
    /// Facts by name: the record that a verification stopped at, as `seq`.
    pub details: BTreeMap<String, String>,
}

impl CommandError {
    /// A failure with a stable code. A text of the form `what; what to do next` is told apart.
    pub fn new(code: Code, text: impl Display) -> Self {
        Self::of(code.as_str(), text)
    }

    /// What the web view sent isn't what the command takes.
    pub fn invalid(text: impl Display) -> Self {
        Self::new(Code::InvalidInput, text)
    }

    /// Something that shouldn't happen.
    pub fn unexpected(text: impl Display) -> Self {
        Self::of("unexpected", text)
    }

    /// There is no open workspace to ask.
    pub fn locked() -> Self {
        Self::of("locked", "the workspace is locked; unlock it with its secret")
    }

    /// Adds a fact.
    pub fn with(mut self, name: &str, value: impl Display) -> Self {
        self.details.insert(name.into(), value.to_string());
        self
    }

    /// A failure whose code is a text already.
    pub fn of(code: &str, text: impl Display) -> Self {
        let text = text.to_string();
        let (message, next_step) = match text.rsplit_once("; ") {
            Some((message, next)) => (message.to_owned(), Some(next.to_owned())),
            None => (text, None),
        };
        Self { code: code.into(), message, next_step, details: BTreeMap::new() }
    }
}

impl From<EngineError> for CommandError {
    fn from(error: EngineError) -> Self {
        let failure = Self::new(error.code(), &error);
        let record = match &error {
            EngineError::Ledger(fault) => fault.seq(),
            EngineError::Log(fault) => fault.seq(),
            _ => None,
        };
        match record {
            Some(seq) => failure.with("seq", seq),
            None => match error {
                EngineError::LogRolledBack { place, kept, at, here }
                | EngineError::LogForked { place, kept, at, here } => failure
                    .with("place", place)
                    .with("kept", kept)
                    .with("kept_at", at.trim_start_matches(" from "))
                    .with("here", here),
                _ => failure,
            },
        }
    }
}

impl From<WorkspaceError> for CommandError {
    fn from(error: WorkspaceError) -> Self {
        match error {
            WorkspaceError::Engine(error) => error.into(),
            error => Self::new(error.code(), error),
        }
    }
}

impl From<KmsError> for CommandError {
    fn from(error: KmsError) -> Self {
        Self::new(error.code(), error)
    }
}

/// Reads an argument as what its text says.
pub fn parse<T: std::str::FromStr<Err: Display>>(text: &str) -> Result<T, CommandError> {
    text.trim().parse().map_err(CommandError::invalid)
}

/// Reads an argument that may be left out; nothing but spaces is nothing.
pub fn parse_optional<T: std::str::FromStr<Err: Display>>(
    text: Option<&str>,
) -> Result<Option<T>, CommandError> {
    text.map(str::trim).filter(|text| !text.is_empty()).map(parse).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;
    use keyward_core::TenantId;

    #[test]
    fn the_next_step_is_told_apart() {
        let failure = CommandError::new(Code::TenantRevoked, "tenant `a` is revoked; restore it");
        assert_eq!(failure.code, "tenant-revoked");
        assert_eq!(failure.message, "tenant `a` is revoked");
        assert_eq!(failure.next_step.as_deref(), Some("restore it"));
        assert_eq!(CommandError::unexpected("no").next_step, None);
    }

    #[test]
    fn a_malformed_argument_says_so() {
        let failure = parse::<TenantId>("No Spaces").unwrap_err();
        assert_eq!(failure.code, "invalid-input");
        assert!(parse_optional::<TenantId>(Some("  ")).unwrap().is_none());
    }
}
