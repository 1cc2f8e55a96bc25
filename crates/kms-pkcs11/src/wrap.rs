//! Wrapping and unwrapping on the token.

use cryptoki::{
    error::Error,
    mechanism::{Mechanism, aead::GcmParams},
    object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle},
    session::Session,
};
use keyward_core::{EncryptionContext, SecretKey, reference::Pkcs11Key};
use keyward_kms::{BoundKey, KmsError, Reason, RewrapItem, WrappedKey};
use zeroize::{Zeroize, Zeroizing};

use crate::{
    blob::{self, Blob, Body, NONCE, SEALED, WRAPPED},
    call::Pkcs11Kms,
    describe,
    errors::{Failure, may_be_the_ciphertext},
    keys::{self, Version},
    token::{self, Token},
};

/// Bits of a GCM tag.
const TAG_BITS: u64 = 128;
/// Items of a rewrap that one turn on the token takes: others get in between.
const TURN: usize = 32;

impl Pkcs11Kms {
    pub(crate) async fn wrap_key(
        &self,
        key: &Pkcs11Key,
        context: &EncryptionContext,
        secret: &SecretKey,
    ) -> Result<WrappedKey, KmsError> {
        let (context, secret) = (context.clone(), secret.duplicate());
        self.call(key, move |token, session, key| {
            let version = fit(token, session, key)?;
            wrap(token, session, &version, &context, &secret)
        })
        .await
    }

    pub(crate) async fn unwrap_key(
        &self,
        key: &Pkcs11Key,
        context: &EncryptionContext,
        blob: &[u8],
    ) -> Result<SecretKey, KmsError> {
        // A blob that can't be ours is refused once the key has answered for itself: whether the tenant
        // withholds it comes first.
        let (context, blob) = (context.clone(), Blob::parse(blob));
        self.call(key, move |token, session, key| {
            // Looking for the key costs the token more than decrypting does.
            if let Some(versions) = token.known(key) {
                match unwrap(token, session, &versions, &context, blob.as_ref()) {
                    Ok(secret) => return Ok(secret),
                    Err(failure) if failure.lost => return Err(failure),
                    // Whatever was found, it may have been another key's since.
                    Err(_) => token.know(key, None),
                }
            }
            let versions = keys::versions(token, session, key)?;
            let secret = unwrap(token, session, &versions, &context, blob.as_ref())?;
            token.know(key, Some(versions));
            Ok(secret)
        })
        .await
    }

    /// Rewraps within one token in turns; the keys pass through our memory, since no token can take what
    /// it unwrapped by GCM and wrap it again.
    pub(crate) async fn rewrap_keys(
        &self,
        from: &Pkcs11Key,
        to: &Pkcs11Key,
        items: &[RewrapItem],
    ) -> Vec<Result<WrappedKey, KmsError>> {
        let mut results: Vec<Result<WrappedKey, KmsError>> = Vec::with_capacity(items.len());
        for turn in items.chunks(TURN) {
            // Once a key is withheld or gone, asking for every other item would tell nothing new.
            let gone = results.last().and_then(|last| last.as_ref().err()).filter(|error| {
                matches!(error.reason, Reason::Disabled | Reason::NotFound | Reason::Extractable)
            });
            if let Some(gone) = gone.cloned() {
                results.extend(turn.iter().map(|_| Err(gone.clone())));
                continue;
            }
            results.extend(self.rewrap_turn(from, to, turn).await);
        }
        results
    }

