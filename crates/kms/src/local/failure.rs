//! A failure before it is known which key it was about.

use std::{fmt, io};

use keyward_core::Provider;

use crate::{KmsError, Reason};

/// The reason, and the operating system's own words where it was the one that failed.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    pub(super) reason: Reason,
    cause: Option<String>,
}

impl Failure {
    /// The failure as seen from outside, about a key or about the store's folder.
    pub(super) fn about(self, key: impl fmt::Display) -> KmsError {
        KmsError {
            provider: Provider::Local,
            key: key.to_string(),
            reason: self.reason,
            provider_code: self.cause,
        }
    }
}

impl From<Reason> for Failure {
    fn from(reason: Reason) -> Self {
        Self { reason, cause: None }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        let reason = match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Reason::StoreFull,
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                Reason::StoreForbidden
            }
            _ => Reason::StoreUnavailable,
        };
        Self { reason, cause: Some(error.to_string()) }
    }
}

impl From<getrandom::Error> for Failure {
    fn from(error: getrandom::Error) -> Self {
        Self { reason: Reason::ProviderFault, cause: Some(error.to_string()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use keyward_core::Code;

    #[test]
    fn the_operating_systems_answer_decides_the_code() {
        for (kind, code) in [
            (io::ErrorKind::StorageFull, Code::DiskFull),
            (io::ErrorKind::QuotaExceeded, Code::DiskFull),
            (io::ErrorKind::PermissionDenied, Code::NoPermission),
            (io::ErrorKind::ReadOnlyFilesystem, Code::NoPermission),
            (io::ErrorKind::Other, Code::Machine),
        ] {
            let error = Failure::from(io::Error::from(kind)).about("local:acme-root");
            assert_eq!(error.code(), code, "{error}");
            assert!(error.provider_code.is_some());
        }
    }
}
