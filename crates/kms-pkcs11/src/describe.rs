//! What a token says of a key: its description, whether it is fit to be a root key, and the evidence.

use chrono::{DateTime, NaiveDate, Utc};
use cryptoki::{
    mechanism::MechanismType,
    object::{Attribute, AttributeType, ObjectHandle},
    session::Session,
};
use keyward_core::{RootKeyReference, SecretKey, reference::Pkcs11Key};
use keyward_kms::{Description, Evidence, KeyUsage, KmsError, ProviderState, Reason};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::{
    call::Pkcs11Kms,
    errors::Failure,
    keys::{self, Found, Version},
    token::{Mechanism, Token},
};

/// What a key may be used for, by its attributes.
#[derive(Clone, Copy, Debug, Default)]
struct Uses {
    encrypt: bool,
    decrypt: bool,
    wrap: bool,
    unwrap: bool,
    sign: bool,
}

impl Pkcs11Kms {
    pub(crate) async fn describe_key(&self, key: &Pkcs11Key) -> Result<Description, KmsError> {
        self.call(key, |token, session, key| match root_key(token, session, key)? {
            Ok(versions) => describe(token, session, key, &versions),
            Err(private) => {
                let signs = uses(session, private.handle)?.sign;
                Ok(Description { usage: KeyUsage::Sign, ..bare(token, key, &private, signs) })
            }
        })
        .await
    }

    pub(crate) async fn key_evidence(&self, key: &Pkcs11Key) -> Result<Vec<Evidence>, KmsError> {
        self.call(key, |token, session, key| {
            let handle = match root_key(token, session, key)? {
                Ok(versions) => versions.last().ok_or(Reason::NotFound)?.key.handle,
                Err(private) => private.handle,
            };
            evidence(token, session, handle)
        })
        .await
    }
}

/// The root key's versions, or else the private key that the reference names.
fn root_key(
    token: &Token,
    session: &Session,
    key: &Pkcs11Key,
) -> Result<Result<Vec<Version>, Found>, Failure> {
    match keys::versions(token, session, key) {
        Err(failure) if failure.reason == Reason::WrongKeyKind => {
            let private = keys::private_key(session, key)?;
            if private.is_none() {
                token.require_login(session)?;
            }
            private.map(Err).ok_or_else(|| Reason::NotFound.into())
        }
        other => other.map(Ok),
    }
}

fn describe(
    token: &Token,
    session: &Session,
    key: &Pkcs11Key,
    versions: &[Version],
) -> Result<Description, Failure> {
    let (oldest, newest) = match versions {
        [oldest, .., newest] => (oldest, newest),
        [only] => (only, only),
        [] => return Err(Reason::NotFound.into()),
    };
    require_fit(session, newest.key.handle)?;
    let enabled = is_enabled(token, uses(session, newest.key.handle)?);
    let rotated = versions.len() > 1;
    Ok(Description {
        version: newest.number,
        created_at: start_date(session, oldest.key.handle),
        rotated_at: rotated.then(|| start_date(session, newest.key.handle)).flatten(),
        ..bare(token, key, &newest.key, enabled)
    })
}

fn bare(token: &Token, key: &Pkcs11Key, found: &Found, enabled: bool) -> Description {
    Description {
        identity: identity(token, found),
        state: if enabled { ProviderState::Enabled } else { ProviderState::Disabled },
        usage: KeyUsage::Wrap,
        version: 1,
        created_at: None,
        deletion_at: None,
        rotates_every_days: None,
        rotated_at: None,
        replicas: vec![RootKeyReference::from(key.clone())],
    }
}

/// The token by maker, model and serial, which name one token (RFC 7512, 2.3), and the key by its label.
/// Keys of one label are taken for one, be they named by their ids: so none is registered twice.
fn identity(token: &Token, found: &Found) -> String {
    let text = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let key = if found.label.is_empty() {
        let id: String = found.id.iter().map(|byte| format!("%{byte:02X}")).collect();
        format!("id={id}")
    } else {
        format!("object={}", text(&found.label))
    };
    format!(
        "pkcs11:manufacturer={};model={};serial={};{key}",
        text(&token.name.manufacturer),
        text(&token.name.model),
        text(&token.name.serial)
    )
}

/// Refuses a key that could be read or taken out, and one that isn't of 256 bits.
pub(crate) fn require_fit(session: &Session, key: ObjectHandle) -> Result<(), Failure> {
    let (mut sensitive, mut extractable, mut length) = (false, true, None);
    let wanted = [AttributeType::Sensitive, AttributeType::Extractable, AttributeType::ValueLen];
    for attribute in session.get_attributes(key, &wanted)? {
        match attribute {
            Attribute::Sensitive(value) => sensitive = value,
            Attribute::Extractable(value) => extractable = value,
            Attribute::ValueLen(value) => length = Some(u64::from(value)),
            _ => {}
        }
    }
    if length.is_some_and(|length| length != SecretKey::LENGTH as u64) {
        return Err(Reason::WrongKeyKind.into());
    }
    match (sensitive, extractable) {
        (true, false) => Ok(()),
        (false, _) => Err(Failure::because(Reason::Extractable, "CKA_SENSITIVE is false")),
        (true, true) => Err(Failure::because(Reason::Extractable, "CKA_EXTRACTABLE is true")),
    }
}

