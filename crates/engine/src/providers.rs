//! The providers that a surface has set up, by the kind of reference they serve.

use std::{collections::BTreeMap, sync::Arc};

use keyward_core::{Provider, RootKeyReference};
use keyward_kms::{Caps, Guarded, Limits, RootKeyService};
use keyward_store::tables::tenants::Tenant;

use crate::EngineError;

/// Which service answers for which kind of reference, each behind its limits.
#[derive(Clone, Default)]
pub struct Providers {
    services: BTreeMap<Provider, Arc<dyn RootKeyService>>,
    limits: Option<Limits>,
    caps: Caps,
}

impl Providers {
    /// None.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the limits of the providers that are added from here on, in place of each one's own.
    #[must_use]
    pub fn limited(mut self, limits: Limits) -> Self {
        self.limits = Some(limits);
        self
    }

    /// Adds a provider, in place of an earlier one of its kind.
    #[must_use]
    pub fn with(mut self, service: Arc<dyn RootKeyService>) -> Self {
        let limits = self.limits.unwrap_or_else(|| Limits::of(service.provider()));
        let guarded = Guarded::new(service, limits, self.caps.clone());
        self.services.insert(guarded.provider(), Arc::new(guarded));
        self
    }

    /// Caps the calls that a tenant may cause in a second.
    pub(crate) fn cap(&self, tenant: &Tenant) {
        self.caps.set(&tenant.id, tenant.serving.calls_per_second);
    }

    /// The service for a reference.
    ///
    /// # Errors
    /// [`EngineError::ProviderNotConfigured`].
    pub(crate) fn of(
        &self,
        reference: &RootKeyReference,
    ) -> Result<&Arc<dyn RootKeyService>, EngineError> {
        let provider = reference.provider();
        self.services.get(&provider).ok_or(EngineError::ProviderNotConfigured(provider))
    }

    /// What is set up.
    pub fn kinds(&self) -> impl Iterator<Item = Provider> {
        self.services.keys().copied()
    }
}
