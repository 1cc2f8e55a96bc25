//! Who asks for an operation: the first argument of every one.

use keyward_core::{Actor, DataKeyId, Region, RequestId, Role, RootKeyId, TenantId};
use keyward_ledger::{Action, KeyId, Outcome};
use serde_json::{Map, Value};

/// Who acts, in which role, from which region, under which request id.
#[derive(Clone, Debug)]
pub struct OperationContext {
    /// Who acts.
    pub actor: Actor,
    /// In which role.
    pub role: Role,
    /// The region of the engine that carries it out.
    pub region: Region,
    /// In every record that the request causes.
    pub request: RequestId,
}

/// What an operation will write into the log: everything but who, when and the sequence.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) action: Action,
    pub(crate) outcome: Outcome,
    pub(crate) tenant: Option<TenantId>,
    pub(crate) key: Option<KeyId>,
    pub(crate) key_version: Option<u32>,
    pub(crate) code: Option<&'static str>,
    pub(crate) details: Map<String, Value>,
}

impl Entry {
    /// An entry about nothing in particular yet.
    pub(crate) fn new(action: Action) -> Self {
        Self {
            action,
            outcome: Outcome::Ok,
            tenant: None,
            key: None,
            key_version: None,
            code: None,
            details: Map::new(),
        }
    }

    /// An entry about a tenant.
    pub(crate) fn of(action: Action, tenant: &TenantId) -> Self {
        Self { tenant: Some(tenant.clone()), ..Self::new(action) }
    }

    /// Names the data key.
    pub(crate) fn data_key(mut self, key: &DataKeyId) -> Self {
        self.key_version = Some(key.version);
        self.key = Some(KeyId::Data(key.clone()));
        self
    }

    /// Names the root key and its version at the provider.
    pub(crate) fn root_key(mut self, key: &RootKeyId, version: u32) -> Self {
        self.key_version = Some(version);
        self.key = Some(KeyId::Root(key.clone()));
        self
    }

    /// Adds a detail. Never a secret, never tenant content.
    pub(crate) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.details.insert(name.into(), value.into());
        self
    }
}
