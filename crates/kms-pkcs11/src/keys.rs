//! Which objects of a token a reference names, and which version of the root key each is.
//!
//! PKCS#11 keys have no versions. Here a root key is every AES key of the token with the reference's
//! label, and the version of each is the number that its CKA_ID makes: 1 to 4 bytes, big endian, from 1.
//! A CKA_ID that is no such number (an owner's own, or none) counts as version 1. The greatest version
//! wraps; all of them unwrap. Two keys of one version are refused, for nothing tells which one is meant.
//! A reference with an `id` is pinned: it names that one key, and isn't rotated.

use cryptoki::{
    object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle},
    session::Session,
};
use keyward_core::reference::Pkcs11Key;
use keyward_kms::Reason;

use crate::{errors::Failure, token::Token};

/// One key of a token.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) handle: ObjectHandle,
    /// CKA_ID.
    pub(crate) id: Vec<u8>,
    /// CKA_LABEL.
    pub(crate) label: String,
}

/// One version of a root key.
#[derive(Clone, Debug)]
pub(crate) struct Version {
    pub(crate) key: Found,
    pub(crate) number: u32,
}

/// Every version of the root key, oldest first; at least one.
pub(crate) fn versions(
    token: &Token,
    session: &Session,
    key: &Pkcs11Key,
) -> Result<Vec<Version>, Failure> {
    let mut versions: Vec<Version> = secret_keys(session, key)?
        .into_iter()
        .map(|key| Version { number: number(&key.id), key })
        .collect();
    if versions.is_empty() {
        token.require_login(session)?;
        let other = private_key(session, key)?.is_some() && key.path_attribute("type").is_none();
        return Err(if other { Reason::WrongKeyKind } else { Reason::NotFound }.into());
    }
    versions.sort_unstable_by_key(|version| version.number);
    if versions.windows(2).any(|pair| pair[0].number == pair[1].number) {
        let twice = "two keys of this label are the same version; give each its own CKA_ID";
        return Err(Failure::because(Reason::Malformed, twice));
    }
    Ok(versions)
}

/// The version that wraps.
pub(crate) fn newest(
    token: &Token,
    session: &Session,
    key: &Pkcs11Key,
) -> Result<Version, Failure> {
    let mut versions = versions(token, session, key)?;
    versions.pop().ok_or_else(|| Reason::NotFound.into())
}

/// The private key to attest with, if it is one that the reference names.
pub(crate) fn private_key(session: &Session, key: &Pkcs11Key) -> Result<Option<Found>, Failure> {
    if key.path_attribute("type").is_some_and(|kind| kind != "private") {
        return Ok(None);
    }
    let mut found = search(session, key, vec![Attribute::Class(ObjectClass::PRIVATE_KEY)])?;
    match (found.pop(), found.pop()) {
        (key, None) => Ok(key),
        _ => {
            let several = "several private keys match; name one by its `id`";
            Err(Failure::because(Reason::Malformed, several))
        }
    }
}

/// The AES keys that the reference names.
fn secret_keys(session: &Session, key: &Pkcs11Key) -> Result<Vec<Found>, Failure> {
    if key.path_attribute("type").is_some_and(|kind| kind != "secret-key") {
        return Err(Reason::WrongKeyKind.into());
    }
    let class = Attribute::Class(ObjectClass::SECRET_KEY);
    search(session, key, vec![class, Attribute::KeyType(KeyType::AES)])
}

fn search(
    session: &Session,
    key: &Pkcs11Key,
    mut template: Vec<Attribute>,
) -> Result<Vec<Found>, Failure> {
    template.push(Attribute::Token(true));
    template.extend(key.object().map(|label| Attribute::Label(label.into())));
    template.extend(key.id().map(|id| Attribute::Id(id.into())));
    let handles = session.find_objects(&template)?;
    handles.into_iter().map(|handle| named(session, handle)).collect()
}

fn named(session: &Session, handle: ObjectHandle) -> Result<Found, Failure> {
    let (mut id, mut label) = (Vec::new(), String::new());
    for attribute in session.get_attributes(handle, &[AttributeType::Id, AttributeType::Label])? {
        match attribute {
            Attribute::Id(bytes) => id = bytes,
            Attribute::Label(bytes) => label = String::from_utf8_lossy(&bytes).into_owned(),
            _ => {}
        }
    }
    Ok(Found { handle, id, label })
}

/// The version that a CKA_ID stands for.
pub(crate) fn number(id: &[u8]) -> u32 {
    if id.len() > 4 {
        return 1;
    }
    id.iter().fold(0, |number, byte| number << 8 | u32::from(*byte)).max(1)
}

/// The CKA_ID of a version, as short as it can be.
pub(crate) fn id(number: u32) -> Vec<u8> {
    let bytes = number.to_be_bytes();
    let start = bytes.iter().position(|byte| *byte != 0).unwrap_or(3);
    bytes.get(start..).unwrap_or_default().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_version_and_back() {
        for version in [1, 2, 255, 256, 65_535, 65_536, u32::MAX] {
            assert_eq!(number(&id(version)), version);
        }
        assert_eq!((id(1), id(256)), (vec![1], vec![1, 0]));
        for (bytes, version) in [
            (&[][..], 1),
            (&[0], 1),
            (&[0, 0, 0, 2], 2),
            (&[7; 5], 1),
            (b"\x9f\x86\xd0\x81\x88\x4c\x7d\x65\x9a\x2f", 1),
        ] {
            assert_eq!(number(bytes), version, "{bytes:?}");
        }
    }
}
