//! Keys of Azure Key Vault and Azure Managed HSM: `https://NAME.vault.azure.net/keys/KEY[/VERSION]`.

use std::{fmt, str::FromStr};

use super::{
    Provider, ReferenceError, RootKeyReference,
    text::{is_hex, strip_prefix_any_case},
};

pub(super) const EXAMPLE: &str = "https://acme.vault.azure.net/keys/root";

/// Which of Azure's clouds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AzureCloud {
    /// The public cloud.
    Public,
    /// Azure operated by 21Vianet in China.
    China,
    /// Azure Government in the United States.
    UsGovernment,
}

/// What kind of store holds the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AzureStore {
    /// A Key Vault.
    Vault,
    /// A Managed HSM.
    ManagedHsm,
}

/// The domains of every cloud and store: the one list that tells whether a host is Azure's.
const DOMAINS: [(&str, AzureCloud, AzureStore); 6] = [
    ("vault.azure.net", AzureCloud::Public, AzureStore::Vault),
    ("vault.azure.cn", AzureCloud::China, AzureStore::Vault),
    ("vault.usgovcloudapi.net", AzureCloud::UsGovernment, AzureStore::Vault),
    ("managedhsm.azure.net", AzureCloud::Public, AzureStore::ManagedHsm),
    ("managedhsm.azure.cn", AzureCloud::China, AzureStore::ManagedHsm),
    ("managedhsm.usgovcloudapi.net", AzureCloud::UsGovernment, AzureStore::ManagedHsm),
];

/// A key in Azure Key Vault or an Azure Managed HSM.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AzureKey {
    store_name: String,
    domain: &'static str,
    cloud: AzureCloud,
    store: AzureStore,
    name: String,
    version: Option<String>,
}

impl AzureKey {
    /// The vault's or HSM's name.
    #[must_use]
    pub fn store_name(&self) -> &str {
        &self.store_name
    }

    /// Which cloud it is in.
    #[must_use]
    pub fn cloud(&self) -> AzureCloud {
        self.cloud
    }

    /// Whether a vault or a Managed HSM holds the key.
    #[must_use]
    pub fn store(&self) -> AzureStore {
        self.store
    }

    /// The key's name in its store.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The version that the reference pins, 32 hex digits; `None` for whichever is current.
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// The store's address: `https://NAME.DOMAIN`.
    #[must_use]
    pub fn store_url(&self) -> String {
        format!("https://{}.{}", self.store_name, self.domain)
    }

    /// What the store's tokens are for, `https://vault.azure.net` and its like.
    #[must_use]
    pub fn audience(&self) -> String {
        format!("https://{}", self.domain)
    }

    pub(super) fn parse(text: &str) -> Result<Self, ReferenceError> {
        let address = without_scheme(text)?;
        // User info would be a secret in a reference, and the classic way to fake a host.
        let (authority, path) = address.split_once('/').unwrap_or((address, ""));
        if authority.contains('@') {
            return Err(ReferenceError::silent(
                Provider::AzureKeyVault,
                "host",
                "without user name and password",
            ));
        }
        if text.contains(['?', '#']) {
            return Err(ReferenceError::silent(
                Provider::AzureKeyVault,
                "end",
                "the key's name or version, without query and fragment",
            ));
        }
        let (store_name, (domain, cloud, store)) = host(authority)?;
        let (name, version) = key_path(path)?;
        Ok(Self { store_name, domain, cloud, store, name, version })
    }
}

pub(super) fn is_taken_for(text: &str) -> bool {
    if strip_prefix_any_case(text, "azurekeyvault:").is_some() {
        return true;
    }
    let address = text.split_once("://").map_or(text, |(_, address)| address);
    let authority = address.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default().to_ascii_lowercase();
    // Whatever mentions one of the labels was meant for Azure, and gets Azure's error.
    host.split(['.', ':']).any(|label| matches!(label, "vault" | "managedhsm"))
}

