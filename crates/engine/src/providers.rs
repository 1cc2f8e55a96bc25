//! The providers that a surface has set up, by the kind of reference they serve.

use std::{collections::BTreeMap, sync::Arc};

use keyward_core::{Provider, RootKeyReference};
use keyward_kms::RootKeyService;

use crate::EngineError;

/// Which service answers for which kind of reference.
#[derive(Clone, Default)]
pub struct Providers(BTreeMap<Provider, Arc<dyn RootKeyService>>);

impl Providers {
    /// None.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a provider, in place of an earlier one of its kind.
    #[must_use]
    pub fn with(mut self, service: Arc<dyn RootKeyService>) -> Self {
        self.0.insert(service.provider(), service);
        self
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
        self.0.get(&provider).ok_or(EngineError::ProviderNotConfigured(provider))
    }

    /// What is set up.
    pub fn kinds(&self) -> impl Iterator<Item = Provider> {
        self.0.keys().copied()
    }
}
