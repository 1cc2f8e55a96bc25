//! Starts an onboarding challenge.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use keyward_core::{ChallengeId, EncryptionContext, KeyState, RootKeyId, SecretKey};
use keyward_kms::Reason;
use keyward_ledger::Action;
use keyward_store::tables::{challenges, root_keys};
use sha2::{Digest, Sha256};

pub use keyward_store::tables::challenges::ChallengeKind;

use crate::{Engine, EngineError, OperationContext, operation::Entry, require, workspace::random};

/// How long a challenge may be answered.
const LIFETIME: TimeDelta = TimeDelta::minutes(15);

/// The tag that a tag challenge asks for.
pub(crate) const TAG: &str = "keyward-challenge";

/// The namespace of an SSH signature over an attestation statement.
pub(crate) const SSH_NAMESPACE: &str = "keyward-attestation";

/// A challenge, with what the tenant needs to answer it.
#[derive(Clone, Debug, serde::Serialize)]
pub struct ChallengeView {
    /// Names it in the answer.
    pub id: ChallengeId,
    /// Which kind.
    pub kind: ChallengeKind,
    /// The root key it is about.
    pub root_key: String,
    /// The key's reference in this region.
    pub reference: String,
    /// Until when it may be answered.
    pub expires_at: DateTime<Utc>,
    /// `decrypt`: the provider's ciphertext of the nonce, base64.
    pub ciphertext: Option<String>,
    /// `decrypt`: the context to decrypt it in.
    pub encryption_context: Option<EncryptionContext>,
    /// `tag`: the tag's key.
    pub tag_key: Option<String>,
    /// `tag`: the tag's value.
    pub tag_value: Option<String>,
    /// `attest`: the text to sign, to the byte.
    pub statement: Option<String>,
    /// `attest`: the namespace for an SSH signature.
    pub ssh_namespace: Option<String>,
}

impl Engine {
    /// Starts a challenge for a root key. Single use, fifteen minutes.
    ///
    /// # Errors
    /// [`EngineError::KeyState`] where the key is neither new nor active; the provider's failure.
    pub async fn start_challenge(
        &self,
        context: &OperationContext,
        root_key: &RootKeyId,
        kind: ChallengeKind,
    ) -> Result<ChallengeView, EngineError> {
        let entry = Entry::of(Action::ChallengeStart, &root_key.tenant).with("kind", kind.as_str());
        self.guard(context, entry.clone(), async {
            let (key, reference) = {
                let mut reader = self.store.read().await?;
                let key = require::root_key(&mut reader, root_key).await?;
                (key, self.reference(&mut reader, root_key).await?)
            };
            if !matches!(key.state, KeyState::PreActivation | KeyState::Active) {
                return Err(EngineError::KeyState {
                    key: root_key.to_string(),
                    state: key.state,
                    what: "be challenged",
                });
            }
            self.describe(&reference).await?;

            let id = ChallengeId::from_bytes(random()?);
            let created_at = self.clock.now();
            let mut view = ChallengeView {
                id,
                kind,
                root_key: root_key.to_string(),
                reference: reference.to_string(),
                expires_at: created_at + LIFETIME,
                ciphertext: None,
                encryption_context: None,
                tag_key: None,
                tag_value: None,
                statement: None,
                ssh_namespace: None,
            };
            let nonce = SecretKey::new(random()?);
            // Only what the answer must hash to is kept: the database can't be read for the answer.
            let expected: Vec<u8> = match kind {
                ChallengeKind::Decrypt => {
                    let context = EncryptionContext::for_challenge(&root_key.tenant, &id);
                    let wrapped =
                        self.providers.of(&reference)?.wrap(&reference, &context, &nonce).await?;
                    view.ciphertext = Some(BASE64_STANDARD.encode(wrapped.blob));
                    view.encryption_context = Some(context);
                    Sha256::digest(nonce.expose()).to_vec()
                }
                ChallengeKind::Tag => {
                    // Nobody can answer it where keys have no tags. Whatever else fails may heal until then.
                    let tags = self.providers.of(&reference)?.tags(&reference).await;
                    if let Err(error) = tags
                        && error.reason == Reason::Unsupported
                    {
                        return Err(error.into());
                    }
                    let token = hex::encode(nonce.expose());
                    view.tag_key = Some(TAG.into());
                    view.tag_value = Some(token.clone());
                    Sha256::digest(token).to_vec()
                }
                ChallengeKind::Attest => {
                    let statement = self.statement(&key, &view, &nonce);
                    view.statement = Some(statement.clone());
                    view.ssh_namespace = Some(SSH_NAMESPACE.into());
                    Sha256::digest(statement).to_vec()
                }
            };

            let mut write = self.begin().await?;
            let row = challenges::Challenge {
                id,
                key: root_key.clone(),
                kind,
                secret_hash: expected,
                statement: view.statement.clone().unwrap_or_default(),
                state: challenges::ChallengeState::Open,
                created_at,
                expires_at: view.expires_at,
                answered_at: None,
            };
            challenges::insert(&mut write, &row).await?;
            let entry = entry.root_key(root_key, key.version).with("challenge", id.to_string());
            self.commit(write, context, vec![entry]).await?;
            Ok(view)
        })
        .await
    }

    /// The text that an attestation signs. `docs/formats.md` gives it line by line.
    fn statement(
        &self,
        key: &root_keys::RootKey,
        view: &ChallengeView,
        nonce: &SecretKey,
    ) -> String {
        format!(
            "keyward-attestation-v1\nlog: {}\ntenant: {}\nroot-key: {}\nchallenge: {}\nnonce: {}\nexpires: {}\n",
            self.log.identity.origin,
            key.id.tenant,
            key.identity,
            view.id,
            hex::encode(nonce.expose()),
            view.expires_at.to_rfc3339_opts(SecondsFormat::Secs, true),
        )
    }
}