/// Strips `https://`, which may be missing, and Go CDK's scheme.
fn without_scheme(text: &str) -> Result<&str, ReferenceError> {
    ["https://", "azurekeyvault://"]
        .into_iter()
        .find_map(|scheme| strip_prefix_any_case(text, scheme))
        .or_else(|| (!text.contains("://")).then_some(text))
        .ok_or_else(|| {
            let scheme = text.split(':').next().unwrap_or_default();
            wrong("scheme", "`https`", scheme)
        })
}

type Domain = (&'static str, AzureCloud, AzureStore);

/// The store's name and domain. PowerShell prints port 443, so that one is taken and dropped.
fn host(authority: &str) -> Result<(String, Domain), ReferenceError> {
    let lower = authority.to_ascii_lowercase();
    let host = lower.strip_suffix(":443").unwrap_or(&lower);
    if let Some((_, port)) = host.split_once(':') {
        return Err(wrong("port", "left out", port));
    }
    let (name, domain) = DOMAINS
        .into_iter()
        .find_map(|domain| Some((host.strip_suffix(domain.0)?.strip_suffix('.')?, domain)))
        .ok_or_else(|| {
            wrong(
                "host",
                "a name under `vault.azure.net`, `managedhsm.azure.net` or their like in Azure's other clouds",
                host,
            )
        })?;
    // Vaults: 3 to 24 letters, digits and hyphens, a letter first, no hyphen last or doubled.
    let valid = (3..=24).contains(&name.len())
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && !name.ends_with('-')
        && !name.contains("--")
        && name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'));
    if valid {
        Ok((name.into(), domain))
    } else {
        let expected = "3 to 24 letters, digits and hyphens starting with a letter";
        Err(wrong("vault's name", expected, name))
    }
}

/// The key's name and version after the host.
fn key_path(path: &str) -> Result<(String, Option<String>), ReferenceError> {
    let mut segments = path.strip_suffix('/').unwrap_or(path).split('/');
    match segments.next().unwrap_or_default() {
        "keys" => {}
        other => return Err(wrong("collection", "`/keys/` after the host", other)),
    }
    let name = segments.next().unwrap_or_default();
    let valid = (1..=127).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if !valid {
        return Err(wrong("key's name", "1 to 127 letters, digits and hyphens", name));
    }
    let version = match segments.next() {
        None => None,
        Some(version) if is_hex(version, 32) => Some(version.to_ascii_lowercase()),
        Some(version) => return Err(wrong("version", "32 hex digits, or left out", version)),
    };
    match segments.next() {
        None => Ok((name.into(), version)),
        Some(more) => Err(wrong("end", "nothing after the version", more)),
    }
}

fn wrong(part: &'static str, expected: &'static str, found: &str) -> ReferenceError {
    ReferenceError::wrong(Provider::AzureKeyVault, part, expected, found)
}

impl FromStr for AzureKey {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        Self::parse(text)
    }
}

impl fmt::Display for AzureKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "https://{}.{}/keys/{}", self.store_name, self.domain, self.name)?;
        match &self.version {
            Some(version) => write!(f, "/{version}"),
            None => Ok(()),
        }
    }
}

