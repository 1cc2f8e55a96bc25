//! What a tenant has to allow at its provider, and whether it does.

use keyward_core::{RootKeyReference, TenantId};
use keyward_kms::{KeyPolicy, PolicyDifferences};
use keyward_ledger::Action;

use crate::{Engine, EngineError, OperationContext, operation::Entry};

/// A policy in force beside the one that is asked for.
#[derive(Clone, Debug, serde::Serialize)]
pub struct ReadKeyPolicy {
    /// What is asked for.
    pub asked: KeyPolicy,
    /// What is in force, in the provider's form; `None` where the provider has no policies to show.
    pub found: Option<String>,
    /// How the two differ, where there is something to compare.
    pub differences: Option<PolicyDifferences>,
}

impl Engine {
    /// What the tenant has to apply to a key so that Keyward may use it for this tenant alone. The tenant
    /// needn't be registered yet, and nobody is asked. Leaves no record but a refusal's.
    ///
    /// `principal` is as whom Keyward calls the provider; without it the policy
    /// [needs it written in](KeyPolicy::needs_principal) where its provider names callers.
    ///
    /// # Errors
    /// [`EngineError::ProviderNotConfigured`]; the provider's where it has no policies.
    pub async fn key_policy(
        &self,
        context: &OperationContext,
        tenant: &TenantId,
        reference: &RootKeyReference,
        principal: Option<&str>,
    ) -> Result<KeyPolicy, EngineError> {
        self.guard(context, Entry::of(Action::AuditQuery, tenant), async {
            Ok(self.providers.of(reference)?.key_policy(reference, tenant, principal)?)
        })
        .await
    }

    /// The policy in force on a key, compared with what is asked for. It changes nothing, locks nobody and
    /// leaves no record but a refusal's or failure's.
    ///
    /// # Errors
    /// As for [`key_policy`](Self::key_policy), and the provider's where it doesn't let Keyward read it.
    pub async fn read_key_policy(
        &self,
        context: &OperationContext,
        tenant: &TenantId,
        reference: &RootKeyReference,
        principal: Option<&str>,
    ) -> Result<ReadKeyPolicy, EngineError> {
        // Whoever may register a key for the tenant: others would learn of any key that Keyward reaches.
        self.guard(context, Entry::of(Action::RootKeyRegister, tenant), async {
            let service = self.providers.of(reference)?;
            let asked = service.key_policy(reference, tenant, principal)?;
            let found = service.policy(reference).await?;
            let differences = found.as_deref().map(|found| service.compare_policy(&asked, found));
            Ok(ReadKeyPolicy { asked, found, differences })
        })
        .await
    }
}
