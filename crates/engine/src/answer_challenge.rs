//! Answers an onboarding challenge, probes the key, and activates it.

use aws_lc_rs::signature::{self, UnparsedPublicKey, VerificationAlgorithm};
use keyward_core::{ChallengeId, KeyState, RootKeyReference};
use keyward_kms::{Description, SignatureAlgorithm};
use keyward_ledger::Action;
use keyward_store::{
    StoreError,
    tables::{
        approver_keys,
        challenges::{self, ChallengeKind, ChallengeState},
        root_keys,
        tenants::{self, TenantState},
    },
};
use sha2::{Digest, Sha256};
use ssh_key::SshSig;
use subtle::ConstantTimeEq;

use crate::{
    Engine, EngineError, OperationContext,
    operation::Entry,
    register_root_key::RootKeyView,
    require,
    start_challenge::{SSH_NAMESPACE, TAG},
    transition,
};

/// What the tenant brings.
#[derive(Clone, Debug)]
pub enum Answer {
    /// `decrypt`: the nonce.
    Decrypted(Vec<u8>),
    /// `tag`: the tag is on the key.
    Tagged,
    /// `attest`: an SSH signature (`-----BEGIN SSH SIGNATURE-----`) by a key that the tenant enrolled.
    SshSignature(String),
    /// `attest`: a signature by an asymmetric key in the account of the root key.
    KmsSignature {
        /// The asymmetric key.
        key: RootKeyReference,
        /// How it signed.
        algorithm: SignatureAlgorithm,
        /// The signature.
        signature: Vec<u8>,
    },
}

/// A step that answering a challenge has passed, told while it goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChallengeStep {
    /// The answer is right.
    Answered,
    /// The provider describes a key that can be a root key, and is enabled.
    Described,
    /// It unwraps in its tenant's context what it wrapped there.
    OwnContext,
    /// It refuses to unwrap that in another tenant's context.
    ForeignContext,
    /// The key is proven, and is the tenant's active one.
    Activated,
    /// The key is proven, and waits to be rotated to.
    Proven,
}

impl Engine {
    /// Checks the answer and both probes. A tenant's first proven key becomes its active root key; a
    /// later one is proven and waits for [`Engine::rotate_root_key`].
    ///
    /// A wrong answer spends the challenge; a provider that can't be reached doesn't.
    ///
    /// # Errors
    /// [`EngineError::ChallengeFailed`], [`EngineError::ChallengeUsed`],
    /// [`EngineError::ChallengeExpired`], [`EngineError::ProbeFailed`],
    /// [`EngineError::KeyOfAnotherTenant`], and the provider's failure.
    pub async fn answer_challenge(
        &self,
        context: &OperationContext,
        id: ChallengeId,
        answer: &Answer,
    ) -> Result<RootKeyView, EngineError> {
        self.answer_challenge_with(context, id, answer, &|_| {}).await
    }

    /// As [`answer_challenge`](Self::answer_challenge), and tells each step once it is passed.
    ///
    /// # Errors
    /// As for [`answer_challenge`](Self::answer_challenge).
    pub async fn answer_challenge_with(
        &self,
        context: &OperationContext,
        id: ChallengeId,
        answer: &Answer,
        steps: &(dyn Fn(ChallengeStep) + Sync),
    ) -> Result<RootKeyView, EngineError> {
        let challenge = challenges::get(&mut *self.store.read().await?, &id)
            .await?
            .ok_or(EngineError::ChallengeNotFound(id))?;
        let entry = Entry::of(Action::ChallengeAnswer, &challenge.key.tenant)
            .with("challenge", id.to_string())
            .with("kind", challenge.kind.as_str());
        self.guard(context, entry.clone(), async {
            match challenge.state {
                ChallengeState::Open => {}
                ChallengeState::Expired => return Err(EngineError::ChallengeExpired(id)),
                ChallengeState::Passed | ChallengeState::Failed => {
                    return Err(EngineError::ChallengeUsed(id));
                }
            }
            if self.clock.now() >= challenge.expires_at {
                let expired = EngineError::ChallengeExpired(id);
                return Err(self.spend(context, id, ChallengeState::Expired, entry, expired).await);
            }
            let reference = self.reference(&mut *self.store.read().await?, &challenge.key).await?;
            let tested = match self.check(&challenge, &reference, answer).await {
                Ok(()) => {
                    steps(ChallengeStep::Answered);
                    self.probe_with(&reference, &challenge.key.tenant, steps).await
                }
                Err(error) => Err(error),
            };
            let description = match tested {
                Ok(description) => description,
                Err(
                    error @ (EngineError::ChallengeFailed { .. } | EngineError::ProbeFailed { .. }),
                ) => {
                    return Err(self
                        .spend(context, id, ChallengeState::Failed, entry, error)
                        .await);
                }
                Err(error) => return Err(error),
            };
            let view = self.activate(context, &challenge, description, entry).await?;
            steps(match view.key.state {
                KeyState::Active => ChallengeStep::Activated,
                _ => ChallengeStep::Proven,
            });
            Ok(view)
        })
        .await
    }

