//! A revocation of a throwaway tenant, by every step that a real one takes.

use std::collections::BTreeSet;

use keyward_core::{
    ChallengeId, DatasetName, EncryptionContext, LoggedNames, ObjectName, Role, RootKeyReference,
    TenantId, reference::LocalKey,
};
use keyward_kms::{
    KmsError,
    local::{KeyUse, LocalKeyStore},
};
use keyward_ledger::Action;

use crate::{
    Answer, ChallengeKind, Engine, EngineError, OperationContext, RevocationTimeline, RevokeStep,
    Source, operation::Entry, revocations::timelines, revoke::Revocation, workspace::random,
};

/// The shortest time that the key store lets a key wait for its deletion.
const DELETION_DAYS: u32 = 7;

/// What a drill made, and has to be taken away.
pub(crate) struct Throwaway {
    pub(crate) tenant: TenantId,
    pub(crate) key: LocalKey,
    pub(crate) dataset: DatasetName,
    pub(crate) object: ObjectName,
}

impl Throwaway {
    /// Names for it. Nothing is made yet.
    pub(crate) fn new() -> Result<Self, EngineError> {
        let invalid = |_| EngineError::StateCorrupt("a drill's names".into());
        let tenant: TenantId =
            format!("drill-{}", ChallengeId::from_bytes(random()?)).parse().map_err(invalid)?;
        Ok(Self {
            key: tenant
                .as_str()
                .parse()
                .map_err(|_| EngineError::StateCorrupt("a drill's key".into()))?,
            dataset: "drill".parse().map_err(invalid)?,
            object: "drill".parse().map_err(invalid)?,
            tenant,
        })
    }
}

impl Engine {
    /// Revokes a tenant made for it, whose key in the local store is made for it too: registered, proven,
    /// one object written and read, revoked with its key disabled, watched until the first refusal, and
    /// off-boarded. The records are those of the real operations; the revocation's says `drill`. The key
    /// is deleted after the store's waiting time, and the tenant stays listed as off-boarded.
    ///
    /// # Errors
    /// The gate's (it takes an administrator or a security officer), and those of each step. What was made
    /// is taken away all the same.
    pub async fn revocation_drill(
        &self,
        context: &OperationContext,
        keystore: &LocalKeyStore,
        steps: &(dyn Fn(RevokeStep) + Sync),
    ) -> Result<RevocationTimeline, EngineError> {
        let throwaway = Throwaway::new()?;
        let entry = Entry::of(Action::TenantDrill, &throwaway.tenant).with("drill", true);
        // Asked for before anything is made: the key store has no gate of its own.
        self.guard(context, entry, async { Ok(()) }).await?;
        let context = &steps_of(context);
        let drilled = self.drill_revocation(context, keystore, &throwaway, steps).await;
        let cleared = self.clear(context, keystore, &throwaway).await;
        let timeline = drilled?;
        cleared?;
        Ok(timeline)
    }

    async fn drill_revocation(
        &self,
        context: &OperationContext,
        keystore: &LocalKeyStore,
        throwaway: &Throwaway,
        steps: &(dyn Fn(RevokeStep) + Sync),
    ) -> Result<RevocationTimeline, EngineError> {
        let Throwaway { tenant, key, dataset, object } = throwaway;
        self.register_tenant(context, tenant, "A drill").await?;
        let uses: BTreeSet<_> = KeyUse::ALL.into();
        let access = [(tenant.clone(), uses)].into();
        administer(keystore, key, |store, key| store.administration().create_key(key, access))
            .await?;
        let reference = RootKeyReference::Local(key.clone());
        self.prove_throwaway(context, tenant, &reference).await?;
        self.create_dataset(context, tenant, dataset, &[], LoggedNames::Plain).await?;
        let application = OperationContext { role: Role::Application, ..context.clone() };
        let source = Source::Bytes(b"written to be locked".to_vec().into());
        self.write(&application, tenant, dataset, object, source).await?;

        let how = Revocation { reason: "a drill", at_provider: true, drill: true };
        self.revoke_tenant(context, tenant, how, steps).await?;
        if self.read(&application, tenant, dataset, object).await.is_ok() {
            return Err(EngineError::NotFinished(format!(
                "the drill's tenant `{tenant}` was revoked and could still be read; keep the log and ask for help"
            )));
        }
        let mut reader = self.store.read().await?;
        let newest = timelines(&mut reader, Some(tenant), 1).await?;
        newest
            .into_iter()
            .next()
            .ok_or_else(|| EngineError::StateCorrupt("the drill's records".into()))
    }

    /// Registers the key and answers its challenge, as its owner would.
    pub(crate) async fn prove_throwaway(
        &self,
        context: &OperationContext,
        tenant: &TenantId,
        reference: &RootKeyReference,
    ) -> Result<(), EngineError> {
        let references = std::slice::from_ref(reference);
        let root = self.register_root_key(context, tenant, references).await?.key.id;
        let challenge = self.start_challenge(context, &root, ChallengeKind::Decrypt).await?;
        let blob = challenge.ciphertext.as_deref().and_then(decoded);
        let blob = blob.ok_or_else(|| EngineError::StateCorrupt("the drill's challenge".into()))?;
        let own = EncryptionContext::for_challenge(tenant, &challenge.id);
        let nonce = self.providers.of(reference)?.unwrap(reference, &own, &blob).await?;
        let answer = Answer::Decrypted(nonce.expose().to_vec());
        self.answer_challenge(context, challenge.id, &answer).await.map(drop)
    }

    /// Takes away whatever of it has been made.
    pub(crate) async fn clear(
        &self,
        context: &OperationContext,
        keystore: &LocalKeyStore,
        throwaway: &Throwaway,
    ) -> Result<(), EngineError> {
        let left = match self.offboard(context, &throwaway.tenant, true).await {
            // It failed before there was anything.
            Ok(_) | Err(EngineError::TenantNotFound(_)) => Ok(()),
            Err(error) => Err(error),
        };
        let deletion = administer(keystore, &throwaway.key, |store, key| {
            store.administration().schedule_deletion(key, DELETION_DAYS)
        });
        match deletion.await {
            Ok(_) => left,
            Err(EngineError::Kms(error)) if error.reason == keyward_kms::Reason::NotFound => left,
            Err(error) => left.and(Err(error)),
        }
    }
}

fn decoded(text: &str) -> Option<Vec<u8>> {
    use base64::{Engine as _, prelude::BASE64_STANDARD};
    BASE64_STANDARD.decode(text).ok()
}

/// In which role a drill that was allowed takes its steps: they make a tenant, and reach no other.
pub(crate) fn steps_of(context: &OperationContext) -> OperationContext {
    OperationContext { role: Role::Administrator, ..context.clone() }
}

/// Does what the store's owner does, which blocks.
pub(crate) async fn administer<T: Send + 'static>(
    keystore: &LocalKeyStore,
    key: &LocalKey,
    change: impl FnOnce(&LocalKeyStore, &LocalKey) -> Result<T, KmsError> + Send + 'static,
) -> Result<T, EngineError> {
    let (store, key) = (keystore.clone(), key.clone());
    let changed = tokio::task::spawn_blocking(move || change(&store, &key)).await;
    let stopped = |error| EngineError::Io {
        what: "the key store".into(),
        source: std::io::Error::other(error),
    };
    Ok(changed.map_err(stopped)??)
}
