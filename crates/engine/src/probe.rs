//! The two probes of a root key: it works in its tenant's context, and in no other's.

use keyward_core::{EncryptionContext, RootKeyReference, SecretKey, TenantId};
use keyward_kms::{Description, ErrorClass, KeyUsage, ProviderState, Reason};
use subtle::ConstantTimeEq;

use crate::{ChallengeStep, Engine, EngineError, workspace::random};

impl Engine {
    /// Describes the key and runs both probes.
    ///
    /// # Errors
    /// [`EngineError::ProbeFailed`] where the key doesn't do what a root key must; the provider's own
    /// failure where it couldn't be asked.
    pub(crate) async fn probe(
        &self,
        reference: &RootKeyReference,
        tenant: &TenantId,
    ) -> Result<Description, EngineError> {
        self.probe_with(reference, tenant, &|_| {}).await
    }

    /// As [`probe`](Self::probe), and tells what it has found to be so.
    pub(crate) async fn probe_with(
        &self,
        reference: &RootKeyReference,
        tenant: &TenantId,
        steps: &(dyn Fn(ChallengeStep) + Sync),
    ) -> Result<Description, EngineError> {
        let service = self.providers.of(reference)?;
        let description = self.describe(reference).await?;
        steps(ChallengeStep::Described);
        let secret = SecretKey::new(random()?);
        let own = EncryptionContext::for_tenant(tenant);
        let wrapped = service.wrap(reference, &own, &secret).await?;
        let unwrapped = service.unwrap(reference, &own, &wrapped.blob).await?;
        if !bool::from(unwrapped.expose().ct_eq(secret.expose())) {
            return Err(EngineError::ProbeFailed { why: "it unwraps another key than it wrapped" });
        }
        steps(ChallengeStep::OwnContext);
        // A name that no tenant can have: the probe must not depend on who else is registered.
        let foreign = EncryptionContext::from_pairs([(
            keyward_core::keys::TENANT.to_owned(),
            format!("{tenant}/not-this-tenant"),
        )]);
        match service.unwrap(reference, &foreign, &wrapped.blob).await {
            Ok(_) => Err(EngineError::ProbeFailed {
                why: "it unwraps in another tenant's context, so it does not keep tenants apart",
            }),
            Err(error) => match error.class() {
                ErrorClass::Denied | ErrorClass::Rejected => {
                    steps(ChallengeStep::ForeignContext);
                    Ok(description)
                }
                // No answer is no proof.
                _ => Err(error.into()),
            },
        }
    }

    /// Describes a key that is to be a root key, and fails where it can't be one now.
    pub(crate) async fn describe(
        &self,
        reference: &RootKeyReference,
    ) -> Result<Description, EngineError> {
        let description = self.providers.of(reference)?.describe(reference).await?;
        let refuse = |reason| {
            Err(EngineError::Kms(keyward_kms::KmsError {
                provider: reference.provider(),
                key: reference.to_string(),
                reason,
                provider_code: None,
            }))
        };
        if description.usage != KeyUsage::Wrap {
            return refuse(Reason::WrongKeyKind);
        }
        match description.state {
            ProviderState::Enabled => Ok(description),
            ProviderState::Disabled => refuse(Reason::Disabled),
            ProviderState::PendingDeletion => refuse(Reason::PendingDeletion),
            ProviderState::Other => refuse(Reason::NotUsable),
        }
    }
}