    /// Whether the answer is right.
    async fn check(
        &self,
        challenge: &challenges::Challenge,
        reference: &RootKeyReference,
        answer: &Answer,
    ) -> Result<(), EngineError> {
        let wrong = |why| Err(EngineError::ChallengeFailed { why });
        let expected = |bytes: &[u8]| {
            bool::from(Sha256::digest(bytes).as_slice().ct_eq(challenge.secret_hash.as_slice()))
        };
        match (challenge.kind, answer) {
            (ChallengeKind::Decrypt, Answer::Decrypted(nonce)) => {
                if expected(nonce) {
                    Ok(())
                } else {
                    wrong("it is not the nonce that was encrypted")
                }
            }
            (ChallengeKind::Tag, Answer::Tagged) => {
                let tags = self.providers.of(reference)?.tags(reference).await?;
                match tags.get(TAG) {
                    Some(token) if expected(token.as_bytes()) => Ok(()),
                    // The tenant may still be about to set it: nothing is spent by looking.
                    _ => Err(EngineError::NotFinished(format!(
                        "the key does not carry the tag `{TAG}` with the challenge's value; set it and answer again"
                    ))),
                }
            }
            (ChallengeKind::Attest, Answer::SshSignature(text)) => {
                self.check_ssh(challenge, text).await
            }
            (ChallengeKind::Attest, Answer::KmsSignature { key, algorithm, signature }) => {
                if !same_account(reference, key) {
                    return wrong("the signing key is not in the root key's account");
                }
                let public = self.providers.of(key)?.public_key(key).await?;
                let sound = public.algorithms.contains(algorithm)
                    && UnparsedPublicKey::new(verification(*algorithm), &public.spki_der)
                        .verify(challenge.statement.as_bytes(), signature)
                        .is_ok();
                if sound { Ok(()) } else { wrong("the signature is not over the statement") }
            }
            _ => Err(EngineError::InvalidInput(format!(
                "the challenge is of kind `{}`; answer it in that way",
                challenge.kind.as_str()
            ))),
        }
    }

    async fn check_ssh(
        &self,
        challenge: &challenges::Challenge,
        text: &str,
    ) -> Result<(), EngineError> {
        let wrong = |why| Err(EngineError::ChallengeFailed { why });
        let Ok(signature) = text.trim().parse::<SshSig>() else {
            return wrong("it is no SSH signature");
        };
        let enrolled =
            approver_keys::list(&mut *self.store.read().await?, &challenge.key.tenant).await?;
        for row in enrolled {
            let Ok(public) = row.public_key.parse::<ssh_key::PublicKey>() else { continue };
            if public.key_data() == signature.public_key() {
                let statement = challenge.statement.as_bytes();
                return match public.verify(SSH_NAMESPACE, statement, &signature) {
                    Ok(()) => Ok(()),
                    Err(_) => wrong("the signature is not over the statement"),
                };
            }
        }
        wrong("the signing key is not one that the tenant has enrolled")
    }

    /// Marks the challenge as spent, for the reason given, which it hands on. Where somebody else has
    /// spent it already, that is the reason.
    async fn spend(
        &self,
        context: &OperationContext,
        id: ChallengeId,
        state: ChallengeState,
        entry: Entry,
        reason: EngineError,
    ) -> EngineError {
        let take = async {
            let mut write = self.begin().await?;
            let taken = challenges::take(&mut write, &id, state, self.clock.now()).await?;
            Ok::<_, EngineError>((write, taken))
        };
        match take.await {
            Ok((write, true)) => self.commit_failure(write, context, entry, reason).await,
            Ok((_, false)) => EngineError::ChallengeUsed(id),
            Err(error) => error,
        }
    }

