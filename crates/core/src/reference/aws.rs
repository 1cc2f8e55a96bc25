//! Keys of AWS KMS: key and alias ARNs of every partition, multi-Region keys among them.

use std::{fmt, str::FromStr};

use super::{Provider, ReferenceError, RootKeyReference, text::is_hex};
use crate::Region;

pub(super) const EXAMPLE: &str =
    "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

/// One of AWS's partitions: worlds of accounts and regions that share nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AwsPartition {
    /// `aws`: the commercial regions.
    Aws,
    /// `aws-cn`: China.
    China,
    /// `aws-us-gov`: GovCloud (US).
    UsGov,
    /// `aws-iso`.
    Iso,
    /// `aws-iso-b`.
    IsoB,
    /// `aws-iso-e`.
    IsoE,
    /// `aws-iso-f`.
    IsoF,
    /// `aws-eusc`: the European Sovereign Cloud.
    EuropeanSovereign,
}

/// The partitions by name, and how their regions' names start. The commercial one has all others.
const PARTITIONS: [(AwsPartition, &str, &str); 8] = [
    (AwsPartition::Aws, "aws", ""),
    (AwsPartition::China, "aws-cn", "cn-"),
    (AwsPartition::UsGov, "aws-us-gov", "us-gov-"),
    (AwsPartition::Iso, "aws-iso", "us-iso-"),
    (AwsPartition::IsoB, "aws-iso-b", "us-isob-"),
    (AwsPartition::IsoE, "aws-iso-e", "eu-isoe-"),
    (AwsPartition::IsoF, "aws-iso-f", "us-isof-"),
    (AwsPartition::EuropeanSovereign, "aws-eusc", "eusc-"),
];

impl AwsPartition {
    /// The partition's name in ARNs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        PARTITIONS.iter().find(|row| row.0 == self).map_or("aws", |row| row.1)
    }

    fn holds(self, region: &Region) -> bool {
        let region = region.as_str();
        let special = PARTITIONS.iter().find(|row| !row.2.is_empty() && region.starts_with(row.2));
        special.map_or(Self::Aws, |row| row.0) == self
    }
}

impl fmt::Display for AwsPartition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What an ARN of KMS names.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AwsResource {
    /// A key of one region, by its UUID.
    Key(String),
    /// A multi-Region key, by its id `mrk-` and 32 hex digits: the same in every region.
    MultiRegionKey(String),
    /// An alias, without `alias/`: a name that its owner may point at another key any time.
    Alias(String),
}

/// A key in AWS KMS.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AwsKey {
    partition: AwsPartition,
    region: Region,
    account: String,
    resource: AwsResource,
}

impl AwsKey {
    /// The partition.
    #[must_use]
    pub fn partition(&self) -> AwsPartition {
        self.partition
    }

    /// The region.
    #[must_use]
    pub fn region(&self) -> &Region {
        &self.region
    }

    /// The owner's account, 12 digits.
    #[must_use]
    pub fn account(&self) -> &str {
        &self.account
    }

    /// What the ARN names.
    #[must_use]
    pub fn resource(&self) -> &AwsResource {
        &self.resource
    }

    /// Whether it is a multi-Region key by its id. An alias doesn't tell.
    #[must_use]
    pub fn is_multi_region(&self) -> bool {
        matches!(self.resource, AwsResource::MultiRegionKey(_))
    }

    /// The same multi-Region key in another region of the partition; `None` for any other kind of
    /// key, and for a region of another partition.
    #[must_use]
    pub fn in_region(&self, region: Region) -> Option<Self> {
        (self.is_multi_region() && self.partition.holds(&region))
            .then(|| Self { region, ..self.clone() })
    }

    pub(super) fn parse(text: &str) -> Result<Self, ReferenceError> {
        let arn = arn_in(text);
        let mut parts = arn.splitn(6, ':');
        let mut part = |name, expected| {
            parts.next().ok_or_else(|| ReferenceError::silent(Provider::AwsKms, name, expected))
        };
        if part("ARN", "a whole ARN")? != "arn" {
            return Err(wrong("ARN", "a whole ARN, region and account included", text));
        }
        let partition = part("partition", "`aws` or another partition")?;
        let service = part("service", "`kms`")?;
        let region = part("region", "a region like `eu-central-1`")?;
        let account = part("account", "12 digits")?;
        let resource = part("resource", "`key/ID` or `alias/NAME`")?;

        let partition = PARTITIONS
            .iter()
            .find(|row| row.1 == partition)
            .ok_or_else(|| wrong("partition", "`aws` or another of AWS's partitions", partition))?
            .0;
        if service != "kms" {
            return Err(wrong("service", "`kms`", service));
        }
        let region = region_in(partition, region)?;
        if account.len() != 12 || !account.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(wrong("account", "12 digits", account));
        }
        Ok(Self { partition, region, account: account.into(), resource: resource_in(resource)? })
    }
}

