//! What every provider of root keys has to do alike, as one suite that each runs against its own server.
//!
//! A provider's test describes its set-up as a [`Subject`] and says [`provider_suite!`](crate::provider_suite):
//! each case becomes a test of its own. What only one provider has (multi-Region keys, soft deletion's
//! recovery, its own error codes) stays in that provider's tests.
//!
//! A hook that a provider can't have says why ([`Absent`]). The case is then left out, and where the
//! service has an operation for it, the case holds it to refusing as [`ErrorClass::Invalid`].

pub mod challenges;
pub mod contexts;
pub mod descriptions;
pub mod failures;
mod macros;
pub mod many;
pub mod rewraps;
pub mod rotations;
pub mod states;
pub mod tampering;
pub mod wraps;

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use keyward_core::{EncryptionContext, RootKeyReference, SecretKey};
use keyward_kms::{ErrorClass, KmsError, Reason, RewrapItem, RootKeyService, SignatureAlgorithm};

/// Why a provider has no such thing: printed by the cases that are left out for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Absent(pub &'static str);

/// What a hook gives, or why it can't be.
pub type Hook<T = ()> = Result<T, Absent>;

/// How a key's owner withholds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Withheld {
    /// Disabled, until it is enabled again.
    Disabled,
    /// To be deleted, until that is cancelled.
    PendingDeletion,
    /// Deleted for good.
    Deleted,
    /// There, and not for us.
    Denied,
}

impl Withheld {
    /// Every way.
    pub const ALL: [Self; 4] = [Self::Disabled, Self::PendingDeletion, Self::Deleted, Self::Denied];

    /// What a call that uses the key fails with.
    #[must_use]
    pub fn reason(self) -> Reason {
        match self {
            Self::Disabled => Reason::Disabled,
            Self::PendingDeletion => Reason::PendingDeletion,
            Self::Deleted => Reason::NotFound,
            Self::Denied => Reason::AccessDenied,
        }
    }
}

/// What goes wrong between us and the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Nobody is there.
    Gone,
    /// Somebody is there and doesn't answer for as long as the service waits.
    Silent,
    /// The provider asks to slow down, for longer than the service repeats by itself.
    Throttling,
    /// The provider says that it failed.
    Failing,
    /// The answer is another one's: a proxy's page, or bytes of no meaning.
    Nonsense,
    /// Our credentials are no longer good.
    Credentials,
}

impl Trouble {
    /// Every trouble.
    pub const ALL: [Self; 6] = [
        Self::Gone,
        Self::Silent,
        Self::Throttling,
        Self::Failing,
        Self::Nonsense,
        Self::Credentials,
    ];

    /// Whether a call may fail so.
    #[must_use]
    pub fn allows(self, reason: Reason) -> bool {
        match self {
            // Nobody there may show only once the time is up.
            Self::Gone => matches!(reason, Reason::NoConnection | Reason::TimedOut),
            Self::Silent => reason == Reason::TimedOut,
            Self::Throttling => matches!(reason, Reason::Throttled { .. }),
            Self::Failing | Self::Nonsense => reason == Reason::ProviderFault,
            Self::Credentials => reason == Reason::Credentials,
        }
    }

    /// What it means for caches, tenants and retries.
    #[must_use]
    pub fn class(self) -> ErrorClass {
        match self {
            Self::Throttling => ErrorClass::Throttled,
            _ => ErrorClass::Unreachable,
        }
    }
}

/// A key to attest with, and what it signs with.
#[derive(Clone, Debug)]
pub struct SigningKey {
    /// The key.
    pub key: RootKeyReference,
    /// Every algorithm that the service is to offer for it, in the order of [`SignatureAlgorithm`].
    pub algorithms: Vec<SignatureAlgorithm>,
}

/// A provider's set-up: the service under test, and its server as the key's owner sees it.
///
/// The keys may be used for the tenants `acme` and `umbrella`. Hooks panic where they should work and
/// don't.
#[async_trait]
pub trait Subject: Send + Sync {
    /// The service.
    fn service(&self) -> Arc<dyn RootKeyService>;

