//! How stored bytes fail, told apart by what to do next.

use std::{
    error::Error,
    io::{self, ErrorKind},
    path::Path,
};

use keyward_core::Code;

/// Why a stored file couldn't be read or written.
#[derive(Debug, thiserror::Error)]
pub enum ObjectsError {
    /// The place's URL isn't one.
    #[error(
        "objects can't lie at `{place}`: {why}; give a folder, or a URL like `s3://bucket/prefix`"
    )]
    InvalidPlace {
        /// The URL, without what may be secret in it.
        place: String,
        /// What is wrong with it.
        why: String,
    },
    /// There is no such file, or no such folder or bucket.
    #[error("there is no stored file at `{path}`")]
    NotFound {
        /// The path.
        path: String,
    },
    /// The file is shorter than it was said to be.
    #[error("the stored file at `{path}` ends early; restore it from a copy")]
    Cut {
        /// The path.
        path: String,
    },
    /// The place doesn't let us.
    #[error("access to `{path}` is refused; check the permissions or credentials")]
    NoPermission {
        /// The path.
        path: String,
    },
    /// The folder's disk is full.
    #[error("no space is left to store `{path}`; free some and try again")]
    DiskFull {
        /// The path.
        path: String,
    },
    /// The bucket doesn't answer, or not sensibly.
    #[error("the object store can't be reached for `{path}` ({why}); try again later")]
    Unreachable {
        /// The path.
        path: String,
        /// The client's words.
        why: String,
    },
    /// Any other failure of a file.
    #[error("the stored file at `{path}` can't be used: {source}")]
    File {
        /// The path.
        path: String,
        /// Why.
        source: io::Error,
    },
}

impl ObjectsError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::InvalidPlace { .. } => Code::InvalidInput,
            Self::NotFound { .. } => Code::ObjectNotFound,
            Self::Cut { .. } => Code::StateCorrupt,
            Self::NoPermission { .. } => Code::NoPermission,
            Self::DiskFull { .. } => Code::DiskFull,
            Self::Unreachable { .. } => Code::StorageUnreachable,
            Self::File { .. } => Code::Machine,
        }
    }

    /// Tells a failure of the object store's client.
    pub(super) fn of(path: &str, error: object_store::Error) -> Self {
        use object_store::Error as Failure;
        let path = path.to_owned();
        match error {
            Failure::NotFound { .. } => Self::NotFound { path },
            Failure::PermissionDenied { .. } | Failure::Unauthenticated { .. } => {
                Self::NoPermission { path }
            }
            other => match kind_within(&other) {
                Some(kind) => Self::of_kind(path, io::Error::new(kind, told(&other))),
                None => Self::Unreachable { path, why: told(&other) },
            },
        }
    }

    /// Tells a failure of the client where no file is looked for: then it is the bucket that isn't
    /// there.
    pub(super) fn of_bucket(path: &str, error: object_store::Error) -> Self {
        match Self::of(path, error) {
            Self::NotFound { path } => {
                Self::Unreachable { path, why: "there is no such bucket".into() }
            }
            other => other,
        }
    }

    /// Tells a failure of a file.
    pub(super) fn of_file(path: &Path, error: io::Error) -> Self {
        Self::of_kind(path.display().to_string(), error)
    }

    fn of_kind(path: String, error: io::Error) -> Self {
        match error.kind() {
            ErrorKind::NotFound => Self::NotFound { path },
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
                Self::NoPermission { path }
            }
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Self::DiskFull { path },
            ErrorKind::UnexpectedEof => Self::Cut { path },
            ErrorKind::TimedOut
            | ErrorKind::ConnectionRefused
            | ErrorKind::ConnectionReset
            | ErrorKind::ConnectionAborted
            | ErrorKind::BrokenPipe
            | ErrorKind::HostUnreachable
            | ErrorKind::NetworkUnreachable => Self::Unreachable { path, why: error.to_string() },
            _ => Self::File { path, source: error },
        }
    }
}

/// The client's words in short, with what is at the bottom of it: "error sending request" alone helps
/// nobody.
fn told(error: &object_store::Error) -> String {
    let mut text = in_short(&error.to_string());
    let mut root: &dyn Error = error;
    while let Some(below) = root.source() {
        root = below;
    }
    let root = in_short(&root.to_string());
    if !text.contains(&root) {
        text += &format!(": {root}");
    }
    text
}

/// The client's words without the document that the service has answered: its code says it all.
fn in_short(text: &str) -> String {
    let code = text.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>"));
    match (text.split_once("<?xml"), code) {
        (Some((before, _)), Some((code, _))) => format!("{before}{code}"),
        _ => text.to_owned(),
    }
}

/// The operating system's error at the bottom of a chain, if there is one.
fn kind_within(error: &(dyn Error + 'static)) -> Option<ErrorKind> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(error) = error.downcast_ref::<io::Error>()
            && error.raw_os_error().is_some()
        {
            return Some(error.kind());
        }
        next = error.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_s_document_is_told_by_its_code() {
        let text =
            "404 Not Found: <?xml version=\"1.0\"?>\n<Error><Code>NoSuchBucket</Code></Error>";
        assert_eq!(in_short(text), "404 Not Found: NoSuchBucket");
        assert_eq!(in_short("error sending request"), "error sending request");
    }
}