pub(super) fn is_taken_for(text: &str) -> bool {
    arn_in(text).starts_with("arn:") || text.starts_with("alias/") || key_id(text).is_some()
}

/// The ARN within the forms of Tink (`aws-kms://ARN`) and Go CDK (`awskms:///ARN`).
pub(super) fn arn_in(text: &str) -> &str {
    ["aws-kms://", "awskms:///"].iter().find_map(|scheme| text.strip_prefix(scheme)).unwrap_or(text)
}

/// A region that fits its partition. Loosely: AWS opens regions faster than we release.
fn region_in(partition: AwsPartition, text: &str) -> Result<Region, ReferenceError> {
    let expected = "a region like `eu-central-1`";
    let mut labels = text.split('-');
    let area = labels.next().is_some_and(|area| area.bytes().all(|byte| byte.is_ascii_lowercase()));
    let number = labels.next_back().is_some_and(|number| {
        !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
    });
    let middle = labels.clone().count() > 0
        && labels
            .all(|label| !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_lowercase()));
    if !(area && middle && number) {
        return Err(wrong("region", expected, text));
    }
    let region: Region = text.parse().map_err(|_| wrong("region", expected, text))?;
    if partition.holds(&region) {
        Ok(region)
    } else {
        Err(wrong("region", "one of the partition that the ARN starts with", text))
    }
}

fn resource_in(text: &str) -> Result<AwsResource, ReferenceError> {
    if let Some(id) = text.strip_prefix("key/") {
        let expected = "a UUID, or `mrk-` and 32 hex digits";
        return key_id(id).ok_or_else(|| wrong("key id", expected, id));
    }
    let Some(name) = text.strip_prefix("alias/") else {
        return Err(wrong("resource", "`key/ID` or `alias/NAME`", text));
    };
    // KMS API reference, CreateAlias: `alias/[a-zA-Z0-9/_-]+`, 256 characters in all.
    let valid = (1..=250).contains(&name.len())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'_' | b'-'));
    if !valid {
        let expected = "1 to 250 letters, digits, slashes, underscores and hyphens";
        return Err(wrong("alias", expected, name));
    }
    if name.starts_with("aws/") {
        return Err(wrong(
            "alias",
            "one of the owner's own, since AWS keeps `aws/` keys to itself",
            name,
        ));
    }
    Ok(AwsResource::Alias(name.into()))
}

fn key_id(text: &str) -> Option<AwsResource> {
    if let Some(digits) = text.strip_prefix("mrk-") {
        return is_hex(digits, 32).then(|| AwsResource::MultiRegionKey(text.to_ascii_lowercase()));
    }
    let mut groups = text.split('-');
    let uuid = [8, 4, 4, 4, 12]
        .into_iter()
        .all(|length| groups.next().is_some_and(|group| is_hex(group, length)))
        && groups.next().is_none();
    uuid.then(|| AwsResource::Key(text.to_ascii_lowercase()))
}

fn wrong(part: &'static str, expected: &'static str, found: &str) -> ReferenceError {
    ReferenceError::wrong(Provider::AwsKms, part, expected, found)
}

impl FromStr for AwsKey {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        Self::parse(text)
    }
}

impl fmt::Display for AwsKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, id) = match &self.resource {
            AwsResource::Key(id) | AwsResource::MultiRegionKey(id) => ("key", id),
            AwsResource::Alias(name) => ("alias", name),
        };
        write!(f, "arn:{}:kms:{}:{}:{kind}/{id}", self.partition, self.region, self.account)
    }
}