    /// A new root key, never rotated.
    async fn root_key(&self) -> RootKeyReference;

    /// A well-formed reference to a key that isn't there.
    async fn missing_key(&self) -> RootKeyReference;

    /// Whether the same key wrapped twice is two blobs.
    fn randomises(&self) -> Hook {
        Ok(())
    }

    /// What the key wrapped in this context that isn't a 256-bit key.
    async fn foreign_blob(
        &self,
        key: &RootKeyReference,
        context: &EncryptionContext,
    ) -> Hook<Vec<u8>>;

    /// Keys to attest with, of every kind that the service knows at this provider.
    async fn signing_keys(&self) -> Hook<Vec<SigningKey>>;

    /// The owner puts a tag on its key.
    async fn tag(&self, key: &RootKeyReference, name: &str, value: &str) -> Hook;

    /// The owner makes a new version of its key, without us.
    async fn rotate(&self, key: &RootKeyReference) -> Hook;

    /// The owner withholds its key.
    async fn withhold(&self, key: &RootKeyReference, how: Withheld) -> Hook;

    /// The owner gives back what it withheld so; never asked for [`Withheld::Deleted`].
    async fn restore(&self, key: &RootKeyReference, how: Withheld);

    /// Makes trouble, and gives the service to call meanwhile: the usual one, or one that is set up to
    /// run into it.
    async fn strike(&self, trouble: Trouble) -> Hook<Arc<dyn RootKeyService>>;

    /// Ends it. The usual service is to work again after that.
    async fn heal(&self, trouble: Trouble);
}

/// A tenant's context.
#[must_use]
pub fn context(tenant: &str) -> EncryptionContext {
    EncryptionContext::for_tenant(&tenant.parse().expect("a good tenant id"))
}

/// Keys of their own wrapped under `key` for `acme`, and what they are.
pub async fn wrapped(
    service: &dyn RootKeyService,
    key: &RootKeyReference,
    count: usize,
) -> (Vec<[u8; 32]>, Vec<RewrapItem>) {
    let (mut secrets, mut items) = (Vec::new(), Vec::new());
    for _ in 0..count {
        let made = service.generate(key, &context("acme")).await;
        let (secret, wrapped) = made.expect("a key is made and wrapped");
        secrets.push(*secret.expose());
        items.push(RewrapItem { context: context("acme"), blob: wrapped.blob });
    }
    (secrets, items)
}

/// The failure of a call that must fail. Holds it to naming the provider, and to telling no secret.
fn failure<T>(service: &dyn RootKeyService, what: &str, result: Result<T, KmsError>) -> KmsError {
    let Some(error) = result.err() else { panic!("{what}: it works") };
    assert_eq!(error.provider, service.provider(), "{what}");
    assert!(error.to_string().contains(&error.key), "{what}: {error}");
    error
}

/// That a call fails for this one reason.
fn fails<T>(
    service: &dyn RootKeyService,
    what: &str,
    result: Result<T, KmsError>,
    expected: Reason,
) {
    let error = failure(service, what, result);
    assert_eq!(error.reason, expected, "{what}: {error}");
}

/// That a blob opens to this key.
async fn opens(
    service: &dyn RootKeyService,
    key: &RootKeyReference,
    context: &EncryptionContext,
    blob: &[u8],
    secret: &[u8; 32],
) {
    match service.unwrap(key, context, blob).await {
        Ok(opened) => assert!(opened.expose() == secret, "it opens to another key"),
        Err(error) => panic!("it doesn't open: {error}"),
    }
}

/// A key that no provider made.
fn own_secret() -> SecretKey {
    SecretKey::new(std::array::from_fn(|at| (at * 7 + 3) as u8))
}

/// Says that a case, or a part of it, is left out.
fn left_out(what: impl fmt::Debug, Absent(why): Absent) {
    println!("left out: {what:?} ({why})");
}
