//! `keyward credentials`: what providers are called with, kept with the workspace's secrets.
//!
//! A secret is typed at a prompt or read from standard input; it is never an argument, which everybody on
//! the machine sees, and it is never printed.

use std::io::{self, BufRead as _, IsTerminal as _, Read as _};

use clap::{Args, Subcommand};
use keyward_secrets::SecretText;
use keyward_workspace::{AwsInput, Credential, CredentialError, CredentialKind, KeptCredential};
use zeroize::Zeroizing;

use crate::{
    failure::Failure,
    passphrase,
    render::{
        table::{pairs, table},
        time,
    },
    session::Session,
};

/// The longest line that is read as a secret.
const MOST: u64 = 16 * 1024;

/// Keep what providers are called with
#[derive(Debug, Subcommand)]
pub enum Credentials {
    /// Keep a provider's credential, in place of the one there is
    #[command(subcommand)]
    Set(Set),
    /// List which are kept, without their secrets
    List,
    /// Forget one: the provider's own configuration is used again
    Remove {
        /// Which: `aws`
        kind: CredentialKind,
    },
}

/// Whose.
#[derive(Debug, Subcommand)]
pub enum Set {
    /// For root keys in AWS KMS: an access key, or a profile of AWS's configuration
    ///
    /// The access key's secret is asked for, or read from standard input's first line.
    Aws(Aws),
}

/// How to sign in at AWS.
#[derive(Debug, Args)]
pub struct Aws {
    /// The access key's id
    #[arg(value_name = "ACCESS_KEY_ID", required_unless_present = "profile")]
    id: Option<String>,
    /// Ask for a session token too (temporary keys), or read it from standard input's second line
    #[arg(long, requires = "id")]
    session_token: bool,
    /// A profile of AWS's configuration, in the place of an access key
    #[arg(long, value_name = "NAME", conflicts_with = "id")]
    profile: Option<String>,
    /// The region in which the profile's credentials are asked for
    #[arg(long, value_name = "REGION", requires = "profile")]
    region: Option<String>,
    /// Where KMS is called instead of AWS's own address
    #[arg(long, value_name = "URL")]
    endpoint: Option<String>,
}

impl Credentials {
    pub async fn run(self, session: &Session) -> Result<u8, Failure> {
        let workspace = &session.workspace;
        match self {
            Self::Set(Set::Aws(aws)) => {
                let credential = aws.read()?;
                let context = session.administrator()?;
                let kept = workspace.set_credential(&context, credential).await?;
                session.output.print(&kept, describe)
            }
            Self::List => {
                let kept = workspace.credentials(&session.administrator()?).await?;
                session.output.print(&serde_json::json!({ "credentials": kept }), |_| list(&kept))
            }
            Self::Remove { kind } => {
                workspace.remove_credential(&session.administrator()?, kind).await?;
                let document = serde_json::json!({ "kind": kind, "removed": true });
                session.output.print(&document, |_| format!("no credential for {kind} is kept now"))
            }
        }
    }
}

impl Aws {
    /// Reads the secrets that go with the arguments.
    fn read(self) -> Result<Credential, Failure> {
        let mut input = AwsInput {
            access_key_id: self.id,
            profile: self.profile,
            region: self.region,
            endpoint: self.endpoint,
            ..AwsInput::default()
        };
        if input.access_key_id.is_some() {
            input.secret_access_key = Some(secret("Secret access key: ")?);
            if self.session_token {
                input.session_token = Some(secret("Session token: ")?);
            }
        }
        let credential =
            input.try_into().map_err(|error: CredentialError| Failure::usage(error))?;
        Ok(Credential::Aws(credential))
    }
}

/// At a terminal the text is asked for and not shown; else the next line of standard input is it.
pub fn secret(prompt: &str) -> Result<SecretText, Failure> {
    if io::stdin().is_terminal() {
        return passphrase::prompt(prompt).map(SecretText::new);
    }
    // Of its greatest size at once: growing would leave copies behind.
    let mut line = Zeroizing::new(String::with_capacity(MOST as usize));
    io::stdin()
        .lock()
        .take(MOST)
        .read_line(&mut line)
        .map_err(|error| Failure::io("read", "standard input", &error))?;
    Ok(SecretText::new(line))
}

fn list(kept: &[KeptCredential]) -> String {
    let rows = kept.iter().map(|one| {
        vec![
            one.kind.to_string(),
            one.identity.clone().unwrap_or_else(|| "can't be read".into()),
            one.endpoint.clone().unwrap_or_default(),
            one.set_at.map(time).unwrap_or_default(),
            one.set_by.clone().unwrap_or_default(),
        ]
    });
    let none = "no credentials; each provider's own configuration is used";
    table(&["kind", "identity", "endpoint", "since", "by"], rows.collect(), none)
}

fn describe(kept: &KeptCredential) -> String {
    pairs(&[
        ("kind", Some(kept.kind.to_string())),
        ("identity", kept.identity.clone()),
        ("region", kept.region.clone()),
        ("endpoint", kept.endpoint.clone()),
        ("ends", kept.temporary.then(|| "by itself, as its session does".to_owned())),
        ("since", kept.set_at.map(time)),
        ("by", kept.set_by.clone()),
    ])
}