    async fn activate(
        &self,
        context: &OperationContext,
        challenge: &challenges::Challenge,
        description: Description,
        entry: Entry,
    ) -> Result<RootKeyView, EngineError> {
        let id = &challenge.key;
        let now = self.clock.now();
        let mut write = self.begin().await?;
        // Single use: of two answers at the same time, one finds it taken.
        if !challenges::take(&mut write, &challenge.id, ChallengeState::Passed, now).await? {
            return Err(EngineError::ChallengeUsed(challenge.id));
        }
        let tenant = require::tenant(&mut write, &id.tenant).await?;
        let key = require::root_key(&mut write, id).await?;
        if description.identity != key.identity {
            return Err(EngineError::ProbeFailed {
                why: "the reference names another key than when it was registered",
            });
        }
        let taken = root_keys::by_identity(&mut write, &key.identity).await?;
        let elsewhere = |other: &root_keys::RootKey| {
            other.id.tenant != id.tenant
                && !matches!(other.state, KeyState::PreActivation | KeyState::Destroyed)
        };
        if taken.iter().any(elsewhere) {
            return Err(EngineError::KeyOfAnotherTenant);
        }
        let mut entries = vec![
            entry
                .root_key(id, description.version)
                .with("probes", "own context opens, another tenant's does not"),
        ];
        root_keys::set_version(&mut write, id, description.version, now).await?;
        let first = key.state == KeyState::PreActivation
            && tenant.state == TenantState::Pending
            && root_keys::active(&mut write, &id.tenant).await?.is_none();
        if first {
            match transition::root_key(
                &mut write,
                &key,
                KeyState::Active,
                now,
                "proven by challenge",
            )
            .await
            {
                // Another process's tenant was faster between the look above and here.
                Err(EngineError::Store(StoreError::IdentityTaken)) => {
                    return Err(EngineError::KeyOfAnotherTenant);
                }
                other => other?,
            }
            tenants::set_state(&mut write, &id.tenant, TenantState::Active, None, now).await?;
            entries.push(
                Entry::of(Action::RootKeyActivate, &id.tenant).root_key(id, description.version),
            );
        }
        self.commit(write, context, entries).await?;
        let views = self.root_keys(&id.tenant).await?;
        views
            .into_iter()
            .find(|view| view.key.id == *id)
            .ok_or(EngineError::RootKeyNotFound(id.clone()))
    }
}

/// An attestation by an asymmetric key says something about the root key's owner only where both are
/// in one account.
fn same_account(root: &RootKeyReference, signer: &RootKeyReference) -> bool {
    match (root, signer) {
        (RootKeyReference::Aws(root), RootKeyReference::Aws(signer)) => {
            root.partition() == signer.partition() && root.account() == signer.account()
        }
        // Azure's references tell no directory; who may make keys in the store is its owner.
        (RootKeyReference::Azure(root), RootKeyReference::Azure(signer)) => {
            root.store_url() == signer.store_url()
        }
        // A token has one owner. Both must name it, and alike: a label that is left out is any token's.
        (RootKeyReference::Pkcs11(root), RootKeyReference::Pkcs11(signer)) => {
            let names = ["token", "serial", "model", "manufacturer"];
            let alike = |name| root.path_attribute(name) == signer.path_attribute(name);
            (root.token().is_some() || root.path_attribute("serial").is_some())
                && names.into_iter().all(alike)
        }
        _ => false,
    }
}

fn verification(algorithm: SignatureAlgorithm) -> &'static dyn VerificationAlgorithm {
    match algorithm {
        SignatureAlgorithm::RsaPssSha256 => &signature::RSA_PSS_2048_8192_SHA256,
        SignatureAlgorithm::RsaPkcs1Sha256 => &signature::RSA_PKCS1_2048_8192_SHA256,
        SignatureAlgorithm::EcdsaP256Sha256 => &signature::ECDSA_P256_SHA256_ASN1,
        SignatureAlgorithm::EcdsaP384Sha384 => &signature::ECDSA_P384_SHA384_ASN1,
    }
}
