//! Keys of Google Cloud KMS: `projects/P/locations/L/keyRings/R/cryptoKeys/K`.

use std::{fmt, num::NonZeroU64, str::FromStr};

use super::{Provider, ReferenceError, RootKeyReference};
use crate::Region;

pub(super) const EXAMPLE: &str =
    "projects/acme-prod/locations/europe-west3/keyRings/keyward/cryptoKeys/root";

/// How the name is prefixed by the tools that print it: the API's full resource name, its URLs, and
/// the schemes of Tink and Go CDK.
const PREFIXES: [&str; 6] = [
    "//cloudkms.googleapis.com/",
    "https://cloudkms.googleapis.com/v1/",
    "https://www.googleapis.com/cloudkms/v1/",
    "gcp-kms://",
    "gcpkms://",
    "/",
];

/// A key in Google Cloud KMS.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GoogleKey {
    project: String,
    location: Region,
    key_ring: String,
    key: String,
    version: Option<NonZeroU64>,
}

impl GoogleKey {
    /// The project's id or number.
    #[must_use]
    pub fn project(&self) -> &str {
        &self.project
    }

    /// The location: a region, a multi-region (`eu`) or `global`.
    #[must_use]
    pub fn location(&self) -> &Region {
        &self.location
    }

    /// The key ring.
    #[must_use]
    pub fn key_ring(&self) -> &str {
        &self.key_ring
    }

    /// The key's name in its ring.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The version that the reference pins; `None` for whichever is primary.
    #[must_use]
    pub fn version(&self) -> Option<NonZeroU64> {
        self.version
    }

    /// The location, unless it is `global`, which is none.
    #[must_use]
    pub fn region(&self) -> Option<Region> {
        (self.location.as_str() != "global").then(|| self.location.clone())
    }

    pub(super) fn parse(text: &str) -> Result<Self, ReferenceError> {
        let mut segments = without_prefix(text).split('/');
        let mut value = |literal: &'static str, part: &'static str, expected: &'static str| {
            match segments.next() {
                Some(segment) if segment == literal => {}
                Some(segment) => return Err(wrong(part, expected, segment)),
                None => return Err(ReferenceError::silent(Provider::GoogleKms, part, expected)),
            }
            segments
                .next()
                .ok_or_else(|| ReferenceError::silent(Provider::GoogleKms, part, expected))
        };
        let project =
            project_id(value("projects", "project", "`projects/` and a project's id or number")?)?;
        let location = value("locations", "location", "`/locations/` and a location")?;
        let location = location
            .parse()
            .map_err(|_| wrong("location", "one like `europe-west3` or `global`", location))?;
        let key_ring =
            resource_id("key ring", value("keyRings", "key ring", "`/keyRings/` and a name")?)?;
        let key = resource_id("key", value("cryptoKeys", "key", "`/cryptoKeys/` and a name")?)?;
        let version = match segments.next() {
            None => None,
            Some("cryptoKeyVersions") => {
                let number = segments.next().unwrap_or_default();
                Some(version(number).ok_or_else(|| {
                    wrong("version", "a positive number without leading zeros", number)
                })?)
            }
            Some(other) => {
                return Err(wrong("end", "nothing, or `/cryptoKeyVersions/NUMBER`", other));
            }
        };
        if let Some(more) = segments.next() {
            return Err(wrong("end", "nothing more", more));
        }
        Ok(Self { project, location, key_ring, key, version })
    }
}

pub(super) fn is_taken_for(text: &str) -> bool {
    // A service's or tool's prefix alone tells the provider; the lone slash doesn't.
    without_prefix(text).starts_with("projects/")
        || PREFIXES.iter().any(|prefix| *prefix != "/" && text.starts_with(prefix))
}

pub(super) fn without_prefix(text: &str) -> &str {
    PREFIXES.iter().find_map(|prefix| text.strip_prefix(prefix)).unwrap_or(text)
}

/// A project's id (6 to 30 characters, a domain before a colon in old ones) or its number. Google
/// has shorter ids of its own, so only the alphabet and a wide length are checked.
fn project_id(text: &str) -> Result<String, ReferenceError> {
    let valid = (1..=100).contains(&text.len())
        && text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b':' | b'.'))
        && text.starts_with(|first: char| first.is_ascii_alphanumeric());
    if valid { Ok(text.into()) } else { Err(wrong("project", "a project's id or number", text)) }
}

