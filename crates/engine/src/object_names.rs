//! Objects' names in the audit log: plain or as digests, as their dataset's setting says, and withheld
//! where neither may be.
//!
//! A digest is made under a key that derives from a data key, so that only who can use the tenant's
//! root key opens it or tests a guess, and nobody once that key is destroyed. `docs/formats.md`
//! specifies it to the byte. What is promised of a dataset that is set to digests: no record holds a
//! name of it, and no request that is refused for want of a right tells its maker anything by the
//! record that it leaves.

use aws_lc_rs::{
    hkdf::{HKDF_SHA256, Salt},
    hmac,
};
use keyward_core::{
    DataKeyId, DatasetName, LoggedNames, ObjectId, ObjectName, SecretKey, TenantId,
};
use keyward_ledger::Action;
use keyward_store::{
    Connection,
    tables::{
        datasets, objects,
        tenants::{Tenant, TenantState},
    },
};

use crate::{
    Engine, EngineError, OperationContext, cache::LockedKey, operation::Entry,
    rekey::object_data_key, require,
};

/// HKDF's info: it keeps this use of a data key apart from every other.
const INFO: &[u8] = b"keyward object name digest v1";

const PLAIN: &str = "name";
const DIGEST: &str = "name_digest";
const KEY: &str = "name_key";
const WITHHELD: &str = "name_withheld";

/// The key under which the names of a dataset's objects are digested while one data key is in use.
pub struct NameKey(hmac::Key);

impl NameKey {
    /// Derives it from the data key: HKDF-SHA-256 (RFC 5869) without salt.
    #[must_use]
    pub fn derive(data_key: &SecretKey) -> Self {
        let extracted = Salt::new(HKDF_SHA256, &[]).extract(data_key.expose());
        let key = extracted
            .expand(&[INFO], hmac::HMAC_SHA256)
            .expect("one block is within HKDF's limit of 255");
        Self(key.into())
    }

    /// A name's digest: HMAC-SHA-256 over its bytes, in hexadecimal digits.
    #[must_use]
    pub fn digest(&self, name: &ObjectName) -> String {
        hex::encode(hmac::sign(&self.0, name.as_str().as_bytes()))
    }
}

/// An object as a request names it.
#[derive(Clone, Copy)]
pub(crate) struct Requested<'a> {
    pub(crate) tenant: &'a TenantId,
    pub(crate) dataset: &'a DatasetName,
    pub(crate) name: &'a ObjectName,
}

/// A name as a record holds it.
pub(crate) enum LoggedName {
    Plain(ObjectName),
    Digest { digest: String, key: DataKeyId },
    Withheld,
}

impl LoggedName {
    /// As the setting says; a digest under this data key.
    pub(crate) fn of(
        names: LoggedNames,
        name: &ObjectName,
        id: &DataKeyId,
        data_key: &LockedKey,
    ) -> Self {
        match names {
            LoggedNames::Plain => Self::Plain(name.clone()),
            LoggedNames::Digest => Self::Digest {
                digest: NameKey::derive(&data_key.reveal()).digest(name),
                key: id.clone(),
            },
        }
    }
}

impl Entry {
    /// Says which object it was about.
    pub(crate) fn object_name(mut self, name: LoggedName) -> Self {
        self.details.remove(PLAIN);
        match name {
            LoggedName::Plain(name) => self.with(PLAIN, name.as_str()),
            LoggedName::Digest { digest, key } => {
                self.with(DIGEST, digest).with(KEY, key.to_string())
            }
            LoggedName::Withheld => self.with(WITHHELD, true),
        }
    }
}

impl Engine {
    /// As [`guard`](Engine::guard), for an operation on one object: a refusal's record says which object
    /// as its dataset's setting wants it. `entry` doesn't name the object yet.
    pub(crate) async fn guard_object<T>(
        &self,
        context: &OperationContext,
        entry: Entry,
        object: Requested<'_>,
        operation: impl Future<Output = Result<T, EngineError>>,
    ) -> Result<T, EngineError> {
        let (error, allowed) = match self.authorise(context, entry.action, Some(object.tenant)) {
            Ok(()) => match operation.await {
                Ok(done) => return Ok(done),
                Err(EngineError::Recorded(error)) => return Err(*error),
                Err(error) => (error, true),
            },
            Err(refusal) => (refusal, false),
        };
        let (id, name) = match self.refused_name(object, allowed).await {
            Ok(found) => found,
            // The failure to record is the operation's. What can't be looked up isn't said.
            Err(unknown) => {
                tracing::warn!(error = %unknown, "a refusal is recorded without its object's name");
                (None, LoggedName::Withheld)
            }
        };
        // A write's object is a new one: the id of what it would have replaced isn't its own.
        let id = id.filter(|_| entry.action != Action::ObjectWrite);
        let entry = match id {
            Some(id) => entry.with("id", id.to_string()),
            None => entry,
        };
        self.record_failure(context, entry.object_name(name), &error).await;
        Err(error)
    }

