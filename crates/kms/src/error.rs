//! How a provider fails: the reason, and the class that decides what follows.

use std::time::Duration;

use keyward_core::{Code, Provider};

/// What a failure means for caches, tenants and retries. Decided here, never at a call site.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ErrorClass {
    /// The owner or the key's state refuses: cached keys are evicted at once, the tenant is
    /// suspended, and nothing is retried.
    Denied,
    /// This one ciphertext doesn't open in this context: corrupt, swapped, or another tenant's. The
    /// key itself may be well, so nothing is released and nothing cached of it is kept, but the
    /// tenant stays: else whoever can flip a bit in storage could lock a tenant out.
    Rejected,
    /// A rate limit: retried with backoff and the provider's hint; caches unchanged.
    Throttled,
    /// No answer or a broken one: retried; cached keys serve until the grant window ends.
    Unreachable,
    /// The request makes no sense to the provider: not retried; caches unchanged.
    Invalid,
}

/// Why a provider failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// The caller may not use the key, or not in this context.
    #[error("access is denied; ask the key's owner to allow it")]
    AccessDenied,
    /// The key is disabled.
    #[error("the key is disabled; its owner can enable it again")]
    Disabled,
    /// The key is to be deleted.
    #[error("the key is pending deletion; its owner can cancel the deletion")]
    PendingDeletion,
    /// The key doesn't exist, or no longer.
    #[error("the key does not exist at its provider; check the reference")]
    NotFound,
    /// The key is in another state in which it can't be used (awaiting import, creating, ...).
    #[error("the key's state at its provider does not allow its use")]
    NotUsable,
    /// The ciphertext isn't one of this key in this context.
    #[error("the ciphertext does not open with this key in this context")]
    WrongCiphertext,
    /// Too many requests.
    #[error("the provider asks to slow down; try again later")]
    Throttled {
        /// The provider's hint.
        retry_after: Option<Duration>,
    },
    /// No answer in time.
    #[error("the provider did not answer in time; try again later")]
    TimedOut,
    /// No connection: refused, reset, no such host, TLS.
    #[error("the provider can't be reached; check the network and the endpoint")]
    NoConnection,
    /// The provider failed by its own account (5xx) or gave an answer that makes no sense.
    #[error("the provider failed; try again later")]
    ProviderFault,
    /// There are no credentials, or they have expired or are unknown to the provider.
    #[error("the provider does not accept our credentials; renew them")]
    Credentials,
    /// The reference or another parameter is malformed.
    #[error("the provider does not accept the request; check the reference")]
    Malformed,
    /// The key is of another kind than the operation needs.
    #[error(
        "the key is not of the kind that this needs; bring a symmetric 256-bit key to wrap, an asymmetric one to attest"
    )]
    WrongKeyKind,
    /// The key can leave the device that holds it, or be read there.
    #[error(
        "the key can be read or can leave its token; bring one that is sensitive and not extractable"
    )]
    Extractable,
    /// The provider has no such operation.
    #[error("this provider does not offer the operation")]
    Unsupported,
    /// The key store's file is damaged, or isn't sealed with our secret.
    #[error("the key store's file does not open with its sealing secret; restore it from a copy")]
    StoreDamaged,
    /// The key store's file can't be read or written.
    #[error("the key store's files can't be read or written; check the disk and its permissions")]
    StoreUnavailable,
    /// There is no space for the key store's files.
    #[error("there is no space left for the key store's files; free some")]
    StoreFull,
    /// The operating system refuses access to the key store's files.
    #[error("access to the key store's files is refused; check their owner and permissions")]
    StoreForbidden,
    /// A parameter is outside what the provider takes.
    #[error("{parameter} is out of range; it must be {allowed}")]
    OutOfRange {
        /// Which parameter.
        parameter: &'static str,
        /// What it may be.
        allowed: &'static str,
    },
    /// A key of this name exists.
    #[error("a key of this name exists; choose another name")]
    AlreadyExists,
}

impl Reason {
    /// The class of the reason: the one table that decides.
    #[must_use]
    pub fn class(self) -> ErrorClass {
        match self {
            Self::AccessDenied
            | Self::Disabled
            | Self::PendingDeletion
            | Self::NotFound
            | Self::NotUsable => ErrorClass::Denied,
            Self::WrongCiphertext => ErrorClass::Rejected,
            Self::Throttled { .. } => ErrorClass::Throttled,
            // Our own expired credentials say nothing about the tenant's will: no lock-out for them.
            Self::TimedOut
            | Self::NoConnection
            | Self::ProviderFault
            | Self::Credentials
            | Self::StoreDamaged
            | Self::StoreUnavailable
            | Self::StoreFull
            | Self::StoreForbidden => ErrorClass::Unreachable,
            Self::Malformed
            | Self::WrongKeyKind
            | Self::Extractable
            | Self::Unsupported
            | Self::OutOfRange { .. }
            | Self::AlreadyExists => ErrorClass::Invalid,
        }
    }

    /// The stable code of the reason.
    #[must_use]
    pub fn code(self) -> Code {
        match self {
            Self::AccessDenied => Code::KeyDenied,
            Self::Disabled | Self::NotUsable => Code::KeyDisabled,
            Self::PendingDeletion => Code::KeyPendingDeletion,
            Self::NotFound => Code::KeyNotFound,
            Self::WrongCiphertext => Code::CiphertextRejected,
            Self::Throttled { .. } => Code::Throttled,
            Self::TimedOut | Self::NoConnection | Self::ProviderFault | Self::Credentials => {
                Code::KeyUnreachable
            }
            Self::Malformed => Code::InvalidReference,
            Self::WrongKeyKind | Self::Extractable | Self::Unsupported => {
                Code::UnsupportedByProvider
            }
            Self::StoreDamaged => Code::StateCorrupt,
            Self::StoreUnavailable => Code::Machine,
            Self::StoreFull => Code::DiskFull,
            Self::StoreForbidden => Code::NoPermission,
            Self::OutOfRange { .. } => Code::InvalidInput,
            Self::AlreadyExists => Code::AlreadyExists,
        }
    }
}

/// A provider's failure, with the key it was about.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{provider} key `{key}`: {reason}{}", provider_code.as_ref().map(|code| format!(" ({code})")).unwrap_or_default())]
pub struct KmsError {
    /// Which provider.
    pub provider: Provider,
    /// The key's reference as text.
    pub key: String,
    /// Why.
    pub reason: Reason,
    /// The provider's own code (`KMSInvalidStateException`), for support. Never holds a secret.
    pub provider_code: Option<String>,
}

impl KmsError {
    /// The class that decides what follows.
    #[must_use]
    pub fn class(&self) -> ErrorClass {
        self.reason.class()
    }

    /// The stable code.
    #[must_use]
    pub fn code(&self) -> Code {
        self.reason.code()
    }
}
