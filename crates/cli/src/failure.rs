//! A command's failure: what is printed, and the exit status.

use std::{fmt::Display, io};

use keyward_core::{Code, ExitClass};
use keyward_engine::EngineError;
use keyward_kms::KmsError;
use keyward_ledger::LedgerError;
use keyward_store::StoreError;
use keyward_verify::VerifyError;
use keyward_witness::WitnessError;
use keyward_workspace::WorkspaceError;

/// Why a command failed. Never holds a secret.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Failure {
    /// The stable code; `unexpected` where there is none.
    code: &'static str,
    /// Its class as a word.
    class: &'static str,
    /// For people, with what to do next.
    message: String,
    #[serde(skip)]
    status: u8,
    /// Whoever read our output has gone: nothing is to be said.
    #[serde(skip)]
    silent: bool,
}

impl Failure {
    /// A failure with a stable code.
    pub fn new(code: Code, message: impl Display) -> Self {
        Self {
            code: code.as_str(),
            class: class_word(code.class()),
            message: message.to_string(),
            status: code.class().status(),
            silent: false,
        }
    }

    /// A wrong command line.
    pub fn usage(message: impl Display) -> Self {
        Self::new(Code::InvalidInput, message)
    }

    /// Something that shouldn't happen.
    pub fn unexpected(message: impl Display) -> Self {
        Self {
            code: "unexpected",
            class: "unexpected",
            message: message.to_string(),
            status: 1,
            silent: false,
        }
    }

    /// A file, folder or stream that could not be used.
    pub fn io(action: &str, what: impl Display, error: &io::Error) -> Self {
        use io::ErrorKind;
        if error.kind() == ErrorKind::BrokenPipe {
            return Self::reader_gone();
        }
        let code = match error.kind() {
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => Code::NoPermission,
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Code::DiskFull,
            ErrorKind::NotFound | ErrorKind::IsADirectory | ErrorKind::NotADirectory => {
                Code::InvalidInput
            }
            _ => Code::Machine,
        };
        Self::new(code, format_args!("can't {action} `{what}`: {error}"))
    }

    /// The reader of our output has closed it: the status that the shell gives for SIGPIPE.
    fn reader_gone() -> Self {
        Self { status: 141, silent: true, ..Self::unexpected("") }
    }

    /// The exit status.
    pub fn status(&self) -> u8 {
        self.status
    }

    /// The stable code.
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// The text for people.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Prints the failure on standard error.
    pub fn report(&self, json: bool) {
        if self.silent {
            return;
        }
        if json {
            eprintln!("{}", serde_json::json!({ "error": self }));
        } else {
            eprintln!("error[{}]: {}", self.code, self.message);
        }
    }
}

/// The word of an exit class.
fn class_word(class: ExitClass) -> &'static str {
    match class {
        ExitClass::Invalid => "invalid",
        ExitClass::Denied => "denied",
        ExitClass::NotFound => "not-found",
        ExitClass::Conflict => "conflict",
        ExitClass::Unavailable => "unavailable",
        ExitClass::Integrity => "integrity",
        ExitClass::Machine => "machine",
    }
}

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Self {
        if let EngineError::Io { source, .. } = &error
            && source.kind() == io::ErrorKind::BrokenPipe
        {
            return Self::reader_gone();
        }
        Self::new(error.code(), error)
    }
}

impl From<WorkspaceError> for Failure {
    fn from(error: WorkspaceError) -> Self {
        Self::new(error.code(), error)
    }
}

impl From<WitnessError> for Failure {
    fn from(error: WitnessError) -> Self {
        Self::new(error.code(), error)
    }
}

impl From<VerifyError> for Failure {
    fn from(error: VerifyError) -> Self {
        Self::new(Code::LogNotVerified, error)
    }
}

impl From<LedgerError> for Failure {
    fn from(error: LedgerError) -> Self {
        Self::new(error.code(), error)
    }
}

impl From<KmsError> for Failure {
    fn from(error: KmsError) -> Self {
        Self::new(error.code(), error)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::new(error.code(), error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_in_json_has_its_three_fields() {
        let failure = Failure::new(Code::TenantRevoked, "no");
        assert_eq!(failure.status(), 3);
        assert_eq!(
            serde_json::to_value(&failure).unwrap(),
            serde_json::json!({"code": "tenant-revoked", "class": "denied", "message": "no"})
        );
    }

    #[test]
    fn a_broken_pipe_says_nothing() {
        let error = io::Error::from(io::ErrorKind::BrokenPipe);
        assert!(Failure::io("write", "standard output", &error).silent);
    }
}
