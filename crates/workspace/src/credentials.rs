//! The credentials that are kept with a workspace's secrets: which there are, keeping one, forgetting one.
//!
//! A change holds in this process at once, from the next call on. Another process that has the workspace
//! open takes it up with [`Workspace::reload_credentials`], or when it opens it again.

use chrono::Utc;
use keyward_engine::{CredentialNote, OperationContext};
use keyward_kms_aws::{AwsKms, AwsKmsBuilder};
use keyward_secrets::{SecretText, SecretsError, Vault};
use zeroize::Zeroizing;

use crate::{
    AwsCredential, AwsSettings, Credential, CredentialKind, KeptCredential, Workspace,
    WorkspaceError, blocking, credential::Entry,
};

/// More than any entry has, so that the buffer needn't grow and leave copies of secrets behind.
const ROOM: usize = 8 * 1024;
/// Why AWS isn't called with whatever else the machine has.
const UNREADABLE: &str = "the credential that is kept for AWS can't be read";

/// What the vault has of one kind.
pub(crate) enum Kept {
    None,
    /// Something that isn't what Keyward wrote: nothing else may be used in its place.
    Unreadable,
    There(Entry),
}

impl Workspace {
    /// The credentials that are kept. No secret is among the answers.
    ///
    /// # Errors
    /// The engine's refusal; the vault's failure.
    pub async fn credentials(
        &self,
        context: &OperationContext,
    ) -> Result<Vec<KeptCredential>, WorkspaceError> {
        self.engine.may_see_credentials(context).await?;
        let mut all = Vec::new();
        for kind in CredentialKind::ALL {
            all.extend(match self.kept(kind).await? {
                Kept::None => None,
                Kept::Unreadable => Some(KeptCredential::unreadable(kind)),
                Kept::There(entry) => Some(KeptCredential::of(&entry)),
            });
        }
        Ok(all)
    }

    /// Keeps a credential in place of an older one of its kind, and calls the provider with it from now on.
    ///
    /// # Errors
    /// The engine's refusal; [`WorkspaceError::Secrets`] where it wasn't kept, and nothing changes then.
    pub async fn set_credential(
        &self,
        context: &OperationContext,
        credential: Credential,
    ) -> Result<KeptCredential, WorkspaceError> {
        let kind = credential.kind();
        let note = CredentialNote {
            provider: kind.provider(),
            identity: credential.identity(),
            endpoint: credential.endpoint().map(str::to_owned),
        };
        let entry = Entry { set_at: Utc::now(), set_by: context.actor.to_string(), credential };
        let text = encode(&entry);
        let vault = self.vault.clone();
        let keep = off_thread(kind, move || vault.store_text(kind.name(), &text));
        self.engine.set_credential(context, &note, keep).await?;
        let shown = KeptCredential::of(&entry);
        self.use_credential(&Kept::There(entry));
        Ok(shown)
    }

    /// Forgets a credential: the provider is called as its own configuration says from now on.
    ///
    /// # Errors
    /// [`WorkspaceError::NoCredential`]; as [`set_credential`](Self::set_credential).
    pub async fn remove_credential(
        &self,
        context: &OperationContext,
        kind: CredentialKind,
    ) -> Result<(), WorkspaceError> {
        let (identity, endpoint) = match self.kept(kind).await? {
            Kept::None => return Err(WorkspaceError::NoCredential { kind }),
            Kept::Unreadable => ("unreadable".into(), None),
            Kept::There(Entry { credential, .. }) => {
                (credential.identity(), credential.endpoint().map(str::to_owned))
            }
        };
        let note = CredentialNote { provider: kind.provider(), identity, endpoint };
        let vault = self.vault.clone();
        let forget = off_thread(kind, move || vault.remove(kind.name()));
        self.engine.remove_credential(context, &note, forget).await?;
        self.use_credential(&Kept::None);
        Ok(())
    }

    /// Takes up what another process has changed.
    ///
    /// # Errors
    /// The vault's failure; what was in use stays so.
    pub async fn reload_credentials(&self) -> Result<(), WorkspaceError> {
        for kind in CredentialKind::ALL {
            self.use_credential(&self.kept(kind).await?);
        }
        Ok(())
    }

    async fn kept(&self, kind: CredentialKind) -> Result<Kept, WorkspaceError> {
        let vault = self.vault.clone();
        blocking(move || Ok(load(&vault, kind)?)).await
    }

    fn use_credential(&self, kept: &Kept) {
        self.aws.configure(aws_settings(&self.aws_settings, kept));
    }
}

/// Reads what the vault has of one kind.
pub(crate) fn load(vault: &Vault, kind: CredentialKind) -> Result<Kept, SecretsError> {
    let text = match vault.load_text(kind.name()) {
        Ok(Some(text)) => text,
        Ok(None) => return Ok(Kept::None),
        Err(SecretsError::EntryDamaged { .. }) => return Ok(Kept::Unreadable),
        Err(error) => return Err(error),
    };
    Ok(match serde_json::from_str::<Entry>(text.expose()) {
        Ok(entry) if entry.credential.kind() == kind => Kept::There(entry),
        Ok(_) | Err(_) => Kept::Unreadable,
    })
}

/// How AWS's client is set: what this process was told goes before what is kept.
pub(crate) fn aws_settings(told: &AwsSettings, kept: &Kept) -> AwsKmsBuilder {
    let builder = AwsKms::builder();
    let (mut builder, kept): (_, Option<&AwsCredential>) = match (&told.profile, kept) {
        (Some(profile), Kept::There(Entry { credential: Credential::Aws(aws), .. })) => {
            (builder.profile(profile), Some(aws))
        }
        (Some(profile), _) => (builder.profile(profile), None),
        (None, Kept::There(Entry { credential: Credential::Aws(aws), .. })) => {
            (aws.sign_in(builder), Some(aws))
        }
        (None, Kept::Unreadable) => (builder.refused(UNREADABLE), None),
        (None, Kept::None) => (builder, None),
    };
    let endpoint = told.endpoint.as_deref().or_else(|| kept.and_then(AwsCredential::endpoint));
    if let Some(endpoint) = endpoint {
        builder = builder.endpoint(endpoint);
    }
    builder
}

fn encode(entry: &Entry) -> SecretText {
    let mut bytes = Vec::with_capacity(ROOM);
    serde_json::to_writer(&mut bytes, entry).expect("an entry of texts serialises");
    // JSON is UTF-8: the same buffer, not a copy.
    SecretText::new(Zeroizing::new(String::from_utf8(bytes).expect("JSON is UTF-8")))
}

/// Runs what waits for a bus or a disk where it holds up nobody.
async fn off_thread(
    kind: CredentialKind,
    work: impl FnOnce() -> Result<(), SecretsError> + Send + 'static,
) -> Result<(), SecretsError> {
    let ended = tokio::task::spawn_blocking(work).await;
    ended.unwrap_or_else(|_| Err(SecretsError::NotKept { name: kind.name().into() }))
}
