//! A key ready for use: its record, and the key schedule of each version.

use std::collections::BTreeSet;

use keyward_core::{EncryptionContext, SecretKey, TenantId};

use super::{
    KeyRecord, KeyUse, LocalState,
    blob::{Parsed, Wrapper},
    failure::Failure,
    sealed::Draft,
    xaes::{NONCE_LENGTH, Xaes},
};
use crate::{Reason, WrappedKey};

/// A key as its file was when it was read.
pub(super) struct Opened {
    pub(super) record: KeyRecord,
    identity: String,
    /// By version, from 1 on; wiped on drop.
    ciphers: Vec<Xaes>,
}

impl Opened {
    pub(super) fn new(draft: Draft) -> Self {
        let ciphers = draft.versions().map(Xaes::new).collect();
        Self { identity: draft.record.identity(), ciphers, record: draft.record }
    }

    /// Whether a tenant may use the key so, now.
    pub(super) fn check(&self, context: &EncryptionContext, wanted: KeyUse) -> Result<(), Failure> {
        let (access, state) = (&self.record.access, self.record.state);
        let uses =
            context.tenant().and_then(|tenant| access.get(&tenant.parse::<TenantId>().ok()?));
        match state {
            LocalState::Destroyed => Err(Reason::NotFound.into()),
            // Before the state: it is nobody's business who may not use the key anyway.
            _ if !uses.is_some_and(|uses: &BTreeSet<_>| uses.contains(&wanted)) => {
                Err(Reason::AccessDenied.into())
            }
            LocalState::Disabled => Err(Reason::Disabled.into()),
            LocalState::PendingDeletion => Err(Reason::PendingDeletion.into()),
            LocalState::Enabled => Ok(()),
        }
    }

    /// Wraps under the current version. The nonce must be random and new.
    pub(super) fn wrap(
        &self,
        context: &EncryptionContext,
        secret: &SecretKey,
        nonce: &[u8; NONCE_LENGTH],
        scratch: &mut Vec<u8>,
    ) -> Result<WrappedKey, Failure> {
        self.check(context, KeyUse::Wrap)?;
        let version = self.record.version();
        let wrapper = self.wrapper(version).ok_or(Reason::NotFound)?;
        let blob = wrapper.wrap(context, secret, nonce, scratch);
        Ok(WrappedKey { blob, version: Some(version) })
    }

    /// Unwraps what any version wrapped.
    pub(super) fn unwrap(
        &self,
        context: &EncryptionContext,
        blob: &[u8],
        scratch: &mut Vec<u8>,
    ) -> Result<SecretKey, Failure> {
        self.check(context, KeyUse::Unwrap)?;
        let mut open = || {
            let blob = Parsed::new(blob)?;
            self.wrapper(blob.version)?.unwrap(context, &blob, scratch).ok()
        };
        open().ok_or_else(|| Reason::WrongCiphertext.into())
    }

    fn wrapper(&self, version: u32) -> Option<Wrapper<'_>> {
        let index = usize::try_from(version.checked_sub(1)?).ok()?;
        let cipher = self.ciphers.get(index)?;
        Some(Wrapper { cipher, identity: &self.identity, version })
    }
}
