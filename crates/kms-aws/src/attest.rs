//! Attestation by an asymmetric key: GetPublicKey and Sign.

use aws_sdk_kms::{
    primitives::Blob,
    types::{KeySpec, KeyUsageType, MessageType, SigningAlgorithmSpec},
};
use keyward_core::reference::AwsKey;
use keyward_kms::{KmsError, PublicKey, Reason, SignatureAlgorithm};

use crate::{
    client::AwsKms,
    errors::{failure, of},
};

/// Our algorithms in AWS's words.
const ALGORITHMS: [(SignatureAlgorithm, SigningAlgorithmSpec); 4] = [
    (SignatureAlgorithm::RsaPssSha256, SigningAlgorithmSpec::RsassaPssSha256),
    (SignatureAlgorithm::RsaPkcs1Sha256, SigningAlgorithmSpec::RsassaPkcs1V15Sha256),
    (SignatureAlgorithm::EcdsaP256Sha256, SigningAlgorithmSpec::EcdsaSha256),
    (SignatureAlgorithm::EcdsaP384Sha384, SigningAlgorithmSpec::EcdsaSha384),
];

/// The longest message that Sign takes as it is (API reference, Sign, `Message`).
const LONGEST_MESSAGE: usize = 4096;

impl AwsKms {
    pub(crate) async fn get_public_key(&self, key: &AwsKey) -> Result<PublicKey, KmsError> {
        let call = self.client(key).await.get_public_key().key_id(key.to_string()).send().await;
        let answer = call.map_err(|error| failure(key, &error))?;
        if answer.key_usage() != Some(&KeyUsageType::SignVerify) {
            return Err(of(key, Reason::WrongKeyKind));
        }
        let offered = |row: &&(SignatureAlgorithm, SigningAlgorithmSpec)| {
            answer.signing_algorithms().contains(&row.1) && fits(row.0, answer.key_spec())
        };
        let algorithms = ALGORITHMS.iter().filter(offered).map(|row| row.0).collect();
        let spki_der = answer.public_key.ok_or_else(|| of(key, Reason::ProviderFault))?;
        Ok(PublicKey { spki_der: spki_der.into_inner(), algorithms })
    }

    pub(crate) async fn sign_message(
        &self,
        key: &AwsKey,
        algorithm: SignatureAlgorithm,
        message: &[u8],
    ) -> Result<Vec<u8>, KmsError> {
        let spec = ALGORITHMS.iter().find(|row| row.0 == algorithm).map(|row| row.1.clone());
        let Some(spec) = spec.filter(|_| (1..=LONGEST_MESSAGE).contains(&message.len())) else {
            return Err(of(key, Reason::Malformed));
        };
        let call = self
            .client(key)
            .await
            .sign()
            .key_id(key.to_string())
            .message_type(MessageType::Raw)
            .message(Blob::new(message))
            .signing_algorithm(spec);
        let answer = call.send().await.map_err(|error| failure(key, &error))?;
        answer.signature.map(Blob::into_inner).ok_or_else(|| of(key, Reason::ProviderFault))
    }
}

/// AWS names a hash alone where we name the curve too: `ECDSA_SHA_256` is also secp256k1's.
fn fits(algorithm: SignatureAlgorithm, spec: Option<&KeySpec>) -> bool {
    match algorithm {
        SignatureAlgorithm::EcdsaP256Sha256 => spec == Some(&KeySpec::EccNistP256),
        SignatureAlgorithm::EcdsaP384Sha384 => spec == Some(&KeySpec::EccNistP384),
        SignatureAlgorithm::RsaPssSha256 | SignatureAlgorithm::RsaPkcs1Sha256 => true,
    }
}
