//! What has been recognised of a reference while it is being typed.

use super::{Provider, ReferenceError, RootKeyReference, aws, google, text};

/// A text as a reference, whole or on its way there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recognised {
    /// Whose form it has; `None` where that can't be told yet.
    pub provider: Option<Provider>,
    /// The parts that are read and right, in their order. Of a text that isn't whole yet, AWS's and
    /// Google's forms tell them.
    pub parts: Vec<ReferencePart>,
    /// The reference, or the first part that is missing or wrong.
    pub reference: Result<RootKeyReference, ReferenceError>,
}

/// A part of a reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReferencePart {
    /// Which (`region`, `account`, `vault`, ...).
    pub name: &'static str,
    /// What it says.
    pub value: String,
}

/// Reads as much of a reference as is there.
#[must_use]
pub fn recognise(pasted: &str) -> Recognised {
    let reference: Result<RootKeyReference, ReferenceError> = pasted.parse();
    match reference {
        Ok(whole) => Recognised {
            provider: Some(whole.provider()),
            parts: parts_of(&whole),
            reference: Ok(whole),
        },
        Err(error) if pasted.len() > RootKeyReference::MAX_LENGTH => {
            Recognised { provider: None, parts: Vec::new(), reference: Err(error) }
        }
        Err(error) => {
            let text = text::trim_pasted(pasted);
            let (parts, wrong) = match error.provider {
                Some(Provider::AwsKms) => started(aws::arn_in(text), ':', aws::EXAMPLE, &AWS),
                Some(Provider::GoogleKms) => {
                    started(google::without_prefix(text), '/', google::EXAMPLE, &GOOGLE)
                }
                _ => (Vec::new(), None),
            };
            let provider = error.provider;
            Recognised { provider, parts, reference: Err(wrong.unwrap_or(error)) }
        }
    }
}

/// The segments of an ARN; nothing is said of those without a name.
const AWS: [Option<&str>; 6] =
    [None, Some("partition"), None, Some("region"), Some("account"), Some("resource")];
/// The segments of a Google resource name.
const GOOGLE: [Option<&str>; 8] =
    [None, Some("project"), None, Some("location"), None, Some("key ring"), None, Some("key")];

/// The parts that are right so far, and the failure of the first that isn't: each segment is tried as
/// the last one typed, with the rest as in the example.
fn started(
    typed: &str,
    separator: char,
    example: &str,
    names: &[Option<&'static str>],
) -> (Vec<ReferencePart>, Option<ReferenceError>) {
    let rest: Vec<&str> = example.split(separator).collect();
    let typed: Vec<&str> = typed.splitn(names.len(), separator).collect();
    let mut parts = Vec::new();
    for (place, (value, name)) in typed.iter().zip(names).enumerate() {
        let tried = typed.iter().take(place + 1).chain(rest.iter().skip(place + 1));
        let tried: Vec<&str> = tried.copied().collect();
        let failure = tried.join(&separator.to_string()).parse::<RootKeyReference>().err();
        // What the example has after it may not fit, as its region doesn't fit every partition.
        let later = |error: &ReferenceError| {
            names.iter().skip(place + 1).flatten().any(|later| *later == error.part)
        };
        if let Some(error) = failure
            && !later(&error)
        {
            return (parts, Some(error));
        }
        parts.extend(name.map(|name| ReferencePart { name, value: (*value).to_owned() }));
    }
    (parts, None)
}

fn parts_of(reference: &RootKeyReference) -> Vec<ReferencePart> {
    let parts = match reference {
        RootKeyReference::Aws(key) => {
            let text = key.to_string();
            let resource = text.splitn(6, ':').last().unwrap_or_default().to_owned();
            vec![
                ("partition", Some(key.partition().to_string())),
                ("region", Some(key.region().to_string())),
                ("account", Some(key.account().to_owned())),
                ("resource", Some(resource)),
            ]
        }
        RootKeyReference::Azure(key) => vec![
            ("vault", Some(key.store_name().to_owned())),
            ("key", Some(key.name().to_owned())),
            ("version", key.version().map(str::to_owned)),
        ],
        RootKeyReference::Google(key) => vec![
            ("project", Some(key.project().to_owned())),
            ("location", Some(key.location().to_string())),
            ("key ring", Some(key.key_ring().to_owned())),
            ("key", Some(key.key().to_owned())),
            ("version", key.version().map(|version| version.to_string())),
        ],
        RootKeyReference::Pkcs11(key) => vec![
            ("token", key.token().map(str::to_owned)),
            ("object", key.object().map(str::to_owned)),
        ],
        RootKeyReference::Local(key) => vec![("name", Some(key.name().to_owned()))],
    };
    let read = |(name, value): (&'static str, Option<String>)| {
        value.map(|value| ReferencePart { name, value })
    };
    parts.into_iter().filter_map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The parts as `NAME=VALUE`, and the part that is wrong.
    fn seen(text: &str) -> (Vec<String>, Option<&'static str>) {
        let recognised = recognise(text);
        let part = |part: &ReferencePart| format!("{}={}", part.name, part.value);
        let wrong = recognised.reference.err().map(|error| error.part);
        (recognised.parts.iter().map(part).collect(), wrong)
    }

    #[test]
    fn an_arn_is_recognised_as_it_is_typed() {
        for (text, parts, wrong) in [
            ("arn:", vec![], Some("partition")),
            ("arn:aws-cn", vec!["partition=aws-cn"], Some("service")),
            ("arn:aws:s3", vec!["partition=aws"], Some("service")),
            ("arn:aws:kms:eu-cent", vec!["partition=aws"], Some("region")),
            (
                "arn:aws:kms:eu-west-1:11",
                vec!["partition=aws", "region=eu-west-1"],
                Some("account"),
            ),
            (
                "arn:aws:kms:eu-west-1:111122223333:alias/acme",
                vec![
                    "partition=aws",
                    "region=eu-west-1",
                    "account=111122223333",
                    "resource=alias/acme",
                ],
                None,
            ),
        ] {
            let parts: Vec<String> = parts.into_iter().map(str::to_owned).collect();
            assert_eq!(seen(text), (parts, wrong), "{text}");
        }
    }

    #[test]
    fn other_forms_are_recognised() {
        let (parts, wrong) = seen("projects/acme-prod/locations/eur");
        assert_eq!(parts.first().map(String::as_str), Some("project=acme-prod"));
        assert!(wrong.is_some());
        assert_eq!(seen("local:acme"), (vec!["name=acme".into()], None));
        let (parts, wrong) = seen("https://acme.vault.azure.net/keys/root");
        assert_eq!((parts.join(" "), wrong), ("vault=acme key=root".into(), None));
        let (parts, _) = seen("pkcs11:token=hsm;object=root?pin-value=1234");
        assert!(!parts.join(" ").contains("1234"));
        assert_eq!(recognise("hello").provider, None);
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text in "(arn:aws:kms:|arn:|projects/|local:|)[ -~é:/]{0,60}") {
            let _ = recognise(&text);
        }
    }
}
