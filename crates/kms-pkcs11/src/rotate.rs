//! Keys are made, rotated, disabled and enabled on the token. PINs are tried out.

use cryptoki::{
    error::{Error, RvError},
    mechanism::Mechanism,
    object::{Attribute, ObjectHandle},
    session::{Session, UserType},
};
use keyward_core::reference::Pkcs11Key;
use keyward_kms::{KmsError, Reason};

use crate::{
    call::Pkcs11Kms,
    errors::Failure,
    keys,
    token::{self, Token, TokenName},
};

impl Pkcs11Kms {
    /// Makes a root key on the token that the reference names: AES-256, sensitive, never extractable,
    /// under the reference's label, as version 1.
    ///
    /// # Errors
    /// [`Reason::AlreadyExists`] where the token has a key of this label; [`Reason::Malformed`] for a
    /// reference without a label, or with an `id` or of another type.
    pub async fn create_key(&self, key: &Pkcs11Key) -> Result<(), KmsError> {
        self.call(key, |token, session, key| {
            match keys::versions(token, session, key) {
                Ok(_) => return Err(Reason::AlreadyExists.into()),
                Err(failure) if failure.reason == Reason::NotFound => {}
                Err(failure) if failure.reason == Reason::WrongKeyKind => {
                    return Err(Reason::AlreadyExists.into());
                }
                Err(failure) => return Err(failure),
            }
            generate(token, label(key)?, 1).map(drop)
        })
        .await
    }

    /// Tries a PIN out, as its owner asks: the one call that does so with a PIN that was refused before.
    /// Gives the token by its own name, under which its PIN is to be kept.
    ///
    /// # Errors
    /// [`Reason::Credentials`] where the token refuses it; as [`RootKeyService`](keyward_kms::RootKeyService)'s
    /// calls otherwise.
    pub async fn try_pin(
        &self,
        key: &Pkcs11Key,
        pin: zeroize::Zeroizing<String>,
    ) -> Result<TokenName, KmsError> {
        let (settings, owned) = (self.settings(), key.clone());
        let tried = tokio::task::spawn_blocking(move || {
            let (module, slot, info) = token::find(&settings, &owned)?;
            let session = module.open_ro_session(slot)?;
            // A log-in that is there already would take any PIN for good.
            match session.logout() {
                Ok(()) | Err(Error::Pkcs11(RvError::UserNotLoggedIn, _)) => {}
                Err(error) => return Err(error.into()),
            }
            session.login(UserType::User, Some(&token::secret(&pin)))?;
            Ok::<_, Failure>(TokenName::of(&info))
        })
        .await;
        let token = tried
            .unwrap_or_else(|_| Err(Reason::ProviderFault.into()))
            .map_err(|failure| failure.about(key))?;
        // The token took it: what it refused before, this one among it perhaps, is no longer so.
        self.forget_refusals().await;
        Ok(token)
    }

    /// The token that a key is on, by its own name. Logs in to nothing.
    ///
    /// # Errors
    /// Where no token matches, or several do.
    pub async fn token_of(&self, key: &Pkcs11Key) -> Result<TokenName, KmsError> {
        let (settings, owned) = (self.settings(), key.clone());
        let found = tokio::task::spawn_blocking(move || {
            token::find(&settings, &owned).map(|(_, _, info)| TokenName::of(&info))
        });
        let found = found.await.unwrap_or_else(|_| Err(Reason::ProviderFault.into()));
        found.map_err(|failure| failure.about(key))
    }

    pub(crate) async fn rotate_key(&self, key: &Pkcs11Key) -> Result<u32, KmsError> {
        self.call(key, |token, session, key| {
            let newest = keys::newest(token, session, key)?;
            crate::describe::require_enabled(token, session, newest.key.handle)?;
            let number = newest.number.checked_add(1).ok_or(Reason::Unsupported)?;
            // Once it may have been made, it isn't made again.
            let made = generate(token, label(key)?, number).map_err(Failure::for_good)?;
            // Two that rotate at once make two keys of one version, of which neither can be told.
            match keys::versions(token, session, key) {
                Ok(_) => Ok(number),
                Err(failure) => {
                    token.writing_session()?.destroy_object(made)?;
                    Err(match failure.reason {
                        Reason::Malformed => Reason::Throttled { retry_after: None }.into(),
                        _ => failure.for_good(),
                    })
                }
            }
        })
        .await
    }

    /// Disabling takes every use away from every version, which the token then refuses by itself;
    /// enabling gives back what wrapping needs.
    pub(crate) async fn enable_key(&self, key: &Pkcs11Key, enabled: bool) -> Result<(), KmsError> {
        self.call(key, move |token, session, key| {
            let writing = token.writing_session()?;
            for version in keys::versions(token, session, key)? {
                change(token, &writing, version.key.handle, enabled)?;
            }
            Ok(())
        })
        .await
    }
}

fn change(
    token: &Token,
    session: &Session,
    key: ObjectHandle,
    enabled: bool,
) -> Result<(), Failure> {
    let encrypts = enabled && token.mechanism == token::Mechanism::Gcm;
    let wraps = enabled && token.mechanism == token::Mechanism::KeyWrap;
    let template = [
        Attribute::Encrypt(encrypts),
        Attribute::Decrypt(encrypts),
        Attribute::Wrap(wraps),
        Attribute::Unwrap(wraps),
    ];
    Ok(session.update_attributes(key, &template)?)
}

fn generate(token: &Token, label: &str, number: u32) -> Result<ObjectHandle, Failure> {
    let wraps = token.mechanism == token::Mechanism::KeyWrap;
    let template = [
        Attribute::Token(true),
        Attribute::Private(true),
        Attribute::Label(label.into()),
        Attribute::Id(keys::id(number)),
        Attribute::ValueLen(32.into()),
        Attribute::Sensitive(true),
        Attribute::Extractable(false),
        Attribute::Encrypt(!wraps),
        Attribute::Decrypt(!wraps),
        Attribute::Wrap(wraps),
        Attribute::Unwrap(wraps),
    ];
    Ok(token.writing_session()?.generate_key(&Mechanism::AesKeyGen, &template)?)
}

/// The label that a new key gets. Only a reference that means every version can have another one made.
fn label(key: &Pkcs11Key) -> Result<&str, Failure> {
    let is_secret = key.path_attribute("type").is_none_or(|kind| kind == "secret-key");
    match key.object() {
        Some(label) if !label.is_empty() && key.id().is_none() && is_secret => Ok(label),
        _ => {
            let pinned = "name the key by its `object` alone; one with an `id` stays as it is";
            Err(Failure::because(Reason::Unsupported, pinned))
        }
    }
}
