//! Attestation by an asymmetric key of the token.

use cryptoki::{
    mechanism::{
        Mechanism, MechanismType,
        rsa::{PkcsMgfType, PkcsPssParams},
    },
    object::{Attribute, AttributeType, KeyType, ObjectClass},
    session::Session,
};
use keyward_core::reference::Pkcs11Key;
use keyward_kms::{KmsError, PublicKey, Reason, SignatureAlgorithm};
use sha2::{Digest, Sha256, Sha384};

use crate::{
    call::Pkcs11Kms,
    der::{self, Curve},
    errors::Failure,
    keys::{self, Found},
    token::Token,
};

/// The longest message that is signed, as everywhere in Keyward.
const LONGEST_MESSAGE: usize = 4096;

/// What a private key is.
enum Kind {
    Rsa,
    Ec(Curve),
    /// Of no use here.
    Other,
}

impl Pkcs11Kms {
    pub(crate) async fn get_public_key(&self, key: &Pkcs11Key) -> Result<PublicKey, KmsError> {
        self.call(key, |token, session, key| {
            let private = private(token, session, key)?;
            let kind = kind(session, &private)?;
            let spki_der = match kind {
                Kind::Rsa => rsa_key(session, &private)?,
                Kind::Ec(curve) => ec_key(session, &private, curve)?,
                Kind::Other => return Err(Reason::WrongKeyKind.into()),
            };
            Ok(PublicKey { spki_der, algorithms: offered(token, &kind)? })
        })
        .await
    }

    pub(crate) async fn sign_message(
        &self,
        key: &Pkcs11Key,
        algorithm: SignatureAlgorithm,
        message: &[u8],
    ) -> Result<Vec<u8>, KmsError> {
        let message = message.to_vec();
        self.call(key, move |token, session, key| {
            if !(1..=LONGEST_MESSAGE).contains(&message.len()) {
                return Err(Reason::Malformed.into());
            }
            let private = private(token, session, key)?;
            if !offered(token, &kind(session, &private)?)?.contains(&algorithm) {
                return Err(Reason::WrongKeyKind.into());
            }
            let handle = private.handle;
            match algorithm {
                SignatureAlgorithm::RsaPssSha256 => {
                    let parameters = PkcsPssParams {
                        hash_alg: MechanismType::SHA256,
                        mgf: PkcsMgfType::MGF1_SHA256,
                        s_len: 32.into(),
                    };
                    Ok(session.sign(&Mechanism::Sha256RsaPkcsPss(parameters), handle, &message)?)
                }
                SignatureAlgorithm::RsaPkcs1Sha256 => {
                    Ok(session.sign(&Mechanism::Sha256RsaPkcs, handle, &message)?)
                }
                // Every token signs a digest; not every one makes it.
                SignatureAlgorithm::EcdsaP256Sha256 => {
                    let joined =
                        session.sign(&Mechanism::Ecdsa, handle, &Sha256::digest(&message))?;
                    der::signature(&joined, 32).ok_or_else(|| Reason::ProviderFault.into())
                }
                SignatureAlgorithm::EcdsaP384Sha384 => {
                    let joined =
                        session.sign(&Mechanism::Ecdsa, handle, &Sha384::digest(&message))?;
                    der::signature(&joined, 48).ok_or_else(|| Reason::ProviderFault.into())
                }
            }
        })
        .await
    }
}

fn private(token: &Token, session: &Session, key: &Pkcs11Key) -> Result<Found, Failure> {
    if let Some(private) = keys::private_key(session, key)? {
        return Ok(private);
    }
    // There may be a root key of this name, which can't attest.
    match keys::versions(token, session, key) {
        Ok(_) => Err(Reason::WrongKeyKind.into()),
        Err(failure) => Err(failure),
    }
}

fn kind(session: &Session, key: &Found) -> Result<Kind, Failure> {
    let (mut kind, mut curve) = (None, Vec::new());
    let wanted = [AttributeType::KeyType, AttributeType::EcParams];
    for attribute in session.get_attributes(key.handle, &wanted)? {
        match attribute {
            Attribute::KeyType(found) => kind = Some(found),
            Attribute::EcParams(bytes) => curve = bytes,
            _ => {}
        }
    }
    Ok(match kind {
        Some(KeyType::RSA) => Kind::Rsa,
        Some(KeyType::EC) => der::curve(&curve).map_or(Kind::Other, Kind::Ec),
        _ => Kind::Other,
    })
}

fn offered(token: &Token, kind: &Kind) -> Result<Vec<SignatureAlgorithm>, Failure> {
    use SignatureAlgorithm::{EcdsaP256Sha256, EcdsaP384Sha384, RsaPkcs1Sha256, RsaPssSha256};
    let rows: &[(SignatureAlgorithm, MechanismType)] = match kind {
        Kind::Rsa => &[
            (RsaPssSha256, MechanismType::SHA256_RSA_PKCS_PSS),
            (RsaPkcs1Sha256, MechanismType::SHA256_RSA_PKCS),
        ],
        Kind::Ec(Curve::P256) => &[(EcdsaP256Sha256, MechanismType::ECDSA)],
        Kind::Ec(Curve::P384) => &[(EcdsaP384Sha384, MechanismType::ECDSA)],
        Kind::Other => &[],
    };
    let has = token.module.get_mechanism_list(token.slot)?;
    Ok(rows.iter().filter(|row| has.contains(&row.1)).map(|row| row.0).collect())
}

/// The public numbers: of the private key where it has them, else of its public half.
fn rsa_key(session: &Session, private: &Found) -> Result<Vec<u8>, Failure> {
    let wanted = [AttributeType::Modulus, AttributeType::PublicExponent];
    let mut handles = vec![private.handle];
    handles.extend(public_halves(session, private)?);
    for handle in handles {
        let (mut modulus, mut exponent) = (None, None);
        for attribute in session.get_attributes(handle, &wanted)? {
            match attribute {
                Attribute::Modulus(bytes) => modulus = Some(bytes),
                Attribute::PublicExponent(bytes) => exponent = Some(bytes),
                _ => {}
            }
        }
        let key = modulus.zip(exponent).and_then(|(n, e)| der::rsa_key(&n, &e));
        if let Some(key) = key {
            return Ok(key);
        }
    }
    Err(no_public_half())
}

fn ec_key(session: &Session, private: &Found, curve: Curve) -> Result<Vec<u8>, Failure> {
    for handle in public_halves(session, private)? {
        for attribute in session.get_attributes(handle, &[AttributeType::EcPoint])? {
            if let Attribute::EcPoint(point) = attribute
                && let Some(key) = der::ec_key(curve, &point)
            {
                return Ok(key);
            }
        }
    }
    Err(no_public_half())
}

fn public_halves(
    session: &Session,
    private: &Found,
) -> Result<Vec<cryptoki::object::ObjectHandle>, Failure> {
    // PKCS#11 3.1, 4.8: CKA_ID is what a private key and its public half have in common.
    let name = if private.id.is_empty() {
        Attribute::Label(private.label.clone().into_bytes())
    } else {
        Attribute::Id(private.id.clone())
    };
    Ok(session.find_objects(&[Attribute::Class(ObjectClass::PUBLIC_KEY), name])?)
}

fn no_public_half() -> Failure {
    Failure::because(Reason::WrongKeyKind, "the token has no public half of the key")
}
