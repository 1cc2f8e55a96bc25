//! How Keyward signs in at AWS: by an access key that was typed in, or as a profile of AWS's own
//! configuration says.

use keyward_core::Region;
use keyward_kms_aws::AwsKmsBuilder;
use keyward_secrets::SecretText;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use url::{Host, Url};

use super::CredentialError;

/// The longest id, secret or name. AWS's own are far shorter.
const MOST: usize = 256;
/// The longest session token. STS gives no bound; what it hands out is below 2 KiB.
const MOST_TOKEN: usize = 4096;

/// What is typed. Empty parts are none.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AwsInput {
    /// The access key's id, `AKIA...` or `ASIA...`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_key_id: Option<String>,
    /// Its secret.
    #[serde(default, skip_serializing_if = "Option::is_none", serialize_with = "write")]
    #[serde(deserialize_with = "read")]
    pub secret_access_key: Option<SecretText>,
    /// The token that temporary keys come with.
    #[serde(default, skip_serializing_if = "Option::is_none", serialize_with = "write")]
    #[serde(deserialize_with = "read")]
    pub session_token: Option<SecretText>,
    /// A profile of AWS's configuration, in the place of an access key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// The region that the profile's credentials are asked for in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Where KMS is called instead of AWS's own address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
}

/// A way to sign in at AWS that can be tried.
#[derive(Debug, Deserialize)]
#[serde(try_from = "AwsInput")]
pub struct AwsCredential {
    sign_in: SignIn,
    endpoint: Option<String>,
}

#[derive(Debug)]
enum SignIn {
    AccessKey { id: String, secret: SecretText, token: Option<SecretText> },
    Profile { name: String, region: Option<Region> },
}

impl AwsCredential {
    /// Who it says we are.
    #[must_use]
    pub fn identity(&self) -> String {
        match &self.sign_in {
            SignIn::AccessKey { id, .. } => id.clone(),
            SignIn::Profile { name, .. } => format!("profile {name}"),
        }
    }

    /// Where KMS is called instead of AWS's own address.
    #[must_use]
    pub fn endpoint(&self) -> Option<&str> {
        self.endpoint.as_deref()
    }

    /// Where a profile's credentials are asked for.
    #[must_use]
    pub fn region(&self) -> Option<&Region> {
        match &self.sign_in {
            SignIn::AccessKey { .. } => None,
            SignIn::Profile { region, .. } => region.as_ref(),
        }
    }

    /// Whether it ends by itself.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        matches!(self.sign_in, SignIn::AccessKey { token: Some(_), .. })
    }

    /// Has AWS's client sign in so. An endpoint is for the caller to decide on.
    pub(crate) fn sign_in(&self, kms: AwsKmsBuilder) -> AwsKmsBuilder {
        match &self.sign_in {
            SignIn::AccessKey { id, secret, token } => {
                kms.access_key(id, secret.expose(), token.as_ref().map(SecretText::expose))
            }
            SignIn::Profile { name, region: None } => kms.profile(name),
            SignIn::Profile { name, region: Some(region) } => {
                kms.profile(name).region(region.clone())
            }
        }
    }
}

impl TryFrom<AwsInput> for AwsCredential {
    type Error = CredentialError;

