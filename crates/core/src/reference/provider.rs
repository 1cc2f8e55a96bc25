//! The providers of root keys.

use std::fmt;

/// Which provider's key a reference names.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Provider {
    /// AWS KMS.
    AwsKms,
    /// Azure Key Vault and Managed HSM.
    AzureKeyVault,
    /// Google Cloud KMS.
    GoogleKms,
    /// An HSM over PKCS#11.
    Pkcs11,
    /// Keyward's own software key store.
    Local,
}

impl Provider {
    /// The word used in records, tables and JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AwsKms => "aws-kms",
            Self::AzureKeyVault => "azure-key-vault",
            Self::GoogleKms => "google-kms",
            Self::Pkcs11 => "pkcs11",
            Self::Local => "local",
        }
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
