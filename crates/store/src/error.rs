//! How the database fails, told apart by what to do next.

use std::path::PathBuf;

use keyward_core::Code;

/// Why the database didn't do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no database at the path.
    #[error("there is no workspace database at `{}`; create one, or check the path", path.display())]
    NotFound {
        /// The path that was tried.
        path: PathBuf,
    },
    /// There is a file at the path already.
    #[error("there is a file at `{}` already; open it, or choose another path", path.display())]
    Exists {
        /// The path that was tried.
        path: PathBuf,
    },
    /// A newer Keyward has migrated the database.
    #[error(
        "the database has schema version {found}, this Keyward knows {known}; use a newer Keyward"
    )]
    Newer {
        /// The database's schema version.
        found: u32,
        /// The newest one known here.
        known: u32,
    },
    /// The file is no database, or one whose pages are damaged.
    #[error("the database is damaged ({detail}); restore it from a copy")]
    Damaged {
        /// What was found, in the database's own words.
        detail: String,
    },
    /// A stored value isn't what Keyward writes there.
    #[error(
        "`{table}.{column}` holds `{value}`, which Keyward never writes; restore the database from a copy"
    )]
    Corrupt {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// The start of the value.
        value: String,
    },
    /// Another process holds the database for too long.
    #[error("the database is locked by another process; try again when that has finished")]
    Locked,
    /// No space is left for the database.
    #[error("no space is left for the database; free some and try again")]
    DiskFull,
    /// The operating system refuses the file.
    #[error(
        "the operating system refuses access to the database; check the permissions of its file and folder"
    )]
    NoPermission,
    /// The root key is another tenant's.
    #[error("the root key is proven by another registration already; register another key")]
    IdentityTaken,
    /// There is such a row already.
    #[error("`{table}` has such a row already; choose another name")]
    AlreadyExists {
        /// The table.
        table: &'static str,
    },
    /// The row names another one that isn't there.
    #[error("a row of `{table}` names one that is not there; it may have been removed meanwhile")]
    MissingParent {
        /// The table.
        table: &'static str,
    },
    /// A trigger or check of the database refused the change.
    #[error("the database refuses the change of `{table}`: {detail}")]
    Refused {
        /// The table.
        table: &'static str,
        /// The rule that refused.
        detail: String,
    },
    /// The row isn't as the caller last saw it.
    #[error("`{table}` has changed meanwhile; read it again")]
    ChangedMeanwhile {
        /// The table.
        table: &'static str,
    },
    /// A number is larger than the database holds.
    #[error("{value} is too large for `{table}.{column}`")]
    TooLarge {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// The number.
        value: u64,
    },
    /// A file operation beside the database failed.
    #[error("`{}` can't be used: {source}", path.display())]
    File {
        /// The path.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The transaction is gone, with all that was changed in it, as it goes where a disk is full or
    /// memory ends at the wrong moment.
    #[error(
        "the database gave the transaction up; nothing was changed: repeat it, and look at the disk and memory if it stays so"
    )]
    GivenUp(#[source] sqlx::Error),
    /// Any other failure of the database.
    #[error("the database failed: {0}")]
    Database(#[source] sqlx::Error),
}

impl StoreError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::NotFound { .. } => Code::WorkspaceNotFound,
            Self::Exists { .. } | Self::AlreadyExists { .. } => Code::AlreadyExists,
            Self::Newer { .. } => Code::WorkspaceNewer,
            Self::Damaged { .. } | Self::Corrupt { .. } | Self::Refused { .. } => {
                Code::StateCorrupt
            }
            Self::Locked => Code::DatabaseLocked,
            Self::DiskFull => Code::DiskFull,
            Self::NoPermission => Code::NoPermission,
            Self::IdentityTaken => Code::KeyOfAnotherTenant,
            Self::MissingParent { .. } | Self::ChangedMeanwhile { .. } => Code::ChangedMeanwhile,
            Self::TooLarge { .. } => Code::InvalidInput,
            Self::File { .. } | Self::GivenUp(_) | Self::Database(_) => Code::Machine,
        }
    }

    /// Tells a failure of the database by its code, whichever database it is.
    pub(crate) fn of(table: &'static str, error: sqlx::Error) -> Self {
        let sqlx::Error::Database(failure) = &error else {
            return Self::Database(error);
        };
        let detail = failure.message().to_owned();
        match failure.code().as_deref().map_or(Cause::Other, Cause::of) {
            Cause::Busy => Self::Locked,
            Cause::Full => Self::DiskFull,
            Cause::Permission => Self::NoPermission,
            Cause::Damaged => Self::Damaged { detail },
            Cause::Unique
                if detail.contains("root_keys.identity")
                    || detail.contains("root_keys_identity") =>
            {
                Self::IdentityTaken
            }
            Cause::Unique => Self::AlreadyExists { table },
            Cause::Parent => Self::MissingParent { table },
            Cause::Rule => Self::Refused { table, detail },
            Cause::Other => Self::Database(error),
        }
    }

    /// Tells a failure of a file beside the database.
    pub(crate) fn file(path: &std::path::Path, source: std::io::Error) -> Self {
        use std::io::ErrorKind;
        match source.kind() {
            ErrorKind::NotFound => Self::NotFound { path: path.into() },
            ErrorKind::AlreadyExists => Self::Exists { path: path.into() },
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => Self::NoPermission,
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Self::DiskFull,
            _ => Self::File { path: path.into(), source },
        }
    }
}