impl From<AwsKey> for RootKeyReference {
    fn from(key: AwsKey) -> Self {
        Self::Aws(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const UUID: &str = "1234abcd-12ab-34cd-56ef-1234567890ab";
    const MULTI: &str = "mrk-1234abcd12ab34cd56ef1234567890ab";

    #[test]
    fn every_partition_has_its_regions() {
        for (partition, region) in [
            ("aws", "eu-central-1"),
            ("aws", "us-east-1"),
            ("aws", "ap-southeast-5"),
            ("aws", "mx-central-1"),
            ("aws-cn", "cn-northwest-1"),
            ("aws-us-gov", "us-gov-west-1"),
            ("aws-iso", "us-iso-east-1"),
            ("aws-iso-b", "us-isob-east-1"),
            ("aws-iso-e", "eu-isoe-west-1"),
            ("aws-iso-f", "us-isof-south-1"),
            ("aws-eusc", "eusc-de-east-1"),
        ] {
            for resource in [format!("key/{UUID}"), format!("key/{MULTI}"), "alias/a/B_c-1".into()]
            {
                let text = format!("arn:{partition}:kms:{region}:111122223333:{resource}");
                let key: RootKeyReference = text.parse().expect(&text);
                assert_eq!(key.to_string(), text);
                assert_eq!(key.provider(), Provider::AwsKms);
                assert_eq!(key.region().unwrap().as_str(), region);
            }
        }
    }

    #[test]
    fn other_tools_spellings_are_one_reference() {
        for good in [
            EXAMPLE.to_owned(),
            format!("aws-kms://{EXAMPLE}"),
            format!("awskms:///{EXAMPLE}"),
            EXAMPLE.replace("1234abcd", "1234ABCD"),
        ] {
            assert_eq!(good.parse::<RootKeyReference>().unwrap().to_string(), EXAMPLE);
        }
    }

    #[test]
    fn a_multi_region_key_has_replicas_in_its_partition() {
        let text = format!("arn:aws:kms:eu-central-1:111122223333:key/{MULTI}");
        let key: AwsKey = text.parse().unwrap();
        assert!(key.is_multi_region());
        let replica = key.in_region("us-east-1".parse().unwrap()).unwrap();
        assert_eq!(replica.to_string(), text.replace("eu-central-1", "us-east-1"));
        assert_eq!(key.in_region("cn-north-1".parse().unwrap()), None);
        let single: AwsKey = EXAMPLE.parse().unwrap();
        assert!(!single.is_multi_region());
        assert_eq!(single.in_region("us-east-1".parse().unwrap()), None);
    }

    #[test]
    fn the_wrong_part_is_named() {
        let arn = |rest: &str| format!("arn:aws:kms:eu-central-1:111122223333:{rest}");
        for (bad, part) in [
            ("arn:".into(), "service"),
            ("arn:aws".into(), "service"),
            ("arn:aws:kms:eu-central-1".into(), "account"),
            ("arn:aws:kms:eu-central-1:111122223333".into(), "resource"),
            (format!("arn:awss:kms:eu-central-1:111122223333:key/{UUID}"), "partition"),
            (format!("arn:aws:s3:eu-central-1:111122223333:key/{UUID}"), "service"),
            (format!("arn:aws:kms::111122223333:key/{UUID}"), "region"),
            (format!("arn:aws:kms:eu:111122223333:key/{UUID}"), "region"),
            (format!("arn:aws:kms:EU-central-1:111122223333:key/{UUID}"), "region"),
            (format!("arn:aws:kms:eu--1:111122223333:key/{UUID}"), "region"),
            (format!("arn:aws:kms:cn-north-1:111122223333:key/{UUID}"), "region"),
            (format!("arn:aws-cn:kms:eu-central-1:111122223333:key/{UUID}"), "region"),
            (format!("arn:aws-iso:kms:us-isob-east-1:111122223333:key/{UUID}"), "region"),
            (format!("arn:aws:kms:eu-central-1:1111:key/{UUID}"), "account"),
            (format!("arn:aws:kms:eu-central-1:11112222333x:key/{UUID}"), "account"),
            (arn("keys/x"), "resource"),
            (arn(UUID), "resource"),
            (arn("key/x"), "key id"),
            (arn(&format!("key/{UUID}a")), "key id"),
            (arn(&format!("key/{UUID}-a")), "key id"),
            (arn("key/mrk-1234"), "key id"),
            (arn("key/1234abcd_12ab-34cd-56ef-1234567890ab"), "key id"),
            (arn("alias/"), "alias"),
            (arn("alias/a b"), "alias"),
            (arn("alias/a:b"), "alias"),
            (arn("alias/aws/s3"), "alias"),
            (arn(&format!("alias/{}", "a".repeat(251))), "alias"),
            (UUID.into(), "ARN"),
            (MULTI.into(), "ARN"),
            ("alias/acme".into(), "ARN"),
        ] {
            let error = bad.parse::<RootKeyReference>().expect_err(&bad);
            assert_eq!((error.provider, error.part), (Some(Provider::AwsKms), part), "{error}");
        }
    }

    #[test]
    fn the_message_says_what_to_write() {
        let error = "arn:aws:kms:eu-central-1:123:alias/a".parse::<AwsKey>().unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "not a reference of the form aws-kms: the account must be 12 digits, but is `123`; write it like `{EXAMPLE}`"
            )
        );
    }

    proptest! {
        #[test]
        fn what_is_printed_parses_back(
            region in "(us|eu|ap|sa|af|il|mx)-(east|west|central|southeast)-[1-9]",
            account in "[0-9]{12}",
            resource in "key/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|key/mrk-[0-9a-f]{32}|alias/[b-zA-Z0-9_-][a-zA-Z0-9/_-]{0,249}",
        ) {
            let text = format!("arn:aws:kms:{region}:{account}:{resource}");
            let parsed: RootKeyReference = text.parse().unwrap();
            prop_assert_eq!(parsed.to_string(), text);
        }
    }
}