    fn try_from(input: AwsInput) -> Result<Self, CredentialError> {
        let (id, secret) = (text(input.access_key_id), trimmed(input.secret_access_key));
        let (token, profile) = (trimmed(input.session_token), text(input.profile));
        let region = text(input.region);
        let sign_in = match (id, secret, profile) {
            (None, None, Some(name)) if token.is_none() => {
                SignIn::Profile { name: profile_name(name)?, region: region_of(region)? }
            }
            (_, _, Some(_)) => {
                return Err(CredentialError::Contradicts(
                    "a profile brings its own credentials; give either that or an access key",
                ));
            }
            (None, Some(_), None) => return Err(missing("the access key's id")),
            (Some(_), None, None) => return Err(missing("the access key's secret")),
            (None, None, None) => return Err(missing("an access key or a profile")),
            (Some(_), Some(_), None) if region.is_some() => {
                return Err(CredentialError::Contradicts(
                    "an access key holds in every region, and each root key names its own; leave the region out",
                ));
            }
            (Some(id), Some(secret), None) => SignIn::AccessKey {
                id: access_key_id(id)?,
                secret: printable(secret, "the secret access key", MOST)?,
                token: token
                    .map(|token| printable(token, "the session token", MOST_TOKEN))
                    .transpose()?,
            },
        };
        Ok(Self { sign_in, endpoint: text(input.endpoint).map(endpoint).transpose()? })
    }
}

impl Serialize for AwsCredential {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let endpoint = self.endpoint.clone();
        let copy = |secret: &SecretText| SecretText::new(secret.expose().to_owned());
        let input = match &self.sign_in {
            SignIn::AccessKey { id, secret, token } => AwsInput {
                access_key_id: Some(id.clone()),
                secret_access_key: Some(copy(secret)),
                session_token: token.as_ref().map(copy),
                endpoint,
                ..AwsInput::default()
            },
            SignIn::Profile { name, region } => AwsInput {
                profile: Some(name.clone()),
                region: region.as_ref().map(ToString::to_string),
                endpoint,
                ..AwsInput::default()
            },
        };
        input.serialize(serializer)
    }
}

fn text(typed: Option<String>) -> Option<String> {
    typed.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// As pasted: with a line's end or spaces around, which no secret of AWS has.
fn trimmed(typed: Option<SecretText>) -> Option<SecretText> {
    typed
        .map(|secret| SecretText::new(secret.expose().trim().to_owned()))
        .filter(|secret| !secret.expose().is_empty())
}

fn missing(what: &'static str) -> CredentialError {
    CredentialError::Missing { what, next: "give an access key's id and secret, or a profile" }
}

/// IAM's own rule: 16 to 128 word characters. It shows in the log, so that a secret in the wrong field must
/// not pass: those have 40 characters, some of them `/` and `+`, and ids have capitals and digits alone.
fn access_key_id(id: String) -> Result<String, CredentialError> {
    let valid = (16..=128).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    if valid {
        return Ok(id);
    }
    Err(CredentialError::Malformed {
        what: "what was given as the access key's id",
        must: "one has 16 to 128 capitals and digits, like AKIAIOSFODNN7EXAMPLE",
    })
}

fn profile_name(name: String) -> Result<String, CredentialError> {
    if name.len() <= MOST && !name.chars().any(|c| c.is_control() || matches!(c, '[' | ']')) {
        return Ok(name);
    }
    Err(CredentialError::Malformed {
        what: "what was given as the profile",
        must: "give a name that `aws configure list-profiles` shows",
    })
}

fn region_of(region: Option<String>) -> Result<Option<Region>, CredentialError> {
    region.map(|region| region.parse()).transpose().map_err(|_| CredentialError::Malformed {
        what: "what was given as the region",
        must: "one is like eu-central-1",
    })
}

fn printable(
    secret: SecretText,
    what: &'static str,
    most: usize,
) -> Result<SecretText, CredentialError> {
    let text = secret.expose();
    if text.len() <= most && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(secret);
    }
    Err(CredentialError::Malformed {
        what,
        must: "copy it whole from AWS, in one line and without spaces",
    })
}

/// KMS answers with keys in the clear, so only a connection within this machine may go without TLS.
fn endpoint(text: String) -> Result<String, CredentialError> {
    let malformed =
        |must| CredentialError::Malformed { what: "what was given as the endpoint", must };
    let url = Url::parse(&text).map_err(|_| {
        malformed("one is like https://vpce-0123.kms.eu-central-1.vpce.amazonaws.com")
    })?;
    let here = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    if !url.username().is_empty() || url.password().is_some() {
        return Err(malformed("it holds no user and no password"));
    }
    match url.scheme() {
        "https" => Ok(text),
        "http" if here => Ok(text),
        _ => Err(malformed("it begins with https://, since keys come back from there")),
    }
}

