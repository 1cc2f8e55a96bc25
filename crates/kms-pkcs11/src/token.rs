//! Tokens: found by what a reference says of them, logged in to, and their sessions.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use cryptoki::{
    context::Pkcs11,
    error::{Error, RvError},
    mechanism::MechanismType,
    session::{Session, SessionState, UserType},
    slot::{Slot, TokenInfo},
    types::AuthPin,
};
use keyward_core::reference::Pkcs11Key;
use keyward_kms::Reason;
use zeroize::Zeroizing;

use crate::{
    errors::Failure,
    keys::Version,
    module,
    settings::{Pkcs11Builder, Wrapping},
};

/// A token by what it says of itself. Slot numbers change; these don't.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TokenName {
    /// Its label.
    pub label: String,
    /// Who made it.
    pub manufacturer: String,
    /// What it is.
    pub model: String,
    /// Which one it is, among those of its maker and model.
    pub serial: String,
}

/// A token that is there and that we are logged in to.
pub(crate) struct Token {
    pub(crate) module: Pkcs11,
    pub(crate) slot: Slot,
    pub(crate) name: TokenName,
    /// How new keys are wrapped.
    pub(crate) mechanism: Mechanism,
    needs_login: bool,
    /// Idle sessions, and the one that keeps us logged in: with the last session of a process its log-in
    /// ends (PKCS#11 3.1, 5.6.2).
    idle: Mutex<Vec<Session>>,
    /// The versions that keys had when they last opened something. Handles live as long as our sessions do.
    known: Mutex<HashMap<Pkcs11Key, Arc<[Version]>>>,
    _anchor: Mutex<Session>,
}

/// A mechanism that wraps keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mechanism {
    Gcm,
    KeyWrap,
}

/// PINs that a token has refused, and those it took.
#[derive(Default)]
pub(crate) struct PinMemory {
    refused: Option<Zeroizing<String>>,
    taken: Option<Zeroizing<String>>,
}

impl Token {
    /// Finds the token that a reference is about, and logs in to it.
    pub(crate) fn open(
        settings: &Pkcs11Builder,
        key: &Pkcs11Key,
        pins: &mut PinMemory,
    ) -> Result<Self, Failure> {
        let (module, slot, info) = find(settings, key)?;
        let name = TokenName::of(&info);
        let mechanism = best(&module, slot, settings.wrapping)?;
        let anchor = module.open_ro_session(slot)?;
        if info.login_required() {
            log_in(settings, &anchor, &name, &info, pins)?;
        }
        Ok(Self {
            module,
            slot,
            name,
            mechanism,
            needs_login: info.login_required(),
            idle: Mutex::default(),
            known: Mutex::default(),
            _anchor: Mutex::new(anchor),
        })
    }

    /// A session to read and use keys with.
    pub(crate) fn session(&self) -> Result<Session, Failure> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        match idle {
            Some(session) => Ok(session),
            None => Ok(self.module.open_ro_session(self.slot)?),
        }
    }

    /// Takes back a session on which nothing is under way.
    pub(crate) fn keep(&self, session: Session) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(session);
    }

    /// What was found of a key before. It may be gone or another one by now: only what it opens is true.
    pub(crate) fn known(&self, key: &Pkcs11Key) -> Option<Arc<[Version]>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    /// Keeps what was found of a key, or forgets it.
    pub(crate) fn know(&self, key: &Pkcs11Key, versions: Option<Vec<Version>>) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        match versions {
            Some(versions) => known.insert(key.clone(), versions.into()),
            None => known.remove(key),
        };
    }

    /// A session to change keys with. It isn't kept.
    pub(crate) fn writing_session(&self) -> Result<Session, Failure> {
        Ok(self.module.open_rw_session(self.slot)?)
    }

    /// That what a session doesn't see isn't there: private objects are hidden from who isn't logged in,
    /// and somebody else in the process may have logged us out.
    pub(crate) fn require_login(&self, session: &Session) -> Result<(), Failure> {
        let state = session.get_session_info()?.session_state();
        let is_user = matches!(state, SessionState::RoUser | SessionState::RwUser);
        if is_user || !self.needs_login {
            return Ok(());
        }
        Err(Failure::lost(Reason::Credentials, "logged out of the token"))
    }
}

impl PinMemory {
    /// Forgets what was refused.
    pub(crate) fn forgive(&mut self) {
        self.refused = None;
    }
}

impl TokenName {
    pub(crate) fn of(info: &TokenInfo) -> Self {
        // The standard pads with blanks; some modules with zeros.
        let text = |text: &str| text.trim_matches(['\0', ' ']).to_owned();
        Self {
            label: text(info.label()),
            manufacturer: text(info.manufacturer_id()),
            model: text(info.model()),
            serial: text(info.serial_number()),
        }
    }
}