    async fn rewrap_turn(
        &self,
        from: &Pkcs11Key,
        to: &Pkcs11Key,
        items: &[RewrapItem],
    ) -> Vec<Result<WrappedKey, KmsError>> {
        let wanted: Vec<(EncryptionContext, Option<Blob>)> =
            items.iter().map(|item| (item.context.clone(), Blob::parse(&item.blob))).collect();
        let opened = self
            .call(from, move |token, session, key| {
                let versions = keys::versions(token, session, key)?;
                let open = |(context, blob): &(EncryptionContext, Option<Blob>)| {
                    separate(unwrap(token, session, &versions, context, blob.as_ref()))
                };
                wanted.iter().map(open).collect::<Result<Vec<_>, _>>()
            })
            .await;
        let opened = match opened {
            Ok(opened) => opened,
            Err(error) => return items.iter().map(|_| Err(error.clone())).collect(),
        };
        // By index, so that what failed keeps its place.
        let (mut secrets, mut results) = (Vec::new(), Vec::new());
        for (item, opened) in items.iter().zip(opened) {
            match opened {
                Ok(secret) => {
                    secrets.push((item.context.clone(), secret));
                    results.push(None);
                }
                Err(failure) => results.push(Some(failure.about(from))),
            }
        }
        let wrapped = self
            .call(to, move |token, session, key| {
                let version = fit(token, session, key)?;
                let wrap = |(context, secret): &(EncryptionContext, SecretKey)| {
                    wrap(token, session, &version, context, secret)
                };
                secrets.iter().map(wrap).collect::<Result<Vec<_>, _>>()
            })
            .await;
        let mut wrapped = wrapped.map(Vec::into_iter);
        let next = |result: Option<KmsError>| match (result, &mut wrapped) {
            (Some(error), _) => Err(error),
            (None, Err(error)) => Err(error.clone()),
            (None, Ok(wrapped)) => {
                wrapped.next().ok_or_else(|| Failure::from(Reason::ProviderFault).about(to))
            }
        };
        results.into_iter().map(next).collect()
    }
}

/// An item's own failure is its own; any other is everybody's.
fn separate<T>(result: Result<T, Failure>) -> Result<Result<T, Failure>, Failure> {
    match result {
        Err(failure) if failure.reason != Reason::WrongCiphertext => Err(failure),
        other => Ok(other),
    }
}

/// The version that wraps, if it is fit to be a root key.
fn fit(token: &Token, session: &Session, key: &Pkcs11Key) -> Result<Version, Failure> {
    let version = keys::newest(token, session, key)?;
    describe::require_fit(session, version.key.handle)?;
    Ok(version)
}

fn wrap(
    token: &Token,
    session: &Session,
    version: &Version,
    context: &EncryptionContext,
    secret: &SecretKey,
) -> Result<WrappedKey, Failure> {
    let body = match token.mechanism {
        token::Mechanism::Gcm => {
            let mut nonce = [0; NONCE];
            getrandom::fill(&mut nonce)?;
            let data = blob::additional_data(version.number, context);
            // Tokens that insist on a nonce of their own write it where ours stands.
            let parameters = GcmParams::new(&mut nonce, &data, TAG_BITS.into())?;
            let mechanism = Mechanism::AesGcm(parameters);
            let sealed = session.encrypt(&mechanism, version.key.handle, secret.expose())?;
            let sealed: [u8; SEALED] = sealed.try_into().map_err(|_| Reason::ProviderFault)?;
            Body::Gcm { nonce, sealed }
        }
        token::Mechanism::KeyWrap => {
            let bound = BoundKey::new(secret, context);
            let object = session.create_object(&passing(Some(bound.expose())))?;
            let wrapped = session.wrap_key(&Mechanism::AesKeyWrapPad, version.key.handle, object);
            // Destroyed before anything else can fail: it is a key in the clear.
            session.destroy_object(object)?;
            let wrapped: [u8; WRAPPED] = wrapped?.try_into().map_err(|_| Reason::ProviderFault)?;
            Body::KeyWrap { wrapped }
        }
    };
    let blob = Blob { version: version.number, body };
    Ok(WrappedKey { blob: blob.to_bytes(), version: Some(version.number) })
}

