//! What an audit record says was done, and how it ended.

use std::{fmt, str::FromStr};

use crate::{LedgerError, error::start_of};

macro_rules! words {
    ($(#[$doc:meta])* $name:ident, $field:literal { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
        }

        impl $name {
            /// Every one, in the order of the format's description.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The word in records, filters and JSON.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                }
            }
        }

        impl FromStr for $name {
            type Err = LedgerError;

            fn from_str(text: &str) -> Result<Self, LedgerError> {
                match text {
                    $($text => Ok(Self::$variant),)*
                    _ => Err(LedgerError::InvalidField { field: $field, value: start_of(text) }),
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    };
}

words! {
    /// One operation, as `RESOURCE.VERB`.
    Action, "action" {
        /// A workspace was made.
        WorkspaceCreate = "workspace.create",
        /// A tenant was registered.
        TenantRegister = "tenant.register",
        /// A tenant was suspended, by somebody or by a denial of its key.
        TenantSuspend = "tenant.suspend",
        /// A tenant was restored.
        TenantRestore = "tenant.restore",
        /// A tenant's keys were revoked.
        TenantRevoke = "tenant.revoke",
        /// A tenant left.
        TenantOffboard = "tenant.offboard",
        /// For how long a root key version may stay current was set, for a tenant or for all.
        TenantRotationPeriod = "tenant.rotation-period",
        /// How a tenant's unwrapped keys serve was set.
        TenantServing = "tenant.serving",
        /// A revocation was measured with a key made for it, under a tenant's settings.
        TenantDrill = "tenant.drill",
        /// A root key reference was registered.
        RootKeyRegister = "root-key.register",
        /// A root key became active.
        RootKeyActivate = "root-key.activate",
        /// A root key got a new version.
        RootKeyRotate = "root-key.rotate",
        /// A root key was replaced by another one.
        RootKeyReplace = "root-key.replace",
        /// A root key's state changed otherwise.
        RootKeyState = "root-key.state",
        /// A challenge was started.
        ChallengeStart = "challenge.start",
        /// A challenge was answered.
        ChallengeAnswer = "challenge.answer",
        /// A dataset was made.
        DatasetCreate = "dataset.create",
        /// How the log holds the names of a dataset's objects was set.
        DatasetNames = "dataset.names",
        /// A data key was made with its dataset or tenant.
        DataKeyCreate = "data-key.create",
        /// A data key got a new version.
        DataKeyRotate = "data-key.rotate",
        /// A data key was wrapped anew.
        DataKeyRewrap = "data-key.rewrap",
        /// A data key was unwrapped.
        DataKeyUnwrap = "data-key.unwrap",
        /// A data key served within its grant window, since its root key's provider was unreachable.
        DataKeyGrantUse = "data-key.grant-use",
        /// An object was written.
        ObjectWrite = "object.write",
        /// An object was read.
        ObjectRead = "object.read",
        /// An object was deleted.
        ObjectDelete = "object.delete",
        /// An object's header moved to another data key version.
        ObjectRekey = "object.rekey",
        /// Objects were listed.
        ObjectList = "object.list",
        /// An approver enrolled a signing key.
        ApproverEnroll = "approver.enroll",
        /// The log was queried.
        AuditQuery = "audit.query",
        /// The log was verified.
        AuditVerify = "audit.verify",
        /// The log was exported.
        AuditExport = "audit.export",
        /// The log was sent to a receiver outside: an intent when that starts, and how it ended.
        AuditForward = "audit.forward",
        /// Digests of objects' names in the log were opened.
        AuditNames = "audit.names",
        /// A database was accepted that is older than a checkpoint kept elsewhere, or another one.
        AuditAccept = "audit.accept",
        /// A witness of the log was added, or a folder that keeps its checkpoints.
        WitnessAdd = "witness.add",
        /// A witness of the log was removed.
        WitnessRemove = "witness.remove",
        /// A witness's cosignature of a checkpoint was taken.
        WitnessCosign = "witness.cosign",
        /// Past days of the log were closed.
        AuditSeal = "audit.seal",
        /// A day's records moved from the database to an encrypted file.
        AuditArchive = "audit.archive",
        /// An archived day's records were brought back.
        AuditFetch = "audit.fetch",
        /// The records of an archived day that were brought back went again.
        AuditRelease = "audit.release",
        /// How long records stay in the database, or what their archives are encrypted under, was set.
        AuditRetention = "audit.retention",
        /// What a provider is called with was kept, in place of what was.
        CredentialSet = "credential.set",
        /// What a provider was called with was forgotten.
        CredentialRemove = "credential.remove",
        /// An exit kit was written.
        ExitKitWrite = "exit-kit.write",
        /// An open intent was settled after a restart.
        IntentSettle = "intent.settle",
        /// Stored files that nothing names were swept away.
        StorageSweep = "storage.sweep",
    }
}

words! {
    /// How an operation ended.
    Outcome, "outcome" {
        /// It was done.
        Ok = "ok",
        /// It was refused: by a rule of ours or by the key's owner.
        Denied = "denied",
        /// It was tried and failed.
        Failed = "failed",
        /// It is about to be tried: an outside effect whose outcome a later record gives.
        Intent = "intent",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_parse_back() {
        for action in Action::ALL {
            assert_eq!(action.as_str().parse(), Ok(*action));
        }
        for outcome in Outcome::ALL {
            assert_eq!(outcome.as_str().parse(), Ok(*outcome));
        }
        assert!("object.Read".parse::<Action>().is_err());
    }
}