/// The one token that a reference is about. None is a token that is away, and says nothing of the key.
pub(crate) fn find(
    settings: &Pkcs11Builder,
    key: &Pkcs11Key,
) -> Result<(Pkcs11, Slot, TokenInfo), Failure> {
    let mut found = Vec::new();
    let mut failed = None;
    for path in module::eligible(&settings.modules, key)? {
        match tokens_in(&path, key) {
            Ok(tokens) => found.extend(tokens),
            Err(failure) => failed = Some(failure),
        }
    }
    match (found.pop(), found.pop(), failed) {
        (Some(token), None, _) => Ok(token),
        (Some(_), Some(_), _) => {
            let several = "several tokens match; name one by its `serial`";
            Err(Failure::because(Reason::Malformed, several))
        }
        (None, _, Some(failure)) => Err(failure),
        (None, _, None) => Err(Failure::because(Reason::NoConnection, "CKR_TOKEN_NOT_PRESENT")),
    }
}

fn tokens_in(
    path: &std::path::Path,
    key: &Pkcs11Key,
) -> Result<Vec<(Pkcs11, Slot, TokenInfo)>, Failure> {
    let module = module::load(path)?;
    let library = module.get_library_info()?;
    let wants = |name: &str, found: &str| {
        key.path_attribute(name).is_none_or(|wanted| wanted == found.trim_matches(['\0', ' ']))
    };
    let version = library.library_version();
    let version = format!("{}.{}", version.major(), version.minor());
    if !(wants("library-manufacturer", library.manufacturer_id())
        && wants("library-description", library.library_description())
        && wants("library-version", &version))
    {
        return Ok(Vec::new());
    }
    let mut tokens = Vec::new();
    for slot in module.get_slots_with_initialized_token()? {
        let about = module.get_slot_info(slot)?;
        let number = slot.id().to_string();
        if !(wants("slot-id", &number)
            && wants("slot-description", about.slot_description())
            && wants("slot-manufacturer", about.manufacturer_id()))
        {
            continue;
        }
        let info = match module.get_token_info(slot) {
            Ok(info) => info,
            // It was pulled out between the two questions.
            Err(Error::Pkcs11(RvError::TokenNotPresent | RvError::DeviceRemoved, _)) => continue,
            Err(error) => return Err(error.into()),
        };
        let name = TokenName::of(&info);
        if wants("token", &name.label)
            && wants("serial", &name.serial)
            && wants("model", &name.model)
            && wants("manufacturer", &name.manufacturer)
        {
            tokens.push((module.clone(), slot, info));
        }
    }
    Ok(tokens)
}

/// GCM authenticates the context itself and needs no object for the key; key wrap is what older tokens
/// and those in FIPS modes that forbid a nonce of ours have.
fn best(module: &Pkcs11, slot: Slot, wanted: Wrapping) -> Result<Mechanism, Failure> {
    let offered = module.get_mechanism_list(slot)?;
    let gcm = offered.contains(&MechanismType::AES_GCM) && {
        let info = module.get_mechanism_info(slot, MechanismType::AES_GCM)?;
        info.encrypt() && info.decrypt()
    };
    match wanted {
        Wrapping::Best if gcm => Ok(Mechanism::Gcm),
        _ if offered.contains(&MechanismType::AES_KEY_WRAP_PAD) => Ok(Mechanism::KeyWrap),
        _ => {
            let neither = "the token has neither CKM_AES_GCM nor CKM_AES_KEY_WRAP_PAD";
            Err(Failure::because(Reason::Unsupported, neither))
        }
    }
}

/// Logs in with the PIN that is kept. A wrong one is tried once and never again, in this process or
/// another: a token locks after a few tries, and then its owner is locked out by us.
fn log_in(
    settings: &Pkcs11Builder,
    session: &Session,
    name: &TokenName,
    info: &TokenInfo,
    pins: &mut PinMemory,
) -> Result<(), Failure> {
    let refuse = |why: &str| Err(Failure::because(Reason::Credentials, why));
    if info.user_pin_locked() {
        return refuse("CKR_PIN_LOCKED");
    }
    if info.protected_authentication_path() {
        return accept(session.login(UserType::User, None));
    }
    let Some(pin) = settings.pin.as_ref().and_then(|source| source(name)) else {
        return refuse("no PIN is kept for the token");
    };
    if pins.refused.as_ref() == Some(&pin) {
        return refuse("CKR_PIN_INCORRECT before; the same PIN is not tried again");
    }
    // Somebody was refused since the last good log-in. If that was us, in an earlier process, the next
    // try could be the last; a PIN that was good here before is none of those.
    let is_known = pins.taken.as_ref() == Some(&pin);
    if info.user_pin_final_try() || (info.user_pin_count_low() && !is_known) {
        return refuse("a PIN was refused before; set it anew, which tries it");
    }
    let result = accept(session.login(UserType::User, Some(&secret(&pin))));
    match &result {
        Ok(()) => pins.taken = Some(pin),
        Err(failure) if failure.reason == Reason::Credentials => pins.refused = Some(pin),
        Err(_) => {}
    }
    result
}

/// Being logged in already, by somebody else in this process, is what was wanted.
pub(crate) fn accept(result: Result<(), Error>) -> Result<(), Failure> {
    match result {
        Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// The PIN as the module takes it; wiped when dropped.
pub(crate) fn secret(pin: &str) -> AuthPin {
    AuthPin::from(pin.to_owned())
}
