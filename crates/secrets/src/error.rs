//! Why a secret can't be kept or read.

use std::{io, path::PathBuf};

use keyward_core::Code;

use crate::Cost;

/// Why a secret can't be kept or read. No variant holds a secret or a passphrase.
#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    /// There is no keyring, or it is locked and nobody unlocked it.
    #[error(
        "the OS keyring can't be used ({cause}); start and unlock it (GNOME Keyring, KWallet, Keychain), \
         or set the workspace up with a passphrase"
    )]
    KeyringUnavailable {
        /// The platform's own words.
        cause: String,
    },
    /// Two entries match, and choosing one would be a guess.
    #[error(
        "the OS keyring has several entries for secret `{name}`; remove the one that Keyward didn't write"
    )]
    KeyringAmbiguous {
        /// The secret's name.
        name: String,
    },
    /// What is kept under a name isn't what was put there.
    #[error("what is kept as secret `{name}` is damaged; restore it from a copy")]
    EntryDamaged {
        /// The secret's name.
        name: String,
    },
    /// The passphrase isn't the one the file was sealed with.
    #[error("the passphrase does not open `{}`; type it again", file.display())]
    WrongPassphrase {
        /// The file.
        file: PathBuf,
    },
    /// The file isn't what Keyward wrote, and not for want of the right passphrase.
    #[error("`{}` is damaged; restore it from a copy", file.display())]
    Damaged {
        /// The file.
        file: PathBuf,
    },
    /// A newer Keyward wrote the file.
    #[error("`{}` has format {format}, which is newer than this Keyward; update it", file.display())]
    Newer {
        /// The file.
        file: PathBuf,
        /// Its format's number.
        format: u32,
    },
    /// A secret was written but didn't read back as it was.
    #[error(
        "secret `{name}` did not read back as it was written; don't go on, and check the keyring or disk"
    )]
    NotKept {
        /// The secret's name.
        name: String,
    },
    /// A secret's name has other characters than it may.
    #[error("`{name}` does not name a secret; use 1 to 64 lower-case letters, digits and hyphens")]
    BadName {
        /// The start of the name.
        name: String,
    },
    /// A secret is longer than any is.
    #[error("secret `{name}` has more than {most} bytes; look whether it is the right one")]
    TooLong {
        /// The secret's name.
        name: String,
        /// The most bytes that one may have.
        most: usize,
    },
    /// A new passphrase is too short to protect anything.
    #[error("the passphrase has fewer than {least} characters; choose a longer one")]
    WeakPassphrase {
        /// The least number of characters.
        least: usize,
    },
    /// The vault rests in the keyring, which has no passphrase of ours.
    #[error("the secrets rest in the OS keyring; change its password with the system's own tool")]
    NoPassphrase,
    /// Argon2's parameters are out of bounds.
    #[error(
        "the Argon2id parameters ({} KiB, {} passes, {} lanes) are out of bounds; restore the file from a copy",
        cost.memory_kib, cost.passes, cost.lanes
    )]
    CostOutOfRange {
        /// The parameters.
        cost: Cost,
    },
    /// A file can't be read or written.
    #[error("can't {action} `{}`: {source}; check the disk and its permissions", file.display())]
    Io {
        /// What was tried: `read`, `write`, `lock`.
        action: &'static str,
        /// The file.
        file: PathBuf,
        /// The operating system's answer.
        source: io::Error,
    },
    /// There is no memory for Argon2id.
    #[error("there is not enough memory to check the passphrase; close other programs")]
    NoMemory,
    /// The operating system gave no randomness.
    #[error("the operating system gives no random bytes; restart the machine")]
    NoRandomness,
}

impl SecretsError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::KeyringUnavailable { .. } => Code::KeyringUnavailable,
            Self::WrongPassphrase { .. } => Code::WrongPassphrase,
            Self::KeyringAmbiguous { .. }
            | Self::EntryDamaged { .. }
            | Self::Damaged { .. }
            | Self::CostOutOfRange { .. } => Code::StateCorrupt,
            Self::Newer { .. } => Code::WorkspaceNewer,
            Self::NotKept { .. } | Self::NoMemory | Self::NoRandomness => Code::Machine,
            Self::BadName { .. }
            | Self::TooLong { .. }
            | Self::WeakPassphrase { .. }
            | Self::NoPassphrase => Code::InvalidInput,
            Self::Io { source, .. } => match source.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Code::DiskFull,
                io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                    Code::NoPermission
                }
                _ => Code::Machine,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_operating_systems_answer_decides_the_code() {
        for (errno, code) in [
            (libc_errno::ENOSPC, Code::DiskFull),
            (libc_errno::EDQUOT, Code::DiskFull),
            (libc_errno::EACCES, Code::NoPermission),
            (libc_errno::EROFS, Code::NoPermission),
            (libc_errno::EIO, Code::Machine),
        ] {
            let source = io::Error::from_raw_os_error(errno);
            let error = SecretsError::Io { action: "write", file: "secrets.json".into(), source };
            assert_eq!(error.code(), code, "{error}");
        }
    }

    /// Linux's numbers.
    mod libc_errno {
        pub(super) const EIO: i32 = 5;
        pub(super) const EACCES: i32 = 13;
        pub(super) const ENOSPC: i32 = 28;
        pub(super) const EROFS: i32 = 30;
        pub(super) const EDQUOT: i32 = 122;
    }
}
