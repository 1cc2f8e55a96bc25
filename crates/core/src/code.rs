//! Stable codes: what a program may match on, unlike a message.

use std::fmt;

/// What kind of failure a code is, and the exit status of the `keyward` command for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitClass {
    /// 2: the input or the command line is wrong; nothing was tried.
    Invalid,
    /// 3: refused, by a rule of ours or by the key's owner. Trying again won't help.
    Denied,
    /// 4: the thing named isn't there.
    NotFound,
    /// 5: it clashes with what is there already.
    Conflict,
    /// 6: the outside didn't answer, or asks us to slow down. Trying again may help.
    Unavailable,
    /// 7: data or log don't verify: corrupt, cut, swapped or forged.
    Integrity,
    /// 8: this machine: disk full, no permission, locked database.
    Machine,
}

impl ExitClass {
    /// The process's exit status.
    #[must_use]
    pub fn status(self) -> u8 {
        match self {
            Self::Invalid => 2,
            Self::Denied => 3,
            Self::NotFound => 4,
            Self::Conflict => 5,
            Self::Unavailable => 6,
            Self::Integrity => 7,
            Self::Machine => 8,
        }
    }
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $class:ident;)*) => {
        /// A stable code. It crosses IPC, `--json` and the log, and never changes its meaning.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code {
            $($(#[$doc])* $name,)*
        }

        impl Code {
            /// Every code.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The code's text.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }

            /// The code's class.
            #[must_use]
            pub fn class(self) -> ExitClass {
                match self {
                    $(Self::$name => ExitClass::$class,)*
                }
            }
        }
    };
}

codes! {
    /// An argument doesn't parse or is out of its range.
    InvalidInput = "invalid-input", Invalid;
    /// A root key reference doesn't parse.
    InvalidReference = "invalid-reference", Invalid;
    /// A name is no valid tenant id, dataset or object name.
    InvalidName = "invalid-name", Invalid;
    /// The provider can't do this with this key.
    UnsupportedByProvider = "unsupported-by-provider", Invalid;
    /// No provider is set up for this kind of reference.
    ProviderNotConfigured = "provider-not-configured", Invalid;

    /// The role or tenant scope of the actor doesn't allow it.
    NotAuthorised = "not-authorised", Denied;
    /// The engine's region is none of the key's regions, or not one where the data may lie.
    WrongRegion = "wrong-region", Denied;
    /// The tenant is suspended: its key was denied or somebody suspended it.
    TenantSuspended = "tenant-suspended", Denied;
    /// The tenant's keys are revoked.
    TenantRevoked = "tenant-revoked", Denied;
    /// The tenant has left.
    TenantOffboarded = "tenant-offboarded", Denied;
    /// The tenant has no active root key yet.
    TenantNotActive = "tenant-not-active", Denied;
    /// The key's state doesn't allow it.
    KeyState = "key-state", Denied;
    /// The key's owner or provider denies access.
    KeyDenied = "key-denied", Denied;
    /// The key is disabled at its provider.
    KeyDisabled = "key-disabled", Denied;
    /// The key is to be deleted at its provider.
    KeyPendingDeletion = "key-pending-deletion", Denied;
    /// The key is gone from its provider.
    KeyNotFound = "key-not-found", Denied;
    /// The challenge was answered wrongly.
    ChallengeFailed = "challenge-failed", Denied;
    /// The challenge's time is over.
    ChallengeExpired = "challenge-expired", Denied;
    /// The challenge was answered before.
    ChallengeUsed = "challenge-used", Denied;
    /// A witness refuses to cosign.
    WitnessRefused = "witness-refused", Denied;
    /// A probe of the key found that it doesn't keep tenants apart.
    ProbeFailed = "probe-failed", Denied;

    /// No such tenant.
    TenantNotFound = "tenant-not-found", NotFound;
    /// No such dataset.
    DatasetNotFound = "dataset-not-found", NotFound;
    /// No such object.
    ObjectNotFound = "object-not-found", NotFound;
    /// No such root key is registered.
    RootKeyNotFound = "root-key-not-found", NotFound;
    /// No such challenge.
    ChallengeNotFound = "challenge-not-found", NotFound;
    /// The log has no such day.
    LogDayNotFound = "log-day-not-found", NotFound;
    /// There is no such record in the log, or no such kept checkpoint.
    RecordNotFound = "record-not-found", NotFound;
    /// There is no workspace here.
    WorkspaceNotFound = "workspace-not-found", NotFound;
    /// No such witness, or none here.
    WitnessNotFound = "witness-not-found", NotFound;

    /// It exists already.
    AlreadyExists = "already-exists", Conflict;
    /// The root key is registered by another tenant.
    KeyOfAnotherTenant = "key-of-another-tenant", Conflict;
    /// Somebody else changed it meanwhile.
    ChangedMeanwhile = "changed-meanwhile", Conflict;
    /// The operation needs another one to be finished first.
    NotFinished = "not-finished", Conflict;

    /// The provider asks to slow down.
    Throttled = "throttled", Unavailable;
    /// The provider can't be reached.
    KeyUnreachable = "key-unreachable", Unavailable;
    /// The object store can't be reached.
    StorageUnreachable = "storage-unreachable", Unavailable;
    /// A witness can't be reached.
    WitnessUnreachable = "witness-unreachable", Unavailable;
    /// A receiver of the log can't be reached, or doesn't say that it has read it.
    ReceiverUnreachable = "receiver-unreachable", Unavailable;

    /// The ciphertext doesn't open: corrupt, cut, extended, swapped, or of another tenant.
    CiphertextRejected = "ciphertext-rejected", Integrity;
    /// A stored row or file isn't what Keyward wrote.
    StateCorrupt = "state-corrupt", Integrity;
    /// The audit log doesn't verify.
    LogNotVerified = "log-not-verified", Integrity;
    /// The audit log is shorter than a checkpoint of it that is kept elsewhere.
    LogRolledBack = "log-rolled-back", Integrity;
    /// The audit log is another one than a checkpoint that is kept elsewhere says.
    LogForked = "log-forked", Integrity;

    /// The workspace was written by a newer Keyward.
    WorkspaceNewer = "workspace-newer", Machine;
    /// The database is locked by another process for too long.
    DatabaseLocked = "database-locked", Machine;
    /// No space is left.
    DiskFull = "disk-full", Machine;
    /// The operating system refuses access to a file.
    NoPermission = "no-permission", Machine;
    /// The OS keyring can't be reached or is locked.
    KeyringUnavailable = "keyring-unavailable", Machine;
    /// The passphrase doesn't open the secrets.
    WrongPassphrase = "wrong-passphrase", Denied;
    /// Any other failure of this machine's files or clock.
    Machine = "machine", Machine;
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl serde::Serialize for Code {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn codes_are_distinct_and_stable_in_form() {
        let texts: BTreeSet<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(texts.len(), Code::ALL.len());
        assert!(
            texts.iter().all(|text| text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'-')))
        );
    }
}
