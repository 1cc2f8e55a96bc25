//! The first steps: a tenant comes, with a key of its own.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use keyward_core::{Code, KeyState, LoggedNames, RootKeyId, RootKeyReference};
use keyward_engine::{Answer, ChallengeKind, ChallengeView};
use keyward_kms::RootKeyService;

use super::{
    life::{Life, refused},
    must,
};
use crate::failure::Failure;

impl Life {
    /// Registers the tenant, which can do nothing yet.
    pub async fn register(&self) -> Result<String, Failure> {
        let context = self.administrator()?;
        self.engine().register_tenant(&context, &self.tenant, "Acme GmbH").await?;
        let early = self
            .engine()
            .create_dataset(&context, &self.tenant, &self.dataset, &[], LoggedNames::Plain)
            .await;
        refused(early, Code::TenantNotActive, "a dataset without a key")?;
        Ok(format!("registered tenant {}; without a proven key it can have no data", self.tenant))
    }

    /// Registers its root key, which may do nothing but answer challenges.
    pub async fn add_key(&self) -> Result<String, Failure> {
        self.local_key(&self.reference, &self.tenant)?;
        let context = self.administrator()?;
        let references = [self.reference.clone()];
        let view = self.engine().register_root_key(&context, &self.tenant, &references).await?;
        must(view.key.state == KeyState::PreActivation, "an unproven key is active")?;
        Ok(format!("registered {}, a reference only: {}", self.reference, view.key.state))
    }

    /// Proves the key: a wrong answer spends a challenge, the right one activates the key.
    pub async fn prove_key(&self) -> Result<String, Failure> {
        let (engine, context) = (self.engine(), self.administrator()?);
        let lost = engine.start_challenge(&context, &self.root_key, ChallengeKind::Decrypt).await?;
        let guess = Answer::Decrypted(vec![0; 32]);
        let wrong = engine.answer_challenge(&context, lost.id, &guess).await;
        refused(wrong, Code::ChallengeFailed, "a guessed answer")?;
        let right = Answer::Decrypted(nonce(self.provider.as_ref(), &lost).await?);
        let late = engine.answer_challenge(&context, lost.id, &right).await;
        refused(late, Code::ChallengeUsed, "a second answer")?;
        let provider = self.provider.as_ref();
        let view = self.answer(&self.root_key, provider).await?;
        must(view == KeyState::Active, "the proven key is not active")?;
        Ok("proved the key by decrypting a challenge: a guess spent its own, the tenant's answer \
            passed, its context opens and no other does"
            .into())
    }

    /// Creates the dataset with its first data key.
    pub async fn create_dataset(&self) -> Result<String, Failure> {
        let context = self.administrator()?;
        let made = self
            .engine()
            .create_dataset(&context, &self.tenant, &self.dataset, &[], LoggedNames::Plain)
            .await?;
        must(made.current_version == 1, "the first data key is not the first")?;
        Ok(format!("created dataset {} with data key 1, wrapped by the tenant's key", made.name))
    }

    /// Starts a challenge and answers it as the tenant would; gives the key's state then.
    pub(super) async fn answer(
        &self,
        key: &RootKeyId,
        provider: &dyn RootKeyService,
    ) -> Result<KeyState, Failure> {
        let context = self.administrator()?;
        let view = self.engine().start_challenge(&context, key, ChallengeKind::Decrypt).await?;
        let answer = Answer::Decrypted(nonce(provider, &view).await?);
        Ok(self.engine().answer_challenge(&context, view.id, &answer).await?.key.state)
    }
}

/// What the tenant gets out of its provider for a challenge.
async fn nonce(provider: &dyn RootKeyService, view: &ChallengeView) -> Result<Vec<u8>, Failure> {
    let broken = || Failure::unexpected("the challenge has no ciphertext");
    let reference: RootKeyReference = view.reference.parse().map_err(Failure::unexpected)?;
    let context = view.encryption_context.as_ref().ok_or_else(broken)?;
    let blob = view.ciphertext.as_ref().and_then(|text| BASE64_STANDARD.decode(text).ok());
    let nonce = provider.unwrap(&reference, context, &blob.ok_or_else(broken)?).await?;
    Ok(nonce.expose().to_vec())
}