/// Refuses a key that its owner has disabled.
pub(crate) fn require_enabled(
    token: &Token,
    session: &Session,
    key: ObjectHandle,
) -> Result<(), Failure> {
    if is_enabled(token, uses(session, key)?) { Ok(()) } else { Err(Reason::Disabled.into()) }
}

fn is_enabled(token: &Token, uses: Uses) -> bool {
    match token.mechanism {
        Mechanism::Gcm => uses.encrypt && uses.decrypt,
        Mechanism::KeyWrap => uses.wrap && uses.unwrap,
    }
}

fn uses(session: &Session, key: ObjectHandle) -> Result<Uses, Failure> {
    let mut uses = Uses::default();
    let wanted = [
        AttributeType::Encrypt,
        AttributeType::Decrypt,
        AttributeType::Wrap,
        AttributeType::Unwrap,
        AttributeType::Sign,
    ];
    for attribute in session.get_attributes(key, &wanted)? {
        match attribute {
            Attribute::Encrypt(value) => uses.encrypt = value,
            Attribute::Decrypt(value) => uses.decrypt = value,
            Attribute::Wrap(value) => uses.wrap = value,
            Attribute::Unwrap(value) => uses.unwrap = value,
            Attribute::Sign(value) => uses.sign = value,
            _ => {}
        }
    }
    Ok(uses)
}

/// The day from which the owner says that the key is used. Nothing on a token tells when it was made.
fn start_date(session: &Session, key: ObjectHandle) -> Option<DateTime<Utc>> {
    // An error is no date: SoftHSM 2.6 can't read those of private objects.
    let attributes = session.get_attributes(key, &[AttributeType::StartDate]).ok()?;
    let Some(Attribute::StartDate(date)) = attributes.first() else { return None };
    let number = |digits: &[u8]| std::str::from_utf8(digits).ok()?.parse::<u32>().ok();
    let (year, month, day) = (number(&date.year)?, number(&date.month)?, number(&date.day)?);
    let day = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?;
    Some(day.and_hms_opt(0, 0, 0)?.and_utc())
}

fn evidence(token: &Token, session: &Session, key: ObjectHandle) -> Result<Vec<Evidence>, Failure> {
    let info = token.module.get_token_info(token.slot)?;
    let library = token.module.get_library_info()?;
    let named = |name, value: String| Evidence { name, value, speaks_for: None };
    let mut evidence = Vec::new();
    // What each attribute has to be for a key that was made on the token and never left it.
    let wanted = [
        (AttributeType::Sensitive, "CKA_SENSITIVE", true),
        (AttributeType::AlwaysSensitive, "CKA_ALWAYS_SENSITIVE", true),
        (AttributeType::Extractable, "CKA_EXTRACTABLE", false),
        (AttributeType::NeverExtractable, "CKA_NEVER_EXTRACTABLE", true),
        (AttributeType::Local, "CKA_LOCAL", true),
        (AttributeType::Private, "CKA_PRIVATE", true),
    ];
    for (kind, name, good) in wanted {
        let found = session.get_attributes(key, &[kind])?.into_iter().find_map(truth);
        let value = found.map_or_else(|| "not told".to_owned(), |found| found.to_string());
        evidence.push(Evidence { name, value, speaks_for: Some(found == Some(good)) });
    }
    evidence.push(named(
        "mechanism",
        match token.mechanism {
            Mechanism::Gcm => "CKM_AES_GCM".into(),
            Mechanism::KeyWrap => "CKM_AES_KEY_WRAP_PAD".into(),
        },
    ));
    let used = match token.mechanism {
        Mechanism::Gcm => MechanismType::AES_GCM,
        Mechanism::KeyWrap => MechanismType::AES_KEY_WRAP_PAD,
    };
    let hardware = token.module.get_mechanism_info(token.slot, used)?.hardware();
    evidence.push(Evidence {
        name: "CKF_HW",
        value: hardware.to_string(),
        speaks_for: Some(hardware),
    });
    let version = info.firmware_version();
    let module = library.library_version();
    evidence.extend([
        named("token label", token.name.label.clone()),
        named("token manufacturer", token.name.manufacturer.clone()),
        named("token model", token.name.model.clone()),
        named("token serial", token.name.serial.clone()),
        named("firmware", format!("{}.{}", version.major(), version.minor())),
        named(
            "module",
            format!(
                "{} {}.{}",
                library.library_description().trim_matches(['\0', ' ']),
                module.major(),
                module.minor()
            ),
        ),
    ]);
    Ok(evidence)
}

fn truth(attribute: Attribute) -> Option<bool> {
    match attribute {
        Attribute::Sensitive(value)
        | Attribute::AlwaysSensitive(value)
        | Attribute::Extractable(value)
        | Attribute::NeverExtractable(value)
        | Attribute::Local(value)
        | Attribute::Private(value) => Some(value),
        _ => None,
    }
}
