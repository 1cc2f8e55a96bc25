//! Who controls a root key.

use std::fmt;

/// Who controls the root key, told from its provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Custody {
    /// Keyward's operator: the local software key store.
    Provider,
    /// The tenant, in its own cloud KMS (bring your own key).
    TenantKms,
    /// The tenant, in its own HSM (hold your own key).
    TenantHsm,
}

impl Custody {
    /// The word used in records, tables and JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Provider => "provider",
            Self::TenantKms => "tenant-kms",
            Self::TenantHsm => "tenant-hsm",
        }
    }
}

impl fmt::Display for Custody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