/// Cloud KMS resource ids match `[a-zA-Z0-9_-]{1,63}`.
fn resource_id(part: &'static str, text: &str) -> Result<String, ReferenceError> {
    let valid = (1..=63).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    if valid {
        Ok(text.into())
    } else {
        Err(wrong(part, "1 to 63 letters, digits, underscores and hyphens", text))
    }
}

fn version(text: &str) -> Option<NonZeroU64> {
    let number: NonZeroU64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

fn wrong(part: &'static str, expected: &'static str, found: &str) -> ReferenceError {
    ReferenceError::wrong(Provider::GoogleKms, part, expected, found)
}

impl FromStr for GoogleKey {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        Self::parse(text)
    }
}

impl fmt::Display for GoogleKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "projects/{}/locations/{}/keyRings/{}/cryptoKeys/{}",
            self.project, self.location, self.key_ring, self.key
        )?;
        match self.version {
            Some(version) => write!(f, "/cryptoKeyVersions/{version}"),
            None => Ok(()),
        }
    }
}

impl From<GoogleKey> for RootKeyReference {
    fn from(key: GoogleKey) -> Self {
        Self::Google(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const KEY: &str = "projects/acme-prod/locations/europe-west3/keyRings/ring_1/cryptoKeys/Root-1";

    #[test]
    fn every_pasted_form_is_one_reference() {
        for prefix in [""].iter().chain(&PREFIXES) {
            let key: RootKeyReference = format!("{prefix}{KEY}").parse().expect(prefix);
            assert_eq!(key.to_string(), KEY);
            assert_eq!(key.region().unwrap().as_str(), "europe-west3");
        }
        let pinned: GoogleKey = format!("{KEY}/cryptoKeyVersions/12").parse().unwrap();
        assert_eq!(pinned.version(), NonZeroU64::new(12));
    }

    #[test]
    fn global_is_no_region() {
        let key: RootKeyReference =
            "projects/example.com:p1/locations/global/keyRings/r/cryptoKeys/k".parse().unwrap();
        assert_eq!(key.region(), None);
        assert_eq!(key.provider(), Provider::GoogleKms);
    }

    #[test]
    fn the_wrong_part_is_named() {
        for (bad, part) in [
            ("projects/", "project"),
            ("projects/p", "location"),
            ("projects/P/locations/l/keyRings/r/cryptoKeys/k", "project"),
            ("projects/p/location/l/keyRings/r/cryptoKeys/k", "location"),
            ("projects/p/locations/EU/keyRings/r/cryptoKeys/k", "location"),
            ("projects/p/locations/l/keyrings/r/cryptoKeys/k", "key ring"),
            ("projects/p/locations/l/keyRings//cryptoKeys/k", "key ring"),
            ("projects/p/locations/l/keyRings/r", "key"),
            ("projects/p/locations/l/keyRings/r/cryptoKeys/", "key"),
            ("projects/p/locations/l/keyRings/r/cryptoKeys/k.1", "key"),
            ("projects/p/locations/l/keyRings/r/cryptoKeys/k?x=1", "key"),
            ("projects/p/locations/l/keyRings/r/cryptoKeys/k/", "end"),
            ("projects/p/locations/l/keyRings/r/cryptoKeys/k/cryptoKeyVersions", "version"),
            ("projects/p/locations/l/keyRings/r/cryptoKeys/k/cryptoKeyVersions/0", "version"),
            ("projects/p/locations/l/keyRings/r/cryptoKeys/k/cryptoKeyVersions/01", "version"),
            ("projects/p/locations/l/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1/x", "end"),
            ("//cloudkms.googleapis.com/acme", "project"),
            ("gcp-kms://acme", "project"),
        ] {
            let error = bad.parse::<RootKeyReference>().expect_err(bad);
            assert_eq!((error.provider, error.part), (Some(Provider::GoogleKms), part), "{error}");
        }
    }

    proptest! {
        #[test]
        fn what_is_printed_parses_back(
            project in "[a-z][a-z0-9-]{0,29}", location in "[a-z][a-z0-9-]{0,20}",
            ring in "[A-Za-z0-9_-]{1,63}", key in "[A-Za-z0-9_-]{1,63}",
            version in proptest::option::of(1_u64..),
        ) {
            let mut text =
                format!("projects/{project}/locations/{location}/keyRings/{ring}/cryptoKeys/{key}");
            if let Some(version) = version {
                text += &format!("/cryptoKeyVersions/{version}");
            }
            let parsed: RootKeyReference = text.parse().unwrap();
            prop_assert_eq!(parsed.to_string(), text);
        }
    }
}