/// What a database's error code means.
#[derive(Debug, PartialEq, Eq)]
enum Cause {
    Busy,
    Full,
    Permission,
    Damaged,
    Unique,
    Parent,
    Rule,
    Other,
}

impl Cause {
    /// SQLite's codes are decimal (<https://sqlite.org/rescode.html>), SQLSTATE has five characters.
    fn of(code: &str) -> Self {
        if code.len() == 5 {
            return Self::of_sqlstate(code);
        }
        let Ok(code) = code.parse::<u32>() else { return Self::Other };
        match code {
            // SQLITE_IOERR_SHMSIZE: the WAL index can't grow, which only a full disk causes.
            4874 => Self::Full,
            // SQLITE_CONSTRAINT_UNIQUE, _PRIMARYKEY, _ROWID.
            2067 | 1555 | 2579 => Self::Unique,
            // SQLITE_CONSTRAINT_FOREIGNKEY.
            787 => Self::Parent,
            // The low byte is the primary code: SQLITE_BUSY, _LOCKED, _FULL, _PERM, _READONLY,
            // _CANTOPEN, _AUTH, _CORRUPT, _NOTADB, _CONSTRAINT.
            _ => match code & 0xff {
                5 | 6 => Self::Busy,
                13 => Self::Full,
                3 | 8 | 14 | 23 => Self::Permission,
                11 | 26 => Self::Damaged,
                19 => Self::Rule,
                _ => Self::Other,
            },
        }
    }

    /// PostgreSQL's codes, appendix A of its manual.
    fn of_sqlstate(code: &str) -> Self {
        match code {
            "55P03" | "40001" | "40P01" => Self::Busy,
            "53100" => Self::Full,
            "42501" | "25006" => Self::Permission,
            "XX001" | "XX002" => Self::Damaged,
            "23505" => Self::Unique,
            "23503" => Self::Parent,
            "23514" | "23502" | "P0001" => Self::Rule,
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_both_databases_mean_the_same() {
        for (sqlite, postgres, cause) in [
            ("5", "55P03", Cause::Busy),
            ("13", "53100", Cause::Full),
            ("8", "42501", Cause::Permission),
            ("11", "XX001", Cause::Damaged),
            ("2067", "23505", Cause::Unique),
            ("787", "23503", Cause::Parent),
            ("1811", "P0001", Cause::Rule),
            ("1", "42601", Cause::Other),
        ] {
            assert_eq!(Cause::of(sqlite), cause, "{sqlite}");
            assert_eq!(Cause::of(postgres), cause, "{postgres}");
        }
        // Extended codes go by their primary code: SQLITE_BUSY_SNAPSHOT.
        assert_eq!(Cause::of("517"), Cause::Busy);
    }
}
