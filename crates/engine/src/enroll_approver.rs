//! Enrols a tenant's SSH key: what it signs attests for the tenant.

use keyward_core::TenantId;
use keyward_ledger::Action;
use keyward_store::tables::approver_keys;
use ssh_key::{HashAlg, PublicKey};

use crate::{Engine, EngineError, OperationContext, operation::Entry, require};

impl Engine {
    /// Enrols a public key in OpenSSH's one-line form.
    ///
    /// # Errors
    /// [`EngineError::InvalidInput`] where it is no public key, [`EngineError::AlreadyExists`] where
    /// the tenant has it already.
    pub async fn enroll_approver(
        &self,
        context: &OperationContext,
        tenant: &TenantId,
        public_key: &str,
    ) -> Result<approver_keys::ApproverKey, EngineError> {
        let entry = Entry::of(Action::ApproverEnroll, tenant);
        self.guard(context, entry.clone(), async {
            let public: PublicKey = public_key.trim().parse().map_err(|_| {
                EngineError::InvalidInput(
                    "this is no OpenSSH public key; give the one line of the `.pub` file".into(),
                )
            })?;
            let fingerprint = public.fingerprint(HashAlg::Sha256).to_string();
            let row = approver_keys::ApproverKey {
                tenant: tenant.clone(),
                fingerprint: fingerprint.clone(),
                public_key: public.to_openssh().map_err(|_| {
                    EngineError::InvalidInput("the public key can't be written back".into())
                })?,
                comment: public.comment().to_owned(),
                enrolled_at: self.clock.now(),
            };
            let mut write = self.begin().await?;
            require::tenant(&mut write, tenant).await?;
            if approver_keys::list(&mut write, tenant)
                .await?
                .iter()
                .any(|one| one.fingerprint == fingerprint)
            {
                return Err(EngineError::AlreadyExists { what: "approver key", name: fingerprint });
            }
            approver_keys::insert(&mut write, &row).await?;
            self.commit(write, context, vec![entry.with("fingerprint", fingerprint)]).await?;
            Ok(row)
        })
        .await
    }

    /// The keys a tenant has enrolled. Leaves no record but a refusal's.
    ///
    /// # Errors
    /// [`EngineError::NotAuthorised`], [`EngineError::TenantNotFound`].
    pub async fn approvers(
        &self,
        context: &OperationContext,
        tenant: &TenantId,
    ) -> Result<Vec<approver_keys::ApproverKey>, EngineError> {
        self.guard(context, Entry::of(Action::AuditQuery, tenant), async {
            let mut reader = self.store.read().await?;
            require::tenant(&mut reader, tenant).await?;
            Ok(approver_keys::list(&mut reader, tenant).await?)
        })
        .await
    }
}