fn write<S: Serializer>(secret: &Option<SecretText>, serializer: S) -> Result<S::Ok, S::Error> {
    secret.as_ref().map(SecretText::expose).serialize(serializer)
}

fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SecretText>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.map(SecretText::new))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "AKIAIOSFODNN7EXAMPLE";
    const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

    fn key(id: &str, secret: &str) -> AwsInput {
        AwsInput {
            access_key_id: Some(id.into()),
            secret_access_key: Some(SecretText::new(secret.to_owned())),
            ..AwsInput::default()
        }
    }

    fn parsed(input: AwsInput) -> Result<AwsCredential, CredentialError> {
        input.try_into()
    }

    #[test]
    fn what_is_kept_is_read_back_whole() {
        let token = Some(SecretText::new("t0ken==".to_owned()));
        let endpoint = Some("https://vpce.example".to_owned());
        let profile = AwsInput {
            profile: Some(" ops ".into()),
            region: Some("eu-central-1".into()),
            ..AwsInput::default()
        };
        for (input, identity) in [
            (AwsInput { session_token: token, endpoint, ..key(ID, &format!(" {SECRET}\n")) }, ID),
            (profile, "profile ops"),
        ] {
            let credential = parsed(input).unwrap();
            assert_eq!(credential.identity(), identity);
            let text = serde_json::to_string(&credential).unwrap();
            let back: AwsCredential = serde_json::from_str(&text).unwrap();
            assert_eq!(serde_json::to_string(&back).unwrap(), text);
            assert_eq!(back.is_temporary(), text.contains("t0ken=="));
            assert!(!format!("{credential:?}").contains(SECRET));
        }
    }

    #[test]
    fn what_is_no_credential_is_refused_without_repeating_it() {
        let with = |change: fn(&mut AwsInput)| {
            let mut input = key(ID, SECRET);
            change(&mut input);
            input
        };
        for bad in [
            AwsInput::default(),
            key("", SECRET),
            key(ID, " "),
            // The secret in the id's field would end in the log.
            key(SECRET, ID),
            key("akiaiosfodnn7example", SECRET),
            key(ID, "two words"),
            key(ID, &"x".repeat(MOST + 1)),
            with(|input| input.session_token = Some(SecretText::new("x".repeat(MOST_TOKEN + 1)))),
            with(|input| input.profile = Some("ops".into())),
            with(|input| input.region = Some("eu-central-1".into())),
            with(|input| input.endpoint = Some("http://kms.example".into())),
            with(|input| input.endpoint = Some("https://me:hunter2@kms.example".into())),
            with(|input| input.endpoint = Some("kms.example".into())),
            AwsInput { profile: Some("a]b".into()), ..AwsInput::default() },
            AwsInput {
                profile: Some("ops".into()),
                region: Some("no region".into()),
                ..AwsInput::default()
            },
        ] {
            let shown = format!("{bad:?}");
            let error = parsed(bad).expect_err(&shown).to_string();
            assert!(!error.contains(SECRET) && !error.contains("hunter2"), "{error}");
            assert!(error.contains("; "), "no next step: {error}");
        }
        assert!(
            parsed(with(|input| input.endpoint = Some("http://127.0.0.1:4566".into()))).is_ok()
        );
    }

    #[test]
    fn a_kept_credential_of_another_form_is_refused() {
        for text in [
            "{}",
            r#"{"access_key_id":"x"}"#,
            r#"{"profile":"ops","role":"admin"}"#,
            r#"{"profile":"ops","access_key_id":"AKIAIOSFODNN7EXAMPLE"}"#,
        ] {
            assert!(serde_json::from_str::<AwsCredential>(text).is_err(), "{text}");
        }
    }
}