fn unwrap(
    token: &Token,
    session: &Session,
    versions: &[Version],
    context: &EncryptionContext,
    blob: Option<&Blob>,
) -> Result<SecretKey, Failure> {
    let named = |blob: &&Blob| versions.iter().find(|version| version.number == blob.version);
    let Some((blob, version)) = blob.and_then(|blob| Some((blob, named(&blob)?))) else {
        // Whether the owner withholds the key is told by the token alone, so it is asked all the same.
        let newest = versions.last().ok_or(Reason::NotFound)?;
        describe::require_enabled(token, session, newest.key.handle)?;
        return Err(Reason::WrongCiphertext.into());
    };
    let handle = version.key.handle;
    let opened = match &blob.body {
        Body::Gcm { nonce, sealed } => {
            let mut nonce = *nonce;
            let data = blob::additional_data(blob.version, context);
            decrypt(session, handle, &mut nonce, &data, sealed)
                .map(|bytes| SecretKey::from_slice(&bytes))
        }
        Body::KeyWrap { wrapped } => {
            read_wrapped(session, handle, wrapped).map(|bytes| BoundKey::open(&bytes, context))
        }
    };
    match opened {
        Ok(secret) => secret.ok_or_else(|| Reason::WrongCiphertext.into()),
        Err(error) if may_be_the_ciphertext(&error) => Err(blame(token, session, handle, error)),
        Err(error) => Err(error.into()),
    }
}

fn decrypt(
    session: &Session,
    key: ObjectHandle,
    nonce: &mut [u8; NONCE],
    data: &[u8],
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, Error> {
    let mechanism = Mechanism::AesGcm(GcmParams::new(nonce, data, TAG_BITS.into())?);
    session.decrypt(&mechanism, key, sealed).map(Zeroizing::new)
}

/// Unwraps to an object of this session, and reads it.
fn read_wrapped(
    session: &Session,
    key: ObjectHandle,
    wrapped: &[u8],
) -> Result<Zeroizing<Vec<u8>>, Error> {
    let object = session.unwrap_key(&Mechanism::AesKeyWrapPad, key, wrapped, &passing(None))?;
    let read = session.get_attributes(object, &[AttributeType::Value]);
    session.destroy_object(object)?;
    let mut bytes = Zeroizing::new(Vec::new());
    for attribute in read? {
        if let Attribute::Value(value) = attribute {
            bytes = Zeroizing::new(value);
        }
    }
    Ok(bytes)
}

/// An object that passes through a session: key wrap takes keys, and no bytes.
fn passing(value: Option<&[u8]>) -> Vec<Attribute> {
    let mut template = vec![
        Attribute::Class(ObjectClass::SECRET_KEY),
        Attribute::KeyType(KeyType::GENERIC_SECRET),
        Attribute::Token(false),
        Attribute::Private(true),
        Attribute::Sensitive(false),
        Attribute::Extractable(true),
    ];
    template.extend(value.map(|value| Attribute::Value(value.to_vec())));
    template
}

/// Whose fault a decryption was that failed with a value that doesn't say: the token opens what it has
/// just sealed, or it is the one that failed. A denial of service by flipped bits costs one more call.
fn blame(token: &Token, session: &Session, key: ObjectHandle, error: Error) -> Failure {
    // The failed operation may still be active on the other session.
    let works = token.session().is_ok_and(|probe| {
        let done = try_out(token, &probe, key).is_ok();
        if done {
            token.keep(probe);
        }
        done
    });
    // A value that is no more than a word for "no" is one for this ciphertext.
    if works && session.get_session_info().is_ok() {
        Failure::from(Reason::WrongCiphertext)
    } else {
        error.into()
    }
}

fn try_out(token: &Token, session: &Session, key: ObjectHandle) -> Result<(), Failure> {
    let context = EncryptionContext::empty();
    let mut bytes = [0; SecretKey::LENGTH];
    getrandom::fill(&mut bytes)?;
    let secret = SecretKey::new(bytes);
    bytes.zeroize();
    let found = keys::Found { handle: key, id: Vec::new(), label: String::new() };
    let version = Version { key: found, number: 1 };
    let wrapped = wrap(token, session, &version, &context, &secret)?;
    let opened = match Blob::parse(&wrapped.blob).ok_or(Reason::ProviderFault)?.body {
        Body::Gcm { mut nonce, sealed } => {
            let data = blob::additional_data(1, &context);
            SecretKey::from_slice(&decrypt(session, key, &mut nonce, &data, &sealed)?)
        }
        Body::KeyWrap { wrapped } => {
            BoundKey::open(&read_wrapped(session, key, &wrapped)?, &context)
        }
    };
    match opened {
        Some(opened) if opened.expose() == secret.expose() => Ok(()),
        _ => Err(Reason::ProviderFault.into()),
    }
}