    /// How a refusal's record says which object it was about: its id where that is known, and its name.
    ///
    /// No key is opened for it: a digest takes one that lies unwrapped in memory anyway. And none is
    /// taken for somebody without the right to the operation. Else whoever can read the log could have
    /// names digested by asking for them, and so test guesses.
    async fn refused_name(
        &self,
        object: Requested<'_>,
        allowed: bool,
    ) -> Result<(Option<ObjectId>, LoggedName), EngineError> {
        let mut reader = self.store.read().await?;
        // A dataset that isn't there may be another one's name misspelt, which is set to digests.
        let Some(set) = datasets::get(&mut reader, object.tenant, object.dataset).await? else {
            return Ok((None, LoggedName::Withheld));
        };
        let plain = set.names == LoggedNames::Plain;
        if !allowed {
            let name =
                if plain { LoggedName::Plain(object.name.clone()) } else { LoggedName::Withheld };
            return Ok((None, name));
        }
        let found = objects::get(&mut reader, object.tenant, object.dataset, object.name).await?;
        let id = found.as_ref().map(|found| found.id);
        if plain {
            return Ok((id, LoggedName::Plain(object.name.clone())));
        }
        let tenant = require::tenant(&mut reader, object.tenant).await?;
        let key = found.as_ref().map_or_else(
            || DataKeyId {
                tenant: object.tenant.clone(),
                dataset: object.dataset.clone(),
                version: set.current_version,
            },
            object_data_key,
        );
        let held = match tenant.state {
            TenantState::Active => self.cache.held_key(&key, tenant.epoch),
            _ => None,
        };
        let name = held.map_or(LoggedName::Withheld, |held| {
            LoggedName::of(LoggedNames::Digest, object.name, &key, &held)
        });
        Ok((id, name))
    }
}

/// The entry, made while the tenant was as in `before`, as the log may take it now: a dataset that was
/// set to digests meanwhile gets no plain name more. Setting it starts a new epoch of the tenant, so
/// that where there is none nothing is looked up.
pub(crate) async fn still_loggable(
    connection: &mut Connection,
    entry: Entry,
    dataset: &DatasetName,
    before: &Tenant,
    now: &Tenant,
) -> Result<Entry, EngineError> {
    if before.epoch == now.epoch || !entry.details.contains_key(PLAIN) {
        return Ok(entry);
    }
    let set = require::dataset(connection, &now.id, dataset).await?;
    Ok(match set.names {
        LoggedNames::Plain => entry,
        LoggedNames::Digest => entry.object_name(LoggedName::Withheld),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// HKDF and HMAC by hand, from nothing but SHA-256: RFC 5869, sections 2.2 and 2.3, and RFC 2104.
    #[test]
    fn a_digest_is_what_the_formats_say() {
        use sha2::{Digest, Sha256};
        let hmac = |key: &[u8; 32], message: &[&[u8]]| -> [u8; 32] {
            let pad = |byte: u8| {
                let mut block = [byte; 64];
                block.iter_mut().zip(key).for_each(|(padded, key)| *padded ^= key);
                block
            };
            let mut inner = Sha256::new_with_prefix(pad(0x36));
            message.iter().for_each(|part| inner.update(part));
            let mut outer = Sha256::new_with_prefix(pad(0x5c));
            outer.update(inner.finalize());
            outer.finalize().into()
        };
        let data_key = [0x44; 32];
        let name: ObjectName = "2026/11/Grüße.pdf".parse().unwrap();
        let extracted = hmac(&[0; 32], &[&data_key]);
        let key = hmac(&extracted, &[b"keyward object name digest v1", &[1]]);
        let digest = hmac(&key, &[name.as_str().as_bytes()]);
        let ours = NameKey::derive(&SecretKey::new(data_key)).digest(&name);
        assert_eq!(ours, hex::encode(digest));
    }
}