impl From<AzureKey> for RootKeyReference {
    fn from(key: AzureKey) -> Self {
        Self::Azure(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_pasted_form_is_one_reference() {
        for good in [
            "https://acme.vault.azure.net/keys/root",
            "https://acme.vault.azure.net/keys/root/",
            "HTTPS://Acme.Vault.Azure.Net/keys/root",
            "https://acme.vault.azure.net:443/keys/root",
            "acme.vault.azure.net/keys/root",
            "azurekeyvault://acme.vault.azure.net/keys/root",
        ] {
            let key: RootKeyReference = good.parse().expect(good);
            assert_eq!(key.to_string(), "https://acme.vault.azure.net/keys/root");
            assert_eq!((key.provider(), key.region()), (Provider::AzureKeyVault, None));
        }
    }

    #[test]
    fn every_cloud_has_vaults_and_managed_hsms() {
        for (domain, cloud, store) in DOMAINS {
            let text = format!("https://acme.{domain}/keys/root/0123456789abcdef0123456789abcdef");
            let key: AzureKey = text.parse().unwrap();
            assert_eq!((key.cloud(), key.store()), (cloud, store));
            assert_eq!(key.version(), Some("0123456789abcdef0123456789abcdef"));
            assert_eq!(key.store_url(), format!("https://acme.{domain}"));
            assert_eq!(key.audience(), format!("https://{domain}"));
            assert_eq!(key.to_string(), text);
        }
    }

    #[test]
    fn the_wrong_part_is_named() {
        for (bad, part) in [
            ("http://acme.vault.azure.net/keys/root", "scheme"),
            ("https://acme.vault.azure.net", "collection"),
            ("https://acme.vault.azure.net/secrets/root", "collection"),
            ("https://acme.vault.azure.net/Keys/root", "collection"),
            ("https://acme.vault.azure.net/keys", "key's name"),
            ("https://acme.vault.azure.net/keys/", "key's name"),
            ("https://acme.vault.azure.net/keys/a_b", "key's name"),
            ("https://acme.vault.azure.net/keys/a%20b", "key's name"),
            ("https://acme.vault.azure.net/keys/../root", "key's name"),
            ("https://acme.vault.azure.net/keys/root/1", "version"),
            ("https://acme.vault.azure.net/keys/root//", "version"),
            ("https://acme.vault.azure.net/keys/root/0123456789abcdef0123456789abcdef/x", "end"),
            ("https://acme.vault.azure.net/keys/root?x=1", "end"),
            ("https://acme.vault.azure.net/keys/root#x", "end"),
            ("https://acme.vault.azure.net:444/keys/root", "port"),
            ("https://acme.vault.azure.net:443:443/keys/root", "port"),
            ("https://acme.vault.azure.net.evil.com/keys/root", "host"),
            ("https://acme.evil.com.vault.azure.net/keys/root", "vault's name"),
            ("https://vault.azure.net/keys/root", "host"),
            ("https://acmevault.vault.azure.com/keys/root", "host"),
            ("https://ab.vault.azure.net/keys/root", "vault's name"),
            ("https://1abc.vault.azure.net/keys/root", "vault's name"),
            ("https://a--b.vault.azure.net/keys/root", "vault's name"),
            ("https://abc-.vault.azure.net/keys/root", "vault's name"),
            ("https://äbc.vault.azure.net/keys/root", "vault's name"),
            ("azurekeyvault://acme/keys/root", "host"),
        ] {
            let error = bad.parse::<RootKeyReference>().expect_err(bad);
            let expected = (Some(Provider::AzureKeyVault), part);
            assert_eq!((error.provider, error.part), expected, "{error}");
        }
    }

    #[test]
    fn user_info_is_refused_and_not_repeated() {
        for bad in [
            "https://user:hunter2@acme.vault.azure.net/keys/root",
            "https://acme.vault.azure.net:hunter2@vault.evil.com/keys/root",
        ] {
            let error = bad.parse::<RootKeyReference>().expect_err(bad);
            assert_eq!(error.part, "host");
            assert!(!error.to_string().contains("hunter2"), "{error}");
        }
    }

    proptest! {
        #[test]
        fn what_is_printed_parses_back(
            store in "[a-z][a-z0-9]{2,23}", domain in 0..DOMAINS.len(), key in "[A-Za-z0-9-]{1,127}",
            version in proptest::option::of("[0-9a-f]{32}"),
        ) {
            let mut text = format!("https://{store}.{}/keys/{key}", DOMAINS[domain].0);
            if let Some(version) = version {
                text += &format!("/{version}");
            }
            let parsed: RootKeyReference = text.parse().unwrap();
            prop_assert_eq!(parsed.to_string(), text);
        }
    }
}
