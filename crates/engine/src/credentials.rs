//! What providers are called with: having a credential kept or forgotten, with a record of each.
//!
//! The engine never sees a secret. The surface keeps it, in the vault that it opened; here is decided who
//! may have that done, and what the log says of it.

use keyward_core::Provider;
use keyward_ledger::{Action, Outcome};
use keyward_secrets::SecretsError;

use crate::{Engine, EngineError, OperationContext, operation::Entry};

/// A credential, as far as the log may know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialNote {
    /// Whom it is shown to.
    pub provider: Provider,
    /// Who it says we are: an access key's id, a profile's name. Never a secret.
    pub identity: String,
    /// Where it is shown instead of the provider's own address.
    pub endpoint: Option<String>,
}

impl Engine {
    /// Has a credential kept, in place of an older one of the provider. The intent is recorded before `keep`
    /// runs, so that no process can end between them and leave a credential that the log doesn't know.
    ///
    /// # Errors
    /// [`EngineError::NotAuthorised`]; [`EngineError::Secrets`] where it wasn't kept.
    pub async fn set_credential(
        &self,
        context: &OperationContext,
        note: &CredentialNote,
        keep: impl Future<Output = Result<(), SecretsError>>,
    ) -> Result<(), EngineError> {
        self.change_credential(context, Action::CredentialSet, note, keep).await
    }

    /// Has a credential forgotten, recorded as [`set_credential`](Self::set_credential) does.
    ///
    /// # Errors
    /// As [`set_credential`](Self::set_credential).
    pub async fn remove_credential(
        &self,
        context: &OperationContext,
        note: &CredentialNote,
        forget: impl Future<Output = Result<(), SecretsError>>,
    ) -> Result<(), EngineError> {
        self.change_credential(context, Action::CredentialRemove, note, forget).await
    }

    /// Whether this request may look at which credentials are kept. Leaves no record but a refusal's.
    ///
    /// # Errors
    /// [`EngineError::NotAuthorised`].
    pub async fn may_see_credentials(&self, context: &OperationContext) -> Result<(), EngineError> {
        self.guard(context, Entry::new(Action::AuditQuery), async { Ok(()) }).await
    }

    async fn change_credential(
        &self,
        context: &OperationContext,
        action: Action,
        note: &CredentialNote,
        effect: impl Future<Output = Result<(), SecretsError>>,
    ) -> Result<(), EngineError> {
        let mut entry = Entry::new(action)
            .with("provider", note.provider.as_str())
            .with("identity", note.identity.as_str());
        if let Some(endpoint) = &note.endpoint {
            entry = entry.with("endpoint", endpoint.as_str());
        }
        self.guard(context, entry.clone(), async {
            let intent = Entry { outcome: Outcome::Intent, ..entry.clone() };
            self.record(context, intent).await?;
            effect.await?;
            self.record(context, entry).await
        })
        .await
    }
}
