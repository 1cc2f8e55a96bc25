//! Finds regions where a root key still answers although it is denied, or its tenant locked: a replica that
//! was left enabled is a door that its owner believes closed.
//!
//! No engine opens anything through it: a locked tenant is locked in every region, in the database that all
//! engines share. It is written down and shown, for the owner to close.

use keyward_core::{EncryptionContext, RootKeyId, RootKeyReference, SecretKey};
use keyward_ledger::Action;
use keyward_store::tables::root_key_references::{self, Reference};

use crate::{Engine, EngineError, OperationContext, operation::Entry, require, workspace::random};

impl Engine {
    /// Looks at a key's references in other regions than the engine's, where its tenant is `locked`; where
    /// it isn't, none is an open door.
    pub(crate) async fn open_doors(
        &self,
        context: &OperationContext,
        root: &RootKeyId,
        locked: bool,
    ) -> Result<(), EngineError> {
        let references = {
            let mut reader = self.store.read().await?;
            root_key_references::list(&mut reader, root).await?
        };
        for row in references.iter().filter(|row| row.region != self.region) {
            let open = if locked { self.still_wraps(root, row).await? } else { Some(false) };
            match open {
                Some(open) if open != row.open_since.is_some() => {
                    self.note_door(context, root, row, open).await?;
                }
                // As it was, or nobody answered.
                _ => {}
            }
        }
        Ok(())
    }

    /// Whether a reference answers; `None` where that can't be told now.
    async fn still_wraps(
        &self,
        root: &RootKeyId,
        row: &Reference,
    ) -> Result<Option<bool>, EngineError> {
        let Ok(reference) = row.reference.parse::<RootKeyReference>() else {
            return Err(EngineError::StateCorrupt(format!("the reference of root key `{root}`")));
        };
        let service = self.providers.of(&reference)?;
        let own = EncryptionContext::for_tenant(&root.tenant);
        let probe = SecretKey::new(random()?);
        match service.wrap(&reference, &own, &probe).await {
            Ok(_) => Ok(Some(true)),
            Err(error) if error.class() == keyward_kms::ErrorClass::Denied => Ok(Some(false)),
            Err(_) => Ok(None),
        }
    }

    async fn note_door(
        &self,
        context: &OperationContext,
        root: &RootKeyId,
        row: &Reference,
        open: bool,
    ) -> Result<(), EngineError> {
        let mut write = self.begin().await?;
        let key = require::root_key(&mut write, root).await?;
        let since = open.then(|| self.clock.now());
        root_key_references::set_open(&mut write, root, &row.region, since).await?;
        let entry = Entry::of(Action::RootKeyState, &root.tenant)
            .root_key(root, key.version)
            .with(
                "at_provider",
                if open { "answers-elsewhere" } else { "answers-elsewhere-no-more" },
            )
            .with("answers_in", row.region.as_str());
        self.commit(write, context, vec![entry]).await
    }
}
