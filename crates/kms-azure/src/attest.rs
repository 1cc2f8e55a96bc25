//! Attestation by an asymmetric key: its public half, and sign.

use azure_security_keyvault_keys::models::{
    CurveName, JsonWebKey, KeyClientSignOptions, KeyType, SignParameters,
    SignatureAlgorithm as AzureAlgorithm,
};
use keyward_core::reference::AzureKey;
use keyward_kms::{KmsError, PublicKey, Reason, SignatureAlgorithm};
use sha2::{Digest, Sha256, Sha384};

use crate::{
    call::Repeat,
    client::AzureKms,
    der::{self, Curve},
    describe::allows,
    errors::of,
};

/// The longest message that a provider signs, as the trait has it. Azure itself gets a digest.
const LONGEST_MESSAGE: usize = 4096;

impl AzureKms {
    pub(crate) async fn get_public_key(&self, key: &AzureKey) -> Result<PublicKey, KmsError> {
        let found = self.get_key(key).await?.key.ok_or_else(|| of(key, Reason::ProviderFault))?;
        if !(allows(&found, "sign") || allows(&found, "verify")) {
            return Err(of(key, Reason::WrongKeyKind));
        }
        public_key(&found).ok_or_else(|| of(key, Reason::WrongKeyKind))
    }

    pub(crate) async fn sign_message(
        &self,
        key: &AzureKey,
        algorithm: SignatureAlgorithm,
        message: &[u8],
    ) -> Result<Vec<u8>, KmsError> {
        if !(1..=LONGEST_MESSAGE).contains(&message.len()) {
            return Err(of(key, Reason::Malformed));
        }
        let (name, digest) = match algorithm {
            SignatureAlgorithm::RsaPssSha256 => (AzureAlgorithm::Ps256, sha256(message)),
            SignatureAlgorithm::RsaPkcs1Sha256 => (AzureAlgorithm::Rs256, sha256(message)),
            SignatureAlgorithm::EcdsaP256Sha256 => (AzureAlgorithm::Es256, sha256(message)),
            SignatureAlgorithm::EcdsaP384Sha384 => {
                (AzureAlgorithm::Es384, Sha384::digest(message).to_vec())
            }
        };
        let answer = self
            .call(key, Repeat::Freely, |store| {
                let parameters =
                    SignParameters { algorithm: Some(name.clone()), value: Some(digest.clone()) };
                async move {
                    let key_version = key.version().map(str::to_owned);
                    let options = KeyClientSignOptions { key_version, ..Default::default() };
                    let content = parameters.try_into()?;
                    store.keys.sign(key.name(), content, Some(options)).await?.into_model()
                }
            })
            .await?;
        let signature = answer.result.unwrap_or_default();
        // RFC 7518, 3.4: both numbers joined. We keep to DER.
        let signature = match algorithm {
            SignatureAlgorithm::EcdsaP256Sha256 => der::signature(&signature, 32),
            SignatureAlgorithm::EcdsaP384Sha384 => der::signature(&signature, 48),
            SignatureAlgorithm::RsaPssSha256 | SignatureAlgorithm::RsaPkcs1Sha256 => {
                (!signature.is_empty()).then_some(signature)
            }
        };
        signature.ok_or_else(|| of(key, Reason::ProviderFault))
    }
}

fn sha256(message: &[u8]) -> Vec<u8> {
    Sha256::digest(message).to_vec()
}

/// A JSON Web Key (RFC 7518, 6.2 and 6.3) as what signatures are verified with.
fn public_key(key: &JsonWebKey) -> Option<PublicKey> {
    match key.kty {
        Some(KeyType::Rsa | KeyType::RsaHsm) => Some(PublicKey {
            spki_der: der::rsa_key(key.n.as_deref()?, key.e.as_deref()?)?,
            algorithms: vec![SignatureAlgorithm::RsaPssSha256, SignatureAlgorithm::RsaPkcs1Sha256],
        }),
        Some(KeyType::Ec | KeyType::EcHsm) => {
            let (curve, algorithm) = match key.crv {
                Some(CurveName::P256) => (Curve::P256, SignatureAlgorithm::EcdsaP256Sha256),
                Some(CurveName::P384) => (Curve::P384, SignatureAlgorithm::EcdsaP384Sha384),
                _ => return None,
            };
            let spki_der = der::ec_key(curve, key.x.as_deref()?, key.y.as_deref()?)?;
            Some(PublicKey { spki_der, algorithms: vec![algorithm] })
        }
        _ => None,
    }
}
