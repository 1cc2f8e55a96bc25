//! Root key references: how each provider names a key, parsed from the forms people paste.
//!
//! A reference names a key and holds no secret. Parsing checks the form alone: whether the key exists
//! is for its provider to say. Each reference prints in one canonical spelling, which parses back to
//! an equal value; two spellings of one key (an alias and its ARN) remain two references.

mod aws;
mod azure;
mod error;
mod google;
mod local;
mod pkcs11;
mod provider;
mod recognise;
mod text;

use std::{fmt, str::FromStr};

pub use aws::{AwsKey, AwsPartition, AwsResource};
pub use azure::{AzureCloud, AzureKey, AzureStore};
pub use error::ReferenceError;
pub use google::GoogleKey;
pub use local::LocalKey;
pub use pkcs11::Pkcs11Key;
pub use provider::Provider;
pub use recognise::{Recognised, ReferencePart, recognise};

use crate::{Custody, Region};

/// A root key's name at its provider.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RootKeyReference {
    /// A key in AWS KMS.
    Aws(AwsKey),
    /// A key in Azure Key Vault or an Azure Managed HSM.
    Azure(AzureKey),
    /// A key in Google Cloud KMS.
    Google(GoogleKey),
    /// A key in an HSM over PKCS#11.
    Pkcs11(Pkcs11Key),
    /// A key in Keyward's own software key store.
    Local(LocalKey),
}

impl RootKeyReference {
    /// The longest text that is read as a reference, in bytes.
    pub const MAX_LENGTH: usize = 2048;

    /// Whose key it is.
    #[must_use]
    pub fn provider(&self) -> Provider {
        match self {
            Self::Aws(_) => Provider::AwsKms,
            Self::Azure(_) => Provider::AzureKeyVault,
            Self::Google(_) => Provider::GoogleKms,
            Self::Pkcs11(_) => Provider::Pkcs11,
            Self::Local(_) => Provider::Local,
        }
    }

    /// Who controls the key.
    #[must_use]
    pub fn custody(&self) -> Custody {
        match self {
            Self::Local(_) => Custody::Provider,
            Self::Azure(key) if key.store() == AzureStore::ManagedHsm => Custody::TenantHsm,
            Self::Aws(_) | Self::Azure(_) | Self::Google(_) => Custody::TenantKms,
            Self::Pkcs11(_) => Custody::TenantHsm,
        }
    }

    /// The region the key is used in, where the reference tells it: AWS and Google (but for their
    /// `global` location) do.
    #[must_use]
    pub fn region(&self) -> Option<Region> {
        match self {
            Self::Aws(key) => Some(key.region().clone()),
            Self::Google(key) => key.region(),
            Self::Azure(_) | Self::Pkcs11(_) | Self::Local(_) => None,
        }
    }
}

impl FromStr for RootKeyReference {
    type Err = ReferenceError;

    fn from_str(pasted: &str) -> Result<Self, ReferenceError> {
        if pasted.len() > Self::MAX_LENGTH {
            return Err(ReferenceError::too_long(pasted.len()));
        }
        let text = text::trim_pasted(pasted);
        if aws::is_taken_for(text) {
            AwsKey::parse(text).map(Self::Aws)
        } else if google::is_taken_for(text) {
            GoogleKey::parse(text).map(Self::Google)
        } else if pkcs11::is_taken_for(text) {
            Pkcs11Key::parse(text).map(Self::Pkcs11)
        } else if local::is_taken_for(text) {
            LocalKey::parse(text).map(Self::Local)
        } else if azure::is_taken_for(text) {
            AzureKey::parse(text).map(Self::Azure)
        } else {
            Err(ReferenceError::unknown_form(text))
        }
    }
}

impl fmt::Display for RootKeyReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Aws(key) => key.fmt(f),
            Self::Azure(key) => key.fmt(f),
            Self::Google(key) => key.fmt(f),
            Self::Pkcs11(key) => key.fmt(f),
            Self::Local(key) => key.fmt(f),
        }
    }
}

impl serde::Serialize for RootKeyReference {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for RootKeyReference {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_people_paste_is_trimmed() {
        for pasted in [
            "local:acme\n",
            "  local:acme\t",
            "\"local:acme\"",
            "'local:acme'",
            "`local:acme`",
            "<local:acme>",
            " \"<local:acme>\" \r\n",
            "\u{feff}local:acme",
        ] {
            let key: RootKeyReference = pasted.parse().expect(pasted);
            assert_eq!(key.to_string(), "local:acme");
        }
    }

    #[test]
    fn a_text_of_no_form_is_told_what_forms_there_are() {
        for bad in ["", " ", "\"\"", "\"", "acme", "https://example.com/x", "ssh://host/key", "🦀"]
        {
            let error = bad.parse::<RootKeyReference>().expect_err(bad);
            assert_eq!(error.provider, None, "{bad}");
            assert!(error.to_string().contains("local:acme-root"), "{error}");
        }
    }

    #[test]
    fn a_text_of_no_form_is_not_repeated_since_it_may_hold_a_pin() {
        let error = "pkcs1:object=a?pin-value=1234".parse::<RootKeyReference>().unwrap_err();
        assert!(!error.to_string().contains("1234"), "{error}");
    }

    #[test]
    fn the_length_is_limited() {
        let error = "x".repeat(2_049).parse::<RootKeyReference>().unwrap_err();
        assert_eq!((error.provider, error.part), (None, "length"));
        assert_eq!(error.found.as_deref(), Some("2049 bytes"));
    }

    #[test]
    fn references_are_strings_in_json() {
        let text = "\"arn:aws:kms:eu-central-1:111122223333:alias/acme\"";
        let key: RootKeyReference = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&key).unwrap(), text);
        assert!(serde_json::from_str::<RootKeyReference>("\"arn:aws:kms\"").is_err());
    }

    #[test]
    fn custody_is_told_from_the_form() {
        for (text, custody) in [
            ("local:acme", Custody::Provider),
            ("arn:aws:kms:eu-central-1:111122223333:alias/acme", Custody::TenantKms),
            ("https://acme.vault.azure.net/keys/root", Custody::TenantKms),
            ("https://acme.managedhsm.azure.net/keys/root", Custody::TenantHsm),
            ("projects/acme/locations/eu/keyRings/r/cryptoKeys/k", Custody::TenantKms),
            ("pkcs11:token=acme;object=root", Custody::TenantHsm),
        ] {
            assert_eq!(text.parse::<RootKeyReference>().unwrap().custody(), custody, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in any::<String>()) {
            let _ = text.parse::<RootKeyReference>();
        }

        #[test]
        fn no_text_near_a_form_panics_and_whatever_parses_prints_and_parses_back(
            text in "(arn:aws:kms:|arn:|alias/|https://|projects/|//cloudkms.googleapis.com/|pkcs11:|local:|a.vault.azure.net/)[ -~é🦀%;?=&:/]{0,80}"
        ) {
            if let Ok(key) = text.parse::<RootKeyReference>() {
                prop_assert_eq!(key.to_string().parse::<RootKeyReference>(), Ok(key));
            }
        }
    }
}
