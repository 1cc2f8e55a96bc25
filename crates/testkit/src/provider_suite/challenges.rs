//! The three ways in which a tenant proves that a root key is its own.

use aws_lc_rs::signature::{self, UnparsedPublicKey, VerificationAlgorithm};
use keyward_core::EncryptionContext;
use keyward_kms::{ErrorClass, KeyUsage, Reason, SignatureAlgorithm};

use super::{Subject, context, fails, failure, left_out, opens, own_secret};

/// A nonce that is wrapped as a key is: whoever may unwrap with the root key tells it.
pub async fn a_nonce_is_opened_in_its_challenge_alone(subject: &dyn Subject) {
    let service = &*subject.service();
    let key = subject.root_key().await;
    let tenant = "acme".parse().expect("a good tenant id");
    let challenge = |id: &str| {
        EncryptionContext::for_challenge(&tenant, &id.parse().expect("a challenge's id"))
    };
    let asked = challenge("9f86d081884c7d659a2feaa0c55ad015");
    let nonce = own_secret();
    let blob = service.wrap(&key, &asked, &nonce).await.expect("it is wrapped").blob;
    opens(service, &key, &asked, &blob, nonce.expose()).await;
    for other in [challenge("9f86d081884c7d659a2feaa0c55ad016"), context("acme")] {
        let opened = service.unwrap(&key, &other, &blob).await;
        fails(service, "another challenge", opened, Reason::WrongCiphertext);
    }
}

/// A tag that the owner puts on its key.
pub async fn a_tag_is_read(subject: &dyn Subject) {
    let service = &*subject.service();
    let key = subject.root_key().await;
    let (name, value) = ("keyward-challenge", "3q2-7wAAAAAAAAAAAAAAAAAAAAA");
    match subject.tag(&key, name, value).await {
        Ok(()) => {
            let tags = service.tags(&key).await.expect("tags are read");
            assert_eq!(tags.get(name).map(String::as_str), Some(value));
            let untagged = subject.root_key().await;
            let tags = service.tags(&untagged).await.expect("tags are read");
            assert_eq!(tags.get(name), None, "a tag is one key's alone");
        }
        Err(absent) => {
            left_out("tags", absent);
            let error = failure(service, "tags", service.tags(&key).await);
            assert_eq!(error.reason, Reason::Unsupported, "{error}");
        }
    }
}

/// Signatures verify with the public key, by another implementation.
pub async fn signatures_verify(subject: &dyn Subject) {
    let service = &*subject.service();
    let (root, acme) = (subject.root_key().await, context("acme"));
    let keys = match subject.signing_keys().await {
        Ok(keys) => keys,
        Err(absent) => {
            left_out("signatures", absent);
            let error = failure(service, "public key", service.public_key(&root).await);
            assert_eq!(error.class(), ErrorClass::Invalid, "{error}");
            let algorithm = SignatureAlgorithm::RsaPssSha256;
            let error = failure(service, "sign", service.sign(&root, algorithm, b"message").await);
            assert_eq!(error.class(), ErrorClass::Invalid, "{error}");
            return;
        }
    };
    for signing in &keys {
        let key = &signing.key;
        assert_eq!(service.describe(key).await.expect("it is described").usage, KeyUsage::Sign);
        let public = service.public_key(key).await.expect("it has a public half");
        assert_eq!(public.algorithms, signing.algorithms, "{key}");
        for algorithm in &signing.algorithms {
            // The longest that is taken, the shortest, and one between.
            for message in [&b"we own this key"[..], b"x", &[7; 4096]] {
                let signed = service.sign(key, *algorithm, message).await;
                let signature = signed.unwrap_or_else(|error| panic!("{algorithm:?}: {error}"));
                let verifier = UnparsedPublicKey::new(verifier(*algorithm), &public.spki_der);
                assert!(verifier.verify(message, &signature).is_ok(), "{algorithm:?}");
                assert!(verifier.verify(b"we own that key", &signature).is_err());
            }
            let long = service.sign(key, *algorithm, &[0; 4097]).await;
            assert_eq!(failure(service, "4,097 bytes", long).class(), ErrorClass::Invalid);
        }
        let made = service.generate(key, &acme).await;
        assert_eq!(failure(service, "generate", made).reason, Reason::WrongKeyKind);
    }
    let public = failure(service, "a root key's public half", service.public_key(&root).await);
    assert_eq!(public.class(), ErrorClass::Invalid, "{public}");
}

fn verifier(algorithm: SignatureAlgorithm) -> &'static dyn VerificationAlgorithm {
    match algorithm {
        SignatureAlgorithm::RsaPssSha256 => &signature::RSA_PSS_2048_8192_SHA256,
        SignatureAlgorithm::RsaPkcs1Sha256 => &signature::RSA_PKCS1_2048_8192_SHA256,
        SignatureAlgorithm::EcdsaP256Sha256 => &signature::ECDSA_P256_SHA256_ASN1,
        SignatureAlgorithm::EcdsaP384Sha384 => &signature::ECDSA_P384_SHA384_ASN1,
    }
}
